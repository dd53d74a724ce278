"""The rules of price, on the documented examples and on recorded answers."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import OperationDefinitionNode, build_schema, parse

from jobber_sandbox.price import Priced, PriceList, Pricer, actual_points
from jobber_sandbox.schemas import DEFAULT

PUBLISHED = build_schema(DEFAULT.read_text(encoding="utf-8"), assume_valid=True)
FIVE = "id title message createdAt updatedAt"


NOTES_SDL = """
type Query { job: Job }
type Job { notes(first: Int): NoteConnection! total: Float! }
type NoteConnection { nodes: [Note!]! }
union Note = JobNote | ClientNote
type ClientNote { id: ID! }
type JobNote {
  id: ID! message: String! createdAt: String! createdBy: By lastEditedBy: By fileAttachments: FileConnection!
}
union By = User | Client
type User { id: ID! name: Name! }
type Client { id: ID! }
type Name { full: String! }
type FileConnection { nodes: [File!]! }
type File { fileName: String url: String thumbnailUrl: String }
"""


def planned(query: str, prices: PriceList, variables: dict[str, Any]) -> Priced:
    document = parse(query)
    (operation,) = (node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    schema = build_schema(NOTES_SDL) if query == NOTES else PUBLISHED
    return Pricer(schema, prices).plan(document, operation, variables)


def requested(query: str, prices: PriceList | None = None, variables: dict[str, Any] | None = None) -> int:
    return planned(query, prices or PriceList(), variables or {}).requested_points()


def charged(query: str, data: dict[str, Any] | None, prices: PriceList | None = None) -> int:
    prices = prices or PriceList()
    return actual_points(planned(query, prices, {}), data, prices.rule)


DOCUMENTED = PriceList("documented")


@pytest.mark.parametrize(
    ("query", "documented", "stock"),
    [
        ('{quote(id: "x"){id cost title client{id firstName}}}', 7, 7),
        (f"{{quotes(first: 10){{nodes{{{FIVE}}}}}}}", 50, 52),
        (f"{{quotes{{nodes{{{FIVE}}}}}}}", 500, 502),
        (f"{{quotes(last: 10){{nodes{{{FIVE}}}}}}}", 50, 52),
        (f"{{quotes(first: 200){{nodes{{{FIVE}}}}}}}", 500, 502),
        (f"{{quotes(first: 10){{edges{{cursor node{{{FIVE}}}}}}}}}", 60, 72),
        (f"{{quotes(first: 10){{nodes{{{FIVE}}} totalCount pageInfo{{hasNextPage endCursor}}}}}}", 54, 56),
        (
            "{jobs(first: 25){nodes{id lineItems(first: 50){nodes{id name} pageInfo{hasNextPage}}}}}",
            25 * (1 + 100 + 2),
            2 + 25 * (1 + 2 + 100 + 2),
        ),
        ("{jobs{nodes{lineItems{nodes{id}}}}}", 10_000, 2 + 100 * 102),
        ("query($n: Int){jobs(first: $n){nodes{id}}}", 7, 9),
        ("{jobs(first: 10){nodes{id title @skip(if: true)}}}", 10, 12),
        ("{a: account{id} b: account{id}}", 4, 4),
        (
            "{clients(first: 10){nodes{customFields{... on CustomFieldText{id label} ... on CustomFieldLink{id}}}}}",
            40,
            42,
        ),
        ("query{clients(first: 10){nodes{...F}}} fragment F on Client{id name}", 20, 22),
        ("{__typename}", 1, 1),
    ],
)
def test_requested_price(query: str, documented: int, stock: int) -> None:
    assert requested(query, DOCUMENTED, variables={"n": 7}) == documented
    assert requested(query, variables={"n": 7}) == stock


PROPERTY = "id name address{street city province postalCode coordinates{latitude longitude}}"
CUSTOM = (
    "customFields{__typename"
    " ... on CustomFieldNumeric{valueNumeric customFieldConfiguration{id}}"
    " ... on CustomFieldText{valueText customFieldConfiguration{id}}}"
)
END = "pageInfo{hasNextPage endCursor}"
USERS = (
    "{users(filter: {status: ACTIVATED}, first: 40){edges{node{id name{first last full} email{raw} phone{friendly}}}}}"
)
NOTES = (
    '{job(id: "x"){notes(first: 20){nodes{... on JobNote{id message fileAttachments{nodes{fileName url thumbnailUrl}}'
    " createdBy{... on User{id name{full}}} createdAt lastEditedBy{... on User{id name{full}}}}}} total}}"
)


@pytest.mark.parametrize(
    ("query", "points"),
    [
        (USERS, 402),
        (NOTES, 6_264),
        ('{property(id: "x"){id address{street1 street2 city province postalCode}}}', 8),
        (f"{{properties(first: 100){{nodes{{{PROPERTY}}} {END}}}}}", 1_005),
        (f"{{properties(first: 100){{nodes{{{PROPERTY} {CUSTOM}}} {END}}}}}", 2_305),
        (f"{{properties(first: 25){{nodes{{{PROPERTY} {CUSTOM}}} {END}}}}}", 580),
        (f"{{properties(first: 100){{nodes{{id name address{{street city province postalCode}}}} {END}}}}}", 705),
    ],
)
def test_recorded_prices_follow_the_stock_rule(query: str, points: int) -> None:
    assert requested(query) == points


def test_the_recorded_price_of_2023_follows_the_documented_rule() -> None:
    query = (
        '{client(id: "x"){companyName firstName lastName isCompany balance'
        " billingAddress{street1 street2 city province postalCode country}"
        " phones{id number primary smsAllowed description} emails{id address} tags{nodes{label}}}}"
    )
    assert requested(query, DOCUMENTED) == 122
    assert requested(query) == 124
    names = ("companyName", "firstName", "lastName", "isCompany", "balance")
    phone = dict.fromkeys(("id", "number", "primary", "smsAllowed", "description"), "1")
    client = {
        **dict.fromkeys(names, "1"),
        "billingAddress": None,
        "phones": [phone],
        "emails": [{"id": 1, "address": ""}],
    }
    assert charged(query, {"client": client | {"tags": {"nodes": []}}}, DOCUMENTED) == 16


def test_recorded_charges_follow_the_stock_rule() -> None:
    user = {"id": "1", "name": {"first": "", "last": "", "full": ""}, "email": {"raw": ""}, "phone": {"friendly": ""}}
    assert charged(USERS, {"users": {"edges": [{"node": user}] * 23}}) == 2 + 23 * 10
    by = {"id": "1", "name": {"full": ""}}
    note = {"id": "1", "message": "", "createdAt": "", "createdBy": by}
    none: dict[str, Any] = {"nodes": []}
    one = {"nodes": [{"fileName": "", "url": "", "thumbnailUrl": ""}]}
    nodes = [
        {**note, "fileAttachments": none, "lastEditedBy": None},
        {**note, "fileAttachments": none, "lastEditedBy": by},
        {**note, "fileAttachments": one, "lastEditedBy": None},
        {},
        {},
    ]
    assert charged(NOTES, {"job": {"notes": {"nodes": nodes}, "total": 768}}) == 46


def test_expensive_field_adds_for_every_row() -> None:
    prices = PriceList("documented", expensive_points={"Job.jobCosting": 9})
    assert requested("{jobs(first: 10){nodes{id jobCosting{totalCost}}}}", prices) == 10 * (1 + 10 + 1)


@pytest.mark.parametrize(("prices", "points"), [(DOCUMENTED, (1 + 2 + 2) + (1 + 1) + 2), (PriceList(), 4 + 7 + 5)])
def test_actual_price_counts_what_came_back(prices: PriceList, points: int) -> None:
    query = "{jobs(first: 100){nodes{id client{id} lineItems(first: 5){nodes{id name}}} pageInfo{endCursor}}}"
    rows = [
        {"id": "1", "client": {"id": "c"}, "lineItems": {"nodes": [{"id": "a", "name": "b"}]}},
        {"id": "2", "client": None, "lineItems": {"nodes": []}},
    ]
    assert charged(query, {"jobs": {"nodes": rows, "pageInfo": {"endCursor": "Mg"}}}, prices) == points
    assert charged(query, None, prices) == 0


def test_actual_price_never_exceeds_the_requested_for_plain_lists() -> None:
    query = "{client(id: 1){customFields{__typename ... on CustomFieldText{id} ... on CustomFieldArea{id unit}}}}"
    fields = [{"__typename": "CustomFieldText", "id": None}, {"__typename": "CustomFieldArea", "id": "1", "unit": "m"}]
    assert charged(query, {"client": {"customFields": fields}}) == 1 + 1 + 3
    assert requested(query) == 1 + 1 + 1 + 1 + 2
