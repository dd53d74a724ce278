"""The text of queries: pages with lists, the rest of lists, single objects."""

from __future__ import annotations

import pytest
from graphql import build_schema, parse, validate
from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.graphql.derive import derive
from tap_jobber.graphql.text import ChildList, ListPath, RestPart, page_query, rest_query, single_query

SCHEMA = build_schema(
    """
    type Query {
      pipes(first: Int, after: String, sort: String): PipeConnection!
      pipe(id: ID!): Pipe
      shed: Shed
    }
    type PipeConnection { nodes: [Pipe!]! pageInfo: PageInfo! }
    type JointConnection { nodes: [Joint!]! pageInfo: PageInfo! }
    type PageInfo { hasNextPage: Boolean! endCursor: String }
    type Pipe { id: ID! size: Size joints(first: Int, after: String): JointConnection! }
    type Size { width: Int }
    type Joint { id: ID! label: String }
    type Shed { id: ID! name: String }
    """
)
PIPE, JOINT = derive(SCHEMA, "Pipe"), derive(SCHEMA, "Joint")
JOINTS = ListPath("joints", "Pipe")
PAGE_INFO = "pageInfo { hasNextPage endCursor }"


def is_valid(text: str) -> bool:
    """Return True if the schema accepts a query."""
    return validate(SCHEMA, parse(text)) == []


def test_a_page() -> None:
    text = page_query("pipes", "pipes", "", PIPE)
    assert text == (
        "query pipes($first: Int!, $after: String) "
        f"{{ pipes(first: $first, after: $after) {{ nodes {{ id size {{ width }} }} {PAGE_INFO} }} }}"
    )
    assert is_valid(text)


def test_a_page_with_arguments_and_lists() -> None:
    text = page_query("few", "pipes", 'sort: "id"', PIPE, [ChildList(JOINTS, 3, JOINT)])
    assert text == (
        "query few($first: Int!, $after: String) "
        '{ pipes(first: $first, after: $after, sort: "id") { nodes { id size { width } '
        f"joints(first: 3) {{ nodes {{ id label }} {PAGE_INFO} }} }} {PAGE_INFO} }} }}"
    )
    assert is_valid(text)


def test_the_rest_of_lists() -> None:
    parts = [RestPart("a", JOINTS, 100, "MQ", JOINT), RestPart("b", JOINTS, 50, None, JOINT)]
    text = rest_query("pipes_rest", "pipe", "id", parts)
    assert text == (
        "query pipes_rest { "
        f'p0: pipe(id: "a") {{ joints(first: 100, after: "MQ") {{ nodes {{ id label }} {PAGE_INFO} }} }} '
        f'p1: pipe(id: "b") {{ joints(first: 50) {{ nodes {{ id label }} {PAGE_INFO} }} }} }}'
    )
    assert is_valid(text)


def test_a_single_object() -> None:
    text = single_query("shed", "shed", derive(SCHEMA, "Shed"))
    assert text == "query shed { shed { id name } }"
    assert is_valid(text)


@pytest.mark.parametrize("name", ["first", "after"])
def test_a_page_is_given_its_size_and_place_as_variables(name: str) -> None:
    assert f"{name}: ${name}" in page_query("pipes", "pipes", "", PIPE)


@given(st.text(min_size=1), st.text(min_size=1))
def test_any_id_and_any_cursor_can_be_written(parent_id: str, cursor: str) -> None:
    text = rest_query("rest", "pipe", "id", [RestPart(parent_id, JOINTS, 5, cursor, JOINT)])
    assert is_valid(text)
    assert text.count("pipe(") == max(1, parent_id.count("pipe(") + cursor.count("pipe(") + 1)
