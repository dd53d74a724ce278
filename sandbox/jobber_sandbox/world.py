"""The rows of one account: stored small, found by number or by parent, changed in place.

A row holds no field values. They follow from the seed, the table, the number and the field, so a million rows fit in
memory; only what a change sets by hand is kept with the row.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jobber_sandbox.business.business import Business
    from jobber_sandbox.registry import Registry

_MASK = (1 << 64) - 1
_GID = re.compile(r"gid://Jobber/(\w+)/(\d+)")


def mixed(value: int) -> int:
    """Return a number that looks random but always follows from the given one."""
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


@cache
def salt_of(text: str) -> int:
    """Return a fixed number for a name."""
    return mixed(zlib.crc32(text.encode()))


def encoded_id(kind: str, number: int) -> str:
    """Return the id of an object as the API writes it."""
    return base64.b64encode(f"gid://Jobber/{kind}/{number}".encode()).decode()


def decoded_id(text: str) -> tuple[str, int] | None:
    """Return kind and number of an id, or None if it is not one."""
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    match = _GID.fullmatch(plain)
    return (match[1], int(match[2])) if match else None


class Row:
    """One object of a table.

    Args:
        table: The table that holds it.
        number: Its number, unique in the table.
        created: Its creation, in epoch seconds.
        updated: Its last change, in epoch seconds.
        parent: The row it hangs from and goes with.
        typename: The concrete type of the object.
        facts: What is known of it; all else is invented. None where everything is.
    """

    __slots__ = ("changes", "created", "facts", "number", "parent", "revision", "table", "typename", "updated")

    def __init__(  # noqa: PLR0913, PLR0917 a row is what all of these say
        self,
        table: Table,
        number: int,
        created: int,
        updated: int,
        parent: Row | None,
        typename: str,
        facts: dict[str, Any] | None = None,
    ) -> None:
        self.table = table
        self.number = number
        self.typename = typename
        self.facts = facts
        self.created = created
        self.updated = updated
        self.parent = parent
        self.revision = 0
        self.changes: dict[str, Any] | None = None

    @property
    def world(self) -> World:
        """The account it belongs to."""
        return self.table.world

    @property
    def is_there(self) -> bool:
        """True if the row has not been deleted."""
        return self.table.by_number.get(self.number) is self

    @property
    def id(self) -> str:
        """Its id as the API writes it."""
        return encoded_id(self.table.kind, self.number)

    def roll(self, salt: int) -> int:
        """Return a large number that follows from the row and the salt alone."""
        return mixed(self.number ^ self.table.salt ^ salt)

    def ancestor(self, type_name: str) -> Row | None:
        """Return the nearest row above this one, or itself, that stands in the table of a type."""
        row: Row | None = self
        while row is not None and row.table.type_name != type_name:
            row = row.parent
        return row


class Part:
    """An object without a row of its own: a value below a row, or something that no table holds.

    Args:
        typename: The concrete type of the object.
        owner: The row or part it belongs to.
        salt: Sets it apart from the owner's other parts.
        given: The values that are known; all others are invented.
    """

    __slots__ = ("changes", "owner", "salt", "typename")

    facts: dict[str, Any] | None = None
    """Nothing is known of it besides what was given."""

    def __init__(self, typename: str, owner: Row | Part, salt: int, given: dict[str, Any] | None = None) -> None:
        self.typename = typename
        self.owner = owner
        self.salt = salt
        self.changes = given

    @property
    def world(self) -> World:
        """The account it belongs to."""
        return self.owner.world

    @property
    def row(self) -> Row:
        """The row it hangs from."""
        owner = self.owner
        return owner if isinstance(owner, Row) else owner.row

    @property
    def created(self) -> int:
        """Creation of its row, in epoch seconds."""
        return self.row.created

    @property
    def updated(self) -> int:
        """Last change of its row, in epoch seconds."""
        return self.row.updated

    @property
    def number(self) -> int:
        """A number that is its own."""
        return self.roll(0) % 90_000_000 + 10_000_000

    @property
    def id(self) -> str:
        """Its id as the API writes it: its own, or that of the row which it shows."""
        given = self.changes.get("id") if self.changes else None
        return given or encoded_id(self.typename, self.number)

    @property
    def revision(self) -> int:
        """Number of edits of its row."""
        return self.row.revision

    def roll(self, salt: int) -> int:
        """Return a large number that follows from the part and the salt alone."""
        return mixed(self.owner.roll(self.salt) ^ salt)


Node = Row | Part


class Table:
    """All rows of one type.

    Args:
        world: The account.
        type_name: The type, interface or union that lists of these rows are declared with.
        members: The concrete types that rows have, in turn by number.
        parent_names: The types of the rows that these hang from, the first one's if nothing else is said.
        kind: The type that its ids name.
    """

    def __init__(
        self, world: World, type_name: str, members: tuple[str, ...], parent_names: tuple[str, ...], kind: str
    ) -> None:
        self.world = world
        self.type_name = type_name
        self.members = members
        self.parent_names = parent_names
        self.parent_name = parent_names[0] if parent_names else None
        self.kind = kind
        self.salt = mixed(salt_of(type_name) ^ world.seed)
        self.rows: list[Row] = []
        self.by_number: dict[int, Row] = {}
        self.by_parent: dict[Row, list[Row]] = {}
        self.last_number = 0

    def add(
        self,
        created: int,
        updated: int,
        parent: Row | None = None,
        typename: str | None = None,
        facts: dict[str, Any] | None = None,
    ) -> Row:
        """Append a row with the next number; without a type its type follows from the number."""
        self.last_number += 1
        concrete = typename or self.members[(self.last_number - 1) % len(self.members)]
        row = Row(self, self.last_number, created, updated, parent, concrete, facts)
        self.rows.append(row)
        self.by_number[row.number] = row
        if parent is not None:
            self.by_parent.setdefault(parent, []).append(row)
        return row

    def pick(self, roll: int) -> Row | None:
        """Return some row; the same one for the same roll until it is deleted."""
        if not self.rows:
            return None
        row = self.by_number.get(roll % self.last_number + 1)
        return row or self.rows[roll % len(self.rows)]


class World:
    """The tables of one account and the changes to them.

    Args:
        seed: Everything invented follows from it.
        number: The account's own number.
        now: The moment at which its history ends, in epoch seconds.
        clock: The server's clock in epoch seconds.
        registry: The getters of field values.
    """

    def __init__(self, seed: int, number: int, now: int, clock: Callable[[], float], registry: Registry) -> None:
        self.seed = mixed(seed * 1_000_003 + number)
        self.number = number
        self.now = now
        self.clock = clock
        self.registry = registry
        self.tables: dict[str, Table] = {}
        self.version = 0
        self.cache: dict[Any, Any] = {}
        """Whatever follows from the rows as they are now; emptied by every change."""
        self.business: Business | None = None
        """The life that the account leads, if it leads one."""

    def add_table(
        self,
        type_name: str,
        parent_name: str | None = None,
        members: tuple[str, ...] = (),
        kind: str | None = None,
        other_parent: str | None = None,
    ) -> Table:
        """Make an empty table."""
        parent_names = tuple(name for name in (parent_name, other_parent) if name is not None)
        table = Table(self, type_name, members or (type_name,), parent_names, kind or type_name)
        self.tables[type_name] = table
        return table

    def find(self, type_name: str, id_text: str) -> Row | None:
        """Return the row of a table with an id."""
        table, decoded = self.tables[type_name], decoded_id(id_text)
        if decoded is None or decoded[0] not in {table.kind, type_name}:
            return None
        return table.by_number.get(decoded[1])

    def children(self, row: Row, type_name: str) -> list[Row]:
        """Return the rows of a table below a row, directly or through others."""
        table = self.tables[type_name]
        if table.parent_name is None:
            return []
        if table.parent_name == row.table.type_name:
            return table.by_parent.get(row, [])
        if not self.hangs_from(type_name, row.table.type_name):
            return []
        return [
            child for between in self.children(row, table.parent_name) for child in table.by_parent.get(between, ())
        ]

    def hangs_from(self, type_name: str, ancestor_name: str) -> bool:
        """Return True if rows of one table are descendants of rows of the other."""
        parent_name = self.tables[type_name].parent_name
        while parent_name is not None:
            if parent_name == ancestor_name:
                return True
            parent_name = self.tables[parent_name].parent_name
        return False

    def create(self, type_name: str, parent: Row | None = None, values: Mapping[str, Any] | None = None) -> Row:
        """Add a row, created now."""
        table, moment = self.tables[type_name], int(self.clock())
        if parent is None and table.parent_name is not None:
            parent = self.tables[table.parent_name].pick(mixed(table.last_number))
        row = table.add(moment, moment, parent)
        row.changes = dict(values) if values else None
        self.changed()
        return row

    def edit(self, row: Row, values: Mapping[str, Any] | None = None, *, touch: bool = True) -> None:
        """Edit a row now; without values its invented texts change. `touch` moves `updatedAt`."""
        row.revision += 1
        if values:
            row.changes = {**(row.changes or {}), **values}
        if touch:
            row.updated = max(row.updated, int(self.clock()))
        self.changed()

    def delete(self, row: Row) -> int:
        """Remove a row and all below it, and return the number of removed rows."""
        doomed = list(self._with_descendants(row))
        for table_name in {gone.table.type_name for gone in doomed}:
            table = self.tables[table_name]
            gone_rows = {gone for gone in doomed if gone.table is table}
            table.rows = [kept for kept in table.rows if kept not in gone_rows]
            for gone in gone_rows:
                del table.by_number[gone.number]
                if gone.parent is not None:
                    table.by_parent[gone.parent].remove(gone)
        self.changed()
        return len(doomed)

    def move_on(self, seconds: float) -> None:
        """Let time pass; what an account that leads a life does meanwhile is done."""
        if self.business is not None:
            self.now += int(seconds)
            self.business.go_on(self)
            self.changed()

    def counts(self) -> dict[str, int]:
        """Return the number of rows of each table."""
        return {name: len(table.rows) for name, table in self.tables.items()}

    def _with_descendants(self, row: Row) -> Iterator[Row]:
        yield row
        for table in self.tables.values():
            for child in table.by_parent.get(row, ()):
                yield from self._with_descendants(child)

    def changed(self) -> None:
        """Forget what followed from the rows as they were."""
        self.version += 1
        self.cache.clear()
