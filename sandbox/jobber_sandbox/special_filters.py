"""Filters that test neither the field of their own name nor a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobber_sandbox.timestamps import seconds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jobber_sandbox.dynamic_types import Value
    from jobber_sandbox.world import Row, World

    Test = Callable[[Row], bool]
    Read = Callable[[Row, str], Value]
    Meaning = Callable[[Read, Value], Test]

_DRAFTS = frozenset({"UNSCHEDULED", "GENERATED"})


def special_filter(world: World, type_name: str, name: str, value: Value) -> Test | None:
    """Return the test that a filter of a type stands for, or None if the filter is none of these."""
    found = _MEANINGS.get(type_name, {}).get(name)
    return found(world.registry.read, value) if found is not None else None


def _among(path: str) -> Meaning:
    """Return a filter that lists the values that a field may have."""
    return lambda read, wanted: lambda row: read(row, path) in wanted


def _display_status(read: Read, wanted: Value) -> Test:
    """Return a test by the status that is shown: without a date yet, a draft."""

    def shown(row: Row) -> bool:
        status = read(row, "status")
        return ("DRAFT" if status in _DRAFTS else status) in wanted

    return shown


def _created_within(read: Read, span: Value) -> Test:
    low, high = seconds_of(span["startAt"]), seconds_of(span["endAt"])
    return lambda row: low <= seconds_of(read(row, "createdAt")) <= high


def _from_date(read: Read, date: Value) -> Test:
    return lambda row: (read(row, "calendarDate") or "") >= date


def _to_date(read: Read, date: Value) -> Test:
    return lambda row: (read(row, "calendarDate") or "9999") <= date


_MEANINGS: Mapping[str, Mapping[str, Meaning]] = {
    "ExpenseUploadDocument": {
        "inOpenExpenseUpload": lambda read, wanted: lambda row: read(row, "expenseUpload.closed") != wanted,
    },
    "MarketingItemType": {
        "author": _among("author"),
        "channels": _among("channel"),
        "createdBy": _among("author"),
        "displayStatuses": _display_status,
        "occursWithin": _created_within,
    },
    "MarketingTask": {"startOn": _from_date, "endOn": _to_date},
    "RequestSettings": {
        "bookingEnabled": lambda read, wanted: lambda row: (read(row, "bookingType") != "NONE") == wanted,
    },
}
