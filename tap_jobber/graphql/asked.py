"""Derives from what a query asks for of a row: its JSON Schema, its price, and the way from a node to the row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLList,
    GraphQLNonNull,
    IntValueNode,
    VariableNode,
    get_nullable_type,
    is_leaf_type,
    is_scalar_type,
)

from tap_jobber.graphql.document import by_key, fields, merged
from tap_jobber.graphql.entities import CONNECTION
from tap_jobber.graphql.json_schema import leaf_schema
from tap_jobber.graphql.price import EXTRA_POINTS
from tap_jobber.graphql.rows import json_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from graphql import GraphQLOutputType, GraphQLSchema

    from tap_jobber.graphql.document import Asked, Selections
    from tap_jobber.graphql.json_schema import JsonSchema

    Node = dict[str, Any]
    Clean = Callable[[Any], None]

PAGE_INFO = "pageInfo"
# What a connection without a size is priced at, and the most that it answers.
_MOST_ROWS = 100
_OPEN = ["string", "number", "integer", "boolean", "object", "array"]


def is_paged(field: Asked) -> bool:
    """Whether a field is a list in pages; where the schema does not know it, what is asked for below it tells."""
    named = field.named_type
    if named is not None:
        return named.name.endswith(CONNECTION)
    return any(each.name in {"nodes", "edges"} for each in fields(field.below))


def points_of(below: Selections, sizes: Mapping[str, int]) -> int:
    """Return the price of what is asked for, by the stock rule.

    Args:
        below: What is asked for.
        sizes: The values of the variables that are whole numbers.
    """
    extra_points = sum(EXTRA_POINTS.get(name, 0) for name in {field.name for field in fields(below)})
    return extra_points + sum(_points(same, sizes) for same in _alike(below))


def _points(same: list[Asked], sizes: Mapping[str, int]) -> int:
    inside = merged(same)
    if not is_paged(same[0]):
        return 1 + points_of(inside, sizes)
    rows = _size(same[0], sizes)
    return 1 + sum(
        1 + rows * points_of(merged(each), sizes) if each[0].name in {"nodes", "edges"} else _points(each, sizes)
        for each in _alike(inside)
    )


def _alike(below: Selections) -> Iterator[list[Asked]]:
    """The fields that count once: those of one type and one key."""
    found: dict[tuple[str, str], list[Asked]] = {}
    for field in fields(below):
        found.setdefault((field.owner, field.key), []).append(field)
    yield from found.values()


def _size(field: Asked, sizes: Mapping[str, int]) -> int:
    """How many rows are asked for."""
    for name in ("first", "last"):
        value = field.arguments.get(name)
        if isinstance(value, IntValueNode):
            return min(int(value.value), _MOST_ROWS)
        if isinstance(value, VariableNode):
            return min(sizes.get(value.name.value, _MOST_ROWS), _MOST_ROWS)
    return _MOST_ROWS


def row_schema(below: Selections, required: Collection[str] = ()) -> JsonSchema:
    """The JSON Schema of a row.

    Args:
        below: What is asked for of it.
        required: Columns that are never null: the key.
    """
    properties = {
        key: _property(same, nullable=key not in required)
        for key, same in by_key(below).items()
        if not all(field.is_added for field in same)
    }
    described: JsonSchema = {"type": "object", "properties": properties}
    if required:
        described["required"] = list(required)
    return described


def _property(same: list[Asked], *, nullable: bool) -> JsonSchema:
    known = [field.type for field in same if field.type is not None]
    described = _described(known[0], same, nullable=nullable) if len(known) == len(same) else None
    if described is None:
        # Any JSON: what the value is shows only in the answer.
        return {"type": [*_OPEN, "null"] if nullable else _OPEN[:4]}
    return described


def _described(type_: GraphQLOutputType, same: list[Asked], *, nullable: bool) -> JsonSchema | None:
    if isinstance(type_, GraphQLNonNull):
        # Inside an array this says something of the items; a column may be null all the same.
        return _described(type_.of_type, same, nullable=nullable)
    if isinstance(type_, GraphQLList):
        items = _described(type_.of_type, same, nullable=not isinstance(type_.of_type, GraphQLNonNull))
        described: JsonSchema | None = None if items is None else {"type": "array", "items": items}
    elif is_leaf_type(type_):
        described = None if merged(same) else leaf_schema(type_)
    else:
        described = row_schema(merged(same)) if merged(same) else None
    if described is not None and nullable:
        described["type"] = [described["type"], "null"]
    return described


def unknown_in(schema: GraphQLSchema, below: Selections) -> Iterator[str]:
    """What the schema does not know of what is asked for; of an unknown thing only itself, not what is in it."""
    for field in fields(below):
        if field.is_added:
            continue
        if field.type is not None:
            yield from unknown_in(schema, field.below)
        elif field.owner and field.owner not in schema.type_map:
            yield field.owner
        else:
            yield f"{field.owner}.{field.name}" if field.owner else field.name


def cleaner(below: Selections, note: Callable[[str], None], at: str = "") -> Clean | None:
    """Compiles the way from a node to its row; the node is changed in place.

    Args:
        below: What was asked for of the node.
        note: Told the path of a list that goes on beyond what was asked for of it.
        at: The path of the node in its row.

    Returns:
        What is to be done with a node, or None if nothing is.
    """
    steps = [step for key, same in by_key(below).items() if (step := _step(key, same, note, at)) is not None]

    def clean(node: Node) -> None:
        for key, change in steps:
            if key in node:
                change(node, key)

    return clean if steps else None


def _step(
    key: str, same: list[Asked], note: Callable[[str], None], at: str
) -> tuple[str, Callable[[Node, str], None]] | None:
    if same[0].is_added:
        return key, _take_out(note, at)
    path = f"{at}.{key}" if at else key
    clean = cleaner(merged(same), note, path)
    if clean is not None:
        return key, lambda node, name: _each(node[name], clean)
    named = same[0].named_type
    if named is not None and is_scalar_type(named) and named.name == "JSON":
        return key, _texts if isinstance(get_nullable_type(same[0].type), GraphQLList) else _text
    return None


def _take_out(note: Callable[[str], None], at: str) -> Callable[[Node, str], None]:
    def take_out(node: Node, key: str) -> None:
        value = node.pop(key)
        if isinstance(value, dict) and any(value.values()):
            # Of what is added, only the page of a list is an object, and what it holds says that more follows.
            note(at)

    return take_out


def _each(value: object, clean: Clean) -> None:
    if isinstance(value, list):
        for each in value:
            _each(each, clean)
    elif isinstance(value, dict):
        clean(value)


def _text(node: Node, key: str) -> None:
    node[key] = _or_null(node[key])


def _texts(node: Node, key: str) -> None:
    if node[key] is not None:
        node[key] = [_or_null(each) for each in node[key]]


def _or_null(value: object) -> str | None:
    return None if value is None else json_text(value)
