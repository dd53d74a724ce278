"""Expected contents of the marts about invoices, payments and months."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.warehouse.reckoning.reader import exact, month_of, of_cents, shown

if TYPE_CHECKING:
    from jobber_sandbox.world import Row
    from tests.warehouse.reckoning.reader import Reader

    Table = dict[tuple[str, ...], dict[str, Any]]

_AGES = ((0, "not due"), (30, "1-30"), (60, "31-60"), (90, "61-90"))


def invoices(reader: Reader) -> Table:
    """Return `fct_invoices`."""
    return {(row.id,): _invoice(reader, row) for row in reader.rows("Invoice")}


def _invoice(reader: Reader, row: Row) -> dict[str, Any]:
    known = reader.truth["invoices"][row.id]
    amounts = {name: of_cents(known[f"{name}Cents"]) for name in ("subtotal", "discount", "tax", "total", "payments")}
    issued = None if known["issuedOn"] is None else date.fromisoformat(known["issuedOn"])
    balance = of_cents(known["balanceCents"])
    is_draft = issued is None
    return {
        **reader.values(row, invoice_number="invoiceNumber", subject="subject"),
        **reader.ids(row, client_id="client", salesperson_id="salesperson"),
        **reader.moments(row, created_at="createdAt"),
        **amounts,
        "net": amounts["total"] - amounts["tax"],
        "deposit": of_cents(known["depositCents"]),
        "tips": _tips(reader, row),
        "balance": balance,
        "open_balance": balance if known["isOpen"] else Decimal(0),
        "issued_date": shown(issued),
        "issued_month": month_of(issued),
        "due_date": known["dueOn"],
        "received_date": shown(reader.day(row, "receivedDate")),
        "is_draft": is_draft,
        "is_voided": known["isVoid"],
        "is_bad_debt": known["isBadDebt"],
        "is_open": known["isOpen"],
        "is_issued": not is_draft and not known["isVoid"],
        "days_overdue": known["daysOverdue"],
        "ageing_bucket": _bucket(known),
        "status": _status(known),
        "as_of_date": str(reader.today),
    }


def _tips(reader: Reader, invoice: Row) -> Decimal:
    paid = [row for row in reader.by("PaymentRecordInterface", "invoice")[invoice] if not _is_deposit(reader, row)]
    return exact(sum(reader.amount(row, "tipAmount") for row in paid))


def _is_deposit(reader: Reader, payment: Row) -> bool:
    return bool(reader.read(payment, "adjustmentType") == "DEPOSIT")


def _bucket(known: dict[str, Any]) -> str:
    if not known["isOpen"]:
        return "none"
    return next((name for days, name in _AGES if known["daysOverdue"] <= days), "over 90")


def _status(known: dict[str, Any]) -> str:
    if known["isVoid"]:
        return "voided"
    if known["isBadDebt"]:
        return "bad_debt"
    if known["issuedOn"] is None:
        return "draft"
    if not known["isOpen"]:
        return "paid"
    return "past_due" if known["daysOverdue"] else "awaiting_payment"


def payments(reader: Reader) -> Table:
    """Return `fct_payments`."""
    found: Table = {}
    for row in reader.rows("PaymentRecordInterface"):
        found[row.id,] = {
            **_paid(reader, row, row),
            "kind": "deposit" if _is_deposit(reader, row) else "payment",
            "method": reader.read(row, "paymentType"),
            "amount": reader.amount(row, "amount"),
            "tip": reader.amount(row, "tipAmount"),
        }
    for row in reader.rows("PaymentRecordRefund"):
        assert row.parent is not None
        found[row.id,] = {
            **_paid(reader, row, row.parent),
            "kind": "refund",
            "method": None,
            "amount": -reader.amount(row, "amount"),
            "tip": -reader.amount(row, "tipAmount"),
        }
    return found


def _paid(reader: Reader, row: Row, payment: Row) -> dict[str, Any]:
    day = reader.day(row, "entryDate")
    return {
        **reader.ids(payment, client_id="client", invoice_id="invoice", quote_id="quote"),
        "entry_date": shown(day),
        "entry_month": month_of(day),
    }


def months(reader: Reader) -> Table:
    """Return `fct_revenue_by_month`."""
    issued, collected = reader.truth["issuedByMonth"], reader.truth["collectedByMonth"]
    kinds = ("payments", "deposits", "refunds", "tips", "collected")
    found: Table = {}
    for month in issued.keys() | collected.keys():
        of_issued, of_collected = issued.get(month, {}), collected.get(month, {})
        total, net = (of_cents(of_issued.get(name, 0)) for name in ("totalCents", "netCents"))
        found[f"{month}-01",] = {
            "invoices": of_issued.get("invoices", 0),
            "issued_total": total,
            "issued_net": net,
            "issued_tax": total - net,
            **{name: of_cents(of_collected.get(f"{name}Cents", 0)) for name in kinds},
        }
    return found


def line_items(reader: Reader) -> Table:
    """Return `fct_line_items`."""
    found: Table = {}
    billed = invoices(reader)
    for line in reader.rows("InvoiceLineItem"):
        assert line.parent is not None
        invoice = billed[line.parent.id,]
        if not invoice["is_issued"]:
            continue
        product = reader.read(line, "linkedProductOrService")
        named = line if product is None else product
        found[line.parent.id, line.id] = {
            **{name: invoice[name] for name in ("client_id", "salesperson_id", "issued_date", "issued_month")},
            **reader.ids(line, product_id="linkedProductOrService"),
            **reader.values(line, name="name", is_taxable="taxable", quantity="quantity"),
            "product_name": reader.read(named, "name"),
            "category": reader.read(named, "category"),
            "unit_price": reader.amount(line, "unitPrice"),
            "total_price": reader.price(line),
        }
    return found


def products(reader: Reader) -> Table:
    """Return `dim_products`."""
    sold = defaultdict(list)
    for line in line_items(reader).values():
        sold[line["product_id"]].append(line)
    return {
        (row.id,): {
            **reader.values(row, name="name", category="category", description="description", markup="markup"),
            **reader.values(row, is_taxable="taxable", is_visible="visible", duration_minutes="durationMinutes"),
            "unit_price": reader.amount(row, "defaultUnitCost"),
            "unit_cost": reader.amount(row, "internalUnitCost"),
            "lines_sold": len(sold[row.id]),
            "quantity_sold": float(sum(Decimal(str(line["quantity"])) for line in sold[row.id])),
            "revenue": sum((line["total_price"] for line in sold[row.id]), Decimal(0)),
        }
        for row in reader.rows("ProductOrService")
    }
