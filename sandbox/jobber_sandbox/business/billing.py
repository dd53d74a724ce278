"""Invoices for work that is done, and what is paid for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from jobber_sandbox.business.calendar import workday
from jobber_sandbox.business.catalogue import Line, line_records
from jobber_sandbox.business.chances import likely
from jobber_sandbox.business.clients import note
from jobber_sandbox.business.payments import Payment, payment
from jobber_sandbox.facts import Record
from jobber_sandbox.money import percent_of
from jobber_sandbox.timestamps import DAY_SECONDS, iso

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from jobber_sandbox.business.calendar import Month
    from jobber_sandbox.business.sales import Desk
    from jobber_sandbox.business.work import Job, Visit

HOUR_SECONDS = 3_600
_VOIDED_SHARE, _NEVER_SHARE, _SLOW_SHARE, _PARTS_SHARE, _TWICE_SHARE = 0.012, 0.02, 0.09, 0.06, 0.015
_BAD_DEBT_AFTER_DAYS = 150
_LATE_ISSUE_SHARE = 0.2
_INVOICED_AFTER_SECONDS = (300, 300, 7_200, 7_200, DAY_SECONDS, DAY_SECONDS, 3 * DAY_SECONDS, 8 * DAY_SECONDS)


@dataclass(frozen=True, eq=False)
class Billed:
    """The invoices of some jobs.

    Args:
        records: All records, of payments too.
        payments: The payments among them.
    """

    records: list[Record] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class _Bill:
    """The content of an invoice before it is written."""

    job: Job
    visits: list[Visit]
    created: int
    lines: list[Line]
    taxes: Sequence[Record]


def bill(desk: Desk, taxes: Sequence[Record], jobs: Sequence[Job], chance: random.Random) -> Billed:
    """Return the invoices of jobs: one when it is done, or one after each month of a contract."""
    billed = Billed()
    for job in jobs:
        deposit = _deposit(desk, job, chance)
        if deposit is not None:
            billed.records.append(deposit.record)
            billed.payments.append(deposit)
        for each in _bills(desk, taxes, job, chance):
            _invoice(desk, each, deposit, billed, chance)
            deposit = None
    return billed


def _deposit(desk: Desk, job: Job, chance: random.Random) -> Payment | None:
    deal = job.deal
    if not deal.deposit_cents or deal.quote is None or deal.agreed is None:
        return None
    moment = deal.agreed + chance.randrange(1, 20) * 60
    facts: dict[str, Any] = {"adjustmentType": "DEPOSIT", "quote": deal.quote, "invoice": None}
    return payment(desk.setting, deal.client, deal.quote, moment, deal.deposit_cents, chance, **facts)


def _bills(desk: Desk, taxes: Sequence[Record], job: Job, chance: random.Random) -> list[_Bill]:
    if not job.is_recurring:
        return [_Bill(job, job.visits, job.closed + chance.choice(_INVOICED_AFTER_SECONDS), job.lines, taxes)]
    calendar = desk.setting.calendar
    by_month: dict[Month, list[Visit]] = {}
    for visit in job.visits:
        by_month.setdefault(calendar.month_of(visit.end), []).append(visit)
    minute = 9 * 60 + chance.randrange(120)
    return [
        _Bill(
            job,
            visits,
            calendar.at(workday(month.after(1).first), minute),
            [line.times(len(visits)) for line in job.lines],
            taxes,
        )
        for month, visits in by_month.items()
    ]


def _invoice(desk: Desk, bill: _Bill, deposit: Payment | None, billed: Billed, chance: random.Random) -> None:
    client = bill.job.deal.client
    is_void = deposit is None and likely(_VOIDED_SHARE, chance)
    invoice = _record(bill)
    records = [invoice, *_lines(bill, invoice)]
    issued = bill.created
    if likely(_LATE_ISSUE_SHARE, chance):
        issued += chance.randrange(6, 120) * HOUR_SECONDS
    due = _issue(desk, invoice, issued, client.net_days)
    if likely(0.06, chance):
        author = bill.job.deal.seller
        records.append(note("InvoiceNote", invoice, issued, "Sent by e-mail; client asked for a copy by post.", author))
    billed.records.extend(records)
    if is_void:
        moment = issued + 2 * DAY_SECONDS
        invoice.at(moment, voidedAt=iso(moment))
        again = _Bill(bill.job, bill.visits, moment + HOUR_SECONDS, bill.lines, bill.taxes)
        _invoice(desk, again, None, billed, chance)
        return
    for visit in bill.visits:
        visit.record.at(invoice.created, touch=False, invoice=invoice)
    bill.job.record.at(invoice.created)
    open_cents = _total_cents(_all_taxes(desk), bill.lines, client.discount_percent)
    if deposit is not None:
        used = min(deposit.cents, open_cents)
        deposit.record.at(invoice.created, touch=False, invoice=invoice)
        billed.records.append(_allocation(deposit.record, invoice.created, used, invoice))
        open_cents -= used
    if open_cents:
        _settle(desk, bill, invoice, issued, due, open_cents, billed, chance)
    else:
        invoice.at(issued, receivedDate=iso(issued))


def _all_taxes(desk: Desk) -> float:
    """Return the percentage of all taxes together."""
    return round(sum(percent for _, percent in desk.setting.region.taxes), 3)


def _total_cents(percent: float, lines: Sequence[Line], discount_percent: int) -> int:
    """Return what lines come to, in cents."""
    subtotal = sum(line.total_cents for line in lines)
    net = subtotal - percent_of(subtotal, discount_percent)
    return net + percent_of(net, percent)


def _record(bill: _Bill) -> Record:
    client, deal = bill.job.deal.client, bill.job.deal
    return Record(
        "Invoice",
        bill.created,
        client.record,
        client=client.record,
        jobs=[bill.job.record],
        subject=f"For services rendered: {deal.kind.title}",
        message="Thank you for your business. Please contact us with any questions regarding this invoice.",
        contractDisclaimer=None,
        salesperson=deal.seller.record,
        issuedDate=None,
        dueDate=None,
        receivedDate=None,
        invoiceNet=client.net_days,
        discountPercent=client.discount_percent,
        taxRate=bill.taxes[0],
        billingAddress=client.address.shown("InvoiceBillingAddress"),
        billingIsSameAsPropertyAddress=deal.place is client.properties[0],
        voidedAt=None,
        badDebtAt=None,
        dateViewedInClientHub=None,
        taxCalculationMethod="exclusive",
        syncStatus="not_synced",
        transactionIds=[],
        hasInvoiceNumberDuplicates=False,
        waitingForFinancedPayment=False,
        hasRefundableSurchargePayments=False,
        disableClientHubAchPayments=False,
        disableClientHubCreditCardPayments=False,
        nextDateToSendReviewSms=None,
    )


def _lines(bill: _Bill, invoice: Record) -> list[Record]:
    records = line_records("InvoiceLineItem", invoice, bill.created, bill.lines)
    for record, of_job in zip(records, bill.job.line_records, strict=True):
        record.facts["jobLineItem"] = of_job
        record.facts["taxRate"] = bill.taxes[0]
        record.facts["originalCost"] = None
        record.facts["date"] = iso(bill.visits[-1].begin) if bill.job.is_recurring else None
    return records


def _issue(desk: Desk, invoice: Record, issued: int, net_days: int) -> int:
    """Plan that an invoice is sent, and return the midnight at which it is due."""
    calendar = desk.setting.calendar
    due = calendar.at(calendar.day_of(issued) + timedelta(days=net_days))
    facts: dict[str, Any] = {"issuedDate": iso(issued), "dueDate": iso(due)}
    if issued == invoice.created:
        invoice.facts.update(facts)
    else:
        invoice.at(issued, **facts)
    return due


def _settle(  # noqa: PLR0913, PLR0917 how an invoice is paid depends on all of this
    desk: Desk,
    bill: _Bill,
    invoice: Record,
    issued: int,
    due: int,
    open_cents: int,
    billed: Billed,
    chance: random.Random,
) -> None:
    """Plan how an invoice is paid: at once or in parts, soon or late, twice or never."""
    client, roll = bill.job.deal.client, chance.random()
    if roll < _NEVER_SHARE:
        moment = due + _BAD_DEBT_AFTER_DAYS * DAY_SECONDS + 10 * HOUR_SECONDS
        invoice.at(moment, badDebtAt=iso(moment))
        return
    seen = issued + chance.randrange(1, 30) * HOUR_SECONDS
    invoice.at(seen, touch=False, dateViewedInClientHub=iso(seen))
    if roll < _NEVER_SHARE + _SLOW_SHARE:
        paid = due + chance.randrange(15, 80) * DAY_SECONDS + chance.randrange(9, 20) * HOUR_SECONDS
    else:
        wait = int(min(90.0, chance.expovariate(1 / client.pays_after_days)) * DAY_SECONDS)
        paid = desk.setting.calendar.awake(issued + HOUR_SECONDS + wait)
    parts = [(paid, open_cents)]
    if likely(_PARTS_SHARE, chance):
        first = open_cents // 2
        parts = [(paid, first), (paid + chance.randrange(7, 30) * DAY_SECONDS, open_cents - first)]
    for moment, cents in parts:
        _pay(desk, bill, invoice, moment, cents, billed, chance)
    invoice.at(parts[-1][0], receivedDate=iso(parts[-1][0]))
    if len(parts) == 1 and likely(_TWICE_SHARE, chance):
        again = paid + chance.randrange(1, 4) * DAY_SECONDS
        twice = _pay(desk, bill, invoice, again, open_cents, billed, chance)
        refund = Record(
            "PaymentRecordRefund",
            again + 2 * DAY_SECONDS,
            twice.record,
            amount=open_cents / 100,
            entryDate=iso(again + 2 * DAY_SECONDS),
            tipAmount=None,
            surchargeAmount=None,
            surchargeTaxAmount=None,
        )
        invoice.at(refund.created)
        if twice.is_by_card:
            facts: dict[str, Any] = {"transactionStatus": "REFUNDED", "refundedAt": iso(refund.created)}
            twice.record.at(refund.created, touch=False, **facts)
        billed.records.append(refund)


def _pay(  # noqa: PLR0913, PLR0917 a payment depends on all of this
    desk: Desk, bill: _Bill, invoice: Record, moment: int, cents: int, billed: Billed, chance: random.Random
) -> Payment:
    facts: dict[str, Any] = {"adjustmentType": "PAYMENT", "quote": None, "invoice": invoice}
    paid = payment(desk.setting, bill.job.deal.client, invoice, moment, cents, chance, **facts)
    invoice.at(moment)
    billed.payments.append(paid)
    billed.records.extend((paid.record, _allocation(paid.record, moment, cents, invoice)))
    return paid


def _allocation(paid: Record, moment: int, cents: int, invoice: Record) -> Record:
    return Record(
        "PaymentRecordAllocationInterface",
        moment,
        paid,
        typename="InvoicePaymentRecordAllocation",
        amount=cents / 100,
        invoice=invoice,
    )
