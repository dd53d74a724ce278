"""Those who work, their time, what they spend and what they drive."""

from __future__ import annotations

from tap_jobber.extraction.source import CHANGED, Mode, Order, ascending
from tap_jobber.streams.lists import ListTable
from tap_jobber.streams.tables import Table


class Users(Table):
    """Users, deactivated ones included."""

    name = "users"
    root = "users"
    scope = "read_users"
    order = ascending("NAME", place="name")


class UserApps(ListTable):
    """Which apps users have."""

    name = "user_apps"
    parent = Users
    list_field = "apps"
    link = "appId"
    selected_by_default = False


class Expenses(Table):
    """Expenses."""

    name = "expenses"
    root = "expenses"
    scope = "read_expenses"
    order = ascending("CREATED_AT")
    mode = Mode.CHANGED
    stamp = CHANGED


class TimeSheetEntries(Table):
    """Time sheet entries, running timers included."""

    name = "time_sheet_entries"
    root = "timeSheetEntries"
    scope = "read_time_sheets"
    order = Order("sort: {field: START_AT, direction: ASCENDING}", place="startAt")
    mode = Mode.CHANGED
    stamp = CHANGED


class Vehicles(Table):
    """Vehicles. The API lists them in no stated order."""

    name = "vehicles"
    root = "vehicles"
    scope = "read_equipment"


class VehicleAssignedUsers(ListTable):
    """Which users drive which vehicles."""

    name = "vehicle_assigned_users"
    parent = Vehicles
    list_field = "assignedUsers"
