"""Filter the rows of a table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from jobber_sandbox.fields.generators import below
from jobber_sandbox.sorting import CREATED, UPDATED, ordered, reader
from jobber_sandbox.special_filters import special_filter
from jobber_sandbox.timestamps import iso, seconds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jobber_sandbox.dynamic_types import Value
    from jobber_sandbox.sorting import Arranged
    from jobber_sandbox.world import Node, Row, World

    Test = Callable[[Row], bool]

ORDERS_KEPT = 400
LAST_SECOND = 253_402_300_799
"""The end of the year 9999."""

_STATUS_FIELDS: Mapping[str, str] = {
    "Invoice": "invoiceStatus",
    "Job": "jobStatus",
    "Quote": "quoteStatus",
    "Request": "requestStatus",
    "Visit": "visitStatus",
}
_RANGE_FIELDS: Mapping[str, str] = {
    "arrivalDateRange": "arrivalDate",
    "cost": "amounts.total",
    "total": "amounts.total",
}
_OTHER_FIELDS: Mapping[str, str] = {
    "completed": "isComplete",
    "isApproved": "approved",
    "isPayable": "payable",
    "primary": "isBillingAddress",
}
_IGNORED = frozenset({"sort", "includeUnscheduled", "permissions", "includePropertyContacts"})
_FILTERING_ARGUMENTS = ("assignedTo", "completed", "sourceType", "status")
"""Arguments that stand beside the paging of a list and filter it."""


class Arranger:
    """Filters and sort orders of tables' rows.

    Args:
        bounds_inclusive: True if `after` and `before` let their own second through.
        opaque_cursors: True if cursors hold keys rather than offsets.
    """

    def __init__(self, *, bounds_inclusive: bool = True, opaque_cursors: bool = False) -> None:
        self._inclusive = bounds_inclusive
        self.opaque_cursors = opaque_cursors

    def table(self, world: World, type_name: str, arguments: Mapping[str, Any]) -> Arranged:
        """Return the rows of a table as a root field lists them."""
        filters, sorts = _asked(arguments)
        key = ("table", type_name, repr(filters), repr(sorts))
        found: Arranged | None = world.cache.get(key)
        if found is None:
            if len(world.cache) >= ORDERS_KEPT:
                world.cache.clear()
            found = world.cache[key] = self.arrange(world, type_name, world.tables[type_name].rows, arguments)
        return found

    def arrange(self, world: World, type_name: str, rows: Sequence[Any], arguments: Mapping[str, Any]) -> Arranged:
        """Return the rows that pass the filter, in the order asked for or else the list's own."""
        filters, sorts = _asked(arguments)
        for name, value in filters.items():
            test = self._test(world, type_name, name, value)
            if name == "occursWithin" and _shows_unscheduled(filters):
                test = _or_unscheduled(world, test)
            if test is not None:
                rows = [row for row in rows if test(row)]
        return ordered(world, type_name, rows, sorts, opaque=self.opaque_cursors)

    def _test(self, world: World, type_name: str, name: str, value: Value) -> Test | None:
        if name in _IGNORED or value is None:
            return None
        special = special_filter(world, type_name, name, value) or self._special(world, type_name, name, value)
        if special is not None:
            return special
        if isinstance(value, dict):
            read = reader(world, _RANGE_FIELDS.get(name, name))
            is_number = {"min", "max"} & set(value) or isinstance(value.get("eq"), (int, float))
            if is_number:
                return _between(read, value)
            within = self._in_range(read, value)
            return _stamped(self._seconds(value), name, within) if name in {CREATED, UPDATED} else within
        return _equal(world, type_name, name, value)

    def _special(self, world: World, type_name: str, name: str, value: Value) -> Test | None:
        """Return the test of a filter that is not about the field of its own name."""
        if name == "occursWithin":
            return self._overlaps(world, value)
        if name == "visitsScheduledBetween":
            within = self._in_range(reader(world, "startAt"), value)
            return lambda row: any(within(visit) for visit in below(row, "Visit"))
        if name in {"ids", "userIds"}:
            wanted = set(value)
            return lambda row: row.id in wanted
        if name in {"assignedTo", "visitsAssignedToUserId"}:
            return _assigned(world, type_name, {value} if isinstance(value, str) else set(value))
        if name == "tags":
            tagged = set(value)
            return lambda row: bool(tagged & {world.registry.read(tag, "label") for tag in _tags(world, row)})
        return None

    def _overlaps(self, world: World, span: Mapping[str, Any]) -> Test:
        """Return a predicate for overlapping a span of time."""
        low, high = (iso(bound) for bound in self._seconds({"after": span["startAt"], "before": span["endAt"]}))
        start, end = reader(world, "startAt"), reader(world, "endAt")

        def overlaps(row: Row) -> bool:
            begins = start(row)
            return begins is not None and begins <= high and max(begins, end(row) or begins) >= low

        return overlaps

    def _seconds(self, bounds: Mapping[str, Any]) -> tuple[int, int]:
        """Return the first and the last whole second that pass."""
        low, high = 0, LAST_SECOND
        if bounds.get("after") is not None:
            seconds = seconds_of(bounds["after"])
            low = math.ceil(seconds) if self._inclusive else math.floor(seconds) + 1
        if bounds.get("before") is not None:
            seconds = seconds_of(bounds["before"])
            high = math.floor(seconds) if self._inclusive else math.ceil(seconds) - 1
        if bounds.get("eq") is not None:
            low = high = math.floor(seconds_of(bounds["eq"]))
        return low, high

    def _in_range(self, read: Callable[[Any], Any], bounds: Mapping[str, Any]) -> Test:
        """Return True if a timestamp lies in a range; texts of whole seconds compare as times do."""
        low, high = (iso(bound) for bound in self._seconds(bounds))

        def within(row: Value) -> bool:
            value = read(row)
            return value is not None and low <= value <= high

        return within


def _asked(arguments: Mapping[str, Any]) -> tuple[dict[str, Any], list[Mapping[str, Any]]]:
    filters = dict(arguments.get("filter") or {})
    filters |= {name: arguments[name] for name in _FILTERING_ARGUMENTS if name in arguments}
    sorts = arguments.get("sort") or filters.get("sort") or []
    return filters, list(sorts) if isinstance(sorts, list) else [sorts]


def _stamped(seconds: tuple[int, int], field: str, otherwise: Test) -> Test:
    """Return the test of a range over a timestamp that every row holds as a number, unless it was set by hand."""
    low, high = seconds
    slot = "created" if field == CREATED else "updated"

    def within(row: Row) -> bool:
        if row.changes is not None and field in row.changes:
            return otherwise(row)
        return bool(low <= getattr(row, slot) <= high)

    return within


def _between(read: Callable[[Any], Any], bounds: Mapping[str, Any]) -> Test:
    low, high, exact = bounds.get("min"), bounds.get("max"), bounds.get("eq")

    def within(row: Value) -> bool:
        value = read(row)
        if value is None:
            return False
        value = float(value)
        if exact is not None and value != exact:
            return False
        return (low is None or value >= low) and (high is None or value <= high)

    return within


def _assigned(world: World, type_name: str, wanted: set[str]) -> Test:
    if type_name == "Job":
        team_of = world.registry.lister("Visit", "assignedUsers", "User")
        return lambda row: any(user.id in wanted for visit in below(row, "Visit") for user in team_of(visit, {}))
    if world.registry.has(type_name, "user"):
        return lambda row: getattr(world.registry.read(row, "user"), "id", None) in wanted
    if type_name == "Request":
        return lambda row: getattr(world.registry.read(row, "salesperson"), "id", None) in wanted
    team = world.registry.lister(type_name, "assignedUsers", "User")
    return lambda row: any(user.id in wanted for user in team(row, {}))


def _tags(world: World, row: Node) -> Sequence[Node]:
    return world.registry.lister("Client", "tags", "Tag")(row, {})  # type: ignore[no-any-return]  # a list of rows


def _shows_unscheduled(filters: Mapping[str, Any]) -> bool:
    """Return True if a filter of scheduled items also selects unscheduled ones, which then match every span."""
    aspects = set(filters.get("schedulingAspects") or ())
    return bool(filters.get("includeUnscheduled") or aspects & {"ALL", "UNSCHEDULED"})


def _or_unscheduled(world: World, test: Test | None) -> Test:
    """Return the test, passed also by rows without a start."""
    start = reader(world, "startAt")
    return lambda row: start(row) is None or (test is not None and test(row))


def _equal(world: World, type_name: str, name: str, value: Value) -> Test | None:
    path = _STATUS_FIELDS.get(type_name, "status") if name in {"status", "statuses"} else name
    path = _OTHER_FIELDS.get(path, path)
    members = world.tables[type_name].members if type_name in world.tables else ()
    is_link = path.endswith("Id")
    path = path.removesuffix("Id")
    if not any(world.registry.has(member, path) for member in members):
        return None
    read = reader(world, path)
    wanted = set(value) if isinstance(value, list) else {value}
    if is_link:
        return lambda row: getattr(read(row), "id", None) in wanted
    lowered = {item.lower() if isinstance(item, str) else item for item in wanted}

    def same(row: Row) -> bool:
        held = read(row)
        return (held.lower() if isinstance(held, str) else held) in lowered

    return same
