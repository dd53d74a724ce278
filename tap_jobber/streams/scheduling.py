"""What stands in the calendar: visits, tasks, assessments and events."""

from __future__ import annotations

from tap_jobber.extraction.source import CREATED, Stamp, ascending
from tap_jobber.streams.lists import ListTable
from tap_jobber.streams.tables import Table


class Visits(Table):
    """Visits of jobs, past, coming and unscheduled. They have no time of change."""

    name = "visits"
    root = "visits"
    order = ascending("CREATED_AT")
    stamp = CREATED


class VisitAssignedUsers(ListTable):
    """Which users are assigned to which visits."""

    name = "visit_assigned_users"
    parent = Visits
    list_field = "assignedUsers"


class VisitLineItems(ListTable):
    """Line items of visits."""

    name = "visit_line_items"
    parent = Visits
    list_field = "lineItems"


class Tasks(Table):
    """Tasks, which may belong to a client, a request or a quote. They show no stamp of their own."""

    name = "tasks"
    root = "tasks"
    order = ascending("START_AT", place="startAt")
    stamp = Stamp("createdAt", None)
