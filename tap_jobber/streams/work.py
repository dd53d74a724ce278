"""What a client asks for and is offered: requests, quotes and jobs."""

from __future__ import annotations

from tap_jobber.extraction.source import ascending
from tap_jobber.streams.base import JobberStream


class Requests(JobberStream):
    """Requests for work, archived ones included."""

    name = "requests"
    root = "requests"
    order = ascending("REQUESTED_AT")


class Quotes(JobberStream):
    """Quotes, archived ones included."""

    name = "quotes"
    root = "quotes"
    order = ascending("CREATED_AT")


class Jobs(JobberStream):
    """One-off and recurring jobs, archived ones included."""

    name = "jobs"
    root = "jobs"
    order = ascending("JOB_NUMBER", place="jobNumber")
