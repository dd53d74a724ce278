"""The price of a query by the stock rule, which for rows is the documented one."""

from __future__ import annotations

import pytest
from graphql import build_schema

from tap_jobber.graphql.cost import PAGE_POINTS, node_points, page_points
from tap_jobber.graphql.derive import derive

SCHEMA = build_schema(
    """
    type Query { sheds: ShedConnection! }
    type ShedConnection { nodes: [Shed!]! }
    type Shed { id: ID! name: String }
    type Quote { id: ID! cost: Float title: String client: Customer }
    type Customer { id: ID! firstName: String }
    type Five { a: Int b: Int c: Int d: Int e: Int }
    type Nested { five: Five fives: [Five!]! words: [String!]! }
    type Referring { shed: Shed sheds: [Shed!]! }
    union Either = Quote | Five
    """
)


def points(type_name: str) -> int:
    """Return the price of one node of a type."""
    return node_points(derive(SCHEMA, type_name))


def test_the_documented_single_quote() -> None:
    assert 1 + points("Quote") == 7, "quote, id, cost, title, client, id, firstName"


@pytest.mark.parametrize(("first", "documented"), [(10, 50), (100, 500)])
def test_the_documented_list_of_quotes(first: int, documented: int) -> None:
    assert page_points(points("Five"), first) - PAGE_POINTS == documented


def test_a_page_asks_for_its_connection_and_where_it_ends() -> None:
    assert page_points(0, 100) == 5, "the connection, nodes, pageInfo, hasNextPage, endCursor"


@pytest.mark.parametrize(
    ("type_name", "expected"),
    [
        ("Five", 5),
        ("Nested", 6 + 6 + 1),
        ("Referring", 2 + 2),
        ("Either", 1 + 6 + 5),
    ],
)
def test_every_field_is_a_point_and_members_add_up(type_name: str, expected: int) -> None:
    assert points(type_name) == expected


def test_deselecting_lowers_it() -> None:
    quote = derive(SCHEMA, "Quote")
    assert node_points(quote.where(lambda field, _path: field.name != "client")) == 3
    assert node_points(quote.where(lambda field, _path: field.name != "firstName")) == 5
