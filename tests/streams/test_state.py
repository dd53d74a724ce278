"""The content of the state, and the reads of a run that starts from one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.errors import TapError
from tap_jobber.streams.bookmarks import Bookmark, Progress
from tap_jobber.timestamps import format_timestamp
from tests.streams.fake_jobber import CERTAIN, NOW, FakeJobber, ago, catalog_of, listed, synced

MOMENTS = st.integers(0, 4 * 10**9)
Capture = pytest.CaptureFixture[bytes]


def client(name: str, days: float, *tags: str) -> dict[str, Any]:
    """Return a client that was changed so many days ago, with its tags."""
    return {"id": name, "updatedAt": ago(days), "tags": listed(*({"id": tag, "label": tag} for tag in tags))}


def job(name: str, created: float, changed: float, *items: str) -> dict[str, Any]:
    """Return a job with its line items."""
    node = {"id": name, "jobNumber": 1, "createdAt": ago(created), "updatedAt": ago(changed)}
    return {**node, "lineItems": listed(*({"id": item} for item in items))}


@given(MOMENTS)
def test_a_bookmark_is_what_the_sdk_calls_one(moment: int) -> None:
    state: dict[str, Any] = {}
    bookmark = Bookmark("clients", state)
    bookmark.move_to("updatedAt", moment)
    assert state == {"replication_key": "updatedAt", "replication_key_value": format_timestamp(moment)}
    assert bookmark.value == moment


@given(began=MOMENTS, until=st.none() | MOMENTS, version=st.none() | MOMENTS)
def test_progress_survives_the_state(began: int, until: int | None, version: int | None) -> None:
    state: dict[str, Any] = {}
    Bookmark("visits", state).progress = Progress(until, began, version)
    assert Bookmark("visits", state).progress == Progress(until, began, version)


def test_progress_is_over_when_the_bookmark_moves_or_all_is_read() -> None:
    state: dict[str, Any] = {}
    bookmark = Bookmark("jobs", state)
    bookmark.progress = Progress(5, 9, None)
    bookmark.move_to("updatedAt", 9)
    assert "read" not in state
    bookmark.progress = Progress(5, 9, None)
    bookmark.progress = None
    assert "read" not in state


@given(bookmark=MOMENTS, began=MOMENTS, until=st.none() | MOMENTS)
def test_a_full_refresh_that_was_stopped_is_gone_on_with(bookmark: int, began: int, until: int | None) -> None:
    state: dict[str, Any] = {}
    Bookmark("jobs", state).move_to("updatedAt", bookmark)
    # What Meltano merges into it.
    Bookmark("jobs", state).progress = Progress(until, began, None)
    assert Bookmark("jobs", state).value == (None if began > bookmark else bookmark)


def test_without_a_state_there_is_no_bookmark() -> None:
    assert Bookmark("jobs", {}).value is None
    assert Bookmark("jobs", {}).progress is None


@pytest.mark.parametrize("read", [None, "text", {}, {"until": "2026-01-01T00:00:00Z"}])
def test_progress_without_its_beginning_is_none(read: object) -> None:
    assert Bookmark("jobs", {"read": read}).progress is None


@pytest.mark.parametrize(
    "text", ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00+00:00", "2026-01-31T12:00:00.000000", "2026-01-31T12:00"]
)
def test_other_ways_to_write_a_bookmark(text: str) -> None:
    assert Bookmark("clients", {"replication_key_value": text}).value == 1_769_860_800


@pytest.mark.parametrize("value", ["soon", "", 7, {"a": 1}])
@pytest.mark.parametrize("key", ["replication_key_value", "until", "began"])
def test_a_bookmark_that_is_no_time_is_an_error_that_names_the_stream(key: str, value: object) -> None:
    began = {"began": "2026-01-31T12:00:00Z"}
    state = {key: value} if key == "replication_key_value" else {"read": {**began, key: value}}
    bookmark = Bookmark("clients", state)
    with pytest.raises(TapError, match=r"the bookmark of clients in the state is no time.*read everything again"):
        _ = bookmark.value, bookmark.progress


def test_a_first_run_ends_at_what_is_certain_by_the_servers_clock(capsysbinary: Capture) -> None:
    server = FakeJobber({"clients": [client("a", 5, "x"), client("b", 0.0001)]})
    output = synced(capsysbinary, server, ["clients", "client_tags"])
    assert output.ids("clients") == ["a", "b"]
    assert output.rows("client_tags") == [{"clientId": "a", "clientUpdatedAt": ago(5), "id": "x", "label": "x"}]
    for name, key in (("clients", "updatedAt"), ("client_tags", "clientUpdatedAt")):
        assert output.bookmark(name) == {"replication_key": key, "replication_key_value": format_timestamp(CERTAIN)}


def test_the_next_run_reads_what_has_changed_since(capsysbinary: Capture) -> None:
    server = FakeJobber({"clients": [client("a", 5, "x")]})
    state = synced(capsysbinary, server, ["clients", "client_tags"]).state
    server = FakeJobber({"clients": [client("a", 5, "x"), client("b", -1, "y")]}, now=NOW + 3 * 86_400)
    output = synced(capsysbinary, server, ["clients", "client_tags"], state)
    assert output.ids("clients") == ["b"]
    assert output.ids("client_tags") == ["y"]
    assert f'updatedAt: {{after: "{format_timestamp(CERTAIN - 1)}"}}' in server.pages("clients")[0].text


def test_a_child_selected_later_starts_at_its_own_beginning(capsysbinary: Capture) -> None:
    server = FakeJobber({"clients": [client("a", 5, "x")]})
    state = synced(capsysbinary, server, ["clients"]).state
    server = FakeJobber({"clients": [client("a", 5, "x"), client("b", -1, "y")]}, now=NOW + 3 * 86_400)
    output = synced(capsysbinary, server, ["clients", "client_tags"], state)
    assert output.ids("clients") == ["b"]
    assert output.ids("client_tags") == ["x", "y"]
    first, second = server.pages("clients")
    assert "nodes { id updatedAt tags(first:" in first.text
    assert "firstName" in second.text


def test_a_child_alone_asks_for_no_column_of_its_parent(capsysbinary: Capture) -> None:
    server = FakeJobber({"clients": [client("a", 5, "x")]})
    output = synced(capsysbinary, server, ["client_tags"])
    assert output.ids("client_tags") == ["x"]
    assert output.rows("clients") == []
    assert "clients" not in {each["stream"] for each in output.of_type("SCHEMA")}
    assert "nodes { id updatedAt tags(first:" in server.pages("clients")[0].text


def test_each_schema_is_written_once_and_before_the_rows(capsysbinary: Capture) -> None:
    server = FakeJobber({"clients": [client("a", 5, "x"), client("b", 4, "y")]})
    output = synced(capsysbinary, server, ["clients", "client_tags"])
    assert sorted(each["stream"] for each in output.of_type("SCHEMA")) == ["client_tags", "clients"]
    kinds = [each["type"] for each in output.messages]
    assert kinds.index("RECORD") > max(index for index, kind in enumerate(kinds) if kind == "SCHEMA")


def test_the_start_date_bounds_first_reads(capsysbinary: Capture) -> None:
    server = FakeJobber({"clients": [client("a", 5, "x"), client("b", 3, "y")]})
    output = synced(capsysbinary, server, ["clients", "client_tags"], start_date=ago(4))
    assert output.ids("clients") == ["b"]
    assert output.ids("client_tags") == ["y"]


@pytest.mark.parametrize("days", [1, 9])
def test_of_bookmark_and_start_date_the_later_counts(capsysbinary: Capture, days: int) -> None:
    server = FakeJobber({"clients": [client(str(number), number + 0.5) for number in range(12)]})
    state = {"bookmarks": {"clients": {"replication_key": "updatedAt", "replication_key_value": ago(5)}}}
    output = synced(capsysbinary, server, ["clients"], state, start_date=ago(days))
    assert len(output.rows("clients")) == min(days, 5)


@pytest.mark.parametrize("name", ["clients", "jobs", "visits"])
def test_a_malformed_bookmark_ends_the_run_with_a_line_that_names_it(capsysbinary: Capture, name: str) -> None:
    state: dict[str, Any] = {"bookmarks": {name: {"replication_key": "x", "replication_key_value": "soon"}}}
    if name == "visits":
        state = {"bookmarks": {name: {"read": {"began": "soon"}}}}
    with pytest.raises(TapError, match=f"the bookmark of {name} in the state is no time"):
        synced(capsysbinary, FakeJobber(), [name], state)


def test_jobs_are_read_whole_once_and_newest_first_afterwards(capsysbinary: Capture) -> None:
    jobs = [job("a", 30, 20, "i"), job("b", 10, 10, "k")]
    first = FakeJobber({"jobs": jobs})
    output = synced(capsysbinary, first, ["jobs", "job_line_items"])
    assert output.ids("jobs") == ["a", "b"]
    assert "sort: {key: JOB_NUMBER, direction: ASCENDING}" in first.pages("jobs")[0].text
    assert output.bookmark("jobs") == {
        "replication_key": "updatedAt",
        "replication_key_value": format_timestamp(CERTAIN),
    }
    assert output.bookmark("job_line_items")["replication_key_value"] == format_timestamp(CERTAIN)
    second = FakeJobber({"jobs": [job("a", 30, -1, "i"), jobs[1]]}, now=NOW + 2 * 86_400)
    output = synced(capsysbinary, second, ["jobs", "job_line_items"], output.state)
    assert output.ids("jobs") == ["a"]
    assert output.ids("job_line_items") == ["i"]
    keys, rows = second.pages("jobs")
    assert "sort: {key: UPDATED_AT, direction: DESCENDING}" in keys.text
    # A look at keys tells that there is something to read.
    assert "title" not in keys.text
    assert "title" in rows.text


def test_line_items_of_jobs_selected_later_are_read_whole(capsysbinary: Capture) -> None:
    server = FakeJobber({"jobs": [job("a", 30, 20, "i")]})
    state = synced(capsysbinary, server, ["jobs"]).state
    later = FakeJobber({"jobs": [job("b", -1, -1, "k"), job("a", 30, 20, "i")]}, now=NOW + 2 * 86_400)
    output = synced(capsysbinary, later, ["jobs", "job_line_items"], state)
    assert output.ids("jobs") == ["b"]
    assert output.ids("job_line_items") == ["i", "k"]
    assert output.bookmark("job_line_items")["replication_key_value"] == format_timestamp(CERTAIN + 2 * 86_400)


def test_a_stopped_read_of_history_is_gone_on_with(capsysbinary: Capture) -> None:
    read = {"began": ago(1), "until": ago(15), "version": 77}
    state = {"bookmarks": {"jobs": {"read": dict(read)}}}
    server = FakeJobber({"jobs": [job("a", 30, 20), job("b", 10, 10)]})
    output = synced(capsysbinary, server, ["jobs"], state)
    assert output.ids("jobs") == ["b"]
    assert output.bookmark("jobs") == {"replication_key": "updatedAt", "replication_key_value": ago(1)}


def test_a_full_table_keeps_no_bookmark_but_its_version_over_a_stop(capsysbinary: Capture) -> None:
    nodes = [{"id": "a", "createdAt": ago(30)}, {"id": "b", "createdAt": ago(10)}]
    read = {"began": ago(1), "until": ago(15), "version": 77}
    output = synced(
        capsysbinary,
        FakeJobber({"visits": nodes}),
        ["visits"],
        {"bookmarks": {"visits": {"read": read}}},
        emit_activate_version_messages=True,
    )
    assert output.ids("visits") == ["b"]
    assert [each["version"] for each in output.of_type("ACTIVATE_VERSION")] == [77]
    assert {each["version"] for each in output.of_type("RECORD")} == {77}
    assert output.bookmark("visits") == {}
    again = synced(capsysbinary, FakeJobber({"visits": nodes}), ["visits"], output.state)
    assert again.ids("visits") == ["a", "b"]


def test_incremental_streams_activate_no_version(capsysbinary: Capture) -> None:
    server = FakeJobber({"clients": [client("a", 5, "x")]})
    output = synced(capsysbinary, server, ["clients", "client_tags"], emit_activate_version_messages=True)
    assert output.of_type("ACTIVATE_VERSION") == []


@pytest.mark.parametrize("whole", [["client_tags"], ["clients", "client_tags"], ["clients"]])
def test_a_stream_that_the_catalog_wants_whole_is_read_whole_each_time(capsysbinary: Capture, whole: list[str]) -> None:
    names = ["clients", "client_tags"]
    state: dict[str, Any] | None = None
    for run in range(3):
        server = FakeJobber({"clients": [client("a", 5, "x")]}, now=NOW + run * 86_400)
        catalog = catalog_of(names, whole=whole)
        output = synced(capsysbinary, server, catalog, state, emit_activate_version_messages=True)
        state = output.state
        for name in names:
            # Where the parent is read whole, its lists come along.
            assert len(output.rows(name)) == (bool({name, "clients"} & set(whole)) or run == 0), (name, run)
            assert name not in whole or output.bookmark(name) == {}
        assert sorted(each["stream"] for each in output.of_type("ACTIVATE_VERSION")) == sorted(whole)


@pytest.mark.parametrize("whole", [["job_line_items"], ["jobs", "job_line_items"], ["jobs"]])
def test_jobs_too_are_read_whole_where_the_catalog_wants_it(capsysbinary: Capture, whole: list[str]) -> None:
    names = ["jobs", "job_line_items"]
    state: dict[str, Any] | None = None
    for run in range(3):
        server = FakeJobber({"jobs": [job("a", 30, 20, "i")]}, now=NOW + run * 86_400)
        catalog = catalog_of(names, whole=whole)
        output = synced(capsysbinary, server, catalog, state, emit_activate_version_messages=True)
        state = output.state
        for name in names:
            assert len(output.rows(name)) == (bool({name, "jobs"} & set(whole)) or run == 0), (name, run)
        assert sorted(each["stream"] for each in output.of_type("ACTIVATE_VERSION")) == sorted(whole)


@pytest.mark.parametrize("column", ["id", "updatedAt"])
def test_children_do_not_need_what_their_parents_catalog_leaves_out(capsysbinary: Capture, column: str) -> None:
    catalog = catalog_of(["clients", "client_tags"])
    del catalog["clients"].schema.properties[column]  # type: ignore[union-attr] # there are properties
    server = FakeJobber({"clients": [client("a", 5, "x")]})
    output = synced(capsysbinary, server, catalog)
    assert output.rows("client_tags") == [{"clientId": "a", "clientUpdatedAt": ago(5), "id": "x", "label": "x"}]
