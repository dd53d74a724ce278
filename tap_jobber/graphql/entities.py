"""Tells which types are tables of their own, so that others refer to them by id."""

from __future__ import annotations

from functools import cache

from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, GraphQLUnionType, get_named_type

CONNECTION = "Connection"


@cache
def entities(schema: GraphQLSchema) -> frozenset[str]:
    """Names of the types with an `id` that some connection lists or some root field returns.

    The members of a listed union or interface count too.
    """
    found: set[str] = set()
    for name, named in schema.type_map.items():
        if isinstance(named, GraphQLObjectType) and name.endswith(CONNECTION) and "nodes" in named.fields:
            found.add(get_named_type(named.fields["nodes"].type).name)
    if schema.query_type is not None:
        found.update(
            get_named_type(field.type).name
            for field in schema.query_type.fields.values()
            if not get_named_type(field.type).name.endswith(CONNECTION)
        )
    for name in tuple(found):
        named = schema.type_map[name]
        if isinstance(named, GraphQLUnionType | GraphQLInterfaceType):
            found.update(member.name for member in schema.get_possible_types(named))
    return frozenset(name for name in found if _has_id(schema, name))


def _has_id(schema: GraphQLSchema, name: str) -> bool:
    named = schema.type_map[name]
    if isinstance(named, GraphQLUnionType):
        return all("id" in member.fields for member in named.types)
    return isinstance(named, GraphQLObjectType | GraphQLInterfaceType) and "id" in named.fields
