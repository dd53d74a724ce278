"""Finds the way through the read schema: from a type to its lists, from an object to the root field that finds it."""

from __future__ import annotations

from functools import cache
from typing import Any

from graphql import GraphQLObjectType, get_named_type, is_abstract_type, is_non_null_type, is_required_argument

from tap_jobber.graphql.entities import CONNECTION
from tap_jobber.graphql.sdl import read_schema
from tap_jobber.graphql.text import ListPath


@cache
def lookup_of(type_name: str) -> tuple[str, str] | None:
    """Return the root field that finds a single object of a type, and its argument."""
    query: Any = read_schema().query_type
    for name, field in query.fields.items():
        if get_named_type(field.type).name == type_name and len(field.args) == 1:
            return name, next(iter(field.args))
    return None


def noun_of(type_name: str) -> str:
    """Return the name of a single object of a type: that of the root field that finds one, or of its type."""
    lookup = lookup_of(type_name)
    return lookup[0] if lookup is not None else type_name[0].lower() + type_name[1:]


@cache
def list_path(owner: str, dotted: str) -> ListPath:
    """Return the way from a type to a list: a connection of its own, or one of an object that a field leads to.

    Args:
        owner: The type.
        dotted: The connection's field, or the field that leads to its owner, a dot, and the connection's field.
    """
    via, _, field = dotted.rpartition(".")
    schema = read_schema()
    named: Any = schema.type_map[listed_type(owner, via)[0] if via else owner]
    is_union = bool(via) and is_abstract_type(named)
    members = [each for each in schema.get_possible_types(named) if field in each.fields] if is_union else []
    may_be_null = any(not is_non_null_type(each.fields[field].type) for each in members or [named])
    return ListPath(field, named.name, via, tuple(each.name for each in members), may_be_null=may_be_null)


@cache
def listed_type(owner: str, field: str) -> tuple[str, bool]:
    """Return the type that a field leads to, and True if it is a list of them in pages."""
    named: Any = read_schema().type_map[owner]
    target = get_named_type(named.fields[field].type)
    if isinstance(target, GraphQLObjectType) and target.name.endswith(CONNECTION):
        return get_named_type(target.fields["nodes"].type).name, True
    return target.name, False


def needs_filter(root: str) -> bool:
    """Return True if the API takes the root field only with a filter."""
    query: Any = read_schema().query_type
    argument = query.fields[root].args.get("filter")
    return argument is not None and is_required_argument(argument)
