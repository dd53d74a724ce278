"""The read schema states facts of Jobber's API and no more than that."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    is_required_argument,
    is_required_input_field,
    is_specified_scalar_type,
    parse,
    validate_schema,
)

from jobber_sandbox.schemas import DEFAULT as PUBLISHED_SDL
from tap_jobber.graphql.derive import derive
from tap_jobber.graphql.json_schema import json_schema
from tap_jobber.graphql.sdl import read_schema, sdl_text

OURS = read_schema()
NAMES = sorted(
    name for name, named in OURS.type_map.items() if not name.startswith("__") and not is_specified_scalar_type(named)
)


@cache
def published() -> GraphQLSchema:
    """Return the whole read side of the API."""
    return build_schema(PUBLISHED_SDL.read_text(encoding="utf-8"), assume_valid=True)


def both(name: str) -> tuple[GraphQLNamedType, GraphQLNamedType]:
    """Return a type as the project states it and as published."""
    assert name in published().type_map
    ours, theirs = OURS.type_map[name], published().type_map[name]
    assert type(ours) is type(theirs)
    return ours, theirs


def test_the_read_schema_is_valid() -> None:
    assert validate_schema(build_schema(sdl_text())) == []


def test_no_type_is_stated_twice_and_none_is_described() -> None:
    stated = [
        getattr(each, "name", None) for each in parse(sdl_text()).definitions if "Definition" in type(each).__name__
    ]
    counts = Counter(name.value for name in stated if name is not None)
    assert [name for name, count in counts.items() if count > 1] == []
    assert '"""' not in sdl_text()


def test_every_scalar_has_a_place_in_a_row() -> None:
    for name, named in OURS.type_map.items():
        if isinstance(named, GraphQLObjectType | GraphQLUnionType) and not name.startswith("__") and name != "Query":
            selection = derive(OURS, name)
            assert json_schema(OURS, selection)["type"] == "object"


class TestAgainstThePublishedSchema:
    """Every name, type and mark agrees with what Jobber publishes."""

    @pytest.mark.parametrize("name", NAMES)
    def test_fields_have_the_published_types(self, name: str) -> None:
        """Arguments and deprecations included."""
        ours, theirs = both(name)
        if isinstance(ours, GraphQLInputObjectType) and isinstance(theirs, GraphQLInputObjectType):
            types = {each: str(field.type) for each, field in theirs.fields.items()}
            assert {each: str(field.type) for each, field in ours.fields.items()}.items() <= types.items()
            missing = set(theirs.fields) - set(ours.fields)
            assert not any(is_required_input_field(theirs.fields[each]) for each in missing)
        if not isinstance(ours, GraphQLObjectType | GraphQLInterfaceType):
            return
        assert isinstance(theirs, GraphQLObjectType | GraphQLInterfaceType)
        for field_name, field in ours.fields.items():
            assert field_name in theirs.fields
            other = theirs.fields[field_name]
            assert str(field.type) == str(other.type), field_name
            assert (field.deprecation_reason is None) == (other.deprecation_reason is None), field_name
            stated = {each: str(argument.type) for each, argument in field.args.items()}
            assert stated.items() <= {each: str(argument.type) for each, argument in other.args.items()}.items()
            omitted = set(other.args) - set(field.args)
            assert not any(is_required_argument(other.args[each]) for each in omitted), field_name

    @pytest.mark.parametrize("name", NAMES)
    def test_values_and_members_are_all_there(self, name: str) -> None:
        """A missing member would be rows without values."""
        ours, theirs = both(name)
        if isinstance(ours, GraphQLEnumType) and isinstance(theirs, GraphQLEnumType):
            assert set(ours.values) == set(theirs.values)
        if isinstance(ours, GraphQLUnionType | GraphQLInterfaceType):
            assert isinstance(theirs, GraphQLUnionType | GraphQLInterfaceType)
            members = {each.name for each in OURS.get_possible_types(ours)}
            assert members == {each.name for each in published().get_possible_types(theirs)}
