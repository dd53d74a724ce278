"""Containment: a fault of one stream in a walk that feeds several."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, cast

import pytest

from tap_jobber.api.client import Answer, UnclearError, Usage
from tap_jobber.api.decision import Action, Decision
from tap_jobber.cli.summary import finish
from tap_jobber.errors import ExitStatus, PartialRunError, StreamError, TapError
from tests.streams.fake_jobber import FakeJobber, ago, catalog_of, listed, named, opened, synced

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_jobber.api.transport import Query
    from tap_jobber.streams.jobber_stream import JobberStream
    from tap_jobber.tap import TapJobber

    Capture = pytest.CaptureFixture[bytes]

BUSY = UnclearError(Decision(Action.RETRY, "Jobber answered 500", "run again later"))
REFUSED = StreamError("Jobber refused the query: no", "check api_version")
FAMILY = ["clients", "client_tags", "client_notes"]


def client(identity: str) -> dict[str, Any]:
    """Return a client with a tag and a note."""
    return {
        "id": identity,
        "updatedAt": ago(1),
        "tags": listed({"id": f"tag of {identity}", "label": "x"}),
        "notes": listed({"id": f"note of {identity}"}),
    }


class Choosy(FakeJobber):
    """A Jobber that refuses some queries.

    Attributes:
        refuses: Tells which, by their text.
    """

    refuses: Callable[[str], bool] = staticmethod(lambda _text: False)

    def execute(self, query: Query, usage: Usage) -> Answer:
        """Refuse, or answer."""
        if self.refuses(query.text):
            usage.requests += 1
            raise REFUSED
        return super().execute(query, usage)


def jobber(refuses: Callable[[str], bool] = lambda _text: False) -> Choosy:
    """Return an account of two clients and a vehicle."""
    server = Choosy({"clients": [client("a"), client("b")], "vehicles": [{"id": "v"}]})
    server.refuses = refuses
    return server


def outcomes(tap: TapJobber) -> dict[str, str]:
    """Return the remarks of the selected streams that are not complete."""
    streams = [cast("JobberStream", stream) for stream in tap.streams.values() if stream.selected]
    return {stream.name: stream.outcome.remark() for stream in streams if not stream.outcome.is_complete}


@pytest.mark.parametrize(
    ("refuses", "lost"),
    [
        (lambda text: "notes(" in text, {"client_notes"}),
        (lambda text: "companyName" in text, {"clients"}),
        (lambda text: "companyName" in text or "notes(" in text, {"clients", "client_notes"}),
        (lambda text: "tags(" in text and "notes(" in text, {"client_tags"}),
        (lambda text: " clients(" in text, set(FAMILY)),
    ],
    ids=["a list", "the rows", "both", "two lists together", "whatever is asked"],
)
def test_only_what_makes_a_walk_fail_is_set_aside(
    refuses: Callable[[str], bool], lost: set[str], capsysbinary: Capture
) -> None:
    tap = opened(jobber(refuses), catalog_of([*FAMILY, "vehicles"]))
    tap.sync_all()
    assert set(outcomes(tap)) == lost
    for name in FAMILY:
        assert named(tap, name).usage.rows == (0 if name in lost else 2)
        moved = "replication_key_value" in tap.state["bookmarks"].get(name, {})
        assert moved is (name not in lost)
    assert named(tap, "vehicles").usage.rows == 1
    assert b'"stream":"vehicles"' in capsysbinary.readouterr().out


def test_a_walk_that_goes_on_asks_for_no_more_than_it_needs(capsysbinary: Capture) -> None:
    server = jobber(lambda text: "notes(" in text)
    synced(capsysbinary, server, FAMILY)
    again = server.pages("clients")
    assert [("tags(" in query.text, "companyName" in query.text) for query in again] == [
        (False, False),
        (False, True),
        (True, True),
    ], "the least, with its rows, and with the list that can be read"


def test_a_list_of_an_odd_shape_costs_its_stream(capsysbinary: Capture) -> None:
    server = jobber()
    server.nodes["clients"][0]["notes"] = {"nodes": [None], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    tap = opened(server, catalog_of(FAMILY))
    tap.sync_all()
    assert set(outcomes(tap)) == {"client_notes"}
    assert named(tap, "client_tags").usage.rows == 2
    assert capsysbinary.readouterr().out


def test_what_nobody_foresaw_in_a_row_is_a_line_that_asks_for_a_report(
    capsysbinary: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    tap = opened(jobber(), catalog_of([*FAMILY, "vehicles"]))

    def breaks(_node: object) -> dict[str, Any]:
        raise KeyError("emails")

    named(tap, "clients").__dict__["shape"] = breaks
    with caplog.at_level(logging.INFO):
        tap.sync_all()
    with pytest.raises(PartialRunError) as caught:
        finish(tap)
    (line,) = caught.value.lines
    assert line.startswith("clients was set aside, the tap does not understand an answer (KeyError: 'emails'): report")
    assert named(tap, "client_tags").usage.rows == 2
    assert not any("Traceback" in record.getMessage() or record.exc_info for record in caplog.records)
    assert capsysbinary.readouterr().out


def test_where_jobber_answers_other_queries_the_next_stream_is_read() -> None:
    server = jobber()
    server.errors["clients"] = BUSY
    tap = opened(server, catalog_of(["clients", "vehicles"]))
    tap.sync_all()
    assert outcomes(tap) == {"clients": "set aside: clients: Jobber answered 500, but it answers other queries"}
    assert named(tap, "vehicles").usage.rows == 1


def test_where_jobber_answers_nothing_the_run_ends() -> None:
    server = jobber()
    server.errors = {"clients": BUSY, "account": BUSY, "vehicles": AssertionError("not asked for")}
    tap = opened(server, catalog_of(["clients", "vehicles"]))
    with pytest.raises(TapError, match="Jobber answered 500: run again later") as caught:
        tap.sync_all()
    assert caught.value.exit_status is ExitStatus.TRY_LATER


@pytest.mark.parametrize("error", [BrokenPipeError(), TapError("the token is refused", "log in")])
def test_what_concerns_all_ends_the_run(error: Exception) -> None:
    tap = opened(jobber(), catalog_of(["clients", "client_tags", "vehicles"]))

    def write_nothing(_row: object) -> None:
        raise error

    named(tap, "client_tags").__dict__["write_row"] = write_nothing
    with pytest.raises(type(error)):
        tap.sync_all()
    assert not outcomes(tap)


def test_a_second_look_that_fails_costs_the_certainty_of_its_own_stream(capsysbinary: Capture) -> None:
    server = jobber(lambda text: " properties(" in text and bool(server.pages("properties")))
    server.nodes["properties"] = [{"id": "p"}, {"id": "q"}]
    tap = opened(server, catalog_of(["properties", "vehicles"]), emit_activate_version_messages=True)
    stream = named(tap, "properties")
    stream.__dict__["has_met_all"] = lambda met, again: len(met) == len(list(again))
    tap.sync_all()
    assert stream.usage.rows == 2
    assert set(outcomes(tap)) == {"properties"}
    told = [line for line in capsysbinary.readouterr().out.splitlines() if b"ACTIVATE_VERSION" in line]
    assert [b'"vehicles"' in line for line in told] == [True]
