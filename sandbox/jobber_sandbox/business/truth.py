"""The truth about an account: sums that reports should come to, computed from its rows alone.

Nothing here asks GraphQL, or shares a sum with what it answers: single values are read, and added up anew. Amounts are
in cents. Days and months are those of the zone that the owner has now, but for due dates, which were days when they
were written. What was edited by hand counts as it is now.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from jobber_sandbox.business.calendar import calendar_of
from jobber_sandbox.timestamps import seconds_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobber_sandbox.business.calendar import Calendar
    from jobber_sandbox.dynamic_types import Value
    from jobber_sandbox.world import Row, World

_CENT = Decimal("0.01")
_HOUR_SECONDS = 3_600


def truth_of(world: World) -> dict[str, Any]:
    """Return the sums of an account whose business goes on.

    Raises:
        ValueError: The account leads no life, so that its amounts do not add up to anything.
    """
    if world.business is None:
        msg = "only --world business has sums that make sense"
        raise ValueError(msg)
    owner = next(row for row in world.tables["User"].rows if world.registry.read(row, "isAccountOwner"))
    zone = str(world.registry.read(owner, "timezone"))
    reckoning = _Reckoning(world, calendar_of(zone), world.business.setting.calendar)
    return {
        "timeZone": zone,
        "today": reckoning.today,
        "invoices": reckoning.invoices(),
        "issuedByMonth": reckoning.issued_by_month(),
        "collectedByMonth": reckoning.collected_by_month(),
        "jobs": reckoning.jobs(),
    }


class _Reckoning:
    """Sums over the rows of an account.

    Args:
        world: The account.
        calendar: The calendar of its time zone.
        written: The calendar by which due dates were written.
    """

    def __init__(self, world: World, calendar: Calendar, written: Calendar) -> None:
        self._world = world
        self._calendar = calendar
        self._written = written
        self.today = calendar.day_of(world.now).isoformat()
        self._lines = self._by("InvoiceLineItem", "invoice")
        self._allocations = self._by("PaymentRecordAllocationInterface", "invoice")
        self._refunds = self._by("PaymentRecordRefund", "payment")

    def invoices(self) -> dict[str, dict[str, Any]]:
        """Return of each invoice its amounts, its day of issue, and how many days it is overdue, by its id."""
        return {invoice.id: self._invoice(invoice) for invoice in self._rows("Invoice")}

    def issued_by_month(self) -> dict[str, dict[str, int]]:
        """Return what was invoiced in each month, with tax and before it; what is void does not count."""
        sums: dict[str, Counter[str]] = defaultdict(Counter)
        for invoice in self.invoices().values():
            if invoice["issuedOn"] is not None and not invoice["isVoid"]:
                month = sums[invoice["issuedOn"][:7]]
                month["invoices"] += 1
                month["totalCents"] += invoice["totalCents"]
                month["netCents"] += invoice["totalCents"] - invoice["taxCents"]
        return _sorted(sums)

    def collected_by_month(self) -> dict[str, dict[str, int]]:
        """Return what was received in each month, by its kind, and less what was paid back."""
        sums: dict[str, Counter[str]] = defaultdict(Counter)
        for payment in self._rows("PaymentRecordInterface"):
            cents, kind = _cents(self._read(payment, "amount")), self._read(payment, "adjustmentType")
            month = sums[self._month(payment, "entryDate")]
            month["depositsCents" if kind == "DEPOSIT" else "paymentsCents"] += cents
            month["tipsCents"] += _cents(self._read(payment, "tipAmount") or 0)
            month["collectedCents"] += cents
        for refund in self._rows("PaymentRecordRefund"):
            cents = _cents(self._read(refund, "amount"))
            month = sums[self._month(refund, "entryDate")]
            month["refundsCents"] += cents
            month["collectedCents"] -= cents
        return _sorted(sums)

    def jobs(self) -> dict[str, dict[str, int]]:
        """Return of each job what it has earned and cost so far, by its id."""
        lines, visits = self._by("JobLineItem", "job"), self._by("Visit", "job")
        entries, expenses = self._by("TimeSheetEntry", "job"), self._by("Expense", "linkedJob")
        found = {}
        for job in self._rows("Job"):
            done = sum(bool(self._read(visit, "isComplete")) for visit in visits[job])
            times = done if self._read(job, "jobType") == "RECURRING" else 1
            seconds = [int(self._read(entry, "finalDuration")) for entry in entries[job]]
            rates = [Decimal(str(self._read(entry, "labourRate") or 0)) for entry in entries[job]]
            labour = sum(_cents(rate * each / _HOUR_SECONDS) for rate, each in zip(rates, seconds, strict=True))
            revenue = times * sum(self._times(line, "unitPrice") for line in lines[job])
            material = times * sum(self._times(line, "unitCost") for line in lines[job])
            spent = sum(_cents(self._read(expense, "total") or 0) for expense in expenses[job])
            found[job.id] = {
                "completedVisits": done,
                "expenseCents": spent,
                "labourCents": labour,
                "labourSeconds": sum(seconds),
                "materialCents": material,
                "profitCents": revenue - labour - material - spent,
                "revenueCents": revenue,
            }
        return found

    def _invoice(self, invoice: Row) -> dict[str, Any]:
        percent = Decimal(str(self._read(invoice, "discountPercent") or 0))
        subtotal = sum(self._times(line, "unitPrice") for line in self._lines[invoice])
        taxed = sum(self._times(line, "unitPrice") for line in self._lines[invoice] if self._read(line, "taxable"))
        rate = self._read(invoice, "taxRate")
        tax_percent = Decimal(str(self._read(rate, "tax"))) if rate is not None else Decimal(0)
        discount = _rounded(subtotal * percent / 100)
        tax = _rounded((taxed - _rounded(taxed * percent / 100)) * tax_percent / 100)
        paid, deposits = self._settled(invoice)
        total = subtotal - discount + tax
        issued, due = self._day(invoice, "issuedDate"), self._day(invoice, "dueDate", self._written)
        is_void = self._read(invoice, "voidedAt") is not None
        is_bad = self._read(invoice, "badDebtAt") is not None
        balance = total - paid - deposits
        is_open = issued is not None and not is_void and not is_bad and balance > 0
        late = self._days_since(due) if is_open and due is not None else 0
        return {
            "balanceCents": balance,
            "daysOverdue": max(0, late),
            "depositCents": deposits,
            "discountCents": discount,
            "dueOn": due,
            "isBadDebt": is_bad,
            "isOpen": is_open,
            "isVoid": is_void,
            "issuedOn": issued,
            "paymentsCents": paid,
            "subtotalCents": subtotal,
            "taxCents": tax,
            "totalCents": total,
        }

    def _settled(self, invoice: Row) -> tuple[int, int]:
        """Return what was paid for an invoice, less what was paid back, and what deposits were used for it."""
        paid = deposits = 0
        payments = set()
        for allocation in self._allocations[invoice]:
            payment, cents = allocation.parent, _cents(self._read(allocation, "amount"))
            if payment is None or self._read(payment, "adjustmentType") == "DEPOSIT":
                deposits += cents
            else:
                paid += cents
                payments.add(payment)
        back = sum(_cents(self._read(refund, "amount")) for payment in payments for refund in self._refunds[payment])
        return paid - back, deposits

    def _rows(self, table: str) -> Iterable[Row]:
        return self._world.tables[table].rows

    def _by(self, table: str, field: str) -> dict[Row | None, list[Row]]:
        """Return the rows of a table by the row that they belong to: by a field, or by what they hang from."""
        found: dict[Row | None, list[Row]] = defaultdict(list)
        is_link = table in {"Expense", "PaymentRecordAllocationInterface", "TimeSheetEntry"}
        for row in self._rows(table):
            found[self._read(row, field) if is_link else row.parent].append(row)
        return found

    def _read(self, row: Row, field: str) -> Value:
        return self._world.registry.read(row, field)

    def _times(self, line: Row, field: str) -> int:
        """Return the price or the cost of a line."""
        return _cents(Decimal(str(self._read(line, "quantity"))) * Decimal(str(self._read(line, field) or 0)))

    def _day(self, row: Row, field: str, calendar: Calendar | None = None) -> str | None:
        value = self._read(row, field)
        return None if value is None else (calendar or self._calendar).day_of(int(seconds_of(value))).isoformat()

    def _month(self, row: Row, field: str) -> str:
        return str(self._day(row, field))[:7]

    def _days_since(self, day: str) -> int:
        return (date.fromisoformat(self.today) - date.fromisoformat(day)).days


def _cents(amount: float | Decimal) -> int:
    return int(Decimal(str(amount)).quantize(_CENT, ROUND_HALF_UP) * 100)


def _rounded(cents: Decimal) -> int:
    return int(cents.quantize(Decimal(1), ROUND_HALF_UP))


def _sorted(sums: dict[str, Counter[str]]) -> dict[str, dict[str, int]]:
    names = sorted({name for month in sums.values() for name in month})
    return {month: {name: sums[month][name] for name in names} for month in sorted(sums)}
