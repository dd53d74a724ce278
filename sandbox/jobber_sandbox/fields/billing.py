"""Invoices, payments and payouts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobber_sandbox.fields.catalog import custom_fields
from jobber_sandbox.fields.clients import NOTE, address_of, notes
from jobber_sandbox.fields.generators import above, moment_of, part_of, read, row_of, stamp_of, weighted
from jobber_sandbox.fields.work import LINE_ITEM, sums
from jobber_sandbox.timestamps import DAY_SECONDS, iso
from jobber_sandbox.world import Part, Row, salt_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from jobber_sandbox.world import Node

MANY_VISITS = 100
_DUE, _JOBS, _AMOUNT, _SHORT = salt_of("due"), salt_of("invoice jobs"), salt_of("amount"), salt_of("short")

_status = weighted(
    "invoice status",
    ("draft", 2),
    ("awaiting_payment", 3),
    ("paid", 12),
    ("past_due", 2),
    ("bad_debt", 1),
    ("sent_not_due", 2),
    ("voided", 1),
)
_adjustment = weighted(
    "adjustment", ("PAYMENT", 14), ("DEPOSIT", 3), ("REFUND", 1), ("CORRECTION", 1), ("INITIAL_BALANCE", 1)
)
_payout_status = weighted("payout status", ("PAID", 10), ("IN_TRANSIT", 1), ("PENDING", 1), ("FAILED", 1))
_loan_status = weighted("loan status", ("delivered", 3), ("expired", 3), ("paid_out", 2), ("fully_repaid", 2))
_issued = moment_of("issued", 5)

_PAYMENT_TYPES = {
    "AchBankPaymentPaymentRecord": "ACH_BANK_PAYMENT",
    "BankTransferPaymentRecord": "BANK_TRANSFER",
    "CashAppPaymentRecord": "CASH_APP",
    "CashPaymentRecord": "CASH",
    "CheckPaymentRecord": "CHEQUE",
    "CreditCardPaymentRecord": "CREDIT_CARD",
    "EPaymentPaymentRecord": "EPAYMENT",
    "ETransferPaymentRecord": "E_TRANSFER",
    "JobberPaymentsACHPaymentRecord": "JOBBER_PAYMENTS",
    "JobberPaymentsCreditCardPaymentRecord": "JOBBER_PAYMENTS",
    "JobberPaymentsRefundPaymentRecord": "JOBBER_PAYMENTS",
    "MoneyOrderPaymentRecord": "MONEY_ORDER",
    "OtherPaymentRecord": "OTHER",
    "PaypalPaymentRecord": "PAYPAL",
    "VenmoPaymentRecord": "VENMO",
    "ZellePaymentRecord": "ZELLE",
}


def _amounts(node: Node) -> dict[str, Any]:
    amounts = sums(node, "InvoiceLineItem")
    paid = amounts["total"] if read(node, "invoiceStatus") == "paid" else 0.0
    return {
        **amounts,
        "depositAmount": 0.0,
        "legacyDiscountAmount": 0.0,
        "paymentsTotal": paid,
        "tipsTotal": 0.0,
        "invoiceBalance": round(amounts["total"] - paid, 2),
    }


def _amount(name: str) -> Callable[[Node], Any]:
    return lambda node: read(node, f"amounts.{name}")


def _due(node: Node) -> str | None:
    if read(node, "issuedDate") is None:
        return None
    return iso(node.created + (5 + node.roll(_DUE) % 4 * 15) * DAY_SECONDS)


def _received(node: Node) -> str | None:
    return _paid_at(node) if read(node, "invoiceStatus") == "paid" else None


_paid_at = stamp_of("received", 40)


def invoice_jobs(node: Node, _arguments: Mapping[str, Any]) -> Sequence[Row]:
    """Return the jobs that an invoice bills; jobs with very many visits are on the first invoice of their client."""
    invoice = row_of(node)
    client = invoice.ancestor("Client")
    if client is None:
        return ()
    jobs = client.world.children(client, "Job")
    start = node.roll(_JOBS) % (len(jobs) + 1)
    billed = jobs[start : start + 1 + node.roll(_JOBS) % 2]
    if client.world.children(client, "Invoice")[0] is invoice:
        large = [job for job in jobs if len(client.world.children(job, "Visit")) > MANY_VISITS]
        billed = [*billed, *(job for job in large if job not in billed)]
    return billed


def _payment_amount(node: Node) -> float:
    return (node.roll(_AMOUNT + node.revision) % 250_000 + 100) / 100


def _raw_amount(node: Node) -> float:
    amount = float(read(node, "amount"))
    return amount if read(node, "adjustmentType") in {"REFUND", "CORRECTION"} else -amount


def _of_payment(name: str) -> Callable[[Node], Any]:
    """Return the getter of a field that a payment record has in both of its forms."""
    return lambda node: read(node.row if isinstance(node, Part) else node, name)


def in_short(payments: Iterable[Row]) -> list[Part]:
    """Payment records in the form without a kind of its own, under the same ids."""
    return [Part("PaymentRecord", payment, _SHORT, {"id": payment.id}) for payment in payments]


def _quote(node: Node) -> Row | None:
    """Return the quote that a deposit was paid on: the first of the client."""
    client = row_of(node).ancestor("Client")
    if read(node, "adjustmentType") != "DEPOSIT" or client is None:
        return None
    return next(iter(client.world.children(client, "Quote")), None)


def _allocated_quote(node: Node) -> Row | None:
    """Return the first quote of the client, or some quote if the client has none."""
    client = row_of(node).ancestor("Client")
    quotes = client.world.children(client, "Quote") if client else ()
    return quotes[0] if quotes else node.world.tables["Quote"].pick(node.roll(_AMOUNT))


def _billed_line_item(node: Node) -> Row | None:
    """Return the line item of a job that an invoice's line item bills, None for what was added by hand."""
    item = row_of(node)
    if item.parent is None or item.number % 4 == 0:
        return None
    billed = [each for job in invoice_jobs(item.parent, {}) for each in job.world.children(job, "JobLineItem")]
    return billed[item.number % len(billed)] if billed else None


def _gross(node: Node) -> int:
    return node.roll(_AMOUNT) % 400_000 + 500


def _fee(node: Node) -> int:
    return int(read(node, "grossAmount")) * 3 // 100


def _net(node: Node) -> int:
    return int(read(node, "grossAmount")) - int(read(node, "feeAmount"))


_CENTS: Mapping[str, Callable[[Node], Any]] = {
    "created": lambda node: iso(node.created),
    "currency": lambda _node: "cad",
    "feeAmount": _fee,
    "grossAmount": _gross,
    "netAmount": _net,
}
BALANCE_TYPES = {
    "AdvanceBalanceTransaction": "ADVANCE",
    "AdvanceFundingBalanceTransaction": "ADVANCE_FUNDING",
    "DepositBalanceTransaction": "DEPOSIT",
    "DisputeBalanceTransaction": "DISPUTE",
    "FeeAdjustmentBalanceTransaction": "FEE_ADJUSTMENT",
    "FinancingPayoutBalanceTransaction": "FINANCING_PAYOUT",
    "FinancingRepaymentBalanceTransaction": "FINANCING_REPAYMENT",
    "InstantPayoutBalanceTransaction": "INSTANT_PAYOUT",
    "InstantPayoutFeeBalanceTransaction": "INSTANT_PAYOUT_FEE",
    "LienBalanceTransaction": "LIEN_PAYMENT",
    "PaymentBalanceTransaction": "PAYMENT",
    "RefundBalanceTransaction": "REFUND",
    "RefundFeeBalanceTransaction": "REFUND_FEE",
    "ReservedFundsBalanceTransaction": "RESERVED_FUNDS",
    "UnknownBalanceTransaction": "UNKNOWN",
    "WonDisputeBalanceTransaction": "WON_DISPUTE",
}


def _payment(payment_type: str) -> Mapping[str, Callable[[Node], Any]]:
    return {
        "adjustmentType": _adjustment,
        "amount": _payment_amount,
        "entryDate": lambda node: iso(node.created),
        "paymentType": lambda _node: payment_type,
        "quote": _quote,
        "rawAmount": _raw_amount,
    }


def _balance(balance_type: str) -> Mapping[str, Callable[[Node], Any]]:
    return {**_CENTS, "type": lambda _node: balance_type, "payoutRecord": above("PayoutRecord")}


VALUES: Mapping[str, Mapping[str, Callable[[Node], Any]]] = {
    "Invoice": {
        "amounts": part_of("InvoiceAmounts", _amounts),
        "billingAddress": address_of("InvoiceBillingAddress"),
        "customFields": custom_fields("ALL_INVOICES"),
        "customFieldValues": custom_fields("ALL_INVOICES"),
        "dueDate": _due,
        "invoiceNumber": lambda node: str(node.number - node.number // 40),
        "invoiceStatus": _status,
        "issuedDate": _issued,
        "jobIds": lambda node: [job.id for job in invoice_jobs(node, {})],
        "receivedDate": _received,
        **{
            name: _amount(name)
            for name in ("depositAmount", "discountAmount", "nonTaxAmount", "paymentsTotal", "subtotal", "taxAmount")
        },
        "total": _amount("total"),
    },
    "InvoiceLineItem": {**LINE_ITEM, "jobLineItem": _billed_line_item},
    "InvoiceNote": NOTE,
    **{typename: _payment(payment_type) for typename, payment_type in _PAYMENT_TYPES.items()},
    "PaymentRecord": {name: _of_payment(name) for name in ("adjustmentType", "amount", "entryDate")},
    "InvoicePaymentRecordAllocation": {"invoice": above("Invoice")},
    "QuotePaymentRecordAllocation": {"quote": _allocated_quote},
    "JobberPaymentsCapitalLoan": {"status": _loan_status},
    "PaymentRecordRefund": {"entryDate": lambda node: iso(node.created)},
    "PayoutRecord": {**_CENTS, "status": _payout_status, "arrivalDate": stamp_of("arrival", 6, future=True)},
    **{typename: _balance(balance_type) for typename, balance_type in BALANCE_TYPES.items()},
}
LISTS: Mapping[str, Mapping[str, Callable[[Node, Mapping[str, Any]], Any]]] = {
    "Invoice": {"jobs": invoice_jobs, "notes": notes("InvoiceNote", link="invoices")},
}
PAYMENT_MEMBERS = tuple(_PAYMENT_TYPES)
