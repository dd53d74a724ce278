"""A run with the state that another has left: what has changed since, with its lists, and nothing older."""

from __future__ import annotations

import os
import random
import signal
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests import snapshots
from tests.e2e import truth
from tests.e2e.harness import TAP, Bench, Outcome, bench, catalog
from tests.e2e.processes import family, needs_proc
from tests.effort import some

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TYPES = {
    "clients": ("Client", "ClientNote"),
    "expenses": ("Expense", None),
    "invoices": ("Invoice", "InvoiceLineItem"),
    "jobs": ("Job", "JobLineItem"),
    "payout_records": ("PayoutRecord", "BalanceTransactionInterface"),
    "quotes": ("Quote", "QuoteLineItem"),
    "requests": ("Request", "RequestNote"),
    "time_sheet_entries": ("TimeSheetEntry", None),
}
"""Of each stream that shows what has changed the type of its rows, and one of those in its lists."""
WHOLE = tuple(name for name in truth.NAMES if snapshots.replication_key(name) is None)
LINKED = {"invoice_jobs", "invoice_notes", "job_notes", "quote_notes", "request_notes"}
"""Lists that other rows are shown in: they change without the row that they belong to."""
CHANGING = tuple(name for name in truth.NAMES if name not in WHOLE)
PAGE_SIZE = 5


@dataclass(frozen=True)
class Twice:
    """Two runs, and what happened to the account in between.

    Attributes:
        one: The sandbox.
        first: The run that read everything.
        second: The run that was given its state.
        points: What each stream's rows and lists cost in the one and in the other.
        edited: The rows of each stream that were edited in between.
        created: Those that were created, each with a row in a list.
    """

    one: Bench
    first: Outcome
    second: Outcome
    points: tuple[dict[str, int], dict[str, int]]
    edited: dict[str, set[str]]
    created: dict[str, set[str]]

    def newer(self, name: str) -> list[dict[str, Any]]:
        """Return the rows that have changed since the bookmark of the first run."""
        bookmark = self.first.states[-1]["bookmarks"][name]
        assert bookmark["replication_key"] == snapshots.replication_key(name)
        since = bookmark["replication_key_value"]
        return [row for row in truth.rows(self.one, name) if row[bookmark["replication_key"]] >= since]


@pytest.fixture(scope="module", params=some(["exclusive", "inclusive"]))
def twice(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twice]:
    """Read with bounds of either kind; the server's clock is some minutes off ours in the second case."""
    clock_offset = 0.0 if request.param == "inclusive" else -400.0
    home = tmp_path_factory.mktemp("home")
    with bench(home, scale=0.1, bounds=request.param, clock_offset=clock_offset) as one:
        first = one.tap().checked()
        points = _points(one)
        one.log.clear()
        edited, created = {}, {}
        for name, (row_type, child_type) in TYPES.items():
            edited[name] = set(one.change(op="edit", type=row_type, random=1, count=2))
            created[name] = set(one.change(op="create", type=row_type, count=2))
            for parent in (*edited[name], *created[name]) if child_type else ():
                one.change(op="create", type=child_type, parent=parent)
        second = one.tap("--state", one.write("state.json", first.states[-1])).checked()
        yield Twice(one, first, second, (points, _points(one)), edited, created)


def _points(one: Bench) -> dict[str, int]:
    spent = dict.fromkeys(truth.TABLES, 0)
    for entry in one.log:
        name = str(entry.operation).removesuffix("_rest").removesuffix("_beyond")
        if name in spent:
            spent[name] += entry.actual
    return spent


@pytest.mark.parametrize("name", CHANGING)
def test_brings_what_is_newer_than_the_bookmark_once(twice: Twice, name: str) -> None:
    assert truth.lines(twice.second.rows(name)) == truth.lines(twice.newer(name))
    assert len(twice.second.rows(name)) < len(truth.rows(twice.one, name))


@pytest.mark.parametrize("name", TYPES)
def test_brings_what_was_edited_and_created(twice: Twice, name: str) -> None:
    touched = twice.edited[name] | twice.created[name]
    assert len(touched) == 4
    assert touched <= set(twice.second.ids(name))
    _, child_type = TYPES[name]
    if child_type is not None:
        children = truth.family(name)[1:]
        parents = {row[truth.CHILDREN[each].parent_id] for each in children for row in twice.second.rows(each)}
        assert touched <= parents, "a list of a row that was touched is missing"


def test_brings_whole_what_does_not_show_its_changes(twice: Twice) -> None:
    truth.assert_complete(twice.one, twice.second, WHOLE)
    truth.assert_valid(twice.second)


@pytest.mark.parametrize("name", truth.NAMES)
def test_both_together_are_the_account(twice: Twice, name: str) -> None:
    keys = snapshots.keys(name)
    ended_up = twice.first.last_rows(name, *keys) | twice.second.last_rows(name, *keys)
    expected = {truth.key(row, name): row for row in truth.rows(twice.one, name)}
    assert name in LINKED or set(ended_up) == set(expected)
    # Other rows refer to what was created, whether they have changed themselves or not.
    changed = {truth.key(row, name) for row in twice.newer(name)} if name in CHANGING else set(expected)
    assert {each: ended_up[each] for each in changed} == {each: expected[each] for each in changed}


def test_bookmarks_move_on(twice: Twice) -> None:
    before, after = (outcome.states[-1]["bookmarks"] for outcome in (twice.first, twice.second))
    assert set(before) == set(after) == set(truth.NAMES)
    for name in CHANGING:
        assert after[name]["replication_key"] == snapshots.replication_key(name)
        assert after[name]["replication_key_value"] >= before[name]["replication_key_value"]
    for name in WHOLE:
        assert after[name] == {}


def test_what_has_not_changed_costs_little(twice: Twice) -> None:
    first, second = (sum(points[name] for name in TYPES) for points in twice.points)
    assert second < first / 2
    for outcome in (twice.first, twice.second):
        assert [text for text in outcome.warnings if "API version" not in text] == []


def test_a_list_selected_later_gets_its_history(tiny: Bench) -> None:
    first = tiny.tap(streams=["clients"]).checked()
    state = tiny.write("state.json", first.states[-1])
    second = tiny.tap("--state", state, streams=["clients", "client_notes", "client_tags"]).checked()
    assert second.rows("clients") == []
    truth.assert_complete(tiny, second, ["client_notes", "client_tags"])
    third = tiny.tap("--state", tiny.write("state.json", second.states[-1]), streams=truth.family("clients")).checked()
    later = ["client_contacts", "client_note_files"]
    assert third.streams == set(later)
    truth.assert_complete(tiny, third, later)


def test_start_date_bounds_the_first_read(tiny: Bench) -> None:
    streams = ["clients", "client_tags", "tasks", "assessments"]
    everything = truth.rows(tiny, "clients")
    start = sorted(row["updatedAt"] for row in everything)[len(everything) // 2]
    outcome = tiny.tap(streams=streams, start_date=start).checked()
    newer = [row for row in everything if row["updatedAt"] >= start]
    assert 0 < len(newer) < len(everything)
    assert truth.lines(outcome.rows("clients")) == truth.lines(newer)
    assert truth.lines(outcome.rows("client_tags")) == truth.lines(
        row for row in truth.rows(tiny, "client_tags") if row["clientUpdatedAt"] >= start
    )
    assessments = [row for row in truth.rows(tiny, "assessments") if (row["startAt"] or start) >= start]
    assert truth.lines(outcome.rows("assessments")) == truth.lines(assessments)


@needs_proc
@pytest.mark.parametrize("seed", some([1, 2, 3, 4]))
def test_a_run_that_is_killed_goes_on_where_it_was(tmp_path: Path, seed: int) -> None:
    """Killed at some request; what the two parts have written is the account, each row as it is."""
    streams = [name for name in truth.NAMES if name not in {"visit_line_items", "assessments", "events"}]
    reached = threading.Event()
    with bench(tmp_path, seed=seed) as one:
        last_request = random.Random(seed).randint(15, 45)  # noqa: S311 - it has to be repeatable, not secret

        def wait(number: int) -> None:
            if number == last_request:
                reached.set()
                one.sandbox.stopping.wait(0.5)

        one.sandbox.before_request = wait
        chosen = one.write("catalog.json", catalog(streams))
        with family([TAP, "--config", one.config(page_size=PAGE_SIZE), "--catalog", chosen], tmp_path) as started:
            out = threading.Thread(target=lambda: written.append(started.head.communicate()[0]))
            written: list[str] = []
            out.start()
            assert reached.wait(20)
            os.killpg(started.head.pid, signal.SIGKILL)
            out.join(20)
        whole_lines = written[0][: written[0].rfind("\n") + 1]
        first = Outcome(started.head.returncode, whole_lines, "")
        assert first.status == -signal.SIGKILL
        assert first.states
        one.sandbox.before_request = None
        state = one.write("state.json", first.states[-1])
        second = one.tap("--state", state, streams=streams, page_size=PAGE_SIZE).checked()
        for name in streams:
            keys = snapshots.keys(name)
            ended_up = first.last_rows(name, *keys) | second.last_rows(name, *keys)
            expected = {truth.key(row, name): row for row in truth.rows(one, name)}
            assert ended_up == expected, name
