"""Build the executable schema: the SDL with scalars that check their input and a resolver on every field."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    SchemaDefinitionNode,
    build_ast_schema,
    get_named_type,
    is_abstract_type,
    parse,
)

from jobber_sandbox.registry import Registry, row_type_of
from jobber_sandbox.timestamps import seconds_of
from jobber_sandbox.world import decoded_id

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from jobber_sandbox.dynamic_types import Ast, Getter, Info, SchemaType, Value

_DISCONNECT = """
type Mutation { appDisconnect: AppDisconnectPayload! }
type AppDisconnectPayload { app: Application userErrors: [MutationErrors!]! }
type MutationErrors { message: String! path: [String!]! }
"""
_INTERNAL = """
extend type Query { search(searchTerm: String!): [InternalSearchHit!]! }
type InternalSearchHit { id: EncodedId! kind: InternalKind! }
enum InternalKind { RECORD SETTING }
"""
_SEAM = "\n# What follows has been added.\n"
"""Joins types that are parsed each for themselves, since those of a whole API take half of a start."""


def internal_sdl(sdl: str) -> str:
    """Return the SDL that introspection shows without a token: with types that no app may read."""
    return f"{sdl}{_SEAM}{_INTERNAL}"


def served_sdl(path: Path) -> str:
    """Return the types of a file, and the mutation that disconnects an app."""
    return _with_disconnect(path.read_text(encoding="utf-8"))


@cache
def _with_disconnect(text: str) -> str:
    schema = _fresh_schema(text)
    if schema.mutation_type is not None:
        return text
    added = _DISCONNECT
    if any(isinstance(node, SchemaDefinitionNode) for node in _parsed(text).definitions):
        added += "extend schema { mutation: Mutation }\n"
    application = getattr(schema.type_map.get("Application"), "fields", None)
    if application is None:
        added += "type Application { id: EncodedId! name: String! author: String! }\n"
    elif missing := "".join(f" {name}: String!" for name in ("name", "author") if name not in application):
        added += f"extend type Application {{{missing} }}\n"
    return f"{text}{_SEAM}{added}"


def _fresh_schema(sdl: str) -> GraphQLSchema:
    """Return a schema that may be changed; its text is parsed once in a process, which is most of the work."""
    return build_ast_schema(_parsed(sdl), assume_valid=True)


def _parsed(sdl: str) -> DocumentNode:
    return DocumentNode(definitions=tuple(each for part in sdl.split(_SEAM) for each in _parsed_part(part).definitions))


@cache
def _parsed_part(sdl: str) -> DocumentNode:
    return parse(sdl, no_location=True)


def build_executable_schema(
    sdl: str, without_fields: Iterable[str] = (), without_arguments: Iterable[str] = ()
) -> GraphQLSchema:
    """Return a new schema without some `Type.field`s and `Type.field.argument`s; its scalars check their input."""
    schema = _fresh_schema(sdl)
    for coordinate in without_fields:
        type_name, _, field = coordinate.partition(".")
        fields = getattr(schema.type_map.get(type_name), "fields", {})
        fields.pop(field, None)
    for coordinate in without_arguments:
        owner, _, argument = coordinate.rpartition(".")
        type_name, _, field = owner.partition(".")
        named = getattr(schema.type_map.get(type_name), "fields", {})
        if field:
            named[field].args.pop(argument, None)
        else:
            named.pop(argument, None)
    _check_scalars(schema)
    return schema


def attach_resolvers(schema: GraphQLSchema, registry: Registry) -> None:
    """Give every field of a schema its resolver, except those of the roots."""
    roots = {schema.query_type, schema.mutation_type}
    for named in schema.type_map.values():
        if is_abstract_type(named):
            named.resolve_type = _typename
        if not isinstance(named, GraphQLObjectType) or named in roots or named.name.startswith("__"):
            continue
        if named.name.endswith("Connection"):
            _attach_connection(named)
        elif not named.name.endswith("Edge") and named.name not in {"PageInfo", "AppDisconnectPayload"}:
            _attach_fields(named, registry)


def _attach_connection(named: GraphQLObjectType) -> None:
    readers = {
        "nodes": lambda page, _info: page.nodes(),
        "edges": lambda page, _info: page.edges(),
        "pageInfo": lambda page, _info: page.page_info(),
        "totalCount": lambda page, _info: page.total,
    }
    for name, field in named.fields.items():
        field.resolve = readers.get(name)


def _attach_fields(named: GraphQLObjectType, registry: Registry) -> None:
    for name, field in named.fields.items():
        target = get_named_type(field.type)
        if target.name.endswith("Connection"):
            field.resolve = _connection(named.name, name, row_type_of(target), registry)
        else:
            field.resolve = _plain(named.name, name, registry)


def _plain(typename: str, name: str, registry: Registry) -> Getter:
    get = registry.getter(typename, name)

    def resolve(node: Value, info: Info, **arguments: Any) -> Value:
        if node.__class__ is dict:
            return node.get(name)
        changes = node.changes
        if changes is not None and name in changes:
            return changes[name]
        if name == "isCurrentUser":
            return info.context.user_number == node.number
        value = get(node)
        return info.context.filtered(value, arguments) if arguments.get("filter") else value

    return resolve


def _connection(typename: str, name: str, row_type: str, registry: Registry) -> Getter:
    rows_of = registry.lister(typename, name, row_type)

    def resolve(node: Value, info: Info, **arguments: Any) -> Value:
        return info.context.page(row_type, rows_of(node, arguments), arguments)

    return resolve


# What members of unions were called before.
_FORMER_NAMES = {
    "CustomFieldDropdown": "CustomFieldSelect",
    "CustomFieldNumeric": "CustomFieldNumber",
    "CustomFieldTrueFalse": "CustomFieldBoolean",
}


def _typename(node: Value, info: Info, abstract: SchemaType) -> str:
    """Return the concrete type of an object, or one that can stand for it if an older schema lacks it."""
    name = str(node["__typename"] if isinstance(node, dict) else node.typename)
    possible = [each.name for each in info.schema.get_possible_types(abstract)]
    if name in possible:
        return name
    former = _FORMER_NAMES.get(name, "")
    return former if former in possible else possible[0]


def _check_scalars(schema: GraphQLSchema) -> None:
    checks = {"ISO8601DateTime": _moment, "ISO8601Date": _moment, "EncodedId": _encoded_id}
    for name, check in checks.items():
        scalar = schema.type_map.get(name)
        if isinstance(scalar, GraphQLScalarType):
            scalar.parse_value = check  # type: ignore[method-assign]  # how graphql-core wants a scalar changed
            scalar.parse_literal = _literal(check)  # type: ignore[method-assign]  # as above


def _literal(check: Getter) -> Getter:
    def parse(node: Ast, _variables: Value = None) -> Value:
        return check(getattr(node, "value", None))

    return parse


def _moment(value: object) -> str:
    try:
        seconds_of(str(value))
    except ValueError as error:
        msg = f'Could not coerce value "{value}" to ISO8601DateTime'
        raise GraphQLError(msg) from error
    return str(value)


def _encoded_id(value: object) -> str:
    decoded = decoded_id(value) if isinstance(value, str) else None
    if decoded is None:
        msg = f'"{value}" is not a valid EncodedId'
        raise GraphQLError(msg)
    return str(value)
