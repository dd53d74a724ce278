"""What a client asks for and is offered: requests, quotes and jobs, with their line items and notes."""

from __future__ import annotations

from tap_jobber.extraction.source import CHANGED, CREATED, Mode, ascending
from tap_jobber.streams.lists import ListTable
from tap_jobber.streams.tables import Table


class Requests(Table):
    """Requests for work, archived ones included."""

    name = "requests"
    root = "requests"
    scope = "read_requests"
    order = ascending("REQUESTED_AT")
    mode = Mode.CHANGED
    stamp = CHANGED


class RequestLineItems(ListTable):
    """Line items of requests."""

    name = "request_line_items"
    parent = Requests
    list_field = "lineItems"


class RequestNotes(ListTable):
    """Notes on requests, those of the client included."""

    name = "request_notes"
    parent = Requests
    list_field = "notes"


class Quotes(Table):
    """Quotes, archived ones included."""

    name = "quotes"
    root = "quotes"
    scope = "read_quotes"
    order = ascending("CREATED_AT")
    mode = Mode.CHANGED
    stamp = CHANGED


class QuoteLineItems(ListTable):
    """Line items of quotes."""

    name = "quote_line_items"
    parent = Quotes
    list_field = "lineItems"


class QuoteNotes(ListTable):
    """Notes on quotes, those of the client and the request included."""

    name = "quote_notes"
    parent = Quotes
    list_field = "notes"


class Jobs(Table):
    """One-off and recurring jobs, archived ones included. The API has no filter on their time of change."""

    name = "jobs"
    root = "jobs"
    scope = "read_jobs"
    order = ascending("JOB_NUMBER", place="jobNumber")
    mode = Mode.NEWEST_FIRST
    stamp = CREATED


class JobLineItems(ListTable):
    """Line items of jobs."""

    name = "job_line_items"
    parent = Jobs
    list_field = "lineItems"


class JobNotes(ListTable):
    """Notes on jobs, those of the client, the request and the quote included."""

    name = "job_notes"
    parent = Jobs
    list_field = "notes"
