"""Derives the JSON Schema of a stream's rows from its selection.

Every property but the key may be null: a field can be hidden from the app, unknown to an older version of
the API, or deselected, whatever nullability the API declares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import GraphQLList, GraphQLNonNull, is_enum_type, is_leaf_type

from tap_jobber.graphql.descriptions import described as facts_of
from tap_jobber.graphql.tree import columns, merged

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from graphql import GraphQLNamedType, GraphQLOutputType, GraphQLSchema

    from tap_jobber.graphql.tree import Field, Selection

JsonSchema = dict[str, Any]

# What Jobber's scalars look like in an answer: EncodedId is base64 text, ISO8601DateTime is UTC with whole
# seconds and a Z, Minutes and Seconds are whole numbers. JSON is untyped and kept as its own text.
_SCALARS: dict[str, JsonSchema] = {
    "Boolean": {"type": "boolean"},
    "EncodedId": {"type": "string"},
    "Float": {"type": "number"},
    "ICalendarRule": {"type": "string"},
    "ID": {"type": "string"},
    "ISO8601Date": {"type": "string", "format": "date"},
    "ISO8601DateTime": {"type": "string", "format": "date-time"},
    "Int": {"type": "integer"},
    "JSON": {"type": "string", "contentMediaType": "application/json"},
    "Minutes": {"type": "integer"},
    "Seconds": {"type": "integer"},
    "String": {"type": "string"},
    "Timezone": {"type": "string"},
}
# What can be anything; a key is no array.
_OPEN = ["string", "number", "integer", "boolean", "object", "array"]


def json_schema(
    schema: GraphQLSchema,
    selection: Selection,
    required: Collection[str] = (),
    tables: Mapping[str, str] | None = None,
) -> JsonSchema:
    """Return the JSON Schema of a row.

    Args:
        schema: The read schema, for what is known of fields.
        selection: What a row comes of.
        required: Columns that are never null: the key.
        tables: By type: the stream whose rows are of it, for references.
    """
    properties = {
        column: _property(schema, fields, tables or {}, nullable=column not in required)
        for column, fields in columns(selection).items()
    }
    described: JsonSchema = {"type": "object", "properties": properties}
    if required:
        described["required"] = list(required)
    return described


def _property(
    schema: GraphQLSchema, fields: Sequence[Field], tables: Mapping[str, str], *, nullable: bool
) -> JsonSchema:
    first = fields[0]
    is_known = all(field.type is not None for field in fields)
    described = _value(schema, fields, first.type, tables) if is_known and first.type is not None else None
    if described is None:
        # Any JSON: what the value is shows only in the answer.
        return {"type": [*_OPEN, "null"] if nullable else _OPEN[:4]}
    if nullable:
        described["type"] = [described["type"], "null"]
    facts = facts_of(schema, first.owner, first.name, first.type_name)
    if facts:
        described["description"] = f"{described['description']} {facts}" if "description" in described else facts
    return described


def _value(
    schema: GraphQLSchema, fields: Sequence[Field], type_: GraphQLOutputType, tables: Mapping[str, str]
) -> JsonSchema | None:
    """Return the JSON Schema of a value that is not null; None if it can be anything."""
    if isinstance(type_, GraphQLNonNull):
        return _value(schema, fields, type_.of_type, tables)
    if isinstance(type_, GraphQLList):
        items = _value(schema, fields, type_.of_type, tables)
        if items is not None and not isinstance(type_.of_type, GraphQLNonNull):
            items["type"] = [items["type"], "null"]
        return None if items is None else {"type": "array", "items": items}
    if fields[0].is_reference:
        return _reference(fields[0].type_name, tables)
    below = merged(fields)
    if is_leaf_type(type_):
        return None if below.parts else leaf_schema(type_)
    return json_schema(schema, below, tables=tables) if below.parts else None


def _reference(type_name: str, tables: Mapping[str, str]) -> JsonSchema:
    table = tables.get(type_name)
    return {"type": "string", "description": f"References {table}.id." if table else f"The id of a {type_name}."}


def leaf_schema(named: GraphQLNamedType) -> JsonSchema | None:
    """Return the JSON Schema of a value that is no object; None if it can be anything."""
    if is_enum_type(named):
        # Stated, not enforced: Jobber adds values without a new version of its API.
        return {"type": "string", "description": f"One of {', '.join(named.values)}."}
    return dict(_SCALARS[named.name]) if named.name in _SCALARS else None
