"""Users' queries: the connection that is paged, the fields added, and the reasons for a refusal."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import OperationDefinitionNode, build_schema, parse, validate

from jobber_sandbox.price import PriceList, Pricer
from tap_jobber.graphql.document import QueryError, UserQuery
from tap_jobber.graphql.paging import Paged, paged
from tap_jobber.graphql.parse import read_document

SCHEMA = build_schema(
    """
    type Query {
      pipes(first: Int, after: String, filter: PipeFilter, sort: [PipeSort!], colour: String): PipeConnection!
      owners(first: Int, after: String): OwnerConnection!
      shed(id: ID!): Shed
      sheds: [Shed!]!
    }
    input PipeFilter { updatedAt: Range sort: PipeSort }
    input Range { after: ISO8601DateTime before: ISO8601DateTime }
    input PipeSort { key: PipeKey! direction: Direction! }
    enum PipeKey { NAME CREATED_AT UPDATED_AT WEIGHT_CLASS }
    enum Direction { ASCENDING DESCENDING }
    scalar ISO8601DateTime
    type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! endCursor: String }
    interface Thing { id: ID! name: String }
    type Pipe implements Thing {
      id: ID! name: String createdAt: ISO8601DateTime! updatedAt: ISO8601DateTime! sizes: [Int!]! shed: Shed
      marks(first: Int, last: Int, after: String): MarkConnection!
    }
    type Mark { text: String pipes(first: Int, after: String): PipeConnection! }
    type Shed { id: ID! pipes(first: Int, after: String): PipeConnection! }
    union Owner = Person | Firm
    type Person { id: ID! born: Int }
    type Firm { id: ID! founded: Int }
    type PipeConnection { nodes: [Pipe!]! edges: [PipeEdge!] pageInfo: PageInfo! totalCount: Int! }
    type PipeEdge { node: Pipe! cursor: String! }
    type MarkConnection { nodes: [Mark!]! edges: [MarkEdge!] pageInfo: PageInfo! }
    type MarkEdge { node: Mark! cursor: String! }
    type OwnerConnection { nodes: [Owner!]! pageInfo: PageInfo! }
    """
)
HEAD = "query ($first: Int!, $after: String)"
PIPES = "pipes(first: $first, after: $after)"
END = "tapPageInfo: pageInfo { hasNextPage endCursor }"


def query(text: str, *keys: str, **also: str) -> UserQuery:
    return UserQuery("mine", read_document(SCHEMA, text), keys or ("id",), **also)


def plan(text: str, *keys: str, **also: str) -> Paged:
    return paged(query(text, *keys, **also))


def rows_of(row: str) -> str:
    return f"{HEAD} {{ {PIPES} {{ nodes {{ {row} }} }} }}"


def test_what_paging_needs_is_added() -> None:
    found = plan(f"{HEAD} {{ {PIPES} {{ nodes {{ id }} }} }}")
    assert found.text == (
        "query mine($first: Int!, $after: String) { pipes(first: $first, after: $after) "
        f"{{ nodes {{ id tapUpdatedAt: updatedAt }} {END} }} }}"
    )
    assert (found.path, found.rows, found.page_info) == (("pipes",), ("nodes",), "tapPageInfo")
    assert (found.row.identity, found.row.content, found.row.place) == ("id", "tapUpdatedAt", None)


@pytest.mark.parametrize("first", ["Int", "Int!", "Int = 5", "Int! = 5"])
@pytest.mark.parametrize("after", ["String", "String!", 'String = "MQ"', 'String! = "MQ"'])
def test_the_variables_of_paging_may_be_declared_in_any_way(first: str, after: str) -> None:
    found = plan(f"query($after: {after}, $first: {first}) {{ {PIPES} {{ nodes {{ id }} }} }}")
    assert found.text.startswith("query mine($after: String, $first: Int!) {")


def test_only_what_leads_to_the_rows_is_asked_for() -> None:
    found = plan(
        """
        query Everything($first: Int!, $after: String, $shed: ID = 7, $colour: String = "red", $old: Int = 2) {
          sheds { id }
          ... on Query { s: shed(id: $shed) { id p: pipes(first: $first, after: $after) { ...Page totalCount } } }
          pipes(first: $old, colour: $colour) { nodes { id } }
        }
        fragment Page on PipeConnection { pageInfo { hasNextPage } all: edges { cursor one: node { id ...Pipe } } }
        fragment Pipe on Pipe { name: name sizes }
        """
    )
    assert found.text == (
        "query mine($first: Int!, $after: String, $shed: ID = 7) { s: shed(id: $shed) { p: pipes(first: $first, "
        "after: $after) { all: edges { one: node { id name: name sizes tapUpdatedAt: updatedAt } } "
        f"{END} }} }} }}"
    ).replace("name: name", "name")
    assert (found.path, found.rows) == (("s", "p"), ("all", "one"))
    assert found.fixed_points == 6


def test_the_users_aliases_are_not_in_the_way() -> None:
    row = "key: id tapId: name tap_PageInfo: sizes updatedAt: createdAt"
    found = plan(f"{HEAD} {{ {PIPES} {{ pageInfo: nodes {{ {row} }} }} }}", "tapId")
    assert "tap__PageInfo: pageInfo { hasNextPage endCursor }" in found.text
    assert "tap__UpdatedAt: updatedAt" in found.text
    assert found.rows == ("pageInfo",)
    assert found.row.identity == "key"


def test_rows_are_counted_where_they_are_listed() -> None:
    """The count is of the list that is paged, under the user's keys, without variables that only its rows use."""
    declared = "query ($first: Int!, $after: String, $shed: ID! = 1, $named: Boolean! = true)"
    list_ = "all: pipes(first: $first, after: $after) { ...Page }"
    fragment = "fragment Page on PipeConnection { edges { node { id name @include(if: $named) } } }"
    counting = plan(f"{declared} {{ s: shed(id: $shed) {{ id {list_} }} }} {fragment}").counting
    assert validate(SCHEMA, parse(counting.text)) == []
    assert counting.text.endswith("{ s: shed(id: $shed) { all: pipes(first: $first, after: $after) { totalCount } } }")


def test_a_key_that_was_left_out_is_added() -> None:
    assert "nodes { name id tapUpdatedAt" in plan(f"{HEAD} {{ {PIPES} {{ nodes {{ name }} }} }}").text


@pytest.mark.parametrize(
    "row", ["name id @skip(if: true)", "name ... on Thing { id }", "name ... @include(if: false) { id }"]
)
def test_a_key_that_not_each_row_might_have_is_added(row: str) -> None:
    found = plan(rows_of(row))
    assert f"}} id tapUpdatedAt: updatedAt }} {END}" in found.text.replace("id @skip(if: true)", "}")
    assert found.row.identity == "id"
    assert not validate(SCHEMA, parse(found.text))


def test_a_row_without_an_id_of_its_own_is_known_by_its_keys() -> None:
    row = "... on Person { id } ... on Firm { id }"
    found = plan(f"{HEAD} {{ owners(first: $first, after: $after) {{ nodes {{ {row} }} }} }}")
    assert found.row.identity is None
    assert found.row.content is None
    assert "tap" not in found.text.replace("tapPageInfo", "")


ORDERS: list[tuple[str, str | None, str | None, bool]] = [
    ("", None, "tapUpdatedAt", True),
    ("filter: {updatedAt: {}}", None, "tapUpdatedAt", True),
    ("sort: {key: UPDATED_AT, direction: DESCENDING}", None, "tapUpdatedAt", True),
    ("sort: [{direction: ASCENDING, key: UPDATED_AT}]", "tapUpdatedAt", None, False),
    ("sort: {key: NAME, direction: DESCENDING}", "tapName", None, False),
    ("sort: {key: CREATED_AT, direction: DESCENDING}", None, None, False),
    ("sort: {key: WEIGHT_CLASS, direction: ASCENDING}", "tapUpdatedAt", None, False),
    ("filter: {sort: {key: NAME, direction: ASCENDING}}", "tapName", None, False),
    ("sort: $given", "tapName", None, False),
    ("sort: $unset", None, "tapUpdatedAt", True),
    ("sort: []", None, "tapUpdatedAt", True),
]


@pytest.mark.parametrize(("arguments", "place", "content", "rereads_head"), ORDERS)
def test_the_order_is_read_off_the_query(
    arguments: str, place: str | None, content: str | None, *, rereads_head: bool
) -> None:
    given = ", $given: [PipeSort!] = [{key: NAME, direction: ASCENDING}]" if "$given" in arguments else ""
    unset = ", $unset: [PipeSort!]" if "$unset" in arguments else ""
    head = HEAD.replace(")", f"{given}{unset})")
    row = plan(f"{head} {{ pipes(first: $first, after: $after, {arguments}) {{ nodes {{ id }} }} }}").row
    assert (row.place, row.content, row.rereads_head) == (place, content, rereads_head)


def test_newest_first_needs_the_order_and_the_column() -> None:
    order = "sort: {key: UPDATED_AT, direction: DESCENDING}"
    text = f"{HEAD} {{ pipes(first: $first, after: $after, {order}) {{ nodes {{ id createdAt at: updatedAt }} }} }}"
    assert plan(text, replication_key="at").row.is_newest_first
    assert not plan(text, replication_key="createdAt").row.is_newest_first
    assert not plan(text.replace("DESC", "ASC"), replication_key="at").row.is_newest_first
    assert not plan(text).row.is_newest_first


def test_lists_in_a_row_are_asked_whether_they_go_on() -> None:
    found = plan(
        f"""{HEAD} {{ {PIPES} {{ nodes {{ id
          a: marks(first: 2) {{ nodes {{ text pipes(first: 1) {{ edges {{ node {{ id }} }} }} }} }}
          b: marks(last: 2) {{ nodes {{ text }} pageInfo {{ endCursor }} }}
          c: marks {{ nodes {{ text }} pageInfo {{ hasNextPage }} }}
          d: marks {{ pageInfo {{ endCursor }} }}
          e: unheard(first: 3) {{ nodes {{ of }} }}
        }} }} }}"""
    ).text
    assert found.count("tapPageInfo: pageInfo { hasNextPage }") == 3
    assert found.count("tapPageInfo: pageInfo { hasPreviousPage }") == 1
    assert "d: marks { pageInfo { endCursor } }" in found
    assert "c: marks { nodes { text } pageInfo { hasNextPage } }" in found


@pytest.mark.parametrize(
    "row",
    [
        "id name",
        "id name again: name name",
        "id marks { nodes { text } }",
        "id marks(first: 500) { nodes { text } }",
        "id marks(first: $five) { edges { cursor node { text } } pageInfo { endCursor } }",
        "id marks(last: 3) { nodes { text pipes(first: 4) { nodes { id name } totalCount } } }",
        "id shed { id } ... on Thing { name } ... on Pipe { name }",
        "id marks(first: $unset) { nodes { text } }",
    ],
)
@pytest.mark.parametrize("rows", ["nodes {{ {} }}", "edges {{ cursor node {{ {} }} }}"])
@pytest.mark.parametrize("first", [2, 100])
def test_the_price_is_what_the_stock_rule_says(row: str, rows: str, first: int) -> None:
    head = "query ($first: Int!, $after: String, $five: Int = 5, $unset: Int)"
    for name in ("five", "unset"):
        if f"${name}" not in row:
            head = head.replace(f", ${name}: Int = 5", "").replace(f", ${name}: Int", "")
    found = plan(f"{head} {{ {PIPES} {{ {rows.format(row)} }} }}")
    document = parse(found.text)
    assert not validate(SCHEMA, document)
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    charged = Pricer(SCHEMA, PriceList()).plan(document, operation, {"first": first, "five": 5}).requested_points()
    assert found.fixed_points + first * found.row_points == charged


def test_columns_that_are_not_wanted_are_left_out_but_for_keys() -> None:
    text = rows_of("id name at: updatedAt ... on Thing { name } marks { nodes { text } }")
    found = paged(query(text, replication_key="at"), unwanted=["id", "name", "at", "marks"]).text
    assert "nodes { id at: updatedAt }" in found


def test_what_is_not_known_is_not_added() -> None:
    found = paged(
        query(f"{HEAD} {{ {PIPES} {{ nodes {{ name marks {{ nodes {{ text }} }} }} }} }}", "name"),
        unknown=["id", "updatedAt", "pageInfo"],
    )
    assert "nodes { name marks { nodes { text } } }" in found.text
    assert (found.row.identity, found.row.content) == (None, None)


def test_a_list_and_rows_that_the_schema_does_not_know() -> None:
    found = plan(
        f"{HEAD} {{ new(first: $first, after: $after) {{ nodes {{ id at x {{ y }} }} }} }}", replication_key="at"
    )
    assert found.text.endswith(f"{{ nodes {{ id at x {{ y }} }} {END} }} }}")
    assert found.row_points == 4


def test_who_takes_a_start() -> None:
    given = PIPES.replace(")", ", filter: {updatedAt: {after: $updatedAfter}})")
    texts = [
        f"query ($first: Int, $after: String, $updatedAfter: {type_}) {{ {given} {{ nodes {{ id }} }} }}"
        for type_ in ("ISO8601DateTime", "ISO8601DateTime!", 'ISO8601DateTime = "2024-01-01T00:00:00Z"')
    ]
    found = [plan(text) for text in texts]
    assert [(each.takes_start, each.needs_start) for each in found] == [(True, True), (True, True), (True, False)]
    assert not plan(rows_of("id")).takes_start


TWO = f"{HEAD} {{ {PIPES} {{ nodes {{ id }} edges {{ node {{ id name }} }} }} other: {PIPES} {{ nodes {{ id }} }} }}"


@pytest.mark.parametrize(
    ("records_path", "path", "rows"),
    [
        ("other", ("other",), ("nodes",)),
        ("other.nodes", ("other",), ("nodes",)),
        ("pipes.nodes", ("pipes",), ("nodes",)),
        ("pipes.edges", ("pipes",), ("edges", "node")),
        ("pipes.edges.node", ("pipes",), ("edges", "node")),
    ],
)
def test_the_list_to_read_can_be_named(records_path: str, path: tuple[str, ...], rows: tuple[str, ...]) -> None:
    found = plan(TWO, records_path=records_path)
    assert (found.path, found.rows) == (path, rows)
    assert found.text.count("$first") == 2


BOMB = rows_of("id ...F0") + "".join(
    f" fragment F{each} on Pipe {{ ...F{each + 1} ...F{each + 1} }}" for each in range(30)
)
BOMB += " fragment F30 on Pipe { name }"
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("{ pipes { nodes { id } } ", {}, r"is not GraphQL \(Syntax Error.*, line 1\): correct the query"),
    ("", {}, "is not GraphQL"),
    ("fragment F on Pipe { id }", {}, "holds 0 operations"),
    (
        f"{HEAD} {{ {PIPES} {{ nodes {{ id }} }} }} query B {{ sheds {{ id }} }}",
        {},
        "holds 2 operations: leave only one",
    ),
    (f"mutation ($first: Int) {{ {PIPES} {{ id }} }}", {}, "is a mutation, and the tap only reads"),
    ("subscription { pipes { id } }", {}, "is a subscription"),
    ("{ sheds { id } } type Pipe { id: ID }", {}, "defines types"),
    (f"{HEAD} {{ {PIPES} {{ nodes {{ ...F }} }} }}", {}, r"is not usable GraphQL \(Unknown fragment .F., line 1\)"),
    (rows_of("...F") + " fragment F on Pipe { id ...F }", {}, "is not usable GraphQL"),
    (rows_of("id") + " fragment F on Pipe { id }", {}, "never used.*: use it or leave it out"),
    (rows_of("id marks(first: $n) { nodes { text } }"), {}, r"Variable .\$n. is not defined"),
    (f"{HEAD} {{ pipes {{ nodes {{ id }} }} }}", {}, "never used.*: use it or leave it out; \\$first and \\$after"),
    (rows_of("id name name: id"), {}, "is not usable GraphQL"),
    (rows_of("{ id " * 2000), {}, "nested too deeply|is not GraphQL"),
    (rows_of("shed { " * 3000 + "id" + " }" * 3000), {}, "nested too deeply"),
    ("{ pipes { nodes { id } } }", {}, r"declares no \$first: declare \$first: Int! and \$after: String"),
    ("query ($first: Int) { pipes(first: $first) { nodes { id } } }", {}, r"declares no \$after"),
    (
        f"query ($first: [Int!]!, $after: String) {{ {PIPES} {{ nodes {{ id }} }} }}",
        {},
        r"declares \$first as \[Int!\]!",
    ),
    (
        f"query ($first: Float!, $after: String) {{ {PIPES} {{ nodes {{ id }} }} }}",
        {},
        r"declares \$first as Float!: declare it as Int!",
    ),
    (
        f"query ($first: Int!, $after: ID) {{ {PIPES} {{ nodes {{ id }} }} }}",
        {},
        r"declares \$after as ID: declare it as String",
    ),
    (
        f"query ($first: Int!, $after: String, $updatedAfter: [String]) {{ {PIPES} {{ nodes {{ id }} }} }}".replace(
            "after: $after)", "after: $after, since: $updatedAfter)"
        ),
        {},
        r"declares \$updatedAfter as \[String\]: declare it as ISO8601DateTime",
    ),
    (rows_of("id").replace("after: $after)", "after: $after, last: 3)"), {}, "gives last to the list to read, beside"),
    (rows_of("id").replace("$after)", '$after, before: "MQ")'), {}, "gives before to the list to read, beside"),
    (BOMB, {}, "asks for more than 10,000 fields: ask for less in it"),
    (
        f"{HEAD} {{ pipes(first: $first) {{ nodes {{ id }} }} other: pipes(after: $after) {{ nodes {{ id }} }} }}",
        {},
        r"gives \$first and \$after to no list: give both",
    ),
    (TWO, {}, r"has several lists to page \(pipes or other\): name one of them with records_path"),
    (TWO, {"records_path": "pipes"}, r"asks pipes for its rows more than once \(pipes\.nodes or pipes\.edges\.node\)"),
    (TWO, {"records_path": "sheds"}, "has no list to page at sheds: set records_path to pipes or other"),
    (TWO, {"records_path": "pipes.rows"}, "has no rows at pipes.rows: set records_path to pipes"),
    (f"{HEAD} {{ {PIPES} {{ totalCount edges {{ cursor }} }} }}", {}, "asks pipes for no rows: ask it for nodes"),
    (f"{HEAD} {{ {PIPES} {{ nodes }} }}", {}, "asks for nothing of the rows of pipes"),
    (
        rows_of(f"id {PIPES.replace('pipes', 'marks')} {{ nodes {{ text }} }}"),
        {"records_path": "pipes"},
        "uses \\$after in marks too",
    ),
    (
        f"{HEAD} {{ sheds {{ {PIPES} {{ nodes {{ id }} }} }} }}",
        {},
        r"pages sheds\.pipes, which is a list of each row of sheds: page sheds instead",
    ),
    (
        f"{HEAD} {{ pipes(first: 5) {{ nodes {{ marks(first: $first, after: $after) {{ nodes {{ text }} }} }} }} }}",
        {"primary_keys": ("text",)},
        r"pages pipes\.nodes\.marks, which is a list of each row of pipes",
    ),
    (rows_of("id marks(first: $first) { nodes { text } }"), {}, r"uses \$first in marks too: write a number there"),
    (
        rows_of("id marks(first: $size) { nodes { text } }").replace(")", ", $size: Int!)", 1),
        {},
        r"needs a value for \$size: give it a default",
    ),
    (rows_of("id"), {"primary_keys": ("nr",)}, "has no column nr, which primary_keys names: ask for it of each row"),
    (rows_of("name"), {"primary_keys": ("shed",)}, "has no column shed"),
    (rows_of("id sizes"), {"primary_keys": ("sizes",)}, "has sizes in primary_keys, which is not a plain value"),
    (rows_of("id shed { id }"), {"primary_keys": ("shed",)}, "has shed in primary_keys, which is not a plain value"),
    (rows_of("id"), {"replication_key": "updatedAt"}, "has no column updatedAt, which is its replication_key"),
    (rows_of("id name"), {"replication_key": "name"}, "has name as its replication_key, which is not a date-time"),
]


@pytest.mark.parametrize(("text", "also", "said"), REFUSED, ids=[said[:40] for _, _, said in REFUSED])
def test_a_query_that_cannot_be_used_is_told_why(text: str, also: dict[str, Any], said: str) -> None:
    with pytest.raises(QueryError, match=said) as raised:
        paged(UserQuery("mine", read_document(SCHEMA, text), **{"primary_keys": ("id",), **also}))
    assert "\n" not in str(raised.value)
