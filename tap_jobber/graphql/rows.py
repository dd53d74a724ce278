"""Turns the nodes of an answer into rows.

Most of a node already is its row, so only what differs is compiled into steps, and a node is changed in
place: references become ids, aliases become columns, untyped JSON becomes its text, and what was added goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec.json
from graphql import GraphQLList, GraphQLNonNull

from tap_jobber.graphql.tree import columns, merged

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tap_jobber.graphql.tree import Field, Selection

    Convert = Callable[[Any], Any]
    Node = dict[str, Any]
    Note = Callable[[str], None]

_MISSING = object()
# Numbers that are not whole come as decimals, and are to be numbers in the text too.
_ENCODER = msgspec.json.Encoder(decimal_format="number", order="sorted")


def ignore(_path: str) -> None:
    """Take no note of a list that goes on beyond what was asked for of it."""


def shaper(selection: Selection, note: Note = ignore) -> Callable[[Node], Node]:
    """Compile the way from a node to its row.

    Args:
        selection: What was asked for of the node.
        note: Told the path of a list that goes on beyond what was asked for of it, where that was asked.

    Returns:
        A function that changes a node into its row, in place, and returns it. A row of several types has all columns
        of each.
    """
    convert = _shaper(selection, note, "") or _unchanged
    if not selection.fragments:
        return convert
    blank = dict.fromkeys(columns(selection))
    return lambda node: blank | convert(node)


def _shaper(selection: Selection, note: Note, at: str) -> Convert | None:
    """Compile the way from an object to what it is in a row; None if it stays as it is."""
    fields = selection.by_key()
    added = [key for key, same in fields.items() if same[0].is_added]
    every = (_step(key, same, note, at) for key, same in fields.items() if not same[0].is_added)
    steps = [step for step in every if step is not None]
    if not steps and not added:
        return None

    def shape(node: Node) -> Node:
        for key, column, convert in steps:
            value = node.pop(key, _MISSING)
            if value is not _MISSING:
                node[column] = None if value is None else convert(value)
        return node

    return _without_added(shape, added, note, at) if added else shape


def _step(key: str, same: Sequence[Field], note: Note, at: str) -> tuple[str, str, Convert] | None:
    column = same[0].column
    convert = _conversion(same, note, f"{at}.{column}" if at else column)
    return None if convert is None and key == column else (key, column, convert or _unchanged)


def _without_added(shape: Convert, added: Sequence[str], note: Note, at: str) -> Convert:
    def take_out(node: Node) -> Node:
        for key in added:
            value = node.pop(key, None)
            # Of what is added, only the end of a page is an object, and what it holds says that more follows.
            if isinstance(value, dict) and any(value.values()):
                note(at)
        return shape(node)  # type: ignore[no-any-return]

    return take_out


def _conversion(same: Sequence[Field], note: Note, path: str) -> Convert | None:
    field = same[0]
    below = merged(same)
    convert = _id if field.is_reference else _shaper(below, note, path)
    if not below.parts and field.type_name == "JSON":
        convert = json_text
    if convert is None:
        return None
    return _of_each(convert) if field.type is None else _in_lists(field.type, convert)


def _in_lists(type_: object, convert: Convert) -> Convert:
    """Convert what is in lists as deep as the type says; untyped JSON may be a list itself."""
    if isinstance(type_, GraphQLNonNull):
        return _in_lists(type_.of_type, convert)
    if not isinstance(type_, GraphQLList):
        return _one_of(convert)
    one = _in_lists(type_.of_type, convert)

    def convert_list(values: Any) -> Any:  # noqa: ANN401 - any JSON
        if not isinstance(values, list):
            return one(values)
        return [None if each is None else one(each) for each in values]

    return convert_list


def _one_of(convert: Convert) -> Convert:
    """Return a conversion that also bears a list where one value is due, or a value of another type.

    GraphQL tells of neither, where the served version types a field otherwise.
    """

    def convert_one(value: Any) -> Any:  # noqa: ANN401 - any JSON
        try:
            return convert(value)
        except (AttributeError, KeyError, TypeError):
            return [convert_one(each) for each in value] if isinstance(value, list) else value

    return convert_one


def _of_each(convert: Convert) -> Convert:
    """Convert an object, or each object in a list, where the type is not known; what is neither stays as it is."""

    def converted(value: object) -> object:
        if isinstance(value, dict):
            return convert(value)
        return [converted(each) for each in value] if isinstance(value, list) else value

    return converted


def _unchanged(value: Any) -> Any:  # noqa: ANN401 - whatever was answered
    return value


def _id(node: Node) -> object:
    return node["id"]


def json_text(value: object) -> str:
    """Return untyped JSON as its own text."""
    return _ENCODER.encode(value).decode()
