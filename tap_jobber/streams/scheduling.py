"""What stands in the calendar: visits and tasks."""

from __future__ import annotations

from tap_jobber.extraction.source import ascending
from tap_jobber.streams.base import JobberStream


class Visits(JobberStream):
    """Visits of jobs, past, coming and unscheduled."""

    name = "visits"
    root = "visits"
    order = ascending("CREATED_AT")


class Tasks(JobberStream):
    """Tasks, which may belong to a client, a request or a quote."""

    name = "tasks"
    root = "tasks"
    order = ascending("START_AT", place="startAt")
