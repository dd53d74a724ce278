"""Derives the JSON Schema of a stream's rows from its selection.

Every property but the key may be null: a field can be hidden from the app, unknown to an older version of
the API, or deselected, whatever nullability the API declares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import is_enum_type

from tap_jobber.graphql.descriptions import described as facts_of
from tap_jobber.graphql.selection import columns

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from graphql import GraphQLNamedType, GraphQLSchema

    from tap_jobber.graphql.selection import Field, Selection

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


def json_schema(
    schema: GraphQLSchema,
    selection: Selection,
    required: Collection[str] = (),
    tables: Mapping[str, str] | None = None,
) -> JsonSchema:
    """Return the JSON Schema of a row.

    Args:
        schema: The read schema, for the values of enums and for what is known of fields.
        selection: What a row comes of.
        required: Columns that are never null: the key.
        tables: By type: the stream whose rows are of it, for references.
    """
    properties = {
        column: _property(schema, fields[0], tables or {}, nullable=column not in required)
        for column, fields in columns(selection).items()
    }
    described: JsonSchema = {"type": "object", "properties": properties}
    if required:
        described["required"] = list(required)
    return described


def _property(schema: GraphQLSchema, field: Field, tables: Mapping[str, str], *, nullable: bool) -> JsonSchema:
    described = _value(schema, field, tables)
    if field.is_list:
        described = {"type": "array", "items": described}
    if nullable:
        described["type"] = [described["type"], "null"]
    facts = facts_of(schema, field.owner, field.name, field.type_name)
    if facts:
        described["description"] = f"{described['description']} {facts}" if "description" in described else facts
    return described


def _value(schema: GraphQLSchema, field: Field, tables: Mapping[str, str]) -> JsonSchema:
    if field.is_reference:
        table = tables.get(field.type_name)
        return {
            "type": "string",
            "description": f"References {table}.id." if table else f"The id of a {field.type_name}.",
        }
    if field.selection is not None:
        return json_schema(schema, field.selection, tables=tables)
    described = leaf_schema(schema.type_map[field.type_name])
    if described is None:
        raise KeyError(field.type_name)
    return described


def leaf_schema(named: GraphQLNamedType) -> JsonSchema | None:
    """The JSON Schema of a value that is no object; None if it can be anything."""
    if is_enum_type(named):
        # Stated, not enforced: Jobber adds values without a new version of its API.
        return {"type": "string", "description": f"One of {', '.join(named.values)}."}
    return dict(_SCALARS[named.name]) if named.name in _SCALARS else None
