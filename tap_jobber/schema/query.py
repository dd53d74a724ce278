"""Writes the GraphQL text of a query from a selection."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_jobber.schema.selection import Field, Selection

_PAGE_INFO = "pageInfo { hasNextPage endCursor }"


@dataclass(frozen=True)
class ChildList:
    """A list of a node, read with it.

    Attributes:
        field: The connection's field.
        first: How many of its nodes to ask for.
        node: What is asked for of each.
    """

    field: str
    first: int
    node: Selection


@dataclass(frozen=True)
class RestPart:
    """A further page of a list of one object.

    Attributes:
        parent_id: The object.
        field: The connection's field.
        first: How many of its nodes to ask for.
        after: The cursor to begin after.
        node: What is asked for of each.
    """

    parent_id: str
    field: str
    first: int
    after: str | None
    node: Selection


def page_query(name: str, root: str, arguments: str, node: Selection, lists: Sequence[ChildList] = ()) -> str:
    """A query for one page of a root connection, with the variables `$first` and `$after`.

    Args:
        name: The operation's name.
        root: The root field.
        arguments: Further arguments of the root field as GraphQL text, or nothing.
        node: What is asked for of each node.
        lists: What is asked for of the lists of each node.
    """
    also = f", {arguments}" if arguments else ""
    return (
        f"query {name}($first: Int!, $after: String) {{ "
        f"{root}(first: $first, after: $after{also}) {{ "
        f"nodes {_node(node, lists)} {_PAGE_INFO} }} }}"
    )


def _node(node: Selection, lists: Sequence[ChildList]) -> str:
    asked = " ".join(f"{each.field}(first: {each.first}) {_list(each.node)}" for each in lists)
    return f"{selection_set(node)[:-1]}{asked} }}" if asked else selection_set(node)


def _list(node: Selection) -> str:
    return f"{{ nodes {selection_set(node)} {_PAGE_INFO} }}"


def rest_query(name: str, lookup: str, key: str, parts: Sequence[RestPart]) -> str:
    """A query for further pages of the lists of single objects, an alias `p0`, `p1`, ... each.

    Args:
        name: The operation's name.
        lookup: The root field that finds one object.
        key: Its argument.
        parts: What to read.
    """
    asked = " ".join(
        f"p{index}: {lookup}({key}: {_text(part.parent_id)}) "
        f"{{ {part.field}(first: {part.first}{_after(part.after)}) {_list(part.node)} }}"
        for index, part in enumerate(parts)
    )
    return f"query {name} {{ {asked} }}"


def _after(cursor: str | None) -> str:
    return "" if cursor is None else f", after: {_text(cursor)}"


def _text(value: str) -> str:
    """A string as GraphQL writes it, which for ids and cursors is as JSON does."""
    return json.dumps(value)


def single_query(name: str, root: str, node: Selection) -> str:
    """A query for a root field that is one object."""
    return f"query {name} {{ {root} {selection_set(node)} }}"


def selection_set(selection: Selection) -> str:
    """A selection as GraphQL text, braces included."""
    parts = [_field(field) for field in selection.fields]
    parts += [f"... on {member.type_name} {selection_set(member)}" for member in selection.members]
    return "{ " + " ".join(parts) + " }"


def _field(field: Field) -> str:
    text = field.name if field.key == field.name else f"{field.key}: {field.name}"
    if field.is_reference:
        return text + " { id }"
    return text if field.selection is None else f"{text} {selection_set(field.selection)}"
