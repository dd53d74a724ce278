"""Makers of field values that several domains share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobber_sandbox.timestamps import DAY_SECONDS, iso
from jobber_sandbox.world import Part, Row, salt_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jobber_sandbox.dynamic_types import Value
    from jobber_sandbox.world import Node


def cents(roll: int, most: int = 500_000) -> float:
    """Return an amount of money below `most` cents."""
    return roll % most / 100


def one_in(name: str, count: int) -> Callable[[Node], bool]:
    """Return a getter that is True for one row in so many."""
    salt = salt_of(name)
    return lambda node: node.roll(salt) % count == 0


def weighted(name: str, *choices: tuple[str | None, int]) -> Callable[[Node], str | None]:
    """Return a getter of one of some words, each as often as its weight."""
    salt = salt_of(name)
    wheel = [word for word, weight in choices for _ in range(weight)]
    return lambda node: wheel[node.roll(salt) % len(wheel)]


def stamp_of(name: str, days: int, *, future: bool = False) -> Callable[[Node], str]:
    """Return a getter of a time within so many days after the row's creation, not after now unless `future`."""
    salt = salt_of(name)

    def moment(node: Node) -> str:
        seconds = node.created + node.roll(salt) % (days * DAY_SECONDS)
        return iso(seconds if future else min(seconds, node.world.now))

    return moment


def moment_of(name: str, days: int) -> Callable[[Node], str | None]:
    """Return a getter as `stamp_of` does, but None for every third row."""
    stamp, absent = stamp_of(name, days), one_in(f"{name} absent", 3)
    return lambda node: None if absent(node) else stamp(node)


def above(type_name: str) -> Callable[[Node], Row | None]:
    """Return the getter of the nearest ancestor of a type."""
    return lambda node: (node if isinstance(node, Row) else node.row).ancestor(type_name)


def row_of(node: Node) -> Row:
    """Return an object as a row of a table."""
    if not isinstance(node, Row):
        msg = f"{node.typename} stands in no table"
        raise TypeError(msg)
    return node


def always(value: Value) -> Callable[[Node], Value]:
    """Return a getter of one value for all rows."""
    return lambda _node: value


def part_of(typename: str, given: Callable[[Node], dict[str, Any]]) -> Callable[[Node], Part]:
    """Return the getter of a value object with some values known."""
    salt = salt_of(typename)
    return lambda node: Part(typename, node, salt, given(node))


def below(node: Node, type_name: str) -> Sequence[Row]:
    """Return the rows of a type below a row."""
    row = row_of(node)
    return row.world.children(row, type_name)


def read(node: Node | None, path: str) -> Value:
    """Return the value at a dotted path of field names."""
    return None if node is None else node.world.registry.read(node, path)


def sibling(parent_type: str, type_name: str) -> Callable[[Node], Row | None]:
    """Return the getter of the first row of a type below the same ancestor."""

    def first(node: Node) -> Row | None:
        parent = row_of(node).ancestor(parent_type)
        rows = parent.world.children(parent, type_name) if parent else ()
        return rows[0] if rows else None

    return first
