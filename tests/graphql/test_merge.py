"""Unions and interfaces: one shape for all members, told apart only where GraphQL demands it."""

from __future__ import annotations

import pytest
from graphql import build_schema, parse, validate

from tap_jobber.graphql.derive import derive
from tap_jobber.graphql.sdl import read_schema
from tap_jobber.graphql.text import selection_set
from tap_jobber.graphql.tree import Selection, columns

BASE = """
type Query { shed: Shed  owners: OwnerConnection!  bearer: Bearer }
type OwnerConnection { nodes: [Owner!]! }
union Owner = Person | Firm
type Shed { id: ID! }
"""


def derived(sdl: str, type_name: str) -> Selection:
    """Return the selection derived for a type, once graphql-core has found it valid."""
    schema = build_schema(f"{BASE} {sdl} type Bearer {{ owner: Owner, thing: {type_name} }}")
    selection = derive(schema, type_name)
    document = parse(f"{{ bearer {{ thing {selection_set(selection)} }} }}")
    assert validate(schema, document) == []
    return selection


def test_a_union_has_its_type_name_and_the_fields_of_all_members() -> None:
    selection = derived("type Person { id: ID! born: Int } type Firm { id: ID! founded: Int }", "Owner")
    assert selection_set(selection) == "{ __typename ... on Person { id born } ... on Firm { id founded } }"
    assert list(columns(selection)) == ["__typename", "id", "born", "founded"]
    assert len(columns(selection)["id"]) == 2


def test_an_interface_asks_for_what_is_shared_once() -> None:
    selection = derived(
        """
        type Person { id: ID! } type Firm { id: ID! }
        interface Vessel { id: ID! name: String shed: Shed }
        type Boat implements Vessel { id: ID! name: String shed: Shed sails: Int }
        type Raft implements Vessel { id: ID! name: String shed: Shed logs: Int }
        type Tub implements Vessel { id: ID! name: String shed: Shed }
        """,
        "Vessel",
    )
    assert selection_set(selection) == (
        "{ __typename id name shed { id } ... on Boat { sails } ... on Raft { logs } }"
    ), "a member without fields of its own needs no fragment"


@pytest.mark.parametrize(
    ("person", "firm", "keys", "names"),
    [
        ("size: Int", "size: Int", ["size"], ["size"]),
        ("size: Int", "size: Float", ["sizePerson", "sizeFirm"], ["sizePerson", "sizeFirm"]),
        ("size: Int", "size: [Int]", ["sizePerson", "sizeFirm"], ["sizePerson", "sizeFirm"]),
        ("size: Int!", "size: Int", ["sizePerson", "sizeFirm"], ["size"]),
        ("size: Shed!", "size: Shed", ["sizePerson", "sizeFirm"], ["sizeId"]),
        ("size: Shed", "size: Shed", ["size"], ["sizeId"]),
    ],
)
def test_members_that_differ_get_an_alias_each(person: str, firm: str, keys: list[str], names: list[str]) -> None:
    selection = derived(f"type Person {{ id: ID! {person} }} type Firm {{ id: ID! {firm} }}", "Owner")
    fields = [field for field in selection.every_field() if field.name == "size"]
    assert list(dict.fromkeys(field.key for field in fields)) == keys
    assert list(dict.fromkeys(field.column for field in fields)) == names


def test_references_to_different_tables_share_a_column() -> None:
    selection = derived(
        """
        extend type Query { hub: Hub } type Hub { id: ID! }
        type Person { id: ID! home: Shed } type Firm { id: ID! home: Hub }
        """,
        "Owner",
    )
    assert [field.key for field in columns(selection)["homeId"]] == ["home", "home"]


def test_an_alias_ends_with_what_tells_the_members_apart() -> None:
    selection = derived(
        """
        type Person { id: ID! } type Firm { id: ID! }
        union Answer = SurveyAnswerText | SurveyAnswerYesNo | SurveyAnswerNumber
        type SurveyAnswerText { value: String } type SurveyAnswerYesNo { value: Boolean }
        type SurveyAnswerNumber { value: Float }
        """,
        "Answer",
    )
    assert list(columns(selection)) == ["__typename", "valueText", "valueYesNo", "valueNumber"]


def test_members_that_are_tables_are_referred_to_where_the_union_is_below_a_row() -> None:
    sdl = "type Person { id: ID! born: Int } type Firm { id: ID! founded: Int }"
    selection = derive(build_schema(f"{BASE} {sdl} type Bearer {{ owner: Owner }}"), "Bearer")
    assert selection_set(selection) == "{ owner { __typename ... on Person { id } ... on Firm { id } } }"
    assert list(columns(selection)) == ["owner"]


def test_custom_field_configurations_keep_four_kinds_of_default_apart() -> None:
    found = columns(derive(read_schema(), "CustomFieldConfiguration"))
    names = [name for name in found if name.startswith("defaultValue")]
    assert names == [f"defaultValue{kind}" for kind in ("Area", "Dropdown", "Link", "Numeric", "Text", "TrueFalse")]
    assert [(field.owner, field.key) for field in found["name"]] == [("CustomFieldConfigurationInterface", "name")]


SHARED = """
interface Named { id: ID! name: String shed: Shed }
interface Aged { id: ID! }
type Person implements Named & Aged { id: ID! name: String shed: Shed born: Int }
type Firm implements Named & Aged { id: ID! name: String shed: Shed founded: Int }
"""


def test_what_the_members_of_a_union_share_is_asked_for_once_through_their_widest_interface() -> None:
    selection = derived(SHARED, "Owner")
    assert selection_set(selection) == (
        "{ __typename ... on Named { id name shed { id } } ... on Person { born } ... on Firm { founded } }"
    )
    assert list(columns(selection)) == ["__typename", "id", "name", "shedId", "born", "founded"]
    assert [field.owner for field in columns(selection)["id"]] == ["Named"]


def test_an_interface_that_one_member_does_not_implement_shares_nothing() -> None:
    selection = derived(SHARED.replace("type Firm implements Named & Aged", "type Firm"), "Owner")
    assert "... on Person { id name shed { id } born }" in selection_set(selection)
    assert "Named" not in selection_set(selection)


def test_members_that_are_tables_are_referred_to_whatever_they_share() -> None:
    selection = derive(build_schema(f"{BASE} {SHARED} type Bearer {{ owner: Owner }}"), "Bearer")
    assert selection_set(selection) == "{ owner { __typename ... on Person { id } ... on Firm { id } } }"


@pytest.mark.parametrize("union", ["InvoiceNoteUnion", "JobNoteUnion", "QuoteNoteUnion", "RequestNoteUnion"])
def test_notes_ask_for_what_they_share_once(union: str) -> None:
    text = selection_set(derive(read_schema(), union))
    assert text.startswith("{ __typename ... on NoteInterface { createdAt ")
    assert text.count(" message ") == 1
    assert text.count(" linkedTo ") == 1


def test_custom_fields_have_all_six_kinds() -> None:
    custom_fields = columns(derive(read_schema(), "Client"))["customFields"][0]
    assert custom_fields.is_list
    assert custom_fields.selection is not None
    assert set(columns(custom_fields.selection)) >= {
        *(f"value{kind}" for kind in ("Area", "Dropdown", "Link", "Numeric", "Text", "TrueFalse")),
        "__typename",
        "id",
        "label",
        "customFieldConfigurationId",
    }
