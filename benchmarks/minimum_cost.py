"""The least points that a read can cost: those of the fields of the emitted rows, each row once.

The stock rule counts a field as one point, also below an object that is null; a plain list counts as its most
expensive item. A connection of a row, even an empty one, costs itself, its `nodes`, `pageInfo` and `hasNextPage`. All
else (pages of root fields, cursors, aliases, rows that come twice) is above the minimum.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql import is_abstract_type

from tap_jobber.graphql.cost import EXTRA_POINTS, node_points
from tap_jobber.graphql.sdl import read_schema
from tap_jobber.graphql.tree import TYPENAME
from tap_jobber.streams import STREAMS
from tap_jobber.streams.child_stream import ChildStream

if TYPE_CHECKING:
    from pathlib import Path

    from tap_jobber.graphql.tree import Field, Selection

Row = dict[str, Any]

# Of each list of a row: the connection, `nodes`, `pageInfo` and `hasNextPage`.
_LIST_POINTS = 4
_PAGE_SIZE = 50


@dataclass
class EmittedRows:
    """Rows of a run by stream, and their minimum cost.

    Attributes:
        rows: Number of different rows.
        repeated: Number of rows that came again.
        points: Minimum cost of the different rows.
        state: The last state.
    """

    rows: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    state: Row = field(default_factory=dict)


def root_streams() -> dict[str, str]:
    """Return, by stream, the stream of the root field that it is read from."""
    every: tuple[Any, ...] = STREAMS
    return {each.name: each.parent.name if issubclass(each, ChildStream) else each.name for each in every}


def emitted_rows(output: Path) -> EmittedRows:
    """Count the rows in a file of messages and add up their minimum cost."""
    selections = {each.name: each.full_selection() for each in STREAMS}
    keys: dict[str, tuple[str, ...]] = {}
    seen: defaultdict[str, set[tuple[object, ...]]] = defaultdict(set)
    found = EmittedRows()
    with output.open("rb") as file:
        for message in map(json.loads, file):
            name = message.get("stream")
            if message["type"] == "SCHEMA":
                keys[name] = tuple(message["key_properties"])
            elif message["type"] == "STATE":
                found.state = message["value"]
            elif message["type"] == "RECORD":
                row = message["record"]
                key = tuple(row[column] for column in keys[name])
                if key in seen[name]:
                    found.repeated[name] += 1
                    continue
                seen[name].add(key)
                found.rows[name] += 1
                found.points[name] += row_points(selections[name], row)
    for each in STREAMS:
        if each.name in keys and issubclass(each, ChildStream):
            found.points[each.name] += _LIST_POINTS * found.rows[each.parent.name]
    return found


def requests_per_parent(found: EmittedRows) -> int:
    """Return the least requests of a reader that asks for each list of each parent in a request of its own.

    Pages hold 50 rows; the further pages of long lists are not counted.
    """
    every: tuple[Any, ...] = tuple(each for each in STREAMS if each.selected_by_default)
    pages = sum(max(1, -(-found.rows[each.name] // _PAGE_SIZE)) for each in every if not issubclass(each, ChildStream))
    return pages + sum(found.rows[each.parent.name] for each in every if issubclass(each, ChildStream))


def row_points(selection: Selection, row: Row) -> int:
    """Return the cost of the fields of a row.

    Args:
        selection: All fields that can be selected; those missing from the row were not.
        row: The row as it was emitted.
    """
    asked = {each.key: each for each in _fields_of(selection, row)}
    there = [each for each in asked.values() if each.column in row]
    extra_points = sum(EXTRA_POINTS.get(name, 0) for name in {each.name for each in there})
    return extra_points + sum(_field_points(each, row[each.column]) for each in there)


def _fields_of(selection: Selection, row: Row) -> list[Field]:
    """Return the fields that the row's own type has, of a selection that may be of several types."""
    fields, schema = list(selection.fields), read_schema()
    for member in (fragment.selection for fragment in selection.fragments):
        name = row.get(TYPENAME, member.type_name)
        named, own = schema.type_map[member.type_name], schema.type_map[name]
        if named is own or (is_abstract_type(named) and schema.is_sub_type(named, own)):
            fields += _fields_of(member, row)
    return fields


def _field_points(field_: Field, value: object) -> int:
    if value is None and field_.nested is not None:
        return 1 + node_points(field_.nested)
    if isinstance(value, list):
        return 1 + max((_below(field_, item) for item in value if item is not None), default=0)
    return 1 + _below(field_, value)


def _below(field_: Field, value: Any) -> int:  # noqa: ANN401 - whatever the API answers
    if field_.is_reference:
        return 1
    return row_points(field_.nested, value) if field_.nested is not None and isinstance(value, dict) else 0
