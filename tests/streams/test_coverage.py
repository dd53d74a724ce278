"""Every connection of the API is read by a stream, or left out for a reason that holds."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
)

from jobber_sandbox.schemas import DEFAULT as PUBLISHED_SDL
from tap_jobber.graphql.entities import CONNECTION
from tap_jobber.graphql.left_out import LEFT_OUT
from tap_jobber.graphql.sdl import read_schema
from tap_jobber.streams import STREAMS
from tap_jobber.streams.child_stream import ChildStream
from tap_jobber.streams.root_stream import RootStream

BY_NAME: dict[str, Any] = {stream.name: stream for stream in STREAMS}


@cache
def published() -> GraphQLSchema:
    """Return the whole read side of the API."""
    return build_schema(PUBLISHED_SDL.read_text(encoding="utf-8"), assume_valid=True)


def connections(schema: GraphQLSchema) -> set[str]:
    """All fields of objects and interfaces that are lists in pages, as `Type.field`."""
    return {
        f"{named.name}.{field}"
        for named in schema.type_map.values()
        if isinstance(named, GraphQLObjectType | GraphQLInterfaceType) and not named.name.startswith("__")
        for field, each in named.fields.items()
        if get_named_type(each.type).name.endswith(CONNECTION)
    }


def kin(schema: GraphQLSchema, type_name: str) -> set[str]:
    """Return a type with its interfaces or members, for which one read stands for all."""
    named: GraphQLNamedType = schema.type_map[type_name]
    if isinstance(named, GraphQLInterfaceType):
        return {named.name, *(each.name for each in schema.get_possible_types(named))}
    return {type_name}


def read(schema: GraphQLSchema) -> dict[str, str]:
    """Return the connections that streams read, each with a stream."""
    found: dict[str, str] = {}
    for name, stream in BY_NAME.items():
        if issubclass(stream, ChildStream):
            path = stream.path()
            for owner in path.owners:
                found |= {f"{each}.{path.field}": name for each in kin(schema, owner)}
        elif issubclass(stream, RootStream):
            found[f"Query.{stream.root}"] = name
    return found


def of_interfaces(schema: GraphQLSchema, of_members: set[str]) -> set[str]:
    """Return the connections of interfaces whose members' connections are all among some."""
    return {
        each
        for each in connections(schema)
        if isinstance(named := schema.type_map[each.split(".")[0]], GraphQLInterfaceType)
        and {f"{member.name}.{each.split('.')[1]}" for member in schema.get_possible_types(named)} <= of_members
    }


def test_every_connection_of_the_api_is_read_or_left_out_for_a_reason() -> None:
    accounted = set(read(published())) | set(LEFT_OUT)
    missing = connections(published()) - accounted - of_interfaces(published(), accounted)
    assert missing == set()


def test_nothing_is_left_out_that_there_is_not() -> None:
    assert set(LEFT_OUT) - connections(published()) == set()


def test_nothing_is_left_out_that_is_read() -> None:
    assert set(LEFT_OUT) & set(read(read_schema())) == set()


def test_every_connection_that_is_stated_is_read() -> None:
    accounted = set(read(read_schema()))
    assert connections(read_schema()) - accounted - of_interfaces(read_schema(), accounted) == set()


@pytest.mark.parametrize("coordinate", LEFT_OUT)
def test_the_columns_that_show_the_same_are_there(coordinate: str) -> None:
    for stream, column in re.findall(r"`([a-z_]+)\.(\w+)`", LEFT_OUT[coordinate]):
        assert column in BY_NAME[stream].derived_schema()["properties"]
    for stream in re.findall(r"`([a-z_]+)`", LEFT_OUT[coordinate]):
        assert stream in BY_NAME
