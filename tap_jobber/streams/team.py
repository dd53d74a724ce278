"""Those who work, their time, what they spend and what they drive."""

from __future__ import annotations

from tap_jobber.extraction.source import Order, ascending
from tap_jobber.streams.base import JobberStream


class Users(JobberStream):
    """Users, deactivated ones included."""

    name = "users"
    root = "users"
    order = ascending("NAME", place="name")


class Expenses(JobberStream):
    """Expenses."""

    name = "expenses"
    root = "expenses"
    order = ascending("CREATED_AT")


class TimeSheetEntries(JobberStream):
    """Time sheet entries, running timers included."""

    name = "time_sheet_entries"
    root = "timeSheetEntries"
    order = Order("sort: {field: START_AT, direction: ASCENDING}", place="startAt")


class Vehicles(JobberStream):
    """Vehicles. The API lists them in no stated order."""

    name = "vehicles"
    root = "vehicles"
