"""Work that clients ask for and are offered: requests, quotes and jobs, with their line items and notes."""

from __future__ import annotations

from tap_jobber.extraction.source import CHANGED, CREATED, Mode, ascending
from tap_jobber.streams.child_stream import ChildStream
from tap_jobber.streams.root_stream import RootStream


class Requests(RootStream):
    """Requests for work, archived ones included."""

    name = "requests"
    root = "requests"
    scope = "read_requests"
    order = ascending("REQUESTED_AT")
    mode = Mode.CHANGED
    stamp = CHANGED


class RequestLineItems(ChildStream):
    """Line items of requests."""

    name = "request_line_items"
    parent = Requests
    list_field = "lineItems"


class RequestNotes(ChildStream):
    """Notes on requests, those of the client included."""

    name = "request_notes"
    home_of = ("RequestNote", "RequestNoteUnion")
    parent = Requests
    list_field = "notes"


class RequestNoteFiles(ChildStream):
    """Files attached to notes on requests; their addresses expire."""

    name = "request_note_files"
    parent = Requests
    list_field = "noteAttachments"


class RequestQuotes(ChildStream):
    """Which quotes were made for which requests."""

    name = "request_quotes"
    parent = Requests
    list_field = "quotes"
    selected_by_default = False


class RequestJobs(ChildStream):
    """Which jobs were made for which requests."""

    name = "request_jobs"
    parent = Requests
    list_field = "jobs"
    selected_by_default = False


class Quotes(RootStream):
    """Quotes, archived ones included."""

    name = "quotes"
    root = "quotes"
    scope = "read_quotes"
    order = ascending("CREATED_AT")
    mode = Mode.CHANGED
    stamp = CHANGED


class QuoteLineItems(ChildStream):
    """Line items of quotes."""

    name = "quote_line_items"
    parent = Quotes
    list_field = "lineItems"


class QuoteNotes(ChildStream):
    """Notes on quotes, those of the client and the request included."""

    name = "quote_notes"
    home_of = ("QuoteNote", "QuoteNoteUnion")
    parent = Quotes
    list_field = "notes"


class QuoteNoteFiles(ChildStream):
    """Files attached to notes on quotes; their addresses expire."""

    name = "quote_note_files"
    parent = Quotes
    list_field = "noteAttachments"


class QuoteJobs(ChildStream):
    """Which jobs were made of which quotes."""

    name = "quote_jobs"
    parent = Quotes
    list_field = "jobs"
    selected_by_default = False


class QuoteDepositRecords(ChildStream):
    """Which payment records are deposits on which quotes."""

    name = "quote_deposit_records"
    parent = Quotes
    list_field = "depositRecords"
    link = "paymentRecordId"
    selected_by_default = False


class QuoteUnallocatedDeposits(ChildStream):
    """Which deposits on quotes have not been allocated."""

    name = "quote_unallocated_deposits"
    parent = Quotes
    list_field = "unallocatedDepositRecords"
    link = "paymentRecordId"
    selected_by_default = False


class Jobs(RootStream):
    """One-off and recurring jobs, archived ones included. The API has no filter on their time of change."""

    name = "jobs"
    root = "jobs"
    scope = "read_jobs"
    order = ascending("JOB_NUMBER", place="jobNumber")
    mode = Mode.NEWEST_FIRST
    stamp = CREATED


class JobLineItems(ChildStream):
    """Line items of jobs."""

    name = "job_line_items"
    parent = Jobs
    list_field = "lineItems"


class JobNotes(ChildStream):
    """Notes on jobs, those of the client, the request and the quote included."""

    name = "job_notes"
    home_of = ("JobNote", "JobNoteUnion")
    parent = Jobs
    list_field = "notes"


class JobNoteFiles(ChildStream):
    """Files attached to notes on jobs; their addresses expire."""

    name = "job_note_files"
    parent = Jobs
    list_field = "noteAttachments"


class JobInvoices(ChildStream):
    """Which invoices bill which jobs."""

    name = "job_invoices"
    parent = Jobs
    list_field = "invoices"
    selected_by_default = False


class JobPaymentRecords(ChildStream):
    """Which payment records belong to which jobs."""

    name = "job_payment_records"
    parent = Jobs
    list_field = "paymentRecords"
    link = "paymentRecordId"
    selected_by_default = False


class JobVisitScheduleUsers(ChildStream):
    """Which users the visits of jobs are assigned to when they are made."""

    name = "job_visit_schedule_users"
    parent = Jobs
    list_field = "visitSchedule.assignedTo"
    selected_by_default = False
