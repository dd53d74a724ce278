"""Sums of jobs: earned, spent and invoiced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobber_sandbox.fields.generators import below, read
from jobber_sandbox.fields.links import indexed
from jobber_sandbox.money import cents_of, hours_cents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobber_sandbox.world import Row


def is_recurring(job: Row) -> bool:
    """Return True if a job is a contract, whose line items and total are those of one visit."""
    return bool(read(job, "jobType") == "RECURRING")


def _completed(job: Row) -> list[Row]:
    return [visit for visit in below(job, "Visit") if read(visit, "isComplete")]


def _lines_cents(job: Row, field: str) -> int:
    return sum(cents_of(read(line, field) or 0) for line in below(job, "JobLineItem"))


def _times(job: Row) -> int:
    """Return how often the line items of a job count: once, or for each visit that was made."""
    return len(_completed(job)) if is_recurring(job) else 1


def invoices_of(job: Row) -> Sequence[Row]:
    """Return the invoices that bill a job."""
    return indexed(job.world, "job invoices", "Invoice", jobs_of).get(job, [])


def jobs_of(invoice: Row) -> Sequence[Row]:
    """Return the jobs that an invoice bills."""
    return invoice.world.registry.lister("Invoice", "jobs", "Job")(invoice, {})  # type: ignore[no-any-return]  # rows


def expenses_of(job: Row) -> Sequence[Row]:
    """Return the expenses for a job."""

    def linked_job(expense: Row) -> Sequence[Row]:
        found = read(expense, "linkedJob")
        return () if found is None else (found,)

    return indexed(job.world, "expenses", "Expense", linked_job).get(job, [])


def _invoiced_cents(job: Row) -> int:
    def billed_job(line: Row) -> Sequence[Row]:
        item = read(line, "jobLineItem")
        is_void = line.parent is not None and read(line.parent, "voidedAt") is not None
        return () if item is None or item.parent is None or is_void else (item.parent,)

    lines = indexed(job.world, "billed lines", "InvoiceLineItem", billed_job).get(job, ())
    return sum(cents_of(read(line, "totalPrice")) for line in lines)


def _uninvoiced_cents(job: Row) -> int:
    return max(0, _lines_cents(job, "totalPrice") * _times(job) - _invoiced_cents(job))


def uninvoiced_visits(job: Row) -> list[Row]:
    """Return the visits that were made and are on no invoice."""
    return [visit for visit in _completed(job) if read(visit, "invoice") is None]


def _uninvoiced_visits_cents(job: Row) -> int:
    waiting = uninvoiced_visits(job)
    if is_recurring(job):
        return len(waiting) * _lines_cents(job, "totalPrice")
    return _uninvoiced_cents(job) if waiting and len(waiting) == len(below(job, "Visit")) else 0


def job_costing(job: Row) -> dict[str, Any]:
    """Return what a job has earned and cost so far."""
    entries = job.world.children(job, "TimeSheetEntry")
    seconds = sum(int(read(entry, "finalDuration")) for entry in entries)
    labour = sum(
        hours_cents(cents_of(read(entry, "labourRate") or 0), int(read(entry, "finalDuration"))) for entry in entries
    )
    spent = sum(cents_of(read(expense, "total") or 0) for expense in expenses_of(job))
    material = _lines_cents(job, "totalCost") * _times(job)
    revenue = _lines_cents(job, "totalPrice") * _times(job)
    profit = revenue - labour - spent - material
    return {
        "belowMinimumThreshold": profit < 0,
        "expenseCost": spent / 100,
        "labourCost": labour / 100,
        "labourDuration": seconds,
        "lineItemCost": material / 100,
        "profitAmount": profit / 100,
        "profitPercentage": round(100 * profit / revenue, 2) if revenue else None,
        "totalCost": (labour + spent + material) / 100,
        "totalRevenue": revenue / 100,
    }


def job_totals(job: Row) -> dict[str, Any]:
    """Return what of a job has been invoiced and what has not."""
    return {
        "completedAndUninvoicedVisitsCount": len(uninvoiced_visits(job)),
        "completedAndUninvoicedVisitsTotal": _uninvoiced_visits_cents(job) / 100,
        "invoicedTotal": _invoiced_cents(job) / 100,
        "uninvoicedTotal": _uninvoiced_cents(job) / 100,
    }
