"""What all streams ask for, is valid, priced as it is written, and fills the columns that are promised."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tap_jobber.schema.json_schema import json_schema
from tap_jobber.schema.price import node_points
from tap_jobber.schema.query import page_query, selection_set, single_query
from tap_jobber.schema.rows import shaper
from tap_jobber.schema.sdl import read_schema
from tap_jobber.streams import STREAMS
from tap_jobber.tap import TapJobber
from tests.schema.synthetic import SHARED_SDL, Business, all_paths, count_fields, filled, properties

if TYPE_CHECKING:
    from tap_jobber.extraction.source import Source
    from tap_jobber.schema.selection import Field, Path, Selection

CONFIG = {"client_id": "a", "client_secret": "b", "refresh_token": "c"}
NAMES = [stream.name for stream in STREAMS]
LONGEST_UNION = 16
NEEDS_PUBLISHED = pytest.mark.skipif(not SHARED_SDL.exists(), reason="the published schema is not beside this checkout")


@cache
def sources() -> dict[str, Source]:
    """Of every stream, what is read by default."""
    tap = TapJobber(config=CONFIG)
    return {stream.name: stream(tap).source for stream in STREAMS}


@cache
def published() -> GraphQLSchema:
    """The whole read side of the API."""
    return build_schema(SHARED_SDL.read_text(encoding="utf-8"), assume_valid=True)


def query_of(source: Source, node: Selection) -> str:
    """The query of a source for another selection."""
    if source.is_connection:
        return page_query(source.name, source.root, source.order.arguments if source.order else "", node)
    return single_query(source.name, source.root, node)


def rows_of(source: Source, node: Selection, **how: Any) -> list[dict[str, Any]]:
    """The rows of an answer to that query."""
    data = Business(read_schema(), **how).answer(query_of(source, node))[source.root]
    nodes = data["nodes"] if source.is_connection else [data]
    return [shaper(node)(each) for each in nodes]


def thinned(draw: st.DataObject, selection: Selection) -> Selection:
    """A selection with some of its properties, at any depth, and always its key."""
    optional = [path for path in all_paths(selection) if path not in {("id",), ("__typename",)}]
    dropped = draw.draw(st.sets(st.sampled_from(optional), max_size=len(optional)), "dropped")

    def keep(_field: Field, path: Path) -> bool:
        return path not in dropped

    return selection.where(keep)


def test_every_table_is_there() -> None:
    assert NAMES == [
        "account",
        "clients",
        "custom_field_configurations",
        "expenses",
        "invoices",
        "jobs",
        "payment_records",
        "payout_records",
        "products",
        "properties",
        "quotes",
        "requests",
        "tasks",
        "tax_rates",
        "time_sheet_entries",
        "users",
        "vehicles",
        "visits",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_the_query_is_valid(name: str) -> None:
    assert validate(read_schema(), parse(sources()[name].query_text)) == []


@NEEDS_PUBLISHED
@pytest.mark.parametrize("name", NAMES)
def test_the_query_is_valid_by_the_published_schema(name: str) -> None:
    assert validate(published(), parse(sources()[name].query_text)) == []


@pytest.mark.parametrize("name", NAMES)
def test_everything_is_selected_by_default_and_the_key_is_required(name: str) -> None:
    source = sources()[name]
    assert "id" in source.required
    assert {path[0] for path in all_paths(source.node)} >= set(source.required)
    described = next(stream for stream in STREAMS if stream.name == name)(TapJobber(config=CONFIG)).schema
    assert described == json_schema(read_schema(), source.node, required=("id",))


@pytest.mark.parametrize("name", NAMES)
def test_the_query_names_its_stream_and_pages_where_there_are_pages(name: str) -> None:
    source = sources()[name]
    assert source.query_text.startswith(f"query {name}")
    assert ("pageInfo { hasNextPage endCursor }" in source.query_text) == source.is_connection == (name != "account")
    assert "totalCount" not in source.query_text
    assert "edges" not in source.query_text


@pytest.mark.parametrize("name", NAMES)
def test_the_price_is_that_of_the_fields_in_the_text(name: str) -> None:
    source = sources()[name]
    below = "nodes" if source.is_connection else source.root
    assert node_points(source.node) == count_fields(source.query_text, below)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_any_column_may_go_and_the_query_stays_valid(name: str, data: st.DataObject) -> None:
    source = sources()[name]
    optional = [path for path in all_paths(source.node) if path != ("id",)]
    dropped = data.draw(st.sampled_from(optional), "dropped")
    node = source.node.where(lambda _field, path: path != dropped)
    assert validate(read_schema(), parse(query_of(source, node))) == []
    assert re.search(r"\bid\b", selection_set(node))
    assert node_points(node) < node_points(source.node)
    assert dropped not in all_paths(node)
    assert ("id",) in all_paths(node)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_every_promised_column_is_filled_and_every_row_keeps_the_promise(name: str, data: st.DataObject) -> None:
    source = sources()[name]
    node = thinned(data, source.node)
    assert validate(read_schema(), parse(query_of(source, node))) == []
    described = json_schema(read_schema(), node, required=("id",))
    promised = set(properties(described))
    kept: set[tuple[str, ...]] = set()
    for member in range(LONGEST_UNION):
        for row in rows_of(source, node, member=member):
            assert set(row) == set(described["properties"])
            Draft202012Validator(described).validate(row)
            kept.update(filled(row))
    assert kept == promised
    assert node_points(node) == count_fields(query_of(source, node), "nodes" if source.is_connection else source.root)


@pytest.mark.parametrize("name", NAMES)
def test_nulls_keep_the_promise_too(name: str) -> None:
    source = sources()[name]
    described = json_schema(read_schema(), source.node, required=("id",))
    for member in range(LONGEST_UNION):
        for row in rows_of(source, source.node, member=member, all_null=True):
            assert set(row) == set(described["properties"])
            Draft202012Validator(described).validate(row)
