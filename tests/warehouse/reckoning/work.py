"""Expected contents of the marts about jobs, visits, hours and users."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.warehouse.reckoning.reader import exact, of_cents, share, shown

if TYPE_CHECKING:
    from jobber_sandbox.world import Row
    from tests.warehouse.reckoning.money import Table
    from tests.warehouse.reckoning.reader import Reader

_HOUR_SECONDS = 3_600
_FIELDS = {
    "Client": "client",
    "Property": "property",
    "Quote": "quote",
    "Job": "job",
    "Invoice": "invoice",
    "ProductOrService": "product",
    "User": "user",
}


def jobs(reader: Reader) -> Table:
    """Return `fct_jobs`."""
    visits, billed = reader.below("Visit"), _billed(reader)
    found: Table = {}
    for row in reader.rows("Job"):
        known = reader.truth["jobs"][row.id]
        costs = {name: of_cents(known[f"{name}Cents"]) for name in ("material", "labour", "expense")}
        revenue, profit = of_cents(known["revenueCents"]), of_cents(known["profitCents"])
        found[row.id,] = {
            **reader.values(row, job_number="jobNumber", title="title", job_type="jobType", job_status="jobStatus"),
            **reader.ids(row, client_id="client", property_id="property", quote_id="quote", request_id="request"),
            **reader.ids(row, salesperson_id="salesperson"),
            **reader.moments(row, created_at="createdAt", start_at="startAt", end_at="endAt"),
            **reader.moments(row, completed_at="completedAt"),
            **{f"{name}_cost": amount for name, amount in costs.items()},
            "visits": len(visits[row]),
            "completed_visits": known["completedVisits"],
            "revenue": revenue,
            "invoiced": billed[row],
            "labour_seconds": known["labourSeconds"],
            "total_cost": sum(costs.values(), Decimal(0)),
            "profit": profit,
            "margin": share(profit, revenue),
            "realised_hourly_rate": share(
                (revenue - costs["material"] - costs["expense"]) * _HOUR_SECONDS, known["labourSeconds"]
            ),
        }
    return found


def _billed(reader: Reader) -> dict[Row | None, Decimal]:
    """Return what was invoiced for each job, before tax."""
    found: dict[Row | None, Decimal] = defaultdict(Decimal)
    for line in reader.rows("InvoiceLineItem"):
        item = reader.read(line, "jobLineItem")
        if item is not None and reader.read(line.parent, "voidedAt") is None:
            found[item.parent] += reader.price(line)
    return found


def uninvoiced_work(reader: Reader) -> Table:
    """Return `fct_uninvoiced_work`."""
    visits, lines, billed = reader.below("Visit"), reader.below("JobLineItem"), _billed(reader)
    found: Table = {}
    for row in reader.rows("Job"):
        waiting = [visit for visit in visits[row] if reader.read(visit, "isComplete") and _is_uninvoiced(reader, visit)]
        if not waiting:
            continue
        since = min(day for visit in waiting if (day := reader.day(visit, "completedAt")) is not None)
        price = sum((reader.price(line) for line in lines[row]), Decimal(0))
        left = price - billed[row] if len(waiting) == len(visits[row]) else Decimal(0)
        found[row.id,] = {
            **reader.values(row, job_number="jobNumber", title="title", job_status="jobStatus"),
            **reader.ids(row, client_id="client", salesperson_id="salesperson"),
            "uninvoiced_visits": len(waiting),
            "waiting_since": shown(since),
            "days_waiting": (reader.today - since).days,
            "uninvoiced": price * len(waiting) if _is_recurring(reader, row) else max(Decimal(0), left),
            "as_of_date": str(reader.today),
        }
    return found


def _is_uninvoiced(reader: Reader, visit: Row) -> bool:
    return reader.read(visit, "invoice") is None


def _is_recurring(reader: Reader, job: Row) -> bool:
    return bool(reader.read(job, "jobType") == "RECURRING")


def visits(reader: Reader) -> Table:
    """Return `fct_visits`."""
    worked = reader.by("TimeSheetEntry", "visit")
    return {(row.id,): _visit(reader, row, worked[row]) for row in reader.rows("Visit")}


def _visit(reader: Reader, row: Row, entries: list[Row]) -> dict[str, Any]:
    start, end = reader.seconds(row, "startAt"), reader.seconds(row, "endAt")
    day, booked = reader.day(row, "startAt"), reader.day(row, "createdAt")
    assert booked is not None
    if reader.read(row, "isComplete"):
        status = "completed"
    elif day is None:
        status = "unscheduled"
    else:
        status = "late" if day < reader.today else "today" if day == reader.today else "upcoming"
    is_timed = start is not None and end is not None and not reader.read(row, "allDay")
    crew = [record for record in (row.facts or {}).get("assignedUsers", ()) if record.living is not None]
    return {
        **reader.values(row, title="title", is_all_day="allDay", is_complete="isComplete"),
        **reader.ids(row, client_id="client", property_id="property", invoice_id="invoice"),
        "job_id": None if row.parent is None else row.parent.id,
        **reader.moments(row, start_at="startAt", end_at="endAt", completed_at="completedAt"),
        "start_date": shown(day),
        "status": status,
        "assigned_users": len(crew),
        "planned_seconds": end - start if is_timed and start is not None and end is not None else None,
        "worked_seconds": sum(reader.read(entry, "finalDuration") for entry in entries) if entries else None,
        "days_booked_ahead": None if day is None else (day - booked).days,
        "as_of_date": str(reader.today),
    }


def hours(reader: Reader) -> Table:
    """Return `fct_time`."""
    weeks = defaultdict(list)
    for row in reader.rows("TimeSheetEntry"):
        day = reader.day(row, "startAt")
        if day is not None and not reader.read(row, "ticking"):
            monday = day - timedelta(days=day.weekday())
            weeks[reader.read(row, "user").id, str(monday)].append(row)
    found: Table = {}
    for key, entries in weeks.items():
        seconds = [int(reader.read(entry, "finalDuration")) for entry in entries]
        of_jobs = [reader.read(entry, "job") is not None for entry in entries]
        billable = sum(each for each, is_billable in zip(seconds, of_jobs, strict=True) if is_billable)
        rates = [reader.amount(entry, "labourRate") for entry in entries]
        found[key] = {
            "entries": len(entries),
            "total_seconds": sum(seconds),
            "billable_seconds": billable,
            "billable_share": share(billable, sum(seconds)),
            "labour_cost": sum(exact(rate * each / _HOUR_SECONDS) for rate, each in zip(rates, seconds, strict=True)),
        }
    return found


def users(reader: Reader) -> Table:
    """Return `dim_users`."""
    return {
        (row.id,): {
            **reader.values(row, name="name.full", first_name="name.first", last_name="name.last", email="email.raw"),
            **reader.values(row, status="status", time_zone="timezone"),
            **reader.values(row, is_account_owner="isAccountOwner", is_account_admin="isAccountAdmin"),
            **reader.moments(row, created_at="createdAt"),
            "is_active": reader.read(row, "status") == "ACTIVATED",
        }
        for row in reader.rows("User")
    }


def custom_fields(reader: Reader) -> Table:
    """Return `custom_fields`, with values as Jobber has them."""
    found: Table = {}
    for table, owner_type in _FIELDS.items():
        for row in reader.rows(table):
            for field in reader.read(row, "customFields"):
                label = reader.read(field, "label")
                number = reader.read(field, "valueNumeric") if field.typename == "CustomFieldNumeric" else None
                truth = reader.read(field, "valueTrueFalse") if field.typename == "CustomFieldTrueFalse" else None
                found[owner_type, row.id, label] = {
                    "custom_field_configuration_id": reader.read(field, "customFieldConfiguration").id,
                    "value_number": None if number is None else float(number),
                    "value_boolean": truth,
                }
    return found
