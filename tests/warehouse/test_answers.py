"""The marts of the dbt package over a business: equal to the cent and the day to what its own rows come to."""

from __future__ import annotations

import shutil
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import requests

from tests.e2e import truth
from tests.e2e.harness import bench
from tests.warehouse.account import Messages
from tests.warehouse.targets import JsonLines, Postgres
from tests.warehouse.transform import Built

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.harness import Bench
    from tests.postgresql import PostgreSQL
    from tests.warehouse.targets import Target

# Databases know of changes to zones by their own tables; on these days all agree.
_TODAY = "2026-07-15"
_WEEK_SECONDS = 7 * 86_400
_STREAMS = (*truth.NAMES, "invoice_ids", "job_ids", "visit_ids", "expense_ids", "time_sheet_entry_ids")
_STATEMENTS = {
    "invoices": """
        select invoice_id, balance, days_overdue, deposit, discount, is_bad_debt, is_open, is_voided, issued_date,
               payments, subtotal, tax, total
        from fct_invoices""",
    "months": """
        select month, invoices, issued_total, issued_net, collected, payments, deposits, refunds, tips
        from fct_revenue_by_month""",
    "jobs": """
        select job_id, completed_visits, expense_cost, labour_cost, labour_seconds, material_cost, profit, revenue
        from fct_jobs""",
}


class Business(NamedTuple):
    """A business at two times, a week apart.

    Attributes:
        runs: What the tap has said of it: at first, and a week later with the state that it left.
        truths: What its rows came to at these times.
    """

    runs: tuple[Messages, Messages]
    truths: tuple[dict[str, Any], dict[str, Any]]


@pytest.fixture(scope="module")
def business(tmp_path_factory: pytest.TempPathFactory) -> Business:
    """Return a business that has gone on for a week, in which a job, a visit and an invoice were deleted."""
    home = tmp_path_factory.mktemp("business") / "home"
    home.mkdir()
    with bench(home, scale=0.1, world="business", today=_TODAY) as one:
        first, before = _run(one, home / "1.jsonl"), _truth(one)
        one.sandbox.move_clock(_WEEK_SECONDS)
        for type_name in ("Invoice", "Visit", "Expense", "TimeSheetEntry"):
            one.change(op="delete", type=type_name, id=one.sandbox.world().tables[type_name].rows[-3].id)
        second, after = _run(one, home / "2.jsonl", first), _truth(one)
    return Business((first, second), (before, after))


def _run(one: Bench, path: Path, since: Messages | None = None) -> Messages:
    words: tuple[Path | str, ...] = ()
    if since is not None:
        state = next(each["value"] for each in reversed(since.every) if each["type"] == "STATE")
        words = ("--state", one.write("state.json", state))
    outcome = one.tap(*words, streams=_STREAMS, add_read_times=True).checked()
    path.write_text(outcome.stdout, encoding="utf-8")
    return Messages(path)


def _truth(one: Bench) -> dict[str, Any]:
    found: dict[str, Any] = requests.get(f"{one.server.url}/sandbox/truth", timeout=60).json()
    return found


@pytest.fixture(scope="module", params=["jsonl", "postgres"])
def target(
    request: pytest.FixtureRequest, postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    """Return what loads the business."""
    home = tmp_path_factory.mktemp("answers") / f"answers_{request.param}"
    yield Postgres(home, postgresql, hard_delete=False) if request.param == "postgres" else JsonLines(home)
    shutil.rmtree(home)


def test_the_answers_are_what_the_rows_come_to(business: Business, target: Target) -> None:
    for messages, wanted in zip(business.runs, business.truths, strict=True):
        target.load(messages)
        built = Built(target, command="run", JOBBER_TODAY=wanted["today"])
        found = {name: {row[0]: row[1:] for row in rows} for name, rows in built.ask(_STATEMENTS).items()}
        assert found["jobs"] == {name: _job(each) for name, each in wanted["jobs"].items()}
        assert found["invoices"] == {name: _invoice(each) for name, each in wanted["invoices"].items()}
        assert found["months"] == _months(wanted)


def _invoice(each: dict[str, Any]) -> list[Any]:
    """Return the row of an invoice, as the statement has it."""
    return [
        _amount(each["balanceCents"]),
        each["daysOverdue"],
        _amount(each["depositCents"]),
        _amount(each["discountCents"]),
        each["isBadDebt"],
        each["isOpen"],
        each["isVoid"],
        each["issuedOn"],
        *(_amount(each[name]) for name in ("paymentsCents", "subtotalCents", "taxCents", "totalCents")),
    ]


def _job(each: dict[str, Any]) -> list[Any]:
    return [
        each["completedVisits"],
        _amount(each["expenseCents"]),
        _amount(each["labourCents"]),
        each["labourSeconds"],
        *(_amount(each[name]) for name in ("materialCents", "profitCents", "revenueCents")),
    ]


def _months(wanted: dict[str, Any]) -> dict[str, list[Any]]:
    issued, collected = wanted["issuedByMonth"], wanted["collectedByMonth"]
    return {
        f"{month}-01": [
            issued.get(month, {}).get("invoices", 0),
            *(_amount(issued.get(month, {}).get(name, 0)) for name in ("totalCents", "netCents")),
            *(
                _amount(collected.get(month, {}).get(f"{name}Cents", 0))
                for name in ("collected", "payments", "deposits", "refunds", "tips")
            ),
        ]
        for month in issued.keys() | collected.keys()
    }


def _amount(cents: int) -> str:
    return f"{Decimal(cents) / 100:.2f}"
