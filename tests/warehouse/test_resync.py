"""Eight days with `resync_days: 7`: what no change marker tells is in the warehouses, and what is gone is gone.

The sandbox's clock is moved, but not the machine's, so what a run writes is dated by the sandbox's before it is loaded.
"""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests import snapshots
from tests.e2e import truth
from tests.e2e.harness import bench
from tests.warehouse.account import Messages
from tests.warehouse.targets import DuckDB, Postgres, Target

if TYPE_CHECKING:
    from tests.e2e.harness import Bench
    from tests.postgresql import PostgreSQL
    from tests.warehouse.account import Key, Row

_HOUR_SECONDS = 3_600
_BEHIND_DAYS = 10
_DAYS = 7
_GAPS_HOURS = (1, 1, 5, 17, 24, 24, 24, 48, 48)
_LOADED_AFTER = (0, 4, 7, 9)
_PAGE = Path(__file__).parents[2] / "docs" / "resync.md"
_STATEMENT = re.compile(r"^```sql\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMES = (
    *("account", "clients", "client_contacts", "client_notes", "client_tags", "properties", "property_contacts"),
    *("jobs", "job_line_items", "visits", "visit_line_items", "visit_assigned_users", "tasks", "task_assigned_users"),
    *("assessments", "invoices", "invoice_line_items", "payment_records", "payment_record_allocations", "expenses"),
    *("time_sheet_entries", "quotes", "users", "products", "custom_field_values"),
)
"""Streams of each way of reading."""
_EDITED = {"Invoice": "subject", "InvoiceLineItem": "description", "Visit": "instructions", "Property": "name"}
_EDITED |= {"Client": "firstName", "JobLineItem": "description", "PaymentRecordInterface": "details", "Task": "title"}
_DELETED: tuple[str, ...] = ("Client", "Invoice", "Visit", "Expense", "TimeSheetEntry", "InvoiceLineItem")
_DELETED += ("JobLineItem", "Property", "User", "Task", "ClientNote")
_SETTINGS: dict[str, Any] = {
    "resync_days": _DAYS,
    "emit_activate_version_messages": True,
    # What is dropped from rows is read all the same, and what is added does not matter to the read.
    "stream_maps": {"quotes": {"title": "__NULL__", "copied": "quoteNumber"}},
}


class Week(NamedTuple):
    """An account and the warehouses that it was loaded into.

    Attributes:
        targets: The warehouses.
        last: The messages of a run that has read all at the end.
        gone: The keys that the account once had, by stream.
    """

    targets: dict[str, Target]
    last: Messages
    gone: dict[str, set[Key]]


@pytest.fixture(scope="module")
def week(postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> Week:
    """Run the tap again and again for eight days, and load each run."""
    home = tmp_path_factory.mktemp("week")
    targets: dict[str, Target] = {
        "marks": Postgres(home / "week_marks", postgresql, hard_delete=False),
        "removes": Postgres(home / "week_removes", postgresql, hard_delete=True),
        "keeps": DuckDB(home / "week_keeps"),
    }
    with bench(home, scale=0.1, clock_offset=-_BEHIND_DAYS * 86_400) as one, ThreadPoolExecutor(2) as pool:
        before: dict[str, set[Key]] = {}
        since: list[str] = []
        state = None
        for number, hours in enumerate((0, *_GAPS_HOURS)):
            one.sandbox.advanced_seconds += hours * _HOUR_SECONDS
            messages = _run(one, home / f"{number}.jsonl", state, **_SETTINGS)
            state = messages.every[-1]["value"]
            since.append(messages.path.read_text(encoding="utf-8"))
            if number in _LOADED_AFTER:
                # A load has its own price, so those in between bring several runs.
                together = Messages(home / f"to-{number}.jsonl")
                together.path.write_text("".join(since), encoding="utf-8")
                list(pool.map(lambda target, run=together: target.load(run), targets.values()))
                since.clear()
            if number == 0:
                before = _keys(one)
                _change_quietly(one)
        last = _run(one, home / "last.jsonl", None, stream_maps=_SETTINGS["stream_maps"])
        there = _keys(one)
    return Week(targets, last, {name: before[name] - there[name] for name in NAMES})


def _keys(one: Bench) -> dict[str, set[Key]]:
    return {
        name: {tuple(str(row[column]) for column in snapshots.keys(name)) for row in truth.rows(one, name)}
        for name in NAMES
    }


def _change_quietly(one: Bench) -> None:
    """Edit rows without a trace in their time of change, and delete and create some."""
    tables = one.sandbox.world().tables
    for type_name, column in _EDITED.items():
        ids = [row.id for row in tables[type_name].rows[2::7]]
        one.change(op="edit", type=type_name, ids=ids, set={column: "edited quietly"}, touch=False)
    for type_name in _DELETED:
        one.change(op="delete", type=type_name, ids=[row.id for row in tables[type_name].rows[1::9]][:5])
    for type_name in ("Client", "Task", "Expense"):
        one.change(op="create", type=type_name, count=3)
    invoice, job = tables["Invoice"].rows[0], tables["Job"].rows[0]
    one.change(op="create", type="InvoiceLineItem", parent=invoice.id)
    one.change(op="create", type="Visit", parent=job.id)


def _run(one: Bench, path: Path, state: object, **settings: Any) -> Messages:
    words = () if state is None else ("--state", one.write("state.json", state))
    outcome = one.tap(*words, streams=NAMES, **settings).checked()
    path.write_text("".join(_dated(line, one) for line in outcome.stdout.splitlines(keepends=True)), encoding="utf-8")
    return Messages(path)


def _dated(line: str, one: Bench) -> str:
    message = json.loads(line)
    if "time_extracted" not in message:
        return line
    shift = timedelta(seconds=one.sandbox.options.clock_offset + one.sandbox.advanced_seconds)
    moment = datetime.fromisoformat(message["time_extracted"].replace("Z", "+00:00")) + shift
    return json.dumps({**message, "time_extracted": moment.isoformat()}) + "\n"


@pytest.mark.parametrize("kind", ["marks", "removes", "keeps"])
def test_what_no_change_marker_tells_is_loaded(week: Week, kind: str) -> None:
    target = week.targets[kind]
    tables = target.tables(week.last)
    changed = sum(len(rows) for rows in week.gone.values())
    assert changed > 50
    for name, rows in week.last.rows.items():
        found = {key: row for key, row in tables[name].items() if not row.get("_sdc_deleted_at")}
        extra = found.keys() - rows.keys()
        assert extra <= (week.gone[name] if kind == "keeps" else set()), name
        assert found.keys() >= rows.keys(), name
        for key, row in rows.items():
            _assert_same(target, row, found[key], name)


def _assert_same(target: Target, sent: Row, stored: Row, name: str) -> None:
    """Compare the texts of a row; test_loads compares all that one load brings."""
    for column, value in sent.items():
        if isinstance(value, str) and not re.match(r"\d{4}-\d\d-\d\d", value):
            assert stored[target.column(column)] == value, (name, column, value)


def test_the_rows_that_are_gone_are_marked_or_removed(week: Week) -> None:
    marked, removed = (week.targets[kind].tables(week.last) for kind in ("marks", "removes"))
    for name in week.last.rows:
        assert {key for key, row in marked[name].items() if row["_sdc_deleted_at"]} == week.gone[name], name
        assert removed[name].keys() == week.last.rows[name].keys(), name


@pytest.mark.parametrize("kind", ["marks", "keeps"])
def test_the_statement_of_the_page_finds_what_is_gone(week: Week, kind: str) -> None:
    (sql,) = _STATEMENT.findall(_PAGE.read_text(encoding="utf-8"))
    assert sql.count("invoices") == 1
    for name in week.last.rows:
        keys = ", ".join(f'"{key}"' for key in snapshots.keys(name))
        found = week.targets[kind].query(sql.replace("select id", f"select {keys}").replace("invoices", name))
        assert {tuple(str(value) for value in row.values()) for row in found} == week.gone[name], name
