"""The business hangs together: sums, payments, statuses, schedules and places agree, whatever the seed."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from jobber_sandbox.business.places import REGIONS
from jobber_sandbox.business.trades import all_trades
from jobber_sandbox.business.truth import truth_of
from jobber_sandbox.options import Options
from jobber_sandbox.sandbox import Sandbox
from jobber_sandbox.timestamps import DAY_SECONDS, iso, seconds_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobber_sandbox.world import Row, World

TODAY = "2026-06-17"
SEEDS = ((1, 0.4), (10, 0.2), (3, 0.1), (5, 0.2), (8, 0.05), (12, 0.2))
LAWN_CARE = 10
"""The seed of a business that works little in winter."""
_CENT = 0.005


def business(seed: int, scale: float, today: str = TODAY) -> World:
    sandbox = Sandbox(Options(seed=seed, scale=scale, today=today), clock=lambda: seconds_of(today) + DAY_SECONDS)
    return sandbox.world()


@pytest.fixture(scope="module", params=SEEDS, ids=str)
def world(request: pytest.FixtureRequest) -> World:
    return business(*request.param)


def read(row: Row | None, path: str) -> Any:  # noqa: ANN401 - whatever the field holds
    return row.world.registry.read(row, path) if row is not None else None


def rows(world: World, table: str) -> Sequence[Row]:
    return world.tables[table].rows


def listed(row: Row, field: str, row_type: str) -> list[Row]:
    return list(row.world.registry.lister(row.typename, field, row_type)(row, {}))


def local_day(world: World, moment: str) -> date:
    assert world.business is not None
    return world.business.setting.calendar.day_of(int(seconds_of(moment)))


def test_totals_are_lines_less_discount_plus_tax(world: World) -> None:
    for table, line_table in (("Invoice", "InvoiceLineItem"), ("Quote", "QuoteLineItem")):
        for row in rows(world, table):
            amounts = read(row, "amounts")
            subtotal = sum(read(line, "quantity") * read(line, "unitPrice") for line in world.children(row, line_table))
            percent = read(row, "taxRate.tax")
            discount, tax = read(amounts, "discountAmount"), read(amounts, "taxAmount")
            assert read(amounts, "subtotal") == pytest.approx(subtotal)
            assert tax == pytest.approx((subtotal - discount) * percent / 100, abs=_CENT + 1e-9)
            assert read(amounts, "total") == pytest.approx(subtotal - discount + tax)
            assert 1 <= len(world.children(row, line_table)) <= 8


def test_payments_and_deposits_settle_invoices(world: World) -> None:
    for invoice in rows(world, "Invoice"):
        amounts = read(invoice, "amounts")
        left = read(amounts, "total") - read(amounts, "paymentsTotal") - read(amounts, "depositAmount")
        assert read(amounts, "invoiceBalance") == pytest.approx(left, abs=1e-9)
        is_settled = read(invoice, "receivedDate") is not None
        assert not is_settled or abs(left) < _CENT or left < 0
    for payment in rows(world, "PaymentRecordInterface"):
        assert read(payment, "amount") > 0
        assert read(payment, "client") is payment.ancestor("Client")
        if read(payment, "adjustmentType") == "DEPOSIT":
            assert read(payment, "quote") is payment.parent
            assert read(payment, "quote.amounts.depositAmount") == read(payment, "amount")
        else:
            assert read(payment, "invoice") is payment.parent


def test_statuses_of_invoices_follow_from_dates(world: World) -> None:
    today = date.fromisoformat(TODAY)
    for invoice in rows(world, "Invoice"):
        status, due, issued = (read(invoice, name) for name in ("invoiceStatus", "dueDate", "issuedDate"))
        balance = read(invoice, "amounts.invoiceBalance")
        assert (due is None) == (issued is None)
        if due is not None:
            assert (local_day(world, due) - local_day(world, issued)).days == read(invoice, "invoiceNet")
        if status == "paid":
            assert balance <= 0
        elif status == "draft":
            assert issued is None
        elif status in {"past_due", "awaiting_payment"}:
            assert balance > 0
            assert (local_day(world, due) < today) == (status == "past_due")
        else:
            assert status in {"bad_debt", "voided"}


def test_statuses_of_quotes_follow_from_dates(world: World) -> None:
    for quote in rows(world, "Quote"):
        status, moments = read(quote, "quoteStatus"), read(quote, "lastTransitioned")
        if status in {"awaiting_response", "approved", "changes_requested", "converted"}:
            assert quote.created <= seconds_of(read(quote, "sentAt")) <= world.now
        assert (status == "converted") == (read(moments, "convertedAt") is not None)
        assert (status in {"approved", "converted"}) == (read(moments, "approvedAt") is not None)
        assert (status == "converted") == bool(listed(quote, "jobs", "Job"))


def test_visits_are_within_their_jobs_and_statuses_follow(world: World) -> None:
    now = iso(world.now)
    for job in rows(world, "Job"):
        visits = world.children(job, "Visit")
        assert visits
        status, done = read(job, "jobStatus"), [read(visit, "isComplete") for visit in visits]
        assert (status in {"archived", "requires_invoicing"}) == (read(job, "completedAt") is not None)
        if status in {"archived", "requires_invoicing", "action_required"}:
            assert all(done)
        for visit in visits:
            start, end = read(visit, "startAt"), read(visit, "endAt")
            if start is None:
                assert read(visit, "visitStatus") == "UNSCHEDULED"
                continue
            assert read(job, "startAt") <= start <= end <= read(job, "endAt")
            if read(visit, "isComplete"):
                assert read(visit, "completedAt") <= now
            assert read(visit, "property") is read(job, "property")
            assert read(visit, "invoice") is None or job in listed(read(visit, "invoice"), "jobs", "Job")


def test_time_sheets_and_expenses_belong_to_work_that_took_place(world: World) -> None:
    for entry in rows(world, "TimeSheetEntry"):
        user, visit = read(entry, "user"), read(entry, "visit")
        assert user.created <= entry.created
        if visit is None:
            assert read(entry, "job") is None
            assert read(entry, "label")
            continue
        assert user in listed(visit, "assignedUsers", "User")
        assert read(entry, "job") is visit.parent
        assert read(visit, "isComplete") != read(entry, "ticking")
    for expense in rows(world, "Expense"):
        job = read(expense, "linkedJob")
        assert job is None or any(read(visit, "isComplete") for visit in world.children(job, "Visit"))
        assert read(expense, "date").endswith("T00:00:00Z")


def test_jobs_neither_lose_nor_earn_beyond_belief(world: World) -> None:
    done = [job for job in rows(world, "Job") if read(job, "completedAt") is not None]
    margins = sorted(read(job, "jobCosting.profitPercentage") for job in done)
    assert 20 < margins[len(margins) // 2] < 80
    assert margins[-1] <= 100
    assert margins[len(margins) * 95 // 100] < 95
    assert margins[len(margins) // 20] > -60


def test_what_is_invoiced_is_what_was_earned(world: World) -> None:
    for job in rows(world, "Job"):
        if read(job, "jobStatus") == "archived":
            assert read(job, "invoicedTotal") == pytest.approx(read(job, "jobCosting.totalRevenue"))
            assert read(job, "uninvoicedTotal") == 0


def test_addresses_are_in_one_region(world: World) -> None:
    assert world.business is not None
    region = world.business.setting.region
    towns = {town.name: town for town in region.towns}
    for place in rows(world, "Property"):
        address = read(place, "address")
        town = towns[read(address, "city")]
        assert read(address, "province") == region.province
        assert read(address, "postalCode").startswith(town.postal)
        assert abs(read(address, "coordinates.latitude") - town.latitude) < 0.05
        assert abs(read(address, "coordinates.longitude") - town.longitude) < 0.05
        assert read(address, "street1") in read(place, "street")


def test_nothing_is_from_the_future(world: World) -> None:
    for table in world.tables.values():
        assert all(row.created <= row.updated <= world.now for row in table.rows), table.type_name
        assert all(one.created <= other.created for one, other in zip(table.rows, table.rows[1:], strict=False))


def test_its_own_truth_is_what_graphql_answers(world: World) -> None:
    truth = truth_of(world)
    for invoice in rows(world, "Invoice"):
        own, shown = truth["invoices"][invoice.id], read(invoice, "amounts")
        assert own["totalCents"] == round(read(shown, "total") * 100)
        assert own["taxCents"] == round(read(shown, "taxAmount") * 100)
        assert own["balanceCents"] == round(read(shown, "invoiceBalance") * 100)
        assert own["isOpen"] == (read(invoice, "invoiceStatus") in {"awaiting_payment", "past_due"})
        assert (own["daysOverdue"] > 0) == (read(invoice, "invoiceStatus") == "past_due")
    for job in rows(world, "Job"):
        costing = read(job, "jobCosting")
        assert truth["jobs"][job.id]["profitCents"] == round(read(costing, "profitAmount") * 100)
        assert truth["jobs"][job.id]["labourCents"] == round(read(costing, "labourCost") * 100)


def test_seasons_and_growth_show() -> None:
    world = business(LAWN_CARE, 1.0, "2026-06-30")
    assert world.business is not None
    assert world.business.setting.trade.name == "Lawn care"
    months = truth_of(world)["issuedByMonth"]
    years = [sum(months[f"{year}-{month:02}"]["netCents"] for month in range(4, 7)) for year in (2024, 2025, 2026)]
    assert years[0] < years[1] < years[2]
    winter = sum(months[f"2026-{month:02}"]["netCents"] for month in (1, 2, 3))
    assert winter < years[2] / 2
    assert sum(world.counts().values()) > 10_000


def test_an_account_has_its_trade_and_region() -> None:
    assert len(all_trades()) >= 12
    seen = Counter(read(rows(business(seed, 0.02), "Account")[0], "industry") for seed in range(1, 14))
    assert len(seen) == len(all_trades())
    assert len({region.province for region in REGIONS}) == len(REGIONS)
