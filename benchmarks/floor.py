"""The points that no reader can do without: those of the fields of the rows that were emitted, each row once.

The stock rule counts a field as one point, also below an object that is null; a plain list counts as its dearest
item. A list of a row in pages, be it empty, costs the connection, its `nodes` and the question whether it goes on. What
else pages cost (those of root fields, cursors, aliases, rows that come twice) is above the floor.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql import is_abstract_type

from tap_jobber.graphql.price import EXTRA_POINTS, node_points
from tap_jobber.graphql.sdl import read_schema
from tap_jobber.graphql.selection import TYPENAME
from tap_jobber.streams import STREAMS
from tap_jobber.streams.child_stream import ChildStream

if TYPE_CHECKING:
    from pathlib import Path

    from tap_jobber.graphql.selection import Field, Selection

Row = dict[str, Any]

# Of each list of a row: the connection, `nodes`, `pageInfo` and `hasNextPage`.
_LIST_POINTS = 4


@dataclass
class Emitted:
    """What a run has emitted, by stream.

    Attributes:
        rows: How many different rows.
        repeated: How many rows came once more.
        points: The floor of the different rows.
        state: The last state.
    """

    rows: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    state: Row = field(default_factory=dict)


def walks() -> dict[str, str]:
    """By stream, the stream of the root field that it is read from."""
    every: tuple[Any, ...] = STREAMS
    return {each.name: each.parent.name if issubclass(each, ChildStream) else each.name for each in every}


def emitted(output: Path) -> Emitted:
    """Read the messages of a run.

    Args:
        output: The file that they were written to.
    """
    selections = {each.name: each.full_selection() for each in STREAMS}
    keys: dict[str, tuple[str, ...]] = {}
    seen: defaultdict[str, set[tuple[object, ...]]] = defaultdict(set)
    found = Emitted()
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


def row_points(selection: Selection, row: Row) -> int:
    """What the fields of a row cost.

    Args:
        selection: All that can be asked for of it; what the row does not have was not asked for.
        row: The row as it was emitted.
    """
    asked = {each.key: each for each in _fields_of(selection, row)}
    there = [each for each in asked.values() if each.column in row]
    extra_points = sum(EXTRA_POINTS.get(name, 0) for name in {each.name for each in there})
    return extra_points + sum(_field_points(each, row[each.column]) for each in there)


def _fields_of(selection: Selection, row: Row) -> list[Field]:
    """The fields that the row's own type has, of a selection that may be of several types."""
    fields, schema = list(selection.fields), read_schema()
    for member in selection.members:
        name = row.get(TYPENAME, member.type_name)
        named, own = schema.type_map[member.type_name], schema.type_map[name]
        if named is own or (is_abstract_type(named) and schema.is_sub_type(named, own)):
            fields += _fields_of(member, row)
    return fields


def _field_points(field_: Field, value: object) -> int:
    if value is None and field_.selection is not None:
        return 1 + node_points(field_.selection)
    if isinstance(value, list):
        return 1 + max((_below(field_, item) for item in value if item is not None), default=0)
    return 1 + _below(field_, value)


def _below(field_: Field, value: Any) -> int:  # noqa: ANN401 - whatever the API answers
    if field_.is_reference:
        return 1
    return row_points(field_.selection, value) if field_.selection is not None and isinstance(value, dict) else 0
