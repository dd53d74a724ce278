"""The path of an error leads to what it is about, and lists are read in the form that the server gives them in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tap_jobber.api.client import Answer
from tap_jobber.api.unknown_names import Strike, Unknown
from tap_jobber.errors import StreamError
from tap_jobber.extraction.error_locations import ErrorLocation, LocationKind, locate
from tap_jobber.extraction.overlap import encode_offset
from tap_jobber.graphql.text import ListPath
from tests.extraction.scripted import BY_TITLE, JOINTS, MARKS, answer, connection, drift, ids, pipes, reading

if TYPE_CHECKING:
    from tap_jobber.extraction.overlap import Node

VIA = replace(JOINTS, name="pipe_ends", path=ListPath("ends", "Fitting", "fitting"))


def at(*path: str, unknown: Unknown = Unknown.FIELD, owner: str = "Other", name: str = "") -> Strike:
    return Strike(unknown, owner, name or path[-1], path=("query pipes", *path))


@pytest.mark.parametrize(
    ("strike", "place"),
    [
        (at("pipes"), ErrorLocation(LocationKind.ROOT)),
        (at("pipes", "sort", "key", unknown=Unknown.VALUE), ErrorLocation(LocationKind.ROOT, ("sort", "key"))),
        (at("pipes", "filter", unknown=Unknown.ARGUMENT), ErrorLocation(LocationKind.ROOT, ("filter",))),
        (at("pipes", "nodes"), ErrorLocation(LocationKind.CONNECTION, ("nodes",))),
        (at("pipes", "pageInfo", "endCursor"), ErrorLocation(LocationKind.CONNECTION, ("pageInfo", "endCursor"))),
        (at("pipes", "nodes", "size", "width"), ErrorLocation(LocationKind.NODE, ("size", "width"))),
        (at("pipes", "edges", "node", "title"), ErrorLocation(LocationKind.NODE, ("title",))),
        (at("pipes", "nodes", "owner", "... on Firm"), ErrorLocation(LocationKind.NODE, ("owner", "... on Firm"))),
        (at("pipes", "nodes", "joints"), ErrorLocation(LocationKind.LIST, (), JOINTS)),
        (
            at("pipes", "nodes", "joints", "first", unknown=Unknown.ARGUMENT),
            ErrorLocation(LocationKind.LIST, ("first",), JOINTS),
        ),
        (at("pipes", "nodes", "joints", "nodes"), ErrorLocation(LocationKind.CONNECTION, ("nodes",), JOINTS)),
        (at("pipes", "nodes", "joints", "nodes", "width"), ErrorLocation(LocationKind.NODE, ("width",), JOINTS)),
        (at("pipes", "nodes", "fitting", "... on Fitting", "ends"), ErrorLocation(LocationKind.LIST, (), VIA)),
        (at("pipes", "nodes", "fitting"), ErrorLocation(LocationKind.NODE, ("fitting",))),
        (at("p3"), ErrorLocation(LocationKind.LOOKUP)),
        (at("p3", "id", unknown=Unknown.VALUE), ErrorLocation(LocationKind.LOOKUP, ("id",))),
        (at("p3", "joints", "nodes", "width"), ErrorLocation(LocationKind.NODE, ("width",), JOINTS)),
        (at("elsewhere", "nodes"), None),
        (Strike(Unknown.FIELD, "Pipe", "title"), None),
    ],
)
def test_a_path_leads_to_a_place(strike: Strike, place: ErrorLocation | None) -> None:
    assert locate(pipes(BY_TITLE).source, [JOINTS, MARKS, VIA], strike) == place


def test_types_of_other_names_cost_what_stands_at_the_place_only() -> None:
    strikes = [
        at("pipes", "nodes", "size", "width", owner="OtherSize"),
        at("pipes", "nodes", "joints", "nodes", "width"),
    ]
    reads = pipes(None, JOINTS)
    reader, client = reading([drift(*strikes), answer("ab")])
    assert ids(list(reader.nodes(reads))) == "ab"
    assert "size { height }" in client.asked[1].text
    assert "joints(first: 5) { nodes { id }" in client.asked[1].text


def in_edges(nodes: list[Node]) -> Node:
    return {"edges": [{"node": node} for node in nodes], "pageInfo": {"hasNextPage": False, "endCursor": None}}


def page_of(*nodes: Node) -> list[Node]:
    return [{"title": "pipe", **node} for node in nodes]


def test_a_connection_with_edges_only_is_read_by_them() -> None:
    reads = pipes(None, JOINTS)
    strikes = [at("pipes", "nodes"), at("pipes", "nodes", "joints", "nodes")]
    rows = page_of({"id": "a", "joints": in_edges([{"id": "1"}])}, {"id": "b", "joints": in_edges([])})
    script = [drift(strikes[0]), drift(strikes[1]), Answer({"pipes": in_edges(rows)})]
    reader, client = reading(script)
    found = list(reader.found(reads))
    assert [each.node["id"] for each in found] == ["a", "1", "b"]
    text = client.asked[-1].text
    assert "pipes(first: $first, after: $after) { edges { node { id " in text
    assert "joints(first: 5) { edges { node { id width } } pageInfo" in text


def test_a_list_that_has_no_pages_is_read_at_once() -> None:
    reads = pipes(None, JOINTS)
    of_list = [
        at("pipes", "nodes", "joints", "nodes"),
        at("pipes", "nodes", "joints", "pageInfo"),
        at("pipes", "nodes", "joints", "first", unknown=Unknown.ARGUMENT),
    ]
    rows = page_of({"id": "a", "joints": [{"id": "1"}, {"id": "2"}]}, {"id": "b", "joints": []})
    reader, client = reading(
        [drift(*of_list), Answer({"pipes": {"nodes": rows, "pageInfo": connection("")["pageInfo"]}})]
    )
    assert [each.node["id"] for each in reader.found(reads)] == ["a", "1", "2", "b"]
    assert " joints { id width }" in client.asked[-1].text


def test_a_root_list_that_has_no_pages_is_read_at_once() -> None:
    strikes = [
        at("pipes", "nodes"),
        at("pipes", "pageInfo"),
        *(at("pipes", name, unknown=Unknown.ARGUMENT) for name in ("first", "after", "sort")),
    ]
    reader, client = reading([drift(*strikes), Answer({"pipes": page_of({"id": "a"}, {"id": "b"})})])
    assert ids(list(reader.nodes(pipes(BY_TITLE)))) == "ab"
    assert client.asked[-1].text.startswith("query pipes { pipes { id title ")
    # What one read has learnt holds for the next.
    client.script = [Answer({"pipes": page_of({"id": "a"})})]
    assert ids(list(reader.nodes(pipes(BY_TITLE)))) == "a"


def test_pages_without_an_end_cost_the_list_or_the_stream() -> None:
    reads = pipes(None, JOINTS, MARKS)
    reader, _client = reading([drift(at("pipes", "nodes", "joints", "pageInfo", "endCursor")), answer("ab")])
    assert ids(list(reader.nodes(reads))) == "ab"
    assert set(reader.lost) == {"pipe_joints"}
    reader, client = reading([drift(at("pipes", "pageInfo", "endCursor"))])
    with pytest.raises(StreamError, match=r"endCursor.*api_version"):
        list(reader.nodes(pipes(None)))
    assert len(client.asked) == 1


def test_a_filter_that_has_to_be_given_is_given() -> None:
    demanded = Strike(Unknown.REQUIRED, "pipes", "filter", path=("query pipes", "pipes"))
    reader, client = reading([drift(demanded), answer("ab")])
    assert ids(list(reader.nodes(pipes(None)))) == "ab"
    assert "filter: {}" in client.asked[1].text


def test_an_argument_of_a_field_that_has_to_be_given_costs_the_column() -> None:
    demanded = at("pipes", "nodes", "title", unknown=Unknown.REQUIRED, owner="title", name="language")
    reader, client = reading([drift(demanded), answer("ab")])
    assert ids(list(reader.nodes(pipes(BY_TITLE)))) == "ab"
    assert " title " not in client.asked[1].text
    assert "sort" not in client.asked[1].text, "no order is kept by what cannot be seen"


@pytest.mark.parametrize(
    "strike",
    [
        Strike(Unknown.FIELD, "Query", "pipe", path=("query pipes_rest", "p0")),
        Strike(Unknown.VALUE, "pipe", "id", path=("query pipes_rest", "p0", "id")),
        Strike(Unknown.REQUIRED, "pipe", "kind", path=("query pipes_rest", "p0")),
    ],
    ids=lambda strike: str(strike.unknown.name),
)
def test_a_node_that_cannot_be_looked_up_is_searched_for(strike: Strike) -> None:
    long = connection("1", end=encode_offset(1))
    first: Any = {"pipes": {"nodes": page_of({"id": "a", "joints": long}), "pageInfo": connection("")["pageInfo"]}}
    rest: Any = {"pipes": {"nodes": [{"id": "a", "joints": connection("12")}], "pageInfo": connection("")["pageInfo"]}}
    reader, client = reading([Answer(first), drift(strike), Answer(rest)])
    found = [each.node["id"] for each in reader.found(pipes(None, JOINTS))]
    assert found == ["a", "1", "2"]
    assert reader.lost == {}
    assert client.asked[-1].text.startswith("query pipes_rest(")
