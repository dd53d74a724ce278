"""Log lines and state of streams that are not complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tap_jobber.cli.summary import finish
from tap_jobber.errors import ExitStatus, PartialRunError, StreamError, TapError, TryLaterError, as_stream_error
from tap_jobber.streams.bookmarks import Bookmark, Progress
from tap_jobber.streams.outcome import Outcome
from tests.streams.fake_jobber import FakeJobber, ago, catalog_of, named, opened, synced

if TYPE_CHECKING:
    from tap_jobber.tap import TapJobber

BROKEN = StreamError("jobs: it broke", "mend it")


def started(names: set[str]) -> TapJobber:
    """Return a tap that has read nothing yet."""
    return opened(FakeJobber(), catalog_of(names))


def test_a_complete_stream_has_nothing_to_say() -> None:
    outcome = Outcome()
    assert (outcome.is_complete, outcome.remark(), outcome.line("jobs")) == (True, "", None)


def test_a_line_names_the_stream_once_with_each_cause_and_a_remedy() -> None:
    outcome = Outcome([BROKEN, BROKEN, StreamError("another", "and so on")])
    assert outcome.remark() == "set aside: jobs: it broke; another"
    assert outcome.line("jobs") == "jobs was set aside, it broke; another: mend it"


def test_a_column_that_fails_is_named_with_how_often() -> None:
    tap = started({"jobs"})
    stream = named(tap, "jobs")
    stream.leave_out("jobCosting", "it timed out", 2)
    stream.leave_out("jobCosting", "it timed out", 3)
    assert stream.outcome.remark() == "without jobCosting"
    with pytest.raises(PartialRunError) as caught:
        finish(tap)
    (line,) = caught.value.lines
    assert line.startswith("jobs came without jobCosting (5 values failed: it timed out): ")
    assert caught.value.exit_status is ExitStatus.PARTIAL


def test_a_run_ends_with_a_line_for_each_stream_that_is_not_complete() -> None:
    tap = started({"jobs", "clients", "users"})
    named(tap, "jobs").set_aside(BROKEN)
    named(tap, "users").leave_out("name", "it failed", 1)
    with pytest.raises(PartialRunError, match="not complete: jobs, users") as caught:
        finish(tap)
    assert [line.split()[0] for line in caught.value.lines] == ["jobs", "users"]


def test_a_held_bookmark_does_not_move() -> None:
    state: dict[str, object] = {"replication_key_value": "2024-01-01T00:00:00Z"}
    before = dict(state)
    bookmark = Bookmark("jobs", state, is_held=True)
    bookmark.move_to("updatedAt", 2_000_000_000)
    bookmark.progress = Progress(5, 6, 7)
    bookmark.read_at = 1
    assert state == before


@pytest.mark.parametrize("name", ["clients", "jobs", "visits", "users", "account"])
def test_what_is_left_out_holds_the_bookmark_and_tells_of_nothing_that_is_gone(
    name: str, capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream_class = type(named(started({name}), name))
    begin = stream_class.begin

    def begin_without(self: object, version: int | None = None) -> None:
        begin(self, version)  # type: ignore[arg-type] # it is of that class
        self.leave_out("name", "it failed", 1)  # type: ignore[attr-defined] # likewise

    monkeypatch.setattr(stream_class, "begin", begin_without)
    rows = [{"id": "1", "createdAt": ago(2), "updatedAt": ago(1), "jobNumber": 1}]
    server = FakeJobber(dict.fromkeys(("clients", "jobs", "visits", "users"), rows))
    output = synced(capsysbinary, server, [name], emit_activate_version_messages=True)
    assert output.rows(name)
    assert "replication_key_value" not in output.bookmark(name)
    assert not output.of_type("ACTIVATE_VERSION")


def test_what_nobody_foresaw_is_the_matter_of_one_stream() -> None:
    found = as_stream_error(KeyError("nodes"))
    assert found is not None
    assert "KeyError: 'nodes'" in found.cause
    assert "defect" in found.remedy


@pytest.mark.parametrize("error", [TapError("a", "b"), TryLaterError("a", "b"), BrokenPipeError(), MemoryError()])
def test_what_ends_the_run(error: Exception) -> None:
    assert as_stream_error(error) is None
