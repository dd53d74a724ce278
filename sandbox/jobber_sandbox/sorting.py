"""Sort the rows of a list, and name them by cursors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobber_sandbox.pagination import Keys, Offsets
from jobber_sandbox.timestamps import iso

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jobber_sandbox.dynamic_types import Value
    from jobber_sandbox.pagination import Places
    from jobber_sandbox.world import Row, World

RECENT_FIRST = frozenset({"Client", "Invoice", "Job", "Property", "Quote", "Request"})
BY_START = frozenset({"Visit", "Task"})
DESCENDING = "DESCENDING"
CREATED, UPDATED = "createdAt", "updatedAt"
_NUMBERS_AS_TEXT = frozenset({"invoiceNumber", "quoteNumber"})

_SORT_PATHS: Mapping[str, str] = {
    "APPROVED_AT": "lastTransitioned.approvedAt",
    "ARRIVAL_DATE": "arrivalDate",
    "CATEGORY": "category",
    "CHANNEL": "channel",
    "CLIENT_FIRST_NAME": "client.firstName",
    "CLIENT_LAST_NAME": "client.lastName",
    "CLIENT_PRIMARY_NAME": "client.name",
    "CONTENT": "content.id",
    "CONVERTED_AT": "lastTransitioned.convertedAt",
    "CREATED_AT": CREATED,
    "CREATED_BY": "author",
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
    "LAST_UPDATED": UPDATED,
    "MARKUP": "markup",
    "NAME": "name",
    "NET_AMOUNT": "netAmount",
    "PRIMARY_NAME": "name",
    "PROPERTY_STREET1": "property.address.street1",
    "QUOTE_NUMBER": "quoteNumber",
    "QUOTE_STATUS": "quoteStatus",
    "QUOTE_TOTAL": "amounts.total",
    "RECEIVED_DATE": "receivedDate",
    "REQUESTED_AT": CREATED,
    "SCHEDULE": "startAt",
    "SORT_ORDER": "sortOrder",
    "START_AT": "startAt",
    "STATUS_AND_REQUESTED_AT": CREATED,
    "TITLE": "title",
    "TOTAL_COST": "total",
    "UPDATED_AT": UPDATED,
    "VISIT_START_DATE": "startAt",
    "WORKFLOW_ORDER": CREATED,
}
_SORT_BY_TYPE: Mapping[tuple[str, str], str] = {
    ("MarketingItemType", "STATUS"): "status",
    ("Request", "FIRST_NAME"): "client.firstName",
    ("Request", "LAST_NAME"): "client.lastName",
    ("Request", "PRIMARY_NAME"): "client.name",
    ("Request", "STATUS"): "requestStatus",
    ("User", "NAME"): "name.full",
    ("User", "ROLE"): "isAccountAdmin",
    ("User", "STATUS"): "status",
    ("Visit", "STATUS"): "visitStatus",
}


@dataclass(frozen=True)
class Arranged:
    """Rows in order, with the way cursors name them."""

    rows: Sequence[Any]
    places: Places | None


def ordered(
    world: World, type_name: str, rows: Sequence[Any], sorts: Sequence[Mapping[str, Any]], *, opaque: bool
) -> Arranged:
    """Return rows in the order asked for or else the list's own; equal rows by number."""
    columns = [
        (
            reader(world, _sort_path(type_name, sort.get("key") or sort.get("field") or "")),
            sort["direction"] == DESCENDING,
        )
        for sort in sorts
    ] or _own_order(world, type_name)
    if not columns and not opaque:
        return Arranged(rows, Offsets())

    def plain(row: Row) -> list[object]:
        return [*(read(row) for read, _ in columns), row.number]

    directions = [*(descending for _, descending in columns), False]

    def comparable(key: Sequence[object]) -> tuple[object, ...]:
        return tuple(_place(value, descending=descending) for value, descending in zip(key, directions, strict=False))

    ordered = sorted(rows, key=lambda row: comparable(plain(row)))
    if opaque:
        return Arranged(ordered, Keys([plain(row) for row in ordered], comparable))
    return Arranged(ordered, Offsets())


def _own_order(world: World, type_name: str) -> list[tuple[Callable[[Row], Any], bool]]:
    if type_name in RECENT_FIRST:
        return [(lambda row: row.updated, True)]
    if type_name in BY_START or type_name == "ScheduledItemInterface":
        return [(reader(world, "startAt"), False)]
    if type_name == "User":
        return [(reader(world, "isAccountAdmin"), True)]
    return []


def _sort_path(type_name: str, key: str) -> str:
    return _SORT_BY_TYPE.get((type_name, key)) or _SORT_PATHS.get(key) or "id"


def reader(world: World, path: str) -> Callable[[Any], Any]:
    """Return the getter of a path; the two timestamps of every row need no look-up."""
    read = world.registry.read
    has = world.registry.has
    if path in {CREATED, UPDATED}:
        slot = "created" if path == CREATED else "updated"

        def stamp(row: Row) -> Value:
            changed = row.changes.get(path) if row.changes else None
            return changed or iso(getattr(row, slot))

        return stamp
    if path in _NUMBERS_AS_TEXT:
        return lambda row: int(read(row, path))
    field = path.split(".", maxsplit=1)[0]
    return lambda row: read(row, path) if has(row.typename, field) else None


class _Descending:
    """A value that sorts in reverse."""

    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value

    def __lt__(self, other: _Descending) -> bool:
        return bool(other.value < self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Descending) and bool(self.value == other.value)

    def __hash__(self) -> int:
        return hash(self.value)


def _place(value: Value, *, descending: bool) -> object:
    """Return a value that sorts as asked; nulls last upwards and first downwards, as in PostgreSQL."""
    if isinstance(value, (int, float)):
        return (0, -value) if descending else (0, value)
    if value is None:
        return (-1, 0) if descending else (1, 0)
    return (0, _Descending(value)) if descending else (0, value)
