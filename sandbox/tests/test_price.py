"""The documented price rule, on the documented examples."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import OperationDefinitionNode, build_schema, parse

from jobber_sandbox.price import PriceList, Pricer, actual_points
from jobber_sandbox.schemas import DEFAULT

PUBLISHED = build_schema(DEFAULT.read_text(encoding="utf-8"), assume_valid=True)
FIVE = "id title message createdAt updatedAt"


def requested(query: str, prices: PriceList | None = None, variables: dict[str, Any] | None = None) -> int:
    document = parse(query)
    (operation,) = (node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    pricer = Pricer(PUBLISHED, prices or PriceList())
    return pricer.plan(document, operation, variables or {}).requested_points()


@pytest.mark.parametrize(
    ("query", "points"),
    [
        ('{quote(id: "x"){id cost title client{id firstName}}}', 7),
        (f"{{quotes(first: 10){{nodes{{{FIVE}}}}}}}", 50),
        (f"{{quotes{{nodes{{{FIVE}}}}}}}", 500),
        (f"{{quotes(last: 10){{nodes{{{FIVE}}}}}}}", 50),
        (f"{{quotes(first: 200){{nodes{{{FIVE}}}}}}}", 500),
        (f"{{quotes(first: 10){{edges{{cursor node{{{FIVE}}}}}}}}}", 60),
        (f"{{quotes(first: 10){{nodes{{{FIVE}}} totalCount pageInfo{{hasNextPage endCursor}}}}}}", 54),
        ("{jobs(first: 25){nodes{id lineItems(first: 50){nodes{id name} pageInfo{hasNextPage}}}}}", 25 * (1 + 100 + 2)),
        ("{jobs{nodes{lineItems{nodes{id}}}}}", 10_000),
        ("query($n: Int){jobs(first: $n){nodes{id}}}", 7),
        ("{jobs(first: 10){nodes{id title @skip(if: true)}}}", 10),
        ("{a: account{id} b: account{id}}", 4),
        ("{clients(first: 10){nodes{customFields{... on CustomFieldText{id label} ... on CustomFieldLink{id}}}}}", 40),
        ("query{clients(first: 10){nodes{...F}}} fragment F on Client{id name}", 20),
    ],
)
def test_requested_price(query: str, points: int) -> None:
    assert requested(query, variables={"n": 7}) == points


def test_measured_pages_of_properties() -> None:
    node = "id name address{street city province postalCode country coordinates{latitude}}"
    page = f"{{properties(first: 100){{nodes{{{node}}} pageInfo{{hasNextPage endCursor startCursor}}}}}}"
    assert requested(page, PriceList(connection_points=1)) == 1_005


def test_expensive_field_adds_for_every_row() -> None:
    prices = PriceList(expensive_points={"Job.jobCosting": 9})
    assert requested("{jobs(first: 10){nodes{id jobCosting{totalCost}}}}", prices) == 10 * (1 + 10 + 1)


def test_actual_price_counts_what_came_back() -> None:
    document = parse("{jobs(first: 100){nodes{id client{id} lineItems(first: 5){nodes{id name}}} pageInfo{endCursor}}}")
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    plan = Pricer(PUBLISHED, PriceList()).plan(document, operation, {})
    rows = [
        {"id": "1", "client": {"id": "c"}, "lineItems": {"nodes": [{"id": "a", "name": "b"}]}},
        {"id": "2", "client": None, "lineItems": {"nodes": []}},
    ]
    assert actual_points(plan, {"jobs": {"nodes": rows, "pageInfo": {"endCursor": "Mg"}}}) == (1 + 2 + 2) + (1 + 1) + 2
    assert actual_points(plan, {"jobs": None}) == 0
    assert actual_points(plan, None) == 0


def test_actual_price_never_exceeds_the_requested_for_plain_lists() -> None:
    document = parse(
        "{client(id: 1){customFields{__typename ... on CustomFieldText{id} ... on CustomFieldArea{id unit}}}}"
    )
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    plan = Pricer(PUBLISHED, PriceList()).plan(document, operation, {})
    fields = [{"__typename": "CustomFieldText", "id": None}, {"__typename": "CustomFieldArea", "id": "1", "unit": "m"}]
    assert actual_points(plan, {"client": {"customFields": fields}}) == 1 + 1 + 3
    assert plan.requested_points() == 1 + 1 + 1 + 1 + 2
