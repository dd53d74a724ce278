"""Requests, quotes, jobs and their line items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobber_sandbox.fields.catalog import custom_fields
from jobber_sandbox.fields.clients import NOTE, notes
from jobber_sandbox.fields.generators import (
    above,
    below,
    moment_of,
    one_in,
    part_of,
    read,
    row_of,
    sibling,
    stamp_of,
    weighted,
)
from jobber_sandbox.timestamps import DAY_SECONDS, iso
from jobber_sandbox.world import salt_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jobber_sandbox.world import Node, Row

_QUANTITY, _PRICE, _START = salt_of("quantity"), salt_of("unit price"), salt_of("start")
_DISCOUNT, _LENGTH, _REFERRER = salt_of("discount"), salt_of("length"), salt_of("referring client")
_TAX = 0.05

_is_recurring = one_in("recurring", 4)
_is_referred = one_in("referred", 5)
_absent_cost = one_in("unit cost", 4)
_one_off_status = weighted(
    "job status",
    ("archived", 8),
    ("requires_invoicing", 3),
    ("active", 3),
    ("late", 1),
    ("today", 1),
    ("upcoming", 3),
    ("action_required", 1),
    ("on_hold", 1),
    ("unscheduled", 2),
)
_quote_status = weighted(
    "quote status",
    ("draft", 2),
    ("awaiting_response", 4),
    ("archived", 3),
    ("approved", 3),
    ("converted", 6),
    ("changes_requested", 1),
)
_DONE = frozenset({"archived", "requires_invoicing"})


def quantity(node: Node) -> float:
    """Return the quantity of a line item."""
    return node.roll(_QUANTITY) % 40 / 4 or 1.0


def unit_price(node: Node) -> float:
    """Return the price of one of a line item; an edit of the row changes it."""
    return node.roll(_PRICE + node.revision) % 40_000 / 100


def _total_price(node: Node) -> float:
    return round(float(read(node, "quantity")) * float(read(node, "unitPrice")), 2)


def _unit_cost(node: Node) -> float | None:
    return None if _absent_cost(node) else round(read(node, "unitPrice") * 0.6, 2)


def _total_cost(node: Node) -> float | None:
    cost = read(node, "unitCost")
    return None if cost is None else round(cost * read(node, "quantity"), 2)


LINE_ITEM: Mapping[str, Callable[[Node], Any]] = {
    "quantity": quantity,
    "qty": quantity,
    "unitPrice": unit_price,
    "totalPrice": _total_price,
    "cost": _total_price,
    "unitCost": _unit_cost,
    "totalCost": _total_cost,
}


def subtotal(node: Node, line_type: str) -> float:
    """Return the sum of the line items of a row."""
    return round(sum(float(read(item, "totalPrice")) for item in below(node, line_type)), 2)


def sums(node: Node, line_type: str) -> dict[str, Any]:
    """Return the amounts that follow from the line items of a row."""
    before = subtotal(node, line_type)
    discount = round(before * (node.roll(_DISCOUNT) % 3) / 20, 2)
    tax = round((before - discount) * _TAX, 2)
    return {
        "subtotal": before,
        "discountAmount": discount,
        "nonTaxAmount": 0.0,
        "taxAmount": tax,
        "total": round(before - discount + tax, 2),
    }


def _quote_amounts(node: Node) -> dict[str, Any]:
    amounts = sums(node, "QuoteLineItem")
    deposit = round(amounts["total"] / 4, 2) if node.roll(_DISCOUNT) % 5 == 0 else 0.0
    return {**amounts, "depositAmount": deposit, "outstandingDepositAmount": deposit}


def _job_status(node: Node) -> str | None:
    status = _one_off_status(node)
    return "expiring_within_30_days" if status == "on_hold" and _is_recurring(node) else status


def _job_start(node: Node) -> str | None:
    if read(node, "jobStatus") == "unscheduled":
        return None
    return iso(node.created + node.roll(_START) % (60 * DAY_SECONDS))


def _job_end(node: Node) -> str | None:
    if _job_start(node) is None:
        return None
    days = 200 if _is_recurring(node) else 3
    start = node.created + node.roll(_START) % (60 * DAY_SECONDS)
    return iso(start + 3_600 + node.roll(_LENGTH) % (days * DAY_SECONDS))


def _completed(node: Node) -> str | None:
    return _job_completed(node) if read(node, "jobStatus") in _DONE else None


_job_completed = stamp_of("job completed", 90)


def _visits_info(node: Node) -> dict[str, Any]:
    starts = [read(visit, "startAt") for visit in below(node, "Visit")]
    now = iso(node.world.now)
    past = [start for start in starts if start is not None and start < now]
    scheduled = [start for start in starts if start is not None]
    return {
        "futureCount": len(scheduled) - len(past),
        "pastCount": len(past),
        "scheduledCount": len(scheduled),
        "unscheduledCount": len(starts) - len(scheduled),
        "mostRecentVisitStartAt": max(past, default=None),
    }


def _referrer(node: Node) -> Row | None:
    """Return the client who brought the request's client, for one request in five."""
    return node.world.tables["Client"].pick(node.roll(_REFERRER)) if _is_referred(node) else None


VALUES: Mapping[str, Mapping[str, Callable[[Node], Any]]] = {
    "Request": {
        "amounts": part_of("RequestAmounts", lambda node: {"total": subtotal(node, "RequestLineItem")}),
        "assessment": lambda node: next(iter(below(node, "Assessment")), None),
        "referringClient": _referrer,
    },
    "Quote": {
        "amounts": part_of("QuoteAmounts", _quote_amounts),
        "cost": lambda node: read(node, "amounts.total"),
        "customFields": custom_fields("ALL_QUOTES"),
        "quoteNumber": lambda node: str(node.number),
        "quoteStatus": _quote_status,
        "request": sibling("Property", "Request"),
        "sentAt": moment_of("quote sent", 10),
        "transitionedAt": stamp_of("quote transitioned", 30),
    },
    "Job": {
        "completedAt": _completed,
        "customFields": custom_fields("ALL_JOBS"),
        "endAt": _job_end,
        "jobNumber": lambda node: row_of(node).number,
        "jobStatus": _job_status,
        "jobType": lambda node: "RECURRING" if _is_recurring(node) else "ONE_OFF",
        "quote": sibling("Property", "Quote"),
        "request": sibling("Property", "Request"),
        "startAt": _job_start,
        "total": lambda node: subtotal(node, "JobLineItem"),
        "visitsInfo": part_of("VisitsInfo", _visits_info),
        "visitSchedule": part_of(
            "VisitSchedule", lambda node: {"startDate": read(node, "startAt"), "endDate": read(node, "endAt")}
        ),
        "client": above("Client"),
    },
    "RequestLineItem": LINE_ITEM,
    "QuoteLineItem": LINE_ITEM,
    "JobLineItem": LINE_ITEM,
    "RequestNote": NOTE,
    "QuoteNote": NOTE,
    "JobNote": NOTE,
}
LISTS: Mapping[str, Mapping[str, Callable[[Node, Mapping[str, Any]], Any]]] = {
    "Request": {"notes": notes("RequestNote", link="requests")},
    "Quote": {"notes": notes("QuoteNote", link="quotes")},
    "Job": {"notes": notes("JobNote", link="jobs")},
}
