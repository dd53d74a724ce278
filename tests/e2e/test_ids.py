"""Streams of ids: all that exist, and not one before all are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tap_jobber.graphql.cost import PAGE_POINTS
from tap_jobber.tap import TapJobber
from tap_jobber.timestamps import parse_timestamp
from tests.e2e import truth
from tests.e2e.harness import Bench, Outcome, bench, discovered
from tests.e2e.test_changes import Meddler

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OF = {
    "client_ids": ("clients", "Client"),
    "expense_ids": ("expenses", "Expense"),
    "invoice_ids": ("invoices", "Invoice"),
    "job_ids": ("jobs", "Job"),
    "payment_record_ids": ("payment_records", "PaymentRecordInterface"),
    "product_ids": ("products", "ProductOrService"),
    "property_ids": ("properties", "Property"),
    "quote_ids": ("quotes", "Quote"),
    "request_ids": ("requests", "Request"),
    "time_sheet_entry_ids": ("time_sheet_entries", "TimeSheetEntry"),
    "user_ids": ("users", "User"),
    "visit_ids": ("visits", "Visit"),
}
"""Of each stream the one whose ids it has, and the type of that one's rows."""
POINTS = {"client_ids": 2, "job_ids": 2, "product_ids": 2, "property_ids": 2, "time_sheet_entry_ids": 2, "user_ids": 5}
"""Points that a row costs where an edit can move it; elsewhere one point."""
NAMES = list(OF)
VERSIONED: dict[str, Any] = {"emit_activate_version_messages": True}
LATE = "2126-01-01"
PAGE_SIZE = 12


def moments(outcome: Outcome, name: str) -> set[int]:
    """Return the times at which the read of a stream began, according to its rows."""
    return {parse_timestamp(row["readAt"]) for row in outcome.rows(name)}


def existing(one: Bench, name: str) -> set[str]:
    """Return the ids that a stream should have."""
    return truth.ids(one, OF[name][0])


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, Outcome, Outcome, dict[str, set[str]]]]:
    """Two reads, and what was deleted between them."""
    with bench(tmp_path_factory.mktemp("home"), scale=0.15) as one:
        first = one.tap(streams=NAMES, start_date=LATE, **VERSIONED).checked()
        for name in NAMES:
            assert set(first.ids(name)) == existing(one, name)
        before = {name: existing(one, name) for name in NAMES}
        for _, type_name in OF.values():
            one.change(op="delete", type=type_name, ids=[one.sandbox.world().tables[type_name].rows[0].id])
        gone = {name: before[name] - existing(one, name) for name in NAMES}
        state = one.write("state.json", first.states[-1])
        yield one, first, one.tap("--state", state, streams=NAMES, start_date=LATE, **VERSIONED).checked(), gone


@pytest.mark.parametrize("name", NAMES)
def test_what_was_deleted_between_two_reads_is_told_by_the_moment(
    twice: tuple[Bench, Outcome, Outcome, dict[str, set[str]]], name: str
) -> None:
    one, first, second, gone = twice
    assert gone[name]
    assert set(second.ids(name)) == existing(one, name)
    (earlier,), (later,) = moments(first, name), moments(second, name)
    assert earlier < later
    upserted = first.last_rows(name) | second.last_rows(name)
    assert {key for key, row in upserted.items() if parse_timestamp(row["readAt"]) < later} == gone[name]
    for outcome in (first, second):
        assert [row["readCount"] for row in outcome.rows(name)] == [len(outcome.rows(name))] * len(outcome.rows(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_target_is_told_when_all_have_come(
    twice: tuple[Bench, Outcome, Outcome, dict[str, set[str]]], name: str
) -> None:
    for outcome in twice[1:3]:
        of_stream = [each for each in outcome.messages if each.get("stream") == name]
        assert [each["type"] for each in of_stream] == [
            "SCHEMA",
            *["RECORD"] * len(outcome.rows(name)),
            "ACTIVATE_VERSION",
        ]
        assert {each["version"] for each in of_stream[1:]} == {of_stream[-1]["version"]}
        at = outcome.messages.index(of_stream[-1])
        assert outcome.messages[at + 1]["type"] == "STATE"


@pytest.mark.parametrize("name", NAMES)
def test_a_row_costs_a_point_or_where_an_edit_can_move_it_two(
    twice: tuple[Bench, Outcome, Outcome, dict[str, set[str]]], name: str
) -> None:
    one, first, second, _gone = twice
    rows = len(first.ids(name)) + len(second.ids(name))
    entries = [entry for entry in one.log if entry.operation == name]
    shared = len(entries) * (PAGE_POINTS + POINTS.get(name, 1))
    assert rows <= sum(entry.actual for entry in entries) <= POINTS.get(name, 1) * rows + shared


def test_the_rows_are_valid_and_come_after_those_of_the_tables(tiny: Bench) -> None:
    outcome = tiny.tap(streams=["clients", "users", "client_ids", "user_ids"]).checked()
    truth.assert_valid(outcome)
    names = [each["stream"] for each in outcome.of_type("RECORD")]
    assert list(dict.fromkeys(names)) == ["clients", "users", "client_ids", "user_ids"]


def test_they_are_not_selected_by_default() -> None:
    metadata = {each["tap_stream_id"]: each["metadata"] for each in discovered()["streams"]}
    for name in NAMES:
        (of_stream,) = [each["metadata"] for each in metadata[name] if each["breadcrumb"] == []]
        assert of_stream["selected-by-default"] is False


def test_the_moment_is_that_of_the_servers_clock_at_the_beginning(tiny: Bench) -> None:
    started: list[float] = []
    tiny.sandbox.before_request = lambda _number: started.append(tiny.sandbox.clock())
    outcome = tiny.tap(streams=["client_ids"], page_size=PAGE_SIZE).checked()
    (moment,) = moments(outcome, "client_ids")
    assert int(started[0]) <= moment <= started[1]


@pytest.mark.parametrize("name", ["client_ids", "property_ids", "visit_ids"])
def test_a_failure_in_mid_read_leaves_no_row(tmp_path: Path, name: str) -> None:
    with bench(tmp_path, scale=0.15) as one:
        state = one.tap(streams=[name]).checked().states[-1]
        one.log.clear()
        one.arm(kind="disconnected", match=f"query {name}(", after=2)
        outcome = one.tap("--state", one.write("state.json", state), streams=[name], page_size=PAGE_SIZE, **VERSIONED)
        assert outcome.status == 77
        assert len(outcome.errors) == 1
        assert [entry.operation for entry in one.log].count(name) == 3
        assert not outcome.of_type("RECORD")
        assert not outcome.of_type("ACTIVATE_VERSION")
        assert all(each["bookmarks"][name] == state["bookmarks"][name] for each in outcome.states)


@pytest.mark.parametrize("name", ["client_ids", "job_ids", "property_ids", "visit_ids"])
def test_no_id_is_missing_while_rows_are_edited_deleted_and_created(tmp_path: Path, name: str) -> None:
    with bench(tmp_path, scale=0.3) as one:
        before = existing(one, name)
        meddler = Meddler(one, OF[name][1], 7, ("edit", "delete", "create"))
        one.sandbox.before_request = meddler
        outcome = one.tap(streams=[name], page_size=PAGE_SIZE).checked()
        assert meddler.edited
        assert meddler.deleted
        assert before & existing(one, name) <= set(outcome.ids(name))
        assert len(outcome.ids(name)) == len(set(outcome.ids(name)))


def test_an_order_that_is_not_known_is_done_without(tiny: Bench) -> None:
    tiny.arm(kind="unknown_argument", argument="Query.clients.sort")
    outcome = tiny.tap(streams=["client_ids"], page_size=PAGE_SIZE).checked()
    assert set(outcome.ids("client_ids")) == existing(tiny, "client_ids")


def test_what_may_not_be_read_is_skipped(tiny: Bench) -> None:
    tiny.arm(kind="hidden", field="Query.clients")
    outcome = tiny.tap(streams=["client_ids", "user_ids"]).checked()
    assert not outcome.rows("client_ids")
    assert set(outcome.ids("user_ids")) == existing(tiny, "user_ids")
    assert any("read_clients" in text for text in outcome.warnings)


def test_a_trial_reads_one_page_and_tells_of_no_deletion(tiny: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    tap = TapJobber(config={**tiny.settings, **VERSIONED})
    tap.run_sync_dry_run(streams=[tap.streams[name] for name in NAMES])
    outcome = Outcome(0, capfd.readouterr().out, "")
    for name in NAMES:
        assert len(outcome.rows(name)) == 1
        assert [entry.first for entry in tiny.log if entry.operation == name] == [2]
    assert not outcome.of_type("ACTIVATE_VERSION")
    assert not any(each["bookmarks"].get(name) for each in outcome.states for name in NAMES)
