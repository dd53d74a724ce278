"""Invoices, payments and payouts."""

from __future__ import annotations

from tap_jobber.extraction.source import CHANGED, CREATED, Mode, Order, Recency, Stamp, ascending
from tap_jobber.streams.child_stream import ChildStream
from tap_jobber.streams.root_stream import RootStream


class Invoices(RootStream):
    """Invoices."""

    name = "invoices"
    root = "invoices"
    scope = "read_invoices"
    order = ascending("CREATED_AT")
    mode = Mode.CHANGED
    stamp = CHANGED


class InvoiceLineItems(ChildStream):
    """Line items of invoices."""

    name = "invoice_line_items"
    parent = Invoices
    list_field = "lineItems"


class InvoiceNotes(ChildStream):
    """Notes on invoices, those of what they bill included."""

    name = "invoice_notes"
    home_of = ("InvoiceNote", "InvoiceNoteUnion")
    parent = Invoices
    list_field = "notes"


class InvoiceNoteFiles(ChildStream):
    """Files attached to notes on invoices; their addresses expire."""

    name = "invoice_note_files"
    parent = Invoices
    list_field = "noteAttachments"


class InvoiceJobs(ChildStream):
    """Which jobs are billed by which invoices."""

    name = "invoice_jobs"
    parent = Invoices
    list_field = "jobs"


class InvoiceArchivedJobs(ChildStream):
    """Which archived jobs are billed by which invoices."""

    name = "invoice_archived_jobs"
    parent = Invoices
    list_field = "archivedJobs"
    selected_by_default = False


class InvoiceVisits(ChildStream):
    """Which visits are billed by which invoices."""

    name = "invoice_visits"
    parent = Invoices
    list_field = "visits"
    selected_by_default = False


class InvoiceProperties(ChildStream):
    """Which properties invoices are for."""

    name = "invoice_properties"
    parent = Invoices
    list_field = "properties"
    selected_by_default = False


class InvoicePaymentRecords(ChildStream):
    """Which payment records belong to which invoices."""

    name = "invoice_payment_records"
    parent = Invoices
    list_field = "paymentRecords"
    link = "paymentRecordId"
    selected_by_default = False


class PaymentRecords(RootStream):
    """Payments, deposits, refunds and corrections of every kind, in one shape."""

    name = "payment_records"
    root = "paymentRecords"
    scope = "read_jobber_payments"
    order = ascending("CREATED_AT")
    stamp = Stamp("entryDate", "entryDate", may_go_back=True)
    recency = Recency(Order("sort: {key: UPDATED_AT, direction: DESCENDING}"))


class PaymentRecordAllocations(ChildStream):
    """Allocations of payments."""

    name = "payment_record_allocations"
    parent = PaymentRecords
    list_field = "allocations"


class PaymentRecordRefunds(ChildStream):
    """Refunds of payments."""

    name = "payment_record_refunds"
    parent = PaymentRecords
    list_field = "refunds"


class PayoutRecords(RootStream):
    """Payouts of Jobber Payments; amounts are whole cents."""

    name = "payout_records"
    root = "payoutRecords"
    scope = "read_jobber_payments"
    order = ascending("ARRIVAL_DATE", place="arrivalDate")
    mode = Mode.CHANGED
    stamp = CHANGED


class PayoutBalanceTransactions(ChildStream):
    """Transactions that payouts consist of; amounts are whole cents."""

    name = "payout_balance_transactions"
    parent = PayoutRecords
    list_field = "balanceTransactions"


class CapitalLoans(RootStream):
    """Loans that were offered to the account, or taken by it."""

    name = "capital_loans"
    root = "capitalLoans"
    scope = "read_jobber_payments"
    stamp = CREATED
    selected_by_default = False
