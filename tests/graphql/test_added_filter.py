"""A key that is added to the filter of a user's query, where there is room for it."""

from __future__ import annotations

import pytest

from tap_jobber.graphql.added_filter import can_filter, with_filter
from tap_jobber.graphql.parse import read_document
from tap_jobber.graphql.sdl import read_schema
from tap_jobber.graphql.text import selection_set

ADDED = 'updatedAt: {after: "2026-01-01T00:00:00Z"}'


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        ("first: 1", f"first: 1, filter: {{{ADDED}}}"),
        ("filter: {}, first: 1", f"first: 1, filter: {{{ADDED}}}"),
        ("filter: {isLead: false}, first: 1", f"first: 1, filter: {{isLead: false, {ADDED}}}"),
    ],
)
def test_what_the_query_says_stays(arguments: str, left: str) -> None:
    text = f"query {{ all: clients({arguments}) {{ nodes {{ id }} }} }}"
    selection = read_document(read_schema(), text).selection
    assert can_filter(selection, "all", "updatedAt")
    found = selection_set(with_filter(selection, "all", ADDED))
    assert " ".join(found.replace("{ ", "{").replace(" }", "}").split()) == f"{{all: clients({left}) {{nodes {{id}}}}}}"


@pytest.mark.parametrize(
    "text",
    [
        'query { clients(filter: {updatedAt: {after: "2026-01-01T00:00:00Z"}}) { nodes { id } } }',
        "query ($all: ClientFilterAttributes) { clients(filter: $all) { nodes { id } } }",
        "query { clients(filter: null) { nodes { id } } }",
        "query ($if: Boolean!) { clients @include(if: $if) { nodes { id } } }",
        "query { clients(first: 1) { nodes { id } } clients(first: 1) { nodes { name } } }",
        "query ($if: Boolean!) { ... @include(if: $if) { clients { nodes { id } } } }",
    ],
)
def test_where_there_is_no_room_for_it(text: str) -> None:
    assert not can_filter(read_document(read_schema(), text).selection, "clients", "updatedAt")
