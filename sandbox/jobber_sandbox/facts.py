"""Values that rows know themselves: plain values, links to other rows, and value objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jobber_sandbox.fallback_values import FREE_TEXTS, edited
from jobber_sandbox.world import Part, Row, salt_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jobber_sandbox.dynamic_types import Getter, Value
    from jobber_sandbox.world import Node

    Lister = Callable[[Node, Mapping[str, Any]], Any]


class Record:
    """An object of a business as it is planned: when it comes to be, what is known of it, and what changes when.

    Args:
        table: The type whose table holds it.
        created: Its creation, in epoch seconds.
        parent: What it hangs from and goes with.
        typename: Its concrete type, where the table holds several.
        facts: Its values by field; links are records.
    """

    __slots__ = ("changes", "created", "facts", "is_planned", "parent", "row", "table", "typename")

    def __init__(
        self, table: str, created: int, parent: Record | None = None, *, typename: str | None = None, **facts: Any
    ) -> None:
        self.table = table
        self.created = created
        self.parent = parent
        self.typename = typename
        self.facts: dict[str, Any] = facts
        self.changes: list[Change] = []
        """The changes that are not set down yet."""
        self.is_planned = False
        """True once it is set down when it comes to be."""
        self.row: Row | None = None
        """Its row, once it has come to be."""

    def at(self, moment: int, *, touch: bool = True, **facts: Any) -> None:
        """Plan a change of some values; `touch` moves `updatedAt`."""
        self.changes.append(Change(max(moment, self.created), facts, touch))

    @property
    def living(self) -> Row | None:
        """Its row if it has come to be and has not been deleted."""
        row = self.row
        return row if row is not None and row.is_there else None


class Change(NamedTuple):
    """A planned change of a record's values."""

    moment: int
    facts: Mapping[str, Any]
    touch: bool


class Embedded(NamedTuple):
    """A value object among a record's values."""

    typename: str
    values: Mapping[str, Any]


def known(field: str, otherwise: Getter) -> Getter:
    """Return the getter of a field that rows may know themselves."""
    is_free_text = field in FREE_TEXTS

    def get(node: Node) -> Value:
        facts = node.facts
        if facts is None or field not in facts:
            return otherwise(node)
        value = facts[field]
        if is_free_text and node.revision and isinstance(value, str):
            return edited(value, node)
        return _resolved(field, value, node)

    return get


def list_known(field: str, otherwise: Lister) -> Lister:
    """Return the getter of a connection whose rows the owner may know itself."""

    def get(node: Node, arguments: Mapping[str, Any]) -> Value:
        facts = node.facts
        if facts is None or field not in facts:
            return otherwise(node, arguments)
        return linked(facts[field])

    return get


def linked(records: Sequence[Record]) -> list[Row]:
    """Return the rows of records, as far as they are there."""
    return [row for record in records if (row := record.living) is not None]


def _resolved(field: str, value: Value, node: Node) -> Value:
    if isinstance(value, Record):
        return value.living
    if isinstance(value, Embedded):
        return Part(value.typename, node, salt_of(field), dict(value.values))
    return value
