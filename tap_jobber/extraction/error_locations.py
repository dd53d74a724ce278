"""Finds the part of a query that the path of an error leads to.

A path begins with the operation and names every field, argument and fragment on the way:

    query clients, clients, nodes, notes, nodes, ... on ClientNote, pinned    a field of the rows of a list
    query clients, clients, nodes, address, name                              a field of the nodes
    query clients, clients, filter, updatedAt                                 an argument
    query clients_rest, p3, notes, first                                      an argument of a list of one object
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_jobber.api.unknown_names import Unknown
from tap_jobber.graphql.text import Form

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_jobber.api.unknown_names import Strike
    from tap_jobber.extraction.source import Part, Source
    from tap_jobber.graphql.striking import Steps

_ARGUMENTS = frozenset({Unknown.ARGUMENT, Unknown.VALUE, Unknown.REQUIRED})
_ALIAS = re.compile(r"p\d+")


class LocationKind(enum.Enum):
    """Parts of a query that an error can lead to."""

    ROOT = "the root field and its arguments"
    LOOKUP = "the root field that finds a single node, and its argument"
    LIST = "a list of a node and its arguments"
    CONNECTION = "the fields of a connection"
    NODE = "what is asked for of a node or of a row of a list"


@dataclass(frozen=True)
class ErrorLocation:
    """The location of an error in a query.

    Attributes:
        where: The part of the query.
        steps: The path from there.
        part: The list that it is in; None for the nodes themselves.
    """

    where: LocationKind
    steps: Steps = ()
    part: Part | None = None


def locate(source: Source, parts: Iterable[Part], strike: Strike) -> ErrorLocation | None:
    """Return the location of a refused name, or None if the server does not say where it is.

    Args:
        source: The source.
        parts: The parts that were asked for.
        strike: The refused name.
    """
    top, rest = strike.path[1:2], strike.path[2:]
    is_argument = strike.unknown in _ARGUMENTS
    if source.lookup is not None and top and _ALIAS.fullmatch(top[0]):
        is_of_lookup = not rest or (is_argument and rest[0] == source.lookup[1])
        return (
            ErrorLocation(LocationKind.LOOKUP, rest) if is_of_lookup else _in_node(parts, rest, is_argument=is_argument)
        )
    if top != (source.root,):
        return None
    if not rest:
        return ErrorLocation(LocationKind.ROOT)
    if not source.is_connection or source.form is Form.PLAIN:
        return _in_node(parts, rest, is_argument=is_argument)
    if is_argument and rest[0] not in {"nodes", "edges"}:
        return ErrorLocation(LocationKind.ROOT, rest)
    inner = _inside(rest)
    return _in_node(parts, inner, is_argument=is_argument) if inner else ErrorLocation(LocationKind.CONNECTION, rest)


def _in_node(parts: Iterable[Part], steps: Steps, *, is_argument: bool) -> ErrorLocation:
    """Tell the lists of a node from its own fields."""
    fields = [index for index, step in enumerate(steps) if not step.startswith("... on ")]
    for part in parts:
        path = part.path
        if path is None:
            continue
        way = (path.via, path.field) if path.via else (path.field,)
        if tuple(steps[index] for index in fields[: len(way)]) != way:
            continue
        below = steps[fields[len(way) - 1] + 1 :]
        if not below or (is_argument and path.form is not Form.PLAIN and below[0] not in {"nodes", "edges"}):
            return ErrorLocation(LocationKind.LIST, below, part)
        inner = below if path.form is Form.PLAIN else _inside(below)
        return (
            ErrorLocation(LocationKind.NODE, inner, part)
            if inner
            else ErrorLocation(LocationKind.CONNECTION, below, part)
        )
    return ErrorLocation(LocationKind.NODE, steps)


def _inside(steps: Steps) -> Steps:
    """Return the way from a node of a connection on, or nothing if it does not lead there."""
    if steps[0] == "nodes":
        return steps[1:]
    return steps[2:] if steps[:2] == ("edges", "node") else ()
