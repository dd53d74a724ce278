"""One tree: a selection that is derived from a type and one that is parsed from its text are the same from there on."""

from __future__ import annotations

import pytest
from graphql import GraphQLObjectType

from tap_jobber.graphql.answer_keys import fields_at, may_be_null, without
from tap_jobber.graphql.cost import node_points
from tap_jobber.graphql.derive import derive
from tap_jobber.graphql.parse import read_document
from tap_jobber.graphql.sdl import read_schema
from tap_jobber.graphql.striking import strike, strike_at
from tap_jobber.graphql.text import selection_set
from tap_jobber.graphql.tree import Field, Role, Selection, merged, rewritten

SCHEMA = read_schema()


def listed_types() -> list[tuple[str, str]]:
    """Return the root fields that are connections, each with the type of its nodes."""
    query = SCHEMA.query_type
    assert query is not None
    found = []
    for root, field in query.fields.items():
        named = getattr(field.type, "of_type", field.type)
        if isinstance(named, GraphQLObjectType) and named.name.endswith("Connection"):
            node = named.fields["nodes"].type
            while hasattr(node, "of_type"):
                node = node.of_type
            found.append((root, node.name))
    return found


def parsed(root: str, text: str) -> Selection:
    """Return what a user's query of some text asks for of each node."""
    return merged(fields_at(read_document(SCHEMA, f"{{ {root} {{ nodes {text} }} }}").selection, (root, "nodes")))


@pytest.mark.parametrize(("root", "type_name"), listed_types())
def test_text_and_cost_are_those_of_the_derived_selection(root: str, type_name: str) -> None:
    selection = derive(SCHEMA, type_name)
    found = parsed(root, selection_set(selection))
    assert selection_set(found) == selection_set(selection)
    assert node_points(found) == node_points(selection)
    assert [field.type for field in found.deep_fields()] == [field.type for field in selection.deep_fields()]


@pytest.mark.parametrize(("root", "type_name"), [("clients", "Client"), ("scheduledItems", "ScheduledItemInterface")])
def test_the_same_is_left_of_both_when_a_name_is_not_known(root: str, type_name: str) -> None:
    selection = derive(SCHEMA, type_name)
    found = parsed(root, selection_set(selection))
    for field in selection.deep_fields():
        if field.former is None:
            struck = [(field.owner, field.name)]
            assert selection_set(strike(found, struck)) == selection_set(strike(selection, struck))
    for field in selection.fields:
        assert selection_set(strike_at(found, {(field.key,)})) == selection_set(strike_at(selection, {(field.key,)}))
        assert selection_set(without(found, (field.key,))) == selection_set(without(selection, (field.key,)))
        assert may_be_null(found, (field.key,)) == may_be_null(selection, (field.key,))


def test_an_object_that_was_asked_for_its_type_alone_stays() -> None:
    selection = parsed("clients", "{ id billingAddress { __typename } }")
    assert strike(selection, [("Client", "name")]) is selection
    assert selection.where(lambda _field, _path: True) == selection
    assert selection_set(strike(selection, [("Client", "id")])) == "{ billingAddress { __typename } }"


def test_what_is_left_with_nothing_but_its_type_goes() -> None:
    selection = parsed("clients", "{ id billingAddress { __typename city } }")
    assert selection_set(strike(selection, [("ClientAddress", "city")])) == "{ id }"


def test_nothing_changed_is_the_same_object() -> None:
    selection = derive(SCHEMA, "Quote")
    assert rewritten(selection, lambda part: part) is selection


def test_references_ask_for_an_id_and_parsed_objects_stay_objects() -> None:
    (derived,) = [field for field in derive(SCHEMA, "Quote").fields if field.name == "client"]
    (asked,) = fields_at(parsed("quotes", "{ client { id } }"), ("client",))
    assert (derived.role, derived.column, derived.nested) == (Role.REFERENCE, "clientId", None)
    assert (asked.role, asked.column, asked.nested) == (Role.OBJECT, "client", asked.selection)
    assert isinstance(derived, Field)
    assert derived.selection is not None
    assert selection_set(derived.selection) == "{ id }"
