"""The fields that a business has values for, besides what its rows know themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobber_sandbox.business import amounts, job_sums, statuses
from jobber_sandbox.business.custom_fields import CONFIGURATIONS, custom_fields
from jobber_sandbox.business.words import TEXTS
from jobber_sandbox.contents import Contents
from jobber_sandbox.facts import linked
from jobber_sandbox.fields import LISTS as INVENTED_LISTS
from jobber_sandbox.fields import ROOT_LISTS
from jobber_sandbox.fields import VALUES as INVENTED_VALUES
from jobber_sandbox.fields.billing import in_short
from jobber_sandbox.fields.generators import below, part_of, read, row_of
from jobber_sandbox.fields.links import indexed
from jobber_sandbox.money import cents_of
from jobber_sandbox.timestamps import DAY_SECONDS, iso
from jobber_sandbox.world import Part, salt_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jobber_sandbox.world import Node, Row

    Getters = Mapping[str, Callable[[Node], Any]]
    Lister = Callable[[Node, Mapping[str, Any]], Any]

_INVOICE_AMOUNTS = (
    "depositAmount",
    "discountAmount",
    "nonTaxAmount",
    "paymentsTotal",
    "subtotal",
    "taxAmount",
    "total",
)
_VOID, _LOGIN = salt_of("void details"), salt_of("last login")
_OWED = frozenset({"awaiting_payment", "past_due"})


def _balance(node: Node) -> float:
    """Return what a client owes: the balances of the invoices that are sent and neither void nor given up."""
    invoices = below(node, "Invoice")
    owed = [invoice for invoice in invoices if read(invoice, "invoiceStatus") in _OWED]
    return sum(amounts.bill_of(invoice).balance for invoice in owed) / 100


def _linked_back(table: str, field: str) -> Callable[[Node], Sequence[Row]]:
    """Return the getter of the rows of a table that lead to a row by a field."""

    def target(row: Row) -> Sequence[Row]:
        found = read(row, field)
        return () if found is None else (found,)

    return lambda node: indexed(node.world, f"{table}.{field}", table, target).get(row_of(node), ())


def _listed(get: Callable[[Node], Any]) -> Lister:
    return lambda node, _arguments: get(node)


def _part_of_totals(name: str) -> Callable[[Node], Any]:
    return lambda node: job_sums.job_totals(row_of(node))[name]


def _of_amounts(name: str) -> Callable[[Node], Any]:
    return lambda node: read(node, f"amounts.{name}")


def _tax_details(tax: Callable[[Row], int]) -> Callable[[Node], Part]:
    def given(node: Node) -> dict[str, Any]:
        rate = read(node, "taxRate")
        return {"totalTaxAmount": tax(row_of(node)) / 100, "totalTaxRate": rate}

    return part_of("TaxDetails", given)


def _main_tax_rate(node: Node) -> Row | None:
    return next(iter(node.world.tables["TaxRate"].rows), None)


def _schedule(node: Node) -> dict[str, Any]:
    start, end = read(node, "startAt"), read(node, "endAt")
    return {"startDate": start, "endDate": end, "startTime": start, "endTime": end}


def _invoice_schedule(node: Node) -> dict[str, Any]:
    frequency = read(node, "billing") or "ON_COMPLETION"
    summary = "Monthly, for the visits that were made" if frequency == "PERIODIC" else "Once the job is closed"
    return {"billingFrequency": frequency, "scheduleSummary": summary, "recurrenceSchedule": None}


def _visits_info(node: Node) -> dict[str, Any]:
    visits = below(node, "Visit")
    starts = [read(visit, "startAt") for visit in visits]
    now = iso(node.world.now)
    scheduled = [start for start in starts if start is not None]
    past = [start for start in scheduled if start < now]
    return {
        "futureCount": len(scheduled) - len(past),
        "incompleteTotal": sum(not read(visit, "isComplete") for visit in visits),
        "mostRecentVisitStartAt": max(past, default=None),
        "pastCount": len(past),
        "scheduledCount": len(scheduled),
        "unscheduledCount": len(starts) - len(scheduled),
    }


def _job_balance(node: Node) -> dict[str, Any]:
    bills = [amounts.bill_of(invoice) for invoice in job_sums.invoices_of(row_of(node)) if _counts(invoice)]
    return {
        "outstandingAmount": sum(bill.balance for bill in bills) / 100,
        "totalAmount": sum(bill.sums.total for bill in bills) / 100,
    }


def _counts(invoice: Row) -> bool:
    return read(invoice, "invoiceStatus") not in {"draft", "voided"}


def _job_payments(node: Node) -> list[Part]:
    return in_short(paid for invoice in job_sums.invoices_of(row_of(node)) for paid in amounts.payments_of(invoice))


def _crew(node: Node, _arguments: Mapping[str, Any]) -> list[Row]:
    return linked((node.row.facts or {}).get("crew", ())) if isinstance(node, Part) else []


def _properties(node: Node) -> list[Row]:
    places = (job.ancestor("Property") for job in job_sums.jobs_of(row_of(node)))
    return list(dict.fromkeys(place for place in places if place is not None))


def _client_deposits(node: Node) -> list[Row]:
    quotes = below(node, "Quote")
    return [deposit for quote in quotes for deposit in amounts.deposits_of(quote) if amounts.is_unused(deposit)]


def _unused_deposits(node: Node) -> list[Row]:
    return [deposit for deposit in amounts.deposits_of(row_of(node)) if amounts.is_unused(deposit)]


def _unused_cents(node: Node) -> float:
    return sum(cents_of(read(deposit, "amount")) for deposit in _unused_deposits(node)) / 100


def _visit_seconds(node: Node) -> int:
    visit = read(node, "visit")
    return (
        sum(int(read(entry, "finalDuration")) for entry in below(visit, "TimeSheetEntry")) if visit is not None else 0
    )


def _earliest_issued(node: Node) -> str | None:
    issued = (read(invoice, "issuedDate") for invoice in node.world.tables["Invoice"].rows)
    return min((date for date in issued if date is not None), default=None)


def _void_details(node: Node) -> Part | None:
    moment = read(node, "voidedAt")
    if moment is None:
        return None
    given = {"voidReasonCode": "CREATED_IN_ERROR", "voidReasonDetails": None, "voidedAt": moment}
    return Part("InvoiceVoidDetails", node, _VOID, {**given, "voidedBy": read(node, "salesperson")})


def _last_login(node: Node) -> str | None:
    """Return when a user was last there: within the last days, unless they have left."""
    ago = node.roll(_LOGIN) % (3 * DAY_SECONDS)
    return iso(max(node.created, node.world.now - ago)) if read(node, "status") == "ACTIVATED" else None


_LINE: Getters = {
    "totalPrice": amounts.total_price,
    "cost": amounts.total_price,
    "totalCost": amounts.total_cost,
}
_VALUES: Mapping[str, Getters] = {
    **CONFIGURATIONS,
    "Account": {"earliestInvoiceIssuedDate": _earliest_issued},
    "Client": {
        "balance": _balance,
        "customFields": custom_fields("ALL_CLIENTS"),
        "properties": lambda node: below(node, "Property"),
    },
    "Property": {
        "customFields": custom_fields("ALL_PROPERTIES"),
        "jobberWebUri": lambda node: f"https://secure.getjobber.com/properties/{node.number}",
        "taxRate": _main_tax_rate,
    },
    "ProductOrService": {"customFields": custom_fields("ALL_PRODUCTS_AND_SERVICES")},
    "User": {"customFields": custom_fields("TEAM"), "lastLoginAt": _last_login},
    "Request": {
        "email": lambda node: read(node, "client.email"),
        "isScheduled": lambda node: read(node, "assessment") is not None,
        "phone": lambda node: read(node, "client.phone"),
        "requestStatus": statuses.request_status,
    },
    "Quote": {
        "amounts": part_of("QuoteAmounts", lambda node: amounts.quote_amounts(row_of(node))),
        "customFields": custom_fields("ALL_QUOTES"),
        "depositAmountUnallocated": _unused_cents,
        "depositCollected": lambda node: bool(amounts.deposits_of(row_of(node))),
        "taxDetails": _tax_details(lambda quote: amounts.sums_of_quote(quote).tax),
        "taxRate": _main_tax_rate,
    },
    "Job": {
        **{name: _part_of_totals(name) for name in ("completedAndUninvoicedVisitsCount", "invoicedTotal")},
        **{name: _part_of_totals(name) for name in ("completedAndUninvoicedVisitsTotal", "uninvoicedTotal")},
        "customFields": custom_fields("ALL_JOBS"),
        "invoiceSchedule": part_of("InvoiceSchedule", _invoice_schedule),
        "jobBalanceTotals": part_of("JobBalanceTotals", _job_balance),
        "jobCosting": part_of("JobCosting", lambda node: job_sums.job_costing(row_of(node))),
        "jobStatus": statuses.job_status,
        "visitSchedule": part_of("VisitSchedule", _schedule),
        "visitsInfo": part_of("VisitsInfo", _visits_info),
    },
    "Visit": {"visitStatus": statuses.visit_status},
    "Invoice": {
        "amounts": part_of("InvoiceAmounts", lambda node: amounts.invoice_amounts(row_of(node))),
        **{name: _of_amounts(name) for name in _INVOICE_AMOUNTS},
        "customFields": custom_fields("ALL_INVOICES"),
        "customFieldValues": custom_fields("ALL_INVOICES"),
        "discountRate": lambda node: float(read(node, "discountPercent") or 0),
        "discountType": lambda _node: "Percent",
        "invoiceNumber": lambda node: str(node.number),
        "invoiceStatus": statuses.invoice_status,
        "jobIds": lambda node: [job.id for job in job_sums.jobs_of(row_of(node))],
        "propertyIds": lambda node: [place.id for place in _properties(node)],
        "tax": lambda node: float(read(node, "taxRate.tax") or 0),
        "taxDetails": _tax_details(lambda invoice: amounts.bill_of(invoice).sums.tax),
        "taxRateName": lambda node: read(node, "taxRate.name") or "",
        "voidDetails": _void_details,
    },
    "InvoiceLineItem": _LINE,
    "JobLineItem": _LINE,
    "QuoteLineItem": _LINE,
    "RequestLineItem": _LINE,
    "PaymentRecord": {"tipAmount": lambda node: read(node.row, "tipAmount") if isinstance(node, Part) else None},
    "TimeSheetEntry": {"targetDurationTotal": _visit_seconds, "visitDurationTotal": _visit_seconds},
}
_LISTS: Mapping[str, Mapping[str, Lister]] = {
    "Client": {"unallocatedDepositRecords": _listed(_client_deposits)},
    "Invoice": {
        "archivedJobs": lambda node, _arguments: [
            job for job in job_sums.jobs_of(row_of(node)) if read(job, "jobStatus") == "archived"
        ],
        "jobs": lambda _node, _arguments: [],
        "paymentRecords": lambda node, _arguments: in_short(amounts.payments_of(row_of(node))),
        "properties": _listed(_properties),
        "visits": _listed(_linked_back("Visit", "invoice")),
    },
    "Job": {
        "invoices": lambda node, _arguments: job_sums.invoices_of(row_of(node)),
        "paymentRecords": _listed(_job_payments),
    },
    "Quote": {
        "depositRecords": lambda node, _arguments: in_short(amounts.deposits_of(row_of(node))),
        "jobs": _listed(_linked_back("Job", "quote")),
        "unallocatedDepositRecords": lambda node, _arguments: in_short(_unused_deposits(node)),
    },
    "Request": {
        "jobs": _listed(_linked_back("Job", "request")),
        "quotes": _listed(_linked_back("Quote", "request")),
    },
    "VisitSchedule": {"assignedTo": _crew},
}


def _over(invented: Mapping[str, Mapping[str, Any]], own: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return what is invented, and over it what a business has of its own."""
    return {name: {**invented.get(name, {}), **own.get(name, {})} for name in {**invented, **own}}


BUSINESS = Contents(_over(INVENTED_VALUES, _VALUES), _over(INVENTED_LISTS, _LISTS), ROOT_LISTS, TEXTS, has_facts=True)
"""An account that makes sense."""
