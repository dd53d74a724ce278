"""Turns the nodes of an answer into rows.

Most of a node already is its row, so only what differs is compiled into steps, and a node is changed in
place: references become ids, aliases become columns, untyped JSON becomes its text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec.json

from tap_jobber.graphql.selection import columns

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_jobber.graphql.selection import Field, Selection

    Convert = Callable[[Any], Any]
    Node = dict[str, Any]

_MISSING = object()
# Numbers that are not whole come as decimals, and are to be numbers in the text too.
_ENCODER = msgspec.json.Encoder(decimal_format="number", order="sorted")


def shaper(selection: Selection) -> Callable[[Node], Node]:
    """Compiles the way from a node to its row.

    Args:
        selection: What was asked for of the node.

    Returns:
        A function that changes a node into its row, in place, and returns it. A row of a union or an
        interface has all columns of all members.
    """
    convert = _shaper(selection)
    if not selection.members:
        return convert
    blank = dict.fromkeys(columns(selection))
    return lambda node: blank | convert(node)


def _shaper(selection: Selection) -> Callable[[Node], Node]:
    steps = [step for field in selection.every_field() if (step := _step(field)) is not None]

    def shape(node: Node) -> Node:
        for key, column, convert in steps:
            value = node.pop(key, _MISSING)
            if value is not _MISSING:
                node[column] = None if value is None else convert(value)
        return node

    return shape


def _step(field: Field) -> tuple[str, str, Convert] | None:
    convert = _conversion(field)
    if convert is None:
        return None if field.key == field.column else (field.key, field.column, _unchanged)
    if field.is_list:
        one = convert
        return (
            field.key,
            field.column,
            lambda values: [None if each is None else one(each) for each in values],
        )
    return field.key, field.column, convert


def _conversion(field: Field) -> Convert | None:
    if field.is_reference:
        return _id
    if field.selection is not None:
        needed = any(_step(below) is not None for below in field.selection.every_field())
        return _shaper(field.selection) if needed else None
    return json_text if field.type_name == "JSON" else None


def _unchanged(value: object) -> object:
    return value


def _id(node: Node) -> object:
    return node["id"]


def json_text(value: object) -> str:
    """Untyped JSON as its own text."""
    return _ENCODER.encode(value).decode()
