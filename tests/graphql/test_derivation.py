"""Derivation of columns from types of the API, rule by rule."""

from __future__ import annotations

import pytest
from graphql import build_schema

from tap_jobber.graphql.derive import derive
from tap_jobber.graphql.entities import entities
from tap_jobber.graphql.sdl import read_schema
from tap_jobber.graphql.text import selection_set
from tap_jobber.graphql.tree import Role, columns

BASE = """
type Query { pipes(first: Int): PipeConnection!  sheds(first: Int): ShedConnection!  hub: Hub  pets: PetConnection! }
type PipeConnection { nodes: [Pipe!]! }
type ShedConnection { nodes: [Shed!]! }
type PetConnection { nodes: [Pet!]! }
type Shed { id: ID!  pipes(first: Int): PipeConnection! }
type Hub { id: ID!  name: String }
union Pet = Cat | Dog
type Cat { id: ID!  lives: Int }
type Dog { id: ID!  tricks: Int }
type Size { width: Int  unit: Unit  shed: Shed }
type Unit { name: String }
type Tag { id: ID!  label: String }
enum Colour { RED BLUE }
"""


def asked(fields: str, type_name: str = "Pipe") -> str:
    """Return the selection set of a pipe with these fields."""
    return selection_set(derive(build_schema(f"{BASE} type Pipe {{ {fields} }}"), type_name))


def named(fields: str) -> list[str]:
    """Return the columns of a pipe with these fields."""
    return list(columns(derive(build_schema(f"{BASE} type Pipe {{ {fields} }}"), "Pipe")))


@pytest.mark.parametrize(
    ("fields", "text", "columns_"),
    [
        ("id: ID! title: String colour: Colour!", "{ id title colour }", ["id", "title", "colour"]),
        ("shed: Shed", "{ shed { id } }", ["shedId"]),
        ("shed: Shed!", "{ shed { id } }", ["shedId"]),
        ("hub: Hub", "{ hub { id } }", ["hubId"]),
        ("sheds: [Shed!]!", "{ sheds { id } }", ["shedsIds"]),
        ("cat: Cat", "{ cat { id } }", ["catId"]),
        ("size: Size", "{ size { width unit { name } shed { id } } }", ["size"]),
        ("sizes: [Size!]", "{ sizes { width unit { name } shed { id } } }", ["sizes"]),
        ("tag: Tag", "{ tag { id label } }", ["tag"]),
        ("words: [String!]! colours: [Colour!]", "{ words colours }", ["words", "colours"]),
        ("title: String sheds(first: Int): ShedConnection!", "{ title }", ["title"]),
        ("title: String by(day: Int!): String", "{ title }", ["title"]),
        ("by(day: Int): String late(day: Int! = 1): String", "{ by late }", ["by", "late"]),
    ],
)
def test_a_kind_of_field(fields: str, text: str, columns_: list[str]) -> None:
    assert asked(fields) == text
    assert named(fields) == columns_


@pytest.mark.parametrize(
    ("reason", "is_asked_for"),
    [
        ("title", False),
        ("size.width", False),
        ("size.unit.name", False),
        ("shed", False),
        ("no successor", True),
        ("size.height", True),
        ("title.length", True),
        ("No longer supported", True),
        ("", True),
    ],
)
def test_a_deprecated_field_is_left_out_where_a_successor_exists(reason: str, *, is_asked_for: bool) -> None:
    fields = f'title: String size: Size shed: Shed name: String @deprecated(reason: "{reason}")'
    assert ("name" in named(fields)) is is_asked_for


def test_a_deprecation_without_a_reason_names_no_successor() -> None:
    assert named("title: String name: String @deprecated") == ["title", "name"]


def test_tables_are_what_is_listed_or_a_root_and_has_an_id() -> None:
    schema = build_schema(BASE + "type Pipe { id: ID! tag: Tag }")
    assert entities(schema) == {"Pipe", "Shed", "Hub", "Pet", "Cat", "Dog"}


def test_a_listed_type_without_an_id_is_not_a_table() -> None:
    schema = build_schema(
        "type Query { a: AConnection } type AConnection { nodes: [A!]! } type A { b: Int } type B { a: A }"
    )
    assert entities(schema) == frozenset()
    assert selection_set(derive(schema, "B")) == "{ a { b } }"


def test_only_types_with_fields_have_rows() -> None:
    with pytest.raises(TypeError, match="Colour"):
        derive(build_schema(BASE + "type Pipe { id: ID! }"), "Colour")


def test_a_field_knows_where_it_comes_from() -> None:
    selection = derive(build_schema(BASE + "type Pipe { shed: Shed! sheds: [Shed!]! size: Size }"), "Pipe")
    one, many, size = selection.fields
    assert (one.owner, one.name, one.wire_type, one.role, one.is_list) == (
        "Pipe",
        "shed",
        "Shed!",
        Role.REFERENCE,
        False,
    )
    assert (many.wire_type, many.type_name, many.is_list) == ("[Shed!]!", "Shed", True)
    assert size.selection is not None
    assert [field.owner for field in size.selection.fields] == ["Size"] * 3


@pytest.mark.parametrize(
    ("type_name", "present", "absent"),
    [
        ("Quote", ["clientId", "amounts", "customFields", "taxDetails"], ["cost", "depositCollected", "lineItems"]),
        ("Job", ["propertyId", "jobNumber", "visitSchedule", "jobCosting"], ["client", "notes", "lineItems"]),
        ("Invoice", ["discountRate", "syncStatus", "taxRateId"], ["subtotal", "jobIds", "tax", "taxRateName"]),
        ("TimeSheetEntry", ["targetItem", "finalDuration", "userId"], ["duration", "visit", "visitId"]),
        ("Property", ["address", "clientId"], ["street", "city", "latitude"]),
        ("User", ["assignedVehicleId", "name", "phone"], ["timeSheetsByDay"]),
    ],
)
def test_types_of_jobber(type_name: str, present: list[str], absent: list[str]) -> None:
    found = columns(derive(read_schema(), type_name))
    assert set(present) <= set(found)
    assert not set(absent) & set(found)
