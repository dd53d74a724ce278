"""Amounts of quotes and invoices, which follow from their lines, taxes, payments and deposits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jobber_sandbox.fields.generators import below, read
from jobber_sandbox.fields.links import indexed
from jobber_sandbox.money import cents_of, line_cents, percent_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobber_sandbox.world import Node, Row, World

DEPOSIT = "DEPOSIT"


class Sums(NamedTuple):
    """The sums of lines, in cents."""

    subtotal: int
    discount: int
    tax: int

    @property
    def total(self) -> int:
        """The amount to be paid."""
        return self.subtotal - self.discount + self.tax


class Bill(NamedTuple):
    """The sums of an invoice and of what has been paid for it, in cents; tips come on top."""

    sums: Sums
    payments: int
    deposits: int
    tips: int

    @property
    def balance(self) -> int:
        """The amount that is still to be paid."""
        return self.sums.total - self.payments - self.deposits


def total_price(node: Node) -> float:
    """Return the price of a line item."""
    return line_cents(read(node, "quantity"), read(node, "unitPrice")) / 100


def total_cost(node: Node) -> float | None:
    """Return the cost of a line item."""
    cost = read(node, "unitCost")
    return None if cost is None else line_cents(read(node, "quantity"), cost) / 100


def _sums(owner: Row, line_table: str, tax_percent: float) -> Sums:
    prices = [(cents_of(read(line, "totalPrice")), read(line, "taxable")) for line in below(owner, line_table)]
    percent = read(owner, "discountPercent") or 0
    subtotal = sum(cents for cents, _ in prices)
    taxable = sum(cents for cents, is_taxable in prices if is_taxable)
    tax = percent_of(taxable - percent_of(taxable, percent), tax_percent)
    return Sums(subtotal, percent_of(subtotal, percent), tax)


def _main_tax(world: World) -> float:
    rates = world.tables["TaxRate"].rows
    return float(read(rates[0], "tax")) if rates else 0.0


def sums_of_quote(quote: Row) -> Sums:
    """Return what a quote comes to."""
    return _sums(quote, "QuoteLineItem", _main_tax(quote.world))


def bill_of(invoice: Row) -> Bill:
    """Return what an invoice comes to and what has been paid for it."""
    known: dict[Row, Bill] = invoice.world.cache.setdefault("bills", {})
    found = known.get(invoice)
    if found is None:
        found = known[invoice] = _bill(invoice)
    return found


def _bill(invoice: Row) -> Bill:
    sums = _sums(invoice, "InvoiceLineItem", read(invoice, "taxRate.tax") or 0.0)
    payments = deposits = 0
    for allocation in allocations(invoice):
        cents = cents_of(read(allocation, "amount"))
        if read(allocation.parent, "adjustmentType") == DEPOSIT:
            deposits += cents
        else:
            payments += cents
    received = [paid for paid in payments_of(invoice) if read(paid, "adjustmentType") != DEPOSIT]
    payments -= sum(cents_of(read(refund, "amount")) for paid in received for refund in refunds(paid))
    return Bill(sums, payments, deposits, sum(cents_of(read(paid, "tipAmount") or 0) for paid in received))


def allocations(invoice: Row) -> Sequence[Row]:
    """Return the parts of payments and deposits that go to an invoice."""
    name = "PaymentRecordAllocationInterface"
    return indexed(invoice.world, name, name, lambda row: _one(read(row, "invoice"))).get(invoice, ())


def payments_of(invoice: Row) -> Sequence[Row]:
    """Return the payment records of an invoice, with the deposit that was used for it."""
    name = "PaymentRecordInterface"
    return indexed(invoice.world, name, name, lambda row: _one(read(row, "invoice"))).get(invoice, ())


def deposits_of(quote: Row) -> Sequence[Row]:
    """Return the deposits on a quote."""
    name = "PaymentRecordInterface"
    return indexed(quote.world, "deposits", name, lambda row: _one(read(row, "quote"))).get(quote, ())


def refunds(payment: Row) -> Sequence[Row]:
    """Return what was paid back of a payment."""
    return payment.world.children(payment, "PaymentRecordRefund")


def is_unused(deposit: Row) -> bool:
    """Return True if no part of a deposit was used for an invoice."""
    return not deposit.world.children(deposit, "PaymentRecordAllocationInterface")


def invoice_amounts(invoice: Row) -> dict[str, Any]:
    """Return the amounts of an invoice as the schema names them."""
    sums, payments, deposits, tips = bill = bill_of(invoice)
    return {
        **_shown(sums),
        "legacyDiscountAmount": 0.0,
        "depositAmount": deposits / 100,
        "paymentsTotal": payments / 100,
        "tipsTotal": tips / 100,
        "invoiceBalance": bill.balance / 100,
    }


def quote_amounts(quote: Row) -> dict[str, Any]:
    """Return the amounts of a quote as the schema names them."""
    required = cents_of(read(quote, "depositWanted") or 0)
    collected = sum(cents_of(read(deposit, "amount")) for deposit in deposits_of(quote))
    return {
        **_shown(sums_of_quote(quote)),
        "depositAmount": required / 100,
        "outstandingDepositAmount": max(0, required - collected) / 100,
    }


def _shown(sums: Sums) -> dict[str, Any]:
    return {
        "subtotal": sums.subtotal / 100,
        "discountAmount": sums.discount / 100,
        "nonTaxAmount": 0.0,
        "taxAmount": sums.tax / 100,
        "total": sums.total / 100,
    }


def _one(row: Row | None) -> Sequence[Row]:
    return () if row is None else (row,)
