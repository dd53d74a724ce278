"""A small account in this process, whose every row can be told apart from its earlier self."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from jobber_sandbox.engine import Engine, engine_of
from jobber_sandbox.executable_schema import served_sdl
from jobber_sandbox.schemas import DEFAULT
from jobber_sandbox.seeding import add_tables
from jobber_sandbox.timestamps import iso
from jobber_sandbox.world import Row, World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.truth.groups import Group

    Key = tuple[str, ...]
    Value = tuple[Any, ...]
    Truth = dict[Key, Value]

BEGIN_SECONDS = 1_790_000_000
"""When every test begins, by the server's clock: in September 2026."""

MARKS: Mapping[str, str] = {
    "Assessment": "instructions",
    "BalanceTransactionInterface": "currency",
    "Client": "firstName",
    "ClientNote": "message",
    "ContactModel": "role",
    "CustomFieldConfiguration": "name",
    "Event": "description",
    "Expense": "description",
    "Invoice": "subject",
    "InvoiceLineItem": "description",
    "InvoiceNote": "message",
    "Job": "title",
    "JobLineItem": "description",
    "JobNote": "message",
    "PaymentRecordAllocationInterface": "amount",
    "PaymentRecordInterface": "details",
    "PaymentRecordRefund": "amount",
    "PayoutRecord": "failureReason",
    "ProductOrService": "description",
    "Property": "name",
    "Quote": "title",
    "QuoteLineItem": "description",
    "QuoteNote": "message",
    "Request": "title",
    "RequestLineItem": "description",
    "RequestNote": "message",
    "Tag": "label",
    "Task": "instructions",
    "TaxRate": "description",
    "TimeSheetEntry": "note",
    "User": "uuid",
    "Vehicle": "vin",
    "Visit": "instructions",
}
"""Of each type the field that says which edit of a row it is."""

_NUMBERS = frozenset({"PaymentRecordAllocationInterface", "PaymentRecordRefund"})


@dataclass
class Time:
    """Time as the test has it pass: the server's, this machine's, and one that never steps back.

    Args:
        server_seconds: The server's clock, in seconds since 1970.
        skew_seconds: How far this machine's clock is ahead of it.
    """

    server_seconds: float = BEGIN_SECONDS
    skew_seconds: float = 0.0

    def server(self) -> float:
        """Return the server's clock."""
        return self.server_seconds

    def own(self) -> float:
        """Return this machine's clock."""
        return self.server_seconds + self.skew_seconds

    def steady(self) -> float:
        """Return a clock that never steps back."""
        return self.server_seconds - BEGIN_SECONDS + 1_000.0

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.server_seconds += seconds


@cache
def engine() -> Engine:
    """Return the GraphQL side of all accounts of this process."""
    return engine_of(served_sdl(DEFAULT))


def empty_world(time: Time) -> World:
    """Return an account without rows, except for itself."""
    world = World(1, 1, int(time.server()), time.server, engine().registry)
    begin = int(time.server()) - 5 * 365 * 86_400
    add_tables(world)
    world.tables["Account"].add(begin, begin)
    return world


@dataclass
class Account:
    """The rows of an account, and the marks of their edits.

    Args:
        time: Its server's time.
    """

    time: Time
    world: World = field(init=False)
    _edits: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Begin without rows."""
        self.world = empty_world(self.time)

    def add(self, type_name: str, created: int, updated: int, parent: Row | None = None, **values: object) -> Row:
        """Add a row with a history."""
        row = self.world.tables[type_name].add(created, max(created, updated), parent)
        row.changes = {**values, **self._mark(type_name)}
        return row

    def create(self, type_name: str, parent: Row | None, stamp: int, **values: object) -> Row:
        """Create a row now, under a stamp that may be a little older."""
        row = self.world.create(type_name, parent, {**values, **self._mark(type_name)})
        row.created = row.updated = stamp
        return row

    def edit(self, row: Row, stamp: int, **values: object) -> None:
        """Change a row now, under a stamp that may be a little older."""
        self.world.edit(row, {**values, **self._mark(row.table.type_name)}, touch=False)
        row.updated = max(row.updated, stamp)

    def delete(self, row: Row) -> None:
        """Remove a row and all that hangs from it."""
        self.world.delete(row)

    def truth(self, group: Group) -> Truth:
        """All rows of the streams of a group: by stream and key, what tells whether they have changed."""
        found: Truth = {}
        read, lister = self.world.registry.read, self.world.registry.lister
        for row in self.world.tables[group.type_name].rows:
            stamp = (iso(row.updated),) if group.shows_change else ()
            found[group.name, row.id] = (read(row, MARKS[group.type_name]), *stamp)
            for child in group.lists:
                nodes = lister(row.typename, child.field, child.type_name)(row, {})
                for position, node in enumerate(nodes):
                    key = node.id if child.has_id else str(position)
                    mark = read(node, child.mark) if child.mark is not None else None
                    found[child.name, row.id, key] = (mark, *stamp)
        return found

    def _mark(self, type_name: str) -> dict[str, object]:
        self._edits += 1
        text = float(self._edits) if type_name in _NUMBERS else f"edit {self._edits}"
        return {MARKS[type_name]: text}
