"""Invoices, payments and payouts."""

from __future__ import annotations

from tap_jobber.extraction.source import CHANGED, Mode, Stamp, ascending
from tap_jobber.streams.lists import ListTable
from tap_jobber.streams.tables import Table


class Invoices(Table):
    """Invoices."""

    name = "invoices"
    root = "invoices"
    scope = "read_invoices"
    order = ascending("CREATED_AT")
    mode = Mode.CHANGED
    stamp = CHANGED


class InvoiceLineItems(ListTable):
    """Line items of invoices."""

    name = "invoice_line_items"
    parent = Invoices
    list_field = "lineItems"


class InvoiceNotes(ListTable):
    """Notes on invoices, those of what they bill included."""

    name = "invoice_notes"
    parent = Invoices
    list_field = "notes"


class InvoiceJobs(ListTable):
    """Which jobs are billed by which invoices."""

    name = "invoice_jobs"
    parent = Invoices
    list_field = "jobs"


class PaymentRecords(Table):
    """Payments, deposits, refunds and corrections of every kind, in one shape."""

    name = "payment_records"
    root = "paymentRecords"
    scope = "read_jobber_payments"
    order = ascending("CREATED_AT")
    stamp = Stamp("entryDate", "entryDate")


class PaymentRecordAllocations(ListTable):
    """What payments are allocated to."""

    name = "payment_record_allocations"
    parent = PaymentRecords
    list_field = "allocations"


class PaymentRecordRefunds(ListTable):
    """Refunds of payments."""

    name = "payment_record_refunds"
    parent = PaymentRecords
    list_field = "refunds"


class PayoutRecords(Table):
    """Payouts of Jobber Payments; amounts are whole cents."""

    name = "payout_records"
    root = "payoutRecords"
    scope = "read_jobber_payments"
    order = ascending("ARRIVAL_DATE", place="arrivalDate")
    mode = Mode.CHANGED
    stamp = CHANGED


class PayoutBalanceTransactions(ListTable):
    """What payouts are made of; amounts are whole cents."""

    name = "payout_balance_transactions"
    parent = PayoutRecords
    list_field = "balanceTransactions"
