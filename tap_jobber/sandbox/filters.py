"""Which rows of a table a list holds, and in which order."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_jobber.sandbox.connections import Keys, Offsets
from tap_jobber.sandbox.fields.rolls import below
from tap_jobber.sandbox.fields.scheduling import team
from tap_jobber.sandbox.stamps import iso, seconds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tap_jobber.sandbox.connections import Places
    from tap_jobber.sandbox.world import Node, Row, World

    Test = Callable[[Row], bool]

RECENT_FIRST = frozenset({"Client", "Invoice", "Job", "Property", "Quote", "Request"})
BY_START = frozenset({"Visit", "Task"})
DESCENDING = "DESCENDING"
_CREATED, _UPDATED = "createdAt", "updatedAt"

_SORT_PATHS: Mapping[str, str] = {
    "APPROVED_AT": "lastTransitioned.approvedAt",
    "ARRIVAL_DATE": "arrivalDate",
    "CATEGORY": "category",
    "CLIENT_FIRST_NAME": "client.firstName",
    "CLIENT_LAST_NAME": "client.lastName",
    "CLIENT_PRIMARY_NAME": "client.name",
    "CONVERTED_AT": "lastTransitioned.convertedAt",
    "CREATED_AT": _CREATED,
    "DATE": "date",
    "DEFAULT_UNIT_COST": "defaultUnitCost",
    "DESCRIPTION": "description",
    "DUE_DATE": "dueDate",
    "ENTRY_DATE": "entryDate",
    "FIRST_NAME": "firstName",
    "INVOICE_BALANCE": "amounts.invoiceBalance",
    "INVOICE_DEPOSIT_AMOUNT": "amounts.depositAmount",
    "INVOICE_DISCOUNT_AMOUNT": "amounts.discountAmount",
    "INVOICE_NUMBER": "invoiceNumber",
    "INVOICE_STATUS": "invoiceStatus",
    "INVOICE_TAX_AMOUNT": "amounts.taxAmount",
    "INVOICE_TIP_TOTAL": "amounts.tipsTotal",
    "INVOICE_TOTAL": "amounts.total",
    "ISSUED_DATE": "issuedDate",
    "JOB_NUMBER": "jobNumber",
    "JOB_STATUS": "jobStatus",
    "LAST_ACTIVE": "lastLoginAt",
    "LAST_CHANGES_REQUESTED_AT": "lastTransitioned.changesRequestedAt",
    "LAST_NAME": "lastName",
    "LAST_SENT_AT": "sentAt",
    "MARKUP": "markup",
    "NAME": "name",
    "NET_AMOUNT": "netAmount",
    "PRIMARY_NAME": "name",
    "PROPERTY_STREET1": "property.address.street1",
    "QUOTE_STATUS": "quoteStatus",
    "QUOTE_TOTAL": "amounts.total",
    "RECEIVED_DATE": "receivedDate",
    "REQUESTED_AT": _CREATED,
    "SCHEDULE": "startAt",
    "SORT_ORDER": "sortOrder",
    "START_AT": "startAt",
    "STATUS_AND_REQUESTED_AT": _CREATED,
    "TITLE": "title",
    "TOTAL_COST": "total",
    "UPDATED_AT": _UPDATED,
    "VISIT_START_DATE": "startAt",
}
_SORT_BY_TYPE: Mapping[tuple[str, str], str] = {
    ("Request", "FIRST_NAME"): "client.firstName",
    ("Request", "LAST_NAME"): "client.lastName",
    ("Request", "PRIMARY_NAME"): "client.name",
    ("Request", "STATUS"): "requestStatus",
    ("User", "NAME"): "name.full",
    ("User", "ROLE"): "isAccountAdmin",
    ("User", "STATUS"): "status",
    ("Visit", "STATUS"): "visitStatus",
}
_STATUS_FIELDS: Mapping[str, str] = {
    "Invoice": "invoiceStatus",
    "Job": "jobStatus",
    "Quote": "quoteStatus",
    "Request": "requestStatus",
    "Visit": "visitStatus",
}
_RANGE_FIELDS: Mapping[str, str] = {"arrivalDateRange": "arrivalDate", "cost": "amounts.total", "total": "amounts.total"}
_IGNORED = frozenset({"sort", "includeUnscheduled", "permissions", "includePropertyContacts"})


@dataclass(frozen=True)
class Arranged:
    """Rows in order, with the way cursors name them."""

    rows: Sequence[Any]
    places: Places | None


class Arranger:
    """Filters and orders the rows of tables.

    Args:
        bounds_inclusive: Whether `after` and `before` let their own second through.
        opaque_cursors: Whether cursors hold keys rather than offsets.
    """

    def __init__(self, *, bounds_inclusive: bool = True, opaque_cursors: bool = False) -> None:
        self._inclusive = bounds_inclusive
        self._opaque = opaque_cursors

    def table(self, world: World, type_name: str, arguments: Mapping[str, Any]) -> Arranged:
        """The rows of a table as a root field lists them."""
        filters, sorts = _asked(arguments)
        key = ("table", type_name, repr(filters), repr(sorts))
        found: Arranged | None = world.cache.get(key)
        if found is None:
            found = world.cache[key] = self.arrange(world, type_name, world.tables[type_name].rows, arguments)
        return found

    def arrange(
        self, world: World, type_name: str, rows: Sequence[Any], arguments: Mapping[str, Any]
    ) -> Arranged:
        """The rows that pass the filter, in the order asked for or else the list's own."""
        filters, sorts = _asked(arguments)
        for name, value in filters.items():
            test = self._test(world, type_name, name, value)
            if test is not None:
                rows = [row for row in rows if test(row)]
        return self._ordered(world, type_name, rows, sorts)

    def _ordered(
        self, world: World, type_name: str, rows: Sequence[Any], sorts: Sequence[Mapping[str, Any]]
    ) -> Arranged:
        columns = [
            (
                _reader(world, _sort_path(type_name, sort.get("key") or sort.get("field") or "")),
                sort["direction"] == DESCENDING,
            )
            for sort in sorts
        ] or _own_order(world, type_name)
        if not columns and not self._opaque:
            return Arranged(rows, Offsets())

        def plain(row: Row) -> list[object]:
            return [*(read(row) for read, _ in columns), row.number]

        directions = [*(descending for _, descending in columns), False]

        def comparable(key: Sequence[object]) -> tuple[object, ...]:
            return tuple(_place(value, descending) for value, descending in zip(key, directions, strict=True))

        ordered = sorted(rows, key=lambda row: comparable(plain(row)))
        if self._opaque:
            return Arranged(ordered, Keys([plain(row) for row in ordered], comparable))
        return Arranged(ordered, Offsets())

    def _test(self, world: World, type_name: str, name: str, value: Any) -> Test | None:  # noqa: ANN401, PLR0911 input
        if name in _IGNORED or value is None:
            return None
        if name == "occursWithin":
            return self._in_range(_reader(world, "startAt"), {"after": value["startAt"], "before": value["endAt"]})
        if name == "visitsScheduledBetween":
            within = self._in_range(_reader(world, "startAt"), value)
            return lambda row: any(within(visit) for visit in below(row, "Visit"))
        if isinstance(value, dict):
            path = _RANGE_FIELDS.get(name, name)
            if {"min", "max"} & set(value) or (set(value) == {"eq"} and not isinstance(value["eq"], str)):
                return _between(_reader(world, path), value)
            return self._in_range(_reader(world, path), value)
        if name in {"ids", "userIds"}:
            wanted = set(value)
            return lambda row: row.id in wanted
        if name in {"assignedTo", "visitsAssignedToUserId"}:
            return _assigned(world, type_name, {value} if isinstance(value, str) else set(value))
        if name == "tags":
            tagged = set(value)
            return lambda row: bool(tagged & {world.registry.read(tag, "label") for tag in _tags(world, row)})
        return _equal(world, type_name, name, value)

    def _in_range(self, read: Callable[[Any], Any], bounds: Mapping[str, Any]) -> Test:
        """The bounds become texts of whole seconds, which compare as the moments do."""
        low, high = "", "~"
        if bounds.get("after") is not None:
            seconds = seconds_of(bounds["after"])
            low = iso(math.ceil(seconds) if self._inclusive else math.floor(seconds) + 1)
        if bounds.get("before") is not None:
            seconds = seconds_of(bounds["before"])
            high = iso(math.floor(seconds) if self._inclusive else math.ceil(seconds) - 1)
        if bounds.get("eq") is not None:
            low = high = iso(math.floor(seconds_of(bounds["eq"])))

        def within(row: Any) -> bool:
            value = read(row)
            return value is not None and low <= value <= high

        return within


def _asked(arguments: Mapping[str, Any]) -> tuple[dict[str, Any], list[Mapping[str, Any]]]:
    filters = dict(arguments.get("filter") or {})
    sorts = arguments.get("sort") or filters.get("sort") or []
    return filters, list(sorts) if isinstance(sorts, list) else [sorts]


def _own_order(world: World, type_name: str) -> list[tuple[Callable[[Row], Any], bool]]:
    if type_name in RECENT_FIRST:
        return [(lambda row: row.updated, True)]
    if type_name in BY_START or type_name == "ScheduledItemInterface":
        return [(_reader(world, "startAt"), False)]
    if type_name == "User":
        return [(_reader(world, "isAccountAdmin"), True)]
    return []


def _sort_path(type_name: str, key: str) -> str:
    return _SORT_BY_TYPE.get((type_name, key)) or _SORT_PATHS.get(key) or "id"


def _reader(world: World, path: str) -> Callable[[Any], Any]:
    """How to read a path of a row; the two stamps of every row need no look-up."""
    read = world.registry.read
    has = world.registry.has
    if path in {_CREATED, _UPDATED}:
        slot = "created" if path == _CREATED else "updated"

        def stamp(row: Row) -> Any:
            changed = row.changes.get(path) if row.changes else None
            return changed or iso(getattr(row, slot))

        return stamp
    field = path.split(".")[0]
    return lambda row: read(row, path) if has(row.typename, field) else None


class _Descending:
    """Turns the order of a value round."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:  # noqa: ANN401 anything that has an order
        self.value = value

    def __lt__(self, other: _Descending) -> bool:
        return bool(other.value < self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Descending) and bool(self.value == other.value)

    def __hash__(self) -> int:
        return hash(self.value)


def _place(value: Any, descending: bool) -> object:  # noqa: ANN401, FBT001 anything that has an order
    """A value that compares as asked, nulls last upwards and first downwards as in PostgreSQL."""
    if isinstance(value, (int, float)):
        return (0, -value) if descending else (0, value)
    if value is None:
        return (-1, 0) if descending else (1, 0)
    return (0, _Descending(value)) if descending else (0, value)


def _between(read: Callable[[Any], Any], bounds: Mapping[str, Any]) -> Test:
    low, high, exact = bounds.get("min"), bounds.get("max"), bounds.get("eq")

    def within(row: Any) -> bool:
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
        return lambda row: any(user.id in wanted for visit in below(row, "Visit") for user in team(visit, {}))
    if world.registry.has(type_name, "user"):
        return lambda row: getattr(world.registry.read(row, "user"), "id", None) in wanted
    if type_name == "Request":
        return lambda row: getattr(world.registry.read(row, "salesperson"), "id", None) in wanted
    return lambda row: any(user.id in wanted for user in team(row, {}))


def _tags(world: World, row: Node) -> Sequence[Node]:
    return world.registry.lister("Client", "tags", "Tag")(row, {})  # type: ignore[no-any-return]  # a list of rows


def _equal(world: World, type_name: str, name: str, value: Any) -> Test | None:  # noqa: ANN401 input
    path = _STATUS_FIELDS.get(type_name, "status") if name in {"status", "statuses"} else name
    path = {"isApproved": "approved", "isPayable": "payable", "primary": "isBillingAddress"}.get(path, path)
    members = world.tables[type_name].members if type_name in world.tables else ()
    is_link = path.endswith("Id")
    path = path.removesuffix("Id")
    if not any(world.registry.has(member, path) for member in members):
        return None
    read = _reader(world, path)
    wanted = set(value) if isinstance(value, list) else {value}
    if is_link:
        return lambda row: getattr(read(row), "id", None) in wanted
    lowered = {item.lower() if isinstance(item, str) else item for item in wanted}

    def same(row: Row) -> bool:
        held = read(row)
        return (held.lower() if isinstance(held, str) else held) in lowered

    return same
