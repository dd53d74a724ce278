"""The marts of the dbt package over a business: equal to the cent and the day to what its own rows come to."""

from __future__ import annotations

import shutil
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.e2e import truth
from tests.e2e.harness import bench
from tests.warehouse.account import Messages
from tests.warehouse.business import leave_uninvoiced
from tests.warehouse.reckoning import KEYS, reckoned
from tests.warehouse.targets import DuckDB, JsonLines, Postgres
from tests.warehouse.transform import Built

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.e2e.harness import Bench
    from tests.postgresql import PostgreSQL
    from tests.warehouse.reckoning.money import Table
    from tests.warehouse.targets import Target

# In the week after this day clocks are moved forward. Databases know of zones by their own tables: those of the years
# around it are the same everywhere.
_TODAY = "2026-03-04"
_DAY_SECONDS = 86_400
_STREAMS = (*truth.NAMES, "invoice_ids", "job_ids", "visit_ids", "expense_ids", "time_sheet_entry_ids")
_MIDNIGHTS = ("2026-03-08T07:00:00Z", "2026-03-09T06:00:00Z", "2026-03-01T06:59:59Z", "2026-03-01T07:00:00Z")
"""In Edmonton: those before and after the change of clocks, the end of February and the beginning of March."""
_ZONE = "America/Los_Angeles"
# Jobber works these out anew whenever it is asked: rows that were not read again have them as they were.
_STALE = {
    "dim_clients": {"balance"},
    "fct_jobs": {"invoiced", "job_status"},
    "fct_uninvoiced_work": {"job_status", "uninvoiced"},
}


class Time(NamedTuple):
    """A business at a time.

    Attributes:
        messages: What the tap has said of it, with the state that the time before has left.
        today: The account's present day.
        marts: What each mart is to hold then.
        stale: Columns that only rows have right which were read again.
    """

    messages: Messages
    today: str
    marts: dict[str, Table]
    stale: dict[str, set[str]]


@pytest.fixture(scope="module")
def times(tmp_path_factory: pytest.TempPathFactory) -> list[Time]:
    """Return a business at first, after a week in which all rows were read again, and days later in another zone."""
    home = tmp_path_factory.mktemp("business") / "home"
    home.mkdir()
    with bench(home, scale=0.1, world="business", today=_TODAY) as one:
        leave_uninvoiced(one)
        found = [_time(one, (), resync_days=7)]
        one.sandbox.move_clock(7 * _DAY_SECONDS)
        _change(one)
        _edit_quietly(one)
        found.append(_time(one, found, resync_days=7))
        one.sandbox.move_clock(3 * _DAY_SECONDS)
        _change(one)
        one.change(op="edit", type="User", count=100, set={"timezone": _ZONE})
        found.append(_time(one, found))
    return found


def _change(one: Bench) -> None:
    """Delete rows, and issue invoices at midnights."""
    tables = one.sandbox.world().tables
    for type_name in ("Invoice", "Visit", "Expense", "TimeSheetEntry"):
        one.change(op="delete", type=type_name, id=tables[type_name].rows[-3].id)
    for moment, invoice in zip(_MIDNIGHTS, tables["Invoice"].rows[-12:], strict=False):
        one.change(op="edit", type="Invoice", id=invoice.id, set={"issuedDate": moment})


def _edit_quietly(one: Bench) -> None:
    """Change amounts and a product's name without moving a time of change."""
    tables = one.sandbox.world().tables
    for type_name, field, value in (
        ("InvoiceLineItem", "unitPrice", 12.34),
        ("JobLineItem", "unitPrice", 56.78),
        ("QuoteLineItem", "unitPrice", 90.12),
        ("Expense", "total", 34.56),
        ("TimeSheetEntry", "labourRate", 27.33),
        ("ProductOrService", "name", "Renamed"),
    ):
        row = tables[type_name].rows[len(tables[type_name].rows) // 2]
        one.change(op="edit", type=type_name, id=row.id, set={field: value}, touch=False)


def _time(one: Bench, before: Sequence[Time], **settings: Any) -> Time:
    words: tuple[Path | str, ...] = ()
    if before:
        state = next(each["value"] for each in reversed(before[-1].messages.every) if each["type"] == "STATE")
        words = ("--state", one.write("state.json", state))
    settings |= {"add_read_times": True, "emit_activate_version_messages": True}
    outcome = one.tap(*words, streams=_STREAMS, **settings).checked()
    path = one.home / f"{len(before)}.jsonl"
    path.write_text(outcome.stdout, encoding="utf-8")
    world = one.sandbox.world()
    marts = reckoned(world)
    assert all(marts[name] for name in marts)
    today = next(iter(marts["fct_visits"].values()))["as_of_date"]
    return Time(Messages(path), today, marts, {} if "resync_days" in settings else _STALE)


@pytest.fixture(scope="module", params=["jsonl", "duckdb", "postgres"])
def target(
    request: pytest.FixtureRequest, postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    """Return what loads the business."""
    home = tmp_path_factory.mktemp("answers") / f"answers_{request.param}"
    if request.param == "postgres":
        yield Postgres(home, postgresql, hard_delete=False)
    else:
        yield DuckDB(home) if request.param == "duckdb" else JsonLines(home)
    shutil.rmtree(home)


def test_every_mart_holds_what_the_rows_come_to(times: list[Time], target: Target) -> None:
    for time in times:
        target.load(time.messages)
        built = Built(target, "run", "--select", "+path:models/marts", JOBBER_TODAY=time.today)
        statements = {name: _statement(name, table) for name, table in time.marts.items()}
        found = built.ask(statements)
        for name, table in time.marts.items():
            columns, count = _columns(table), len(KEYS[name])
            left_out = time.stale.get(name, set())
            rows = {tuple(row[:count]): dict(zip(columns, row[count:], strict=True)) for row in found[name]}
            assert rows.keys() == table.keys(), name
            for key, wanted in table.items():
                got = {column: _like(rows[key][column], value) for column, value in wanted.items()}
                different = {column for column in wanted if got[column] != wanted[column]} - left_out
                assert not different, f"{name} {key}: {[(each, got[each], wanted[each]) for each in different]}"


def _statement(name: str, table: Table) -> str:
    return f"select {', '.join((*KEYS[name], *_columns(table)))} from {name}"  # noqa: S608 - our own names


def _columns(table: Table) -> list[str]:
    return list(next(iter(table.values())))


def _like(value: Any, wanted: Any) -> Any:  # noqa: ANN401 - any value
    """Return a value in the type of the one that is wanted: amounts come as text."""
    return Decimal(value) if isinstance(wanted, Decimal) and value is not None else value
