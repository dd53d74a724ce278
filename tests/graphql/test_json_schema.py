"""The JSON Schema of a row."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import build_schema
from jsonschema import Draft202012Validator

from tap_jobber.graphql.derive import derive
from tap_jobber.graphql.json_schema import json_schema

SCHEMA = build_schema(
    """
    scalar ISO8601DateTime scalar ISO8601Date scalar EncodedId scalar JSON scalar Minutes scalar Seconds
    scalar Timezone scalar ICalendarRule
    type Query { pipes: PipeConnection! sheds: ShedConnection! }
    type PipeConnection { nodes: [Pipe!]! }
    type ShedConnection { nodes: [Shed!]! }
    enum Colour { RED dark_blue }
    type Shed { id: EncodedId! }
    type Size { width: Int! colour: Colour }
    union Owner = Person | Firm
    type Person { name: String! } type Firm { age: Int }
    type Pipe {
      id: EncodedId! at: ISO8601DateTime! on: ISO8601Date long: Minutes short: Seconds zone: Timezone
      rule: ICalendarRule details: JSON title: String! price: Float! count: Int! whole: Boolean! key: ID!
      colour: Colour! colours: [Colour!]! words: [String!]! times: [ISO8601DateTime] blobs: [JSON!]
      shed: Shed! sheds: [Shed!] size: Size! sizes: [Size!]! owner: Owner owners: [Owner!]!
    }
    """
)
DESCRIBED = json_schema(SCHEMA, derive(SCHEMA, "Pipe"), required=("id",))
COLOUR = {"type": ["string", "null"], "description": "One of RED, dark_blue."}
WIDTH = {"type": ["integer", "null"]}
SIZE = {"type": "object", "properties": {"width": WIDTH, "colour": COLOUR}}
OWNER = {
    "type": "object",
    "properties": {
        "__typename": {"type": ["string", "null"]},
        "name": {"type": ["string", "null"]},
        "age": {"type": ["integer", "null"]},
    },
}


@pytest.mark.parametrize(
    ("column", "described"),
    [
        ("id", {"type": "string"}),
        ("key", {"type": ["string", "null"]}),
        ("at", {"type": ["string", "null"], "format": "date-time"}),
        ("on", {"type": ["string", "null"], "format": "date"}),
        ("long", {"type": ["integer", "null"], "description": "In minutes."}),
        ("short", {"type": ["integer", "null"], "description": "In seconds."}),
        ("zone", {"type": ["string", "null"]}),
        ("rule", {"type": ["string", "null"]}),
        ("details", {"type": ["string", "null"], "contentMediaType": "application/json"}),
        ("title", {"type": ["string", "null"]}),
        ("price", {"type": ["number", "null"]}),
        ("count", {"type": ["integer", "null"]}),
        ("whole", {"type": ["boolean", "null"]}),
        ("colour", COLOUR),
        ("colours", {"type": ["array", "null"], "items": {**COLOUR, "type": "string"}}),
        ("words", {"type": ["array", "null"], "items": {"type": "string"}}),
        ("blobs", {"type": ["array", "null"], "items": {"type": "string", "contentMediaType": "application/json"}}),
        ("shedId", {"type": ["string", "null"], "description": "The id of a Shed."}),
        ("shedsIds", {"type": ["array", "null"], "items": {"type": "string", "description": "The id of a Shed."}}),
        ("size", {**SIZE, "type": ["object", "null"]}),
        ("sizes", {"type": ["array", "null"], "items": SIZE}),
        ("owner", {**OWNER, "type": ["object", "null"]}),
        ("owners", {"type": ["array", "null"], "items": OWNER}),
    ],
)
def test_a_property(column: str, described: dict[str, Any]) -> None:
    assert DESCRIBED["properties"][column] == described


def test_only_the_key_is_required_and_never_null() -> None:
    assert DESCRIBED["required"] == ["id"]
    nullable = {name for name, described in DESCRIBED["properties"].items() if "null" in described["type"]}
    assert nullable == set(DESCRIBED["properties"]) - {"id"}


def test_without_a_key_nothing_is_required() -> None:
    assert "required" not in json_schema(SCHEMA, derive(SCHEMA, "Size"))


def test_it_is_a_json_schema() -> None:
    Draft202012Validator.check_schema(DESCRIBED)


def test_an_enum_value_that_is_new_is_no_error() -> None:
    assert Draft202012Validator(DESCRIBED).is_valid({"id": "1", "colour": "GREEN", "size": None})


@pytest.mark.parametrize("row", [{}, {"id": None}, {"id": "1", "count": "one"}, {"id": "1", "sizes": [1]}])
def test_a_row_of_another_kind_is_an_error(row: dict[str, object]) -> None:
    assert not Draft202012Validator(DESCRIBED).is_valid(row)
