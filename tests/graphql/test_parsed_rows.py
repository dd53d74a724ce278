"""The rows of a user's query: their JSON Schema, and that what the tap adds to the query never shows in them."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

import pytest
from graphql import (
    build_schema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    parse,
    validate,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tap_jobber.graphql.document import QueryError, UserQuery
from tap_jobber.graphql.json_schema import json_schema
from tap_jobber.graphql.paging import Paged, paged
from tap_jobber.graphql.parse import read_document, unknown_in
from tap_jobber.graphql.rows import shaper
from tests.effort import effort_of
from tests.graphql.synthetic import Business

SCHEMA = build_schema(
    """
    scalar JSON
    scalar ISO8601DateTime
    scalar Strange
    enum Colour { RED BLUE }
    type Query {
      pipes(first: Int, after: String, colour: Colour): PipeConnection!
      makers(first: Int, after: String): MakerConnection!
      shed: Shed!
    }
    type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! endCursor: String }
    interface Thing { id: ID! name: String! updatedAt: ISO8601DateTime }
    type Pipe implements Thing {
      id: ID! name: String! updatedAt: ISO8601DateTime colour: Colour weight: Float sizes: [Int!]! grid: [[Int]!]
      details: JSON blobs: [JSON] strange: Strange shed: Shed maker: Maker makers: [Maker!]
      marks(first: Int, last: Int): MarkConnection!
    }
    type Shed implements Thing {
      id: ID! name: String! updatedAt: ISO8601DateTime pipes(first: Int, after: String): PipeConnection!
    }
    union Maker = Hand | Machine
    type Hand { id: ID! fingers: Int born: ISO8601DateTime shed: Shed! }
    type Machine { id: ID! power: Float marks(first: Int, last: Int): MarkConnection! shed: Shed! }
    type Mark { text: String! thing: Thing }
    type MarkConnection { nodes: [Mark!]! edges: [MarkEdge!]! pageInfo: PageInfo! }
    type MarkEdge { node: Mark! cursor: String! }
    type PipeConnection { nodes: [Pipe!]! edges: [PipeEdge!]! pageInfo: PageInfo! totalCount: Int! }
    type PipeEdge { node: Pipe! cursor: String! }
    type MakerConnection { nodes: [Maker!]! edges: [MakerEdge!]! pageInfo: PageInfo! totalCount: Int! }
    type MakerEdge { node: Maker! cursor: String! }
    """
)
HEAD = "query ($first: Int!, $after: String)"
EXAMPLES = effort_of("QUERY_EXAMPLES", 30, 600)
ALIASES = ("tapId", "tapPageInfo", "tap_Id", "tapUpdatedAt", "pageInfo", "nodes", "id", "x", "y", "z")


def plan(text: str, *keys: str) -> Paged:
    return paged(UserQuery("mine", read_document(SCHEMA, text), keys))


def described(row: str) -> dict[str, Any]:
    found = plan(f"{HEAD} {{ pipes(first: $first, after: $after) {{ nodes {{ {row} }} }} }}", "id")
    schema: dict[str, Any] = json_schema(SCHEMA, found.row.node, ("id",))["properties"]
    return schema


OPEN = ["string", "number", "integer", "boolean", "object", "array", "null"]


@pytest.mark.parametrize(
    ("asked", "column", "expected"),
    [
        ("name", "id", {"type": "string"}),
        ("name", "name", {"type": ["string", "null"]}),
        ("n: name", "n", {"type": ["string", "null"]}),
        ("weight", "weight", {"type": ["number", "null"]}),
        ("updatedAt", "updatedAt", {"type": ["string", "null"], "format": "date-time"}),
        ("colour", "colour", {"type": ["string", "null"], "description": "One of RED, BLUE."}),
        ("sizes", "sizes", {"type": ["array", "null"], "items": {"type": "integer"}}),
        (
            "grid",
            "grid",
            {"type": ["array", "null"], "items": {"type": "array", "items": {"type": ["integer", "null"]}}},
        ),
        ("details", "details", {"type": ["string", "null"], "contentMediaType": "application/json"}),
        ("__typename", "__typename", {"type": ["string", "null"]}),
        ("strange", "strange", {"type": OPEN}),
        ("unheard", "unheard", {"type": OPEN}),
        ("unheard { of }", "unheard", {"type": OPEN}),
        ("shed", "shed", {"type": OPEN}),
        ("name { x }", "name", {"type": OPEN}),
        (
            "shed { id } shed { n: name unheard }",
            "shed",
            {
                "type": ["object", "null"],
                "properties": {
                    "id": {"type": ["string", "null"]},
                    "n": {"type": ["string", "null"]},
                    "unheard": {"type": OPEN},
                },
            },
        ),
        (
            "maker { __typename ... on Hand { id fingers } ... on Machine { id power } }",
            "maker",
            {
                "type": ["object", "null"],
                "properties": {
                    "__typename": {"type": ["string", "null"]},
                    "id": {"type": ["string", "null"]},
                    "fingers": {"type": ["integer", "null"]},
                    "power": {"type": ["number", "null"]},
                },
            },
        ),
    ],
)
def test_a_column_is_described_by_the_schema(asked: str, column: str, expected: dict[str, Any]) -> None:
    assert described(f"id {asked}")[column] == expected


def test_nothing_that_was_added_is_described() -> None:
    assert set(described("name marks { nodes { text } }")) == {"id", "name", "marks"}
    assert set(described("marks { nodes { text } }")["marks"]["properties"]) == {"nodes"}


def test_columns_of_an_unknown_list_have_types_where_the_query_names_that_of_its_rows() -> None:
    text = f"{HEAD} {{ newer(first: $first, after: $after) {{ nodes {{ ... on Pipe {{ id weight }} }} }} }}"
    found = plan(text, "id")
    assert json_schema(SCHEMA, found.row.node, ("id",))["properties"] == {
        "id": {"type": "string"},
        "weight": {"type": ["number", "null"]},
    }
    assert list(unknown_in(SCHEMA, found.selection)) == ["Query.newer"]


def test_an_unknown_thing_is_named_once_and_what_is_in_it_is_not() -> None:
    text = """query ($first: Int!, $after: String) { pipes(first: $first, after: $after) { nodes {
        id new { a b { c } } shed { newer } ... on Newest { d e { f } } marks { nodes { thing { old } } } } } }"""
    assert list(dict.fromkeys(unknown_in(SCHEMA, plan(text, "id").selection))) == [
        "Pipe.new", "Shed.newer", "Newest", "Thing.old",
    ]  # fmt: skip


def test_untyped_json_becomes_text_and_the_ends_of_lists_are_counted() -> None:
    noted: Counter[str] = Counter()
    found = plan(
        f"{HEAD} {{ pipes(first: $first, after: $after) {{ nodes {{ id details blobs "
        "makers { ... on Machine { marks(last: 1) { nodes { text } } } } marks(first: 1) { nodes { text } } } } }",
        "id",
    )
    clean = shaper(found.row.node, lambda path: noted.update([path]))
    node: dict[str, Any] = {
        "id": "1",
        "details": {"b": 1, "a": [None]},
        "blobs": [{}, None],
        "makers": [
            {"marks": {"nodes": [], "tapPageInfo": {"hasPreviousPage": True}}},
            {"marks": {"nodes": [], "tapPageInfo": {"hasPreviousPage": False}}},
            {},
        ],
        "marks": {"nodes": [{"text": "t"}], "tapPageInfo": {"hasNextPage": True}},
        "tapUpdatedAt": "2026-01-01T00:00:00Z",
    }
    clean(node)
    assert node == {
        "id": "1",
        "details": '{"a":[null],"b":1}',
        "blobs": ["{}", None],
        "makers": [{"marks": {"nodes": []}}, {"marks": {"nodes": []}}, {}],
        "marks": {"nodes": [{"text": "t"}]},
    }
    assert noted == {"marks": 1, "makers.marks": 1}
    clean({"id": "2", "details": None, "blobs": None, "makers": None, "marks": None})


# Any query there could be.

_members = {
    named.name: [each.name for each in SCHEMA.get_possible_types(named)]
    for named in SCHEMA.type_map.values()
    if is_abstract_type(named)
}


class Writer:
    """Writes queries; everything follows from a seed, since to draw each word would take longer than all the rest.

    Args:
        seed: The seed.
    """

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - it has to be repeatable, not secret

    def query(self) -> str:
        """Return a query with one list to page."""
        root, row = self._one(("pipes", "Pipe"), ("makers", "Maker"), ("shed", "Pipe"))
        key = "... on Hand { key: id } ... on Machine { key: id }" if row == "Maker" else "key: id"
        rows = f"{{ {key} {self._selection(row, 3)[1:]}"
        shown = self._one("nodes ROW", "r: nodes ROW", "edges { cursor node ROW }", "nodes: edges { n: node ROW }")
        beside = self._one("", "totalCount", "pageInfo { endCursor }", "pageInfo: totalCount", "x: __typename")
        page = f"(first: $first, after: $after) {{ {beside} {shown.replace('ROW', rows)} }}"
        if root == "shed":
            return f"{HEAD} {{ shed {{ name more: pipes{page} }} makers(first: 1) {{ totalCount }} }}"
        return f"{HEAD} {{ {self._one('', 'all: ', 'tapId: ')}{root}{page} shed {{ id }} }}"

    def _selection(self, type_name: str, depth: int) -> str:
        """Return a selection of a type; it may happen that its fields cannot be merged."""
        named: Any = SCHEMA.type_map[type_name]
        known = {} if type_name == "Maker" else named.fields
        usable = [name for name, each in known.items() if depth or is_leaf_type(get_named_type(each.type))]
        parts = []
        for _ in range(self._chance.randint(1, 4)):
            kind = self._chance.randint(0, 5)
            if (kind == 0 or not usable) and depth:
                parts.append(self._fragment(type_name, depth))
            elif kind == 1 or not usable:
                parts.append("__typename")
            else:
                name = self._one(*usable)
                alias = self._one("", "", "", *(f"{each}: " for each in ALIASES))
                size = self._one("(first: 2)", "(first: 100)") if "first" in known[name].args else ""
                of = get_named_type(known[name].type)
                below = "" if is_leaf_type(of) else self._selection(of.name, depth - 1)
                parts.append(f"{alias}{name}{size} {below}")
        return "{ " + " ".join(parts) + " }"

    def _fragment(self, type_name: str, depth: int) -> str:
        on = self._one(type_name, *_members.get(type_name, ()))
        condition = self._one("", f"on {on}", f"on {on} @include(if: true)", f"on {on} @skip(if: true)")
        return f"... {condition} {self._selection(on if condition else type_name, depth - 1)}"

    def _one(self, *choices: Any) -> Any:  # noqa: ANN401 - whatever the choices are
        return self._chance.choice(choices)


def rows_at(data: Any, path: tuple[str, ...], rows: tuple[str, ...]) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
    for key in path:
        data = data[key]
    return [each[rows[1]] if rows[1:] else each for each in data[rows[0]]]


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=st.integers(0, 2**32), member=st.integers(0, 1), all_null=st.booleans())
def test_what_is_added_never_changes_a_row(seed: int, member: int, *, all_null: bool) -> None:
    text = Writer(seed).query()
    assume(not validate(SCHEMA, parse(text)))
    try:
        found = plan(text, "key")
    except QueryError as error:
        # A column may have been called as the key is.
        assume("which is not a plain value" not in error.cause)
        raise
    business = Business(SCHEMA, member=member, all_null=all_null)
    assert not validate(SCHEMA, parse(found.text)), found.text
    users, ours = business.answer(text), business.answer(found.text)
    expected, nodes = rows_at(users, found.path, found.rows), rows_at(ours, found.path, found.rows)
    info = ours
    for key in (*found.path, found.page_info):
        info = info[key]
    assert set(info) == {"hasNextPage", "endCursor"}
    described = json_schema(SCHEMA, found.row.node, ("key",))
    clean = shaper(found.row.node)
    nodes = [clean(node) for node in nodes]
    validator = Draft202012Validator(described)
    # A row of several types has the columns of each.
    blank = dict.fromkeys(described["properties"]) if found.row.node.fragments else {}
    assert [_without_json(row) for row in nodes] == [_without_json(blank | row) for row in expected]
    for row in nodes:
        validator.validate(row)
        assert set(row) <= set(described["properties"])


def _without_json(row: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a row whose untyped JSON, the only objects with these keys, is compared as text."""
    if isinstance(row, dict):
        if set(row) == {"a", "b"}:
            return json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return {name: _without_json(value) for name, value in row.items()}
    return [_without_json(each) for each in row] if isinstance(row, list) else row


def test_a_field_that_is_asked_for_twice_counts_once() -> None:
    row = "id id ... on Pipe { id } n: name n: name"
    found = plan(f"{HEAD} {{ pipes(first: $first, after: $after) {{ nodes {{ {row} }} }} }}", "id")
    assert found.row_points == 3
    assert len([each for each in found.row.node.every_field() if each.is_added]) == 1
