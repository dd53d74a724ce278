"""From nodes to rows."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from graphql import build_schema
from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.graphql.derive import derive
from tap_jobber.graphql.rows import shaper

SCHEMA = build_schema(
    """
    scalar JSON
    type Query { pipes: PipeConnection! sheds: ShedConnection! owners: OwnerConnection! }
    type PipeConnection { nodes: [Pipe!]! }
    type ShedConnection { nodes: [Shed!]! }
    type OwnerConnection { nodes: [Owner!]! }
    type Shed { id: ID! }
    type Size { width: Int shed: Shed }
    type Pipe {
      id: ID! title: String shed: Shed sheds: [Shed] size: Size sizes: [Size] details: JSON blobs: [JSON]
      owner: Owner makers: [Maker!]
    }
    union Owner = Person | Firm
    type Person { id: ID! age: Int name: String! shed: Shed! }
    type Firm { id: ID! age: Float name: String shed: Shed }
    union Maker = Hand | Machine
    type Hand { fingers: Int } type Machine { fingers: String shed: Shed }
    """
)


def row(node: dict[str, Any], type_name: str = "Pipe") -> dict[str, Any]:
    """Return the row of a node."""
    return shaper(derive(SCHEMA, type_name))(node)


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"id": "1", "title": "t"}, {"id": "1", "title": "t"}),
        ({"shed": {"id": "s"}}, {"shedId": "s"}),
        ({"shed": None}, {"shedId": None}),
        ({"sheds": [{"id": "s"}, None, {"id": "t"}]}, {"shedsIds": ["s", None, "t"]}),
        ({"sheds": []}, {"shedsIds": []}),
        ({"sheds": None}, {"shedsIds": None}),
        ({"size": {"width": 1, "shed": {"id": "s"}}}, {"size": {"width": 1, "shedId": "s"}}),
        ({"size": None}, {"size": None}),
        ({"sizes": [{"width": 1, "shed": None}, None]}, {"sizes": [{"width": 1, "shedId": None}, None]}),
        ({"details": {"b": 1, "a": [None]}}, {"details": '{"a":[null],"b":1}'}),
        ({"details": None}, {"details": None}),
        ({"details": "text"}, {"details": '"text"'}),
        ({"details": Decimal("1.50")}, {"details": "1.50"}),
        ({"blobs": [{}, None, 1]}, {"blobs": ["{}", None, "1"]}),
        ({"owner": {"__typename": "Firm", "id": "f"}}, {"owner": {"__typename": "Firm", "id": "f"}}),
        (
            {"makers": [{"__typename": "Machine", "fingersMachine": "two", "shed": {"id": "s"}}]},
            {"makers": [{"__typename": "Machine", "fingersMachine": "two", "shedId": "s"}]},
        ),
        ({}, {}),
    ],
)
def test_a_node(node: dict[str, Any], expected: dict[str, Any]) -> None:
    assert row(node) == expected


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"shed": [{"id": "s"}, {"id": "t"}, None]}, {"shedId": ["s", "t", None]}),
        ({"shed": "s"}, {"shedId": "s"}),
        ({"sheds": {"id": "s"}}, {"shedsIds": "s"}),
        ({"size": [{"width": 1, "shed": {"id": "s"}}]}, {"size": [{"width": 1, "shedId": "s"}]}),
        ({"size": {"width": 1, "shed": [{"id": "s"}]}}, {"size": {"width": 1, "shedId": ["s"]}}),
        ({"sizes": {"width": 1, "shed": {"id": "s"}}}, {"sizes": {"width": 1, "shedId": "s"}}),
        ({"size": 5, "sizes": "text"}, {"size": 5, "sizes": "text"}),
    ],
)
def test_a_value_of_another_shape_costs_nothing_else(node: dict[str, Any], expected: dict[str, Any]) -> None:
    assert row(node) == expected


def test_a_row_of_a_union_has_the_columns_of_all_members() -> None:
    person = {"__typename": "Person", "id": "1", "agePerson": 3, "namePerson": "n", "shedPerson": {"id": "s"}}
    assert row(person, "Owner") == {
        "__typename": "Person",
        "id": "1",
        "agePerson": 3,
        "ageFirm": None,
        "name": "n",
        "shedId": "s",
    }
    firm = {"__typename": "Firm", "id": "2", "ageFirm": 1.5, "nameFirm": "n", "shedFirm": None}
    assert row(firm, "Owner") == {
        "__typename": "Firm",
        "id": "2",
        "agePerson": None,
        "ageFirm": 1.5,
        "name": "n",
        "shedId": None,
    }


def test_blank_columns_are_not_shared_between_rows() -> None:
    shape = shaper(derive(SCHEMA, "Owner"))
    shape({"__typename": "Person", "id": "1", "agePerson": 3})
    assert shape({"__typename": "Firm", "id": "2"})["agePerson"] is None


def test_a_node_that_already_is_its_row_stays_the_same_object() -> None:
    node = {"id": "1", "title": "t"}
    assert row(node) is node


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(), below, max_size=3),
)


@given(JSON_VALUES.filter(lambda value: value is not None))
def test_untyped_json_survives_as_text(value: object) -> None:
    text = row({"details": value})["details"]
    assert json.loads(text, parse_float=Decimal) == value


@given(st.dictionaries(st.text(), st.integers(), max_size=5))
def test_the_text_does_not_depend_on_the_order_of_keys(value: dict[str, int]) -> None:
    backwards = dict(reversed(list(value.items())))
    assert row({"details": value}) == row({"details": backwards})
