"""Adds a key to the filter of a root field, where what a query says of it leaves room for that.

clients(first: $first, filter: {tags: ["vip"]}) { ... }
clients(first: $first, filter: {tags: ["vip"], updatedAt: {after: "2026-11-20T08:00:00Z"}}) { ... }
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from graphql import ArgumentNode, NameNode, ObjectValueNode, parse_value

from tap_jobber.graphql.tree import Field

if TYPE_CHECKING:
    from tap_jobber.graphql.tree import Element, Selection

_FILTER = "filter"


def can_filter(selection: Selection, root: str, key: str) -> bool:
    """Return True if a root field can be filtered by a key: it is asked for once, and its filter is open.

    Args:
        selection: What is asked for.
        root: The key of the root field in the answer.
        key: The key of the filter.
    """
    same = [part for part in selection.parts if not isinstance(part, Field) or part.key == root]
    if len(same) != 1 or not isinstance(same[0], Field) or same[0].directives:
        return False
    given = same[0].argument(_FILTER)
    if given is None:
        return True
    return isinstance(given, ObjectValueNode) and all(each.name.value != key for each in given.fields)


def with_filter(selection: Selection, root: str, text: str) -> Selection:
    """Return a selection with one more key in the filter of a root field.

    Args:
        selection: What is asked for.
        root: The key of the root field in the answer.
        text: The key and its value, as GraphQL text.
    """
    return replace(selection, parts=tuple(_filtered(part, root, text) for part in selection.parts))


def _filtered(part: Element, root: str, text: str) -> Element:
    if not isinstance(part, Field) or part.key != root:
        return part
    added = parse_value(f"{{{text}}}")
    if not isinstance(added, ObjectValueNode):
        raise TypeError(text)
    given, fields = part.argument(_FILTER), added.fields
    if isinstance(given, ObjectValueNode):
        fields = (*given.fields, *fields)
    others = tuple(each for each in part.arguments if each.name.value != _FILTER)
    value = ObjectValueNode(fields=fields)
    return replace(part, arguments=(*others, ArgumentNode(name=NameNode(value=_FILTER), value=value)))
