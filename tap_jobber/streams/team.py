"""Those who work, their time, what they spend and what they drive."""

from __future__ import annotations

from tap_jobber.extraction.source import CHANGED, Mode, Order, ascending
from tap_jobber.streams.child_stream import ChildStream
from tap_jobber.streams.root_stream import RootStream


class Users(RootStream):
    """Users, deactivated ones included."""

    name = "users"
    root = "users"
    scope = "read_users"
    order = ascending("NAME", place="name")


class UserApps(ChildStream):
    """Which apps users have."""

    name = "user_apps"
    parent = Users
    list_field = "apps"
    link = "appId"
    selected_by_default = False


class Expenses(RootStream):
    """Expenses."""

    name = "expenses"
    root = "expenses"
    scope = "read_expenses"
    order = ascending("CREATED_AT")
    mode = Mode.CHANGED
    stamp = CHANGED


class TimeSheetEntries(RootStream):
    """Time sheet entries, running timers included."""

    name = "time_sheet_entries"
    root = "timeSheetEntries"
    scope = "read_time_sheets"
    order = Order("sort: {field: START_AT, direction: ASCENDING}", place="startAt")
    mode = Mode.CHANGED
    stamp = CHANGED


class Vehicles(RootStream):
    """Vehicles. The API lists them in no stated order."""

    name = "vehicles"
    root = "vehicles"
    scope = "read_equipment"


class VehicleAssignedUsers(ChildStream):
    """Which users drive which vehicles."""

    name = "vehicle_assigned_users"
    parent = Vehicles
    list_field = "assignedUsers"
