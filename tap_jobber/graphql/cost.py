"""Prices a query in points before it is sent, by the stock rule of graphql-ruby.

Every field costs 1 point, a connection and its `nodes` or `edges` too; what is asked for of a row counts `first`
times, and a missing `first` counts as 100; arguments are free. (Source: prices of recorded answers of API versions
since 2024-04.) Jobber documents a slightly cheaper rule, by which connections, `edges`, `nodes` and `node` are free;
version 2023-08-18 followed it. Some fields cost more than any rule says. So what is reckoned here is corrected by
the price that each answer states.
"""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

from graphql import IntValueNode, VariableNode, is_abstract_type

from tap_jobber.graphql.entities import CONNECTION
from tap_jobber.graphql.sdl import read_schema
from tap_jobber.graphql.tree import Selection, merged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tap_jobber.graphql.text import ListPath
    from tap_jobber.graphql.tree import Field

# Asked for once in a page, beside its rows: the connection, `nodes`, `pageInfo` and its two fields.
PAGE_POINTS = 5
# What fields cost beyond the rule, as recorded answers show; once for all members of a union.
EXTRA_POINTS = {"customFieldConfiguration": 5}


# What a connection without a size is priced at, and the most that it answers.
_MOST_ROWS = 100
_ROWS = frozenset({"nodes", "edges"})


def is_connection(field: Field) -> bool:
    """Return True if a field is a list in pages; where the schema does not know it, what is asked for below tells."""
    if field.type is not None:
        return field.type_name.endswith(CONNECTION)
    return field.selection is not None and any(each.name in _ROWS for each in field.selection.every_field())


def node_points(selection: Selection, sizes: Mapping[str, int] | None = None) -> int:
    """Return the points for one node of a type, fragments summed; what fills one key of a type counts once.

    Args:
        selection: What is asked for of the node.
        sizes: The values of variables that are whole numbers.
    """
    extra_points = sum(EXTRA_POINTS.get(name, 0) for name in {field.name for field in selection.every_field()})
    return extra_points + sum(_points(same, sizes or {}) for same in _alike(selection))


def _points(same: Sequence[Field], sizes: Mapping[str, int]) -> int:
    below = merged(same)
    if not is_connection(same[0]):
        return 1 + node_points(below, sizes)
    rows = _size(same[0], sizes)
    return 1 + sum(
        1 + rows * node_points(merged(each), sizes) if each[0].name in _ROWS else _points(each, sizes)
        for each in _alike(below)
    )


def _alike(selection: Selection) -> Iterable[Sequence[Field]]:
    found: dict[tuple[str, str], list[Field]] = {}
    for field in selection.every_field():
        found.setdefault((field.owner, field.key), []).append(field)
    return found.values()


def _size(field: Field, sizes: Mapping[str, int]) -> int:
    """Return how many rows are asked for."""
    for value in map(field.argument, ("first", "last")):
        if isinstance(value, IntValueNode):
            return min(int(value.value), _MOST_ROWS)
        if isinstance(value, VariableNode):
            return min(sizes.get(value.name.value, _MOST_ROWS), _MOST_ROWS)
    return _MOST_ROWS


def answer_points(selection: Selection) -> float:
    """Return the points that one answered node is charged at, as long as its lists are empty.

    A query is checked at the sum of all members of a union, and charged for the one that a value is: here their mean.
    A null object is charged as if it were there. (Source: recorded answers.)
    """
    by_member: dict[str, list[Field]] = {}
    for fragment in selection.fragments:
        for member in _members(fragment.selection.type_name):
            by_member.setdefault(member, []).extend(fragment.selection.every_field())
    members = [Selection(selection.type_name, (*selection.fields, *fields)) for fields in by_member.values()]
    return fmean(map(_charged_points, members or [selection]))


def _members(type_name: str) -> tuple[str, ...]:
    """Return the types of the objects that a fragment on a type asks something of."""
    schema = read_schema()
    named = schema.type_map.get(type_name)
    return tuple(each.name for each in schema.get_possible_types(named)) if is_abstract_type(named) else (type_name,)


def _charged_points(selection: Selection) -> float:
    by_key = selection.by_key()
    extra_points = sum(EXTRA_POINTS.get(same[0].name, 0) for same in by_key.values())
    return extra_points + sum(1 + _below_points(same) for same in by_key.values())


def _below_points(same: Sequence[Field]) -> float:
    below = merged(same)
    if not below.parts:
        return 0.0
    if is_connection(same[0]):
        below = Selection(below.type_name, tuple(each for each in below.fields if each.name not in _ROWS))
        return 1 + _charged_points(below)
    return answer_points(below)


def list_points(path: ListPath, node: Selection, first: int) -> float:
    """Return the points for one list of a node; one that is asked of each member of a union counts for each.

    Args:
        path: The way to the list.
        node: What is asked for of each of its nodes.
        first: How many of them to ask for.
    """
    return page_points(node_points(node), first) * len(path.owners) + (1 if path.via else 0)


def page_points(per_node: float, first: int, fixed: float = PAGE_POINTS) -> float:
    """Return the points that a page of a connection is charged at the most."""
    return fixed + first * per_node
