"""Small readings of a row's rolls that several domains share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobber_sandbox.stamps import DAY_SECONDS, iso
from jobber_sandbox.world import Part, Row, salt_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jobber_sandbox.loose import Value
    from jobber_sandbox.world import Node


def cents(roll: int, most: int = 500_000) -> float:
    """An amount of money below a most in cents."""
    return roll % most / 100


def one_in(name: str, count: int) -> Callable[[Node], bool]:
    """True for one row in so many."""
    salt = salt_of(name)
    return lambda node: node.roll(salt) % count == 0


def weighted(name: str, *choices: tuple[str | None, int]) -> Callable[[Node], str | None]:
    """One of some words, each as often as its weight."""
    salt = salt_of(name)
    wheel = [word for word, weight in choices for _ in range(weight)]
    return lambda node: wheel[node.roll(salt) % len(wheel)]


def stamp_of(name: str, days: int, *, future: bool = False) -> Callable[[Node], str]:
    """A moment within so many days from the making of the row, not after the account's now unless `future`."""
    salt = salt_of(name)

    def moment(node: Node) -> str:
        seconds = node.created + node.roll(salt) % (days * DAY_SECONDS)
        return iso(seconds if future else min(seconds, node.world.now))

    return moment


def moment_of(name: str, days: int) -> Callable[[Node], str | None]:
    """As `stamp_of`, but None for every third row."""
    stamp, absent = stamp_of(name, days), one_in(f"{name} absent", 3)
    return lambda node: None if absent(node) else stamp(node)


def above(type_name: str) -> Callable[[Node], Row | None]:
    """The row of a type that a row hangs from."""
    return lambda node: (node if isinstance(node, Row) else node.row).ancestor(type_name)


def row_of(node: Node) -> Row:
    """The row of an object that stands in a table."""
    if not isinstance(node, Row):
        msg = f"{node.typename} stands in no table"
        raise TypeError(msg)
    return node


def always(value: Value) -> Callable[[Node], Value]:
    """The same for every row."""
    return lambda _node: value


def part_of(typename: str, given: Callable[[Node], dict[str, Any]]) -> Callable[[Node], Part]:
    """A value object with some values known."""
    salt = salt_of(typename)
    return lambda node: Part(typename, node, salt, given(node))


def below(node: Node, type_name: str) -> Sequence[Row]:
    """The rows of a type that hang from a row."""
    row = row_of(node)
    return row.world.children(row, type_name)


def read(node: Node | None, path: str) -> Value:
    """The value at a dotted path of field names."""
    return None if node is None else node.world.registry.read(node, path)


def sibling(parent_type: str, type_name: str) -> Callable[[Node], Row | None]:
    """The first row of a type that hangs from the same parent."""

    def first(node: Node) -> Row | None:
        parent = row_of(node).ancestor(parent_type)
        rows = parent.world.children(parent, type_name) if parent else ()
        return rows[0] if rows else None

    return first
