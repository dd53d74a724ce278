"""Statuses, which follow from dates and from the account's present day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from jobber_sandbox.business.amounts import bill_of
from jobber_sandbox.business.calendar import calendar_of
from jobber_sandbox.business.job_sums import is_recurring, uninvoiced_visits
from jobber_sandbox.fields.generators import below, read, row_of
from jobber_sandbox.timestamps import iso

if TYPE_CHECKING:
    from jobber_sandbox.world import Node, World

_EXPIRING_DAYS = 30
_UTC = "UTC"


def today(world: World, days: int = 0) -> str:
    """Return the midnight with which the account's present day began, or so many days later."""
    known: dict[int, str] = world.cache.setdefault("midnights", {})
    if days not in known:
        calendar = world.business.setting.calendar if world.business is not None else calendar_of(_UTC)
        known[days] = iso(calendar.at(calendar.day_of(world.now) + timedelta(days=days)))
    return known[days]


def invoice_status(node: Node) -> str:
    """Return the status of an invoice; one becomes past due without being changed."""
    if read(node, "voidedAt") is not None:
        return "voided"
    if read(node, "badDebtAt") is not None:
        return "bad_debt"
    if read(node, "issuedDate") is None:
        return "draft"
    if bill_of(row_of(node)).balance <= 0:
        return "paid"
    due = read(node, "dueDate")
    return "past_due" if due is not None and due < today(node.world) else "awaiting_payment"


def visit_status(node: Node) -> str:
    """Return the status of a visit."""
    if read(node, "isComplete"):
        return "COMPLETED"
    return _by_start(node.world, read(node, "startAt")).upper()


def _by_start(world: World, start: str | None) -> str:
    if start is None:
        return "unscheduled"
    if start < today(world):
        return "late"
    return "today" if start < today(world, 1) else "upcoming"


def job_status(node: Node) -> str:
    """Return the status of a job."""
    job = row_of(node)
    if read(node, "completedAt") is not None:
        return "requires_invoicing" if uninvoiced_visits(job) else "archived"
    visits = below(job, "Visit")
    left = [read(visit, "startAt") for visit in visits if not read(visit, "isComplete")]
    if not left:
        return "action_required" if visits else "unscheduled"
    following = _by_start(node.world, min((start for start in left if start is not None), default=None))
    if not is_recurring(job) or following in {"late", "today"} or len(left) == len(visits):
        return following
    end = read(node, "endAt")
    return "expiring_within_30_days" if end is not None and end < today(node.world, _EXPIRING_DAYS) else "active"


def request_status(node: Node) -> str:
    """Return the status of a request."""
    if read(node, "archivedAt") is not None:
        return "archived"
    if read(node, "convertedAt") is not None:
        return "converted"
    assessment = read(node, "assessment")
    if assessment is None:
        return "new"
    if read(assessment, "isComplete"):
        return "assessment_completed"
    status = _by_start(node.world, read(assessment, "startAt"))
    return "overdue" if status == "late" else status
