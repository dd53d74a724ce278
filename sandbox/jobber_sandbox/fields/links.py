"""Lists that connect rows of different tables; where both ends have one, they agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobber_sandbox.fields.billing import MANY_VISITS, in_short, invoice_jobs
from jobber_sandbox.fields.generators import below, one_in, read, row_of
from jobber_sandbox.fields.scheduling import team
from jobber_sandbox.fields.work import LISTS as WORK_LISTS
from jobber_sandbox.world import Row, mixed, salt_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from jobber_sandbox.world import Node, World

    Lister = Callable[[Node, Mapping[str, Any]], Any]

_CONTACT, _PRICING, _APPS, _NOTE = salt_of("contact"), salt_of("pricing"), salt_of("apps"), salt_of("visit note")
_INVOICE = salt_of("visit invoice")
_NOTES_SHOWN_ONE_IN = 8
_invoiced = one_in("invoiced visit", 2)
_job_notes = WORK_LISTS["Job"]["notes"]


def _first_of(type_name: str, listed_type: str) -> Lister:
    """Return a getter that lists all rows of a type on a property, for the first row of another type there."""

    def get(node: Node, _arguments: Mapping[str, Any]) -> Sequence[Row]:
        row = row_of(node)
        place = row.ancestor("Property")
        is_first = place is not None and row.world.children(place, type_name)[0] is row
        return row.world.children(place, listed_type) if place is not None and is_first else ()

    return get


def indexed(world: World, name: str, table: str, keys_of: Callable[[Row], Iterable[Row]]) -> dict[Row, list[Row]]:
    """Return the rows of a table by the rows that they lead to; made anew after a change."""
    found: dict[Row, list[Row]] | None = world.cache.get(("links", name))
    if found is None:
        found = {}
        for row in world.tables[table].rows:
            for key in keys_of(row):
                found.setdefault(key, []).append(row)
        world.cache["links", name] = found
    return found


def _job_invoices(node: Node, _arguments: Mapping[str, Any]) -> list[Row]:
    return indexed(node.world, "jobs", "Invoice", lambda row: invoice_jobs(row, {})).get(row_of(node), [])


def _job_expenses(node: Node, _arguments: Mapping[str, Any]) -> list[Row]:
    def jobs_of(expense: Row) -> list[Row]:
        job = read(expense, "linkedJob")
        return [job] if job is not None else []

    return indexed(node.world, "expenses", "Expense", jobs_of).get(row_of(node), [])


def _visit_invoice(node: Node) -> Row | None:
    """Return one of the invoices of its job, for every other visit, and for all of a job with very many."""
    job = row_of(node).ancestor("Job")
    if job is None or not (_invoiced(node) or len(below(job, "Visit")) > MANY_VISITS):
        return None
    invoices = _job_invoices(job, {})
    return invoices[node.roll(_INVOICE) % len(invoices)] if invoices else None


def _invoice_visits(node: Node, _arguments: Mapping[str, Any]) -> list[Row]:
    return [
        visit
        for job in invoice_jobs(node, {})
        for visit in below(job, "Visit")
        if read(visit, "invoice") is row_of(node)
    ]


def _archived_jobs(node: Node, _arguments: Mapping[str, Any]) -> list[Row]:
    return [job for job in invoice_jobs(node, {}) if read(job, "jobStatus") == "archived"]


def _invoice_properties(node: Node, _arguments: Mapping[str, Any]) -> list[Row]:
    places = (job.ancestor("Property") for job in invoice_jobs(node, {}))
    return list(dict.fromkeys(place for place in places if place is not None))


def _invoice_payments(invoice: Row) -> list[Row]:
    return [one for one in below(invoice, "PaymentRecordInterface") if read(one, "invoice") is invoice]


def _job_payments(node: Node, arguments: Mapping[str, Any]) -> Sequence[Node]:
    return in_short(payment for invoice in _job_invoices(node, arguments) for payment in _invoice_payments(invoice))


def _quote_deposits(node: Node) -> list[Row]:
    client = row_of(node).ancestor("Client")
    payments = below(client, "PaymentRecordInterface") if client else ()
    return [payment for payment in payments if read(payment, "quote") is row_of(node)]


def _is_unallocated(payment: Row) -> bool:
    return not below(payment, "PaymentRecordAllocationInterface")


def _client_deposits(node: Node, _arguments: Mapping[str, Any]) -> list[Row]:
    payments = below(node, "PaymentRecordInterface")
    return [one for one in payments if read(one, "adjustmentType") == "DEPOSIT" and _is_unallocated(one)]


def _belongs(contact: Row, place: Row) -> bool:
    return mixed(contact.roll(_CONTACT) ^ place.number) % 3 == 0


def _property_contacts(node: Node, arguments: Mapping[str, Any]) -> list[Row]:
    place = row_of(node)
    client = place.ancestor("Client")
    every = (arguments.get("filter") or {}).get("includeClientContacts")
    contacts = below(client, "ContactModel") if client else ()
    return [contact for contact in contacts if every or _belongs(contact, place)]


def _contact_properties(node: Node, _arguments: Mapping[str, Any]) -> list[Row]:
    contact = row_of(node)
    client = contact.ancestor("Client")
    return [place for place in (below(client, "Property") if client else ()) if _belongs(contact, place)]


def _some(type_name: str, salt: int, one_row_in: int) -> Lister:
    """Return a getter that lists some rows of a table, different ones for each object."""

    def get(node: Node, _arguments: Mapping[str, Any]) -> list[Row]:
        own = node.roll(salt)
        return [row for row in node.world.tables[type_name].rows if mixed(own ^ row.number) % one_row_in == 0]

    return get


def _drivers(node: Node, _arguments: Mapping[str, Any]) -> list[Row]:
    vehicle = row_of(node)
    return [user for user in vehicle.world.tables["User"].rows if read(user, "assignedVehicle") is vehicle]


def _visit_notes(node: Node, _arguments: Mapping[str, Any]) -> list[Row]:
    """Return the notes of a visit: all of its job for the first visit, a part of them for each other."""
    visit = row_of(node)
    job = visit.ancestor("Job")
    shown: list[Row] = list(_job_notes(job, {})) if job else []
    if job is not None and below(job, "Visit")[0] is visit:
        return shown
    return [note for note in shown if mixed(note.roll(_NOTE) ^ visit.number) % _NOTES_SHOWN_ONE_IN == 0]


def tasks_of_work(world: World, _arguments: Mapping[str, Any]) -> Sequence[Node]:
    """Return the tasks of quotes and requests."""
    return [task for task in world.tables["Task"].rows if read(task, "workObject") is not None]


VALUES: Mapping[str, Mapping[str, Callable[[Node], Any]]] = {
    "Invoice": {"propertyIds": lambda node: [place.id for place in _invoice_properties(node, {})]},
    "Visit": {"invoice": _visit_invoice},
}
LISTS: Mapping[str, Mapping[str, Lister]] = {
    "Client": {"unallocatedDepositRecords": _client_deposits},
    "ContactModel": {"properties": _contact_properties},
    "Invoice": {
        "archivedJobs": _archived_jobs,
        "paymentRecords": lambda node, _arguments: in_short(_invoice_payments(row_of(node))),
        "properties": _invoice_properties,
        "visits": _invoice_visits,
    },
    "Job": {
        "expenses": _job_expenses,
        "invoices": _job_invoices,
        "paymentRecords": _job_payments,
    },
    "Property": {"contacts": _property_contacts, "recentPricing": _some("ProductOrService", _PRICING, 12)},
    "Quote": {
        "depositRecords": lambda node, _arguments: in_short(_quote_deposits(node)),
        "jobs": _first_of("Quote", "Job"),
        "unallocatedDepositRecords": lambda node, _arguments: in_short(filter(_is_unallocated, _quote_deposits(node))),
    },
    "Request": {"jobs": _first_of("Request", "Job"), "quotes": _first_of("Request", "Quote")},
    "User": {"apps": _some("Application", _APPS, 4)},
    "Vehicle": {"assignedUsers": _drivers},
    "Visit": {"notes": _visit_notes},
    "VisitSchedule": {"assignedTo": team},
}
