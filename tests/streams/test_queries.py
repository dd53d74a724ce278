"""Queries of all streams: valid, priced as written, and filling the promised columns."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, cast

import pytest
from graphql import GraphQLSchema, build_schema, get_named_type, validate
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from jobber_sandbox.schemas import DEFAULT as PUBLISHED_SDL
from tap_jobber.api.client import Answer, Client, Usage
from tap_jobber.api.rate_limits import RateLimiter
from tap_jobber.extraction.extraction_run import ExtractionRun
from tap_jobber.extraction.page_fetcher import PageFetcher
from tap_jobber.extraction.windows import MOST_ROWS, Window
from tap_jobber.graphql.cost import EXTRA_POINTS, PAGE_POINTS, node_points
from tap_jobber.graphql.json_schema import json_schema
from tap_jobber.graphql.rows import shaper
from tap_jobber.graphql.sdl import read_schema
from tap_jobber.graphql.text import ChildList, RestPart, page_query, rest_query, selection_set, single_query
from tap_jobber.streams import STREAMS
from tap_jobber.streams.child_stream import ChildStream
from tap_jobber.streams.id_streams import IdStream
from tap_jobber.streams.root_stream import RootStream
from tap_jobber.tap import TapJobber
from tap_jobber.timestamps import format_timestamp
from tests.documents import parsed
from tests.effort import effort
from tests.graphql.synthetic import Business, all_paths, count_fields, filled, properties
from tests.streams.fake_jobber import CONFIG, DAY, NOW, FakeJobber, catalog_of, opened

if TYPE_CHECKING:
    from tap_jobber.api.transport import Query
    from tap_jobber.extraction.source import Source
    from tap_jobber.graphql.tree import Field, Path, Selection

# Asked for by user and month, which has tests of its own.
SUMS = {"time_sheet_groups", "time_sheet_group_days"}
ROOTS = [stream.name for stream in STREAMS if issubclass(stream, RootStream) and stream.name not in SUMS]
LISTS = [stream.name for stream in STREAMS if issubclass(stream, ChildStream) and stream.name not in SUMS]
IDS = [stream.name for stream in STREAMS if issubclass(stream, IdStream)]
NAMES = [*ROOTS, *LISTS]
SPAN = Window(NOW - DAY, NOW)
WINDOWS = [Window(None, None), Window(None, NOW), Window(NOW, None), SPAN]


@cache
def schemas() -> tuple[GraphQLSchema, ...]:
    """Return the project's own schema, and the whole read side of the API."""
    return read_schema(), build_schema(PUBLISHED_SDL.read_text(encoding="utf-8"), assume_valid=True)


@cache
def is_valid(text: str) -> bool:
    """Return True if all schemas accept a query."""
    document = parsed(text)
    return all(validate(schema, document) == [] for schema in schemas())


@cache
def asking(days: int | None) -> tuple[FakeJobber, TapJobber]:
    """Return a tap with bookmarks of so many days ago, or none, and the server that it asks."""
    state: dict[str, Any] = {}
    for stream in STREAMS:
        is_incremental = stream.name in NAMES and case(stream.name).stream.replication_key
        has_bookmark = days is not None and (stream.name == "visits" or is_incremental)
        if has_bookmark:
            moment = format_timestamp(NOW - int(days or 0) * DAY)
            state[stream.name] = {"replication_key": "x", "replication_key_value": moment}
    server = FakeJobber({"account": [{"id": "a"}]})
    return server, opened(server, catalog_of(set(NAMES)), state={"bookmarks": state}, visit_lookback_days=7)


@dataclass(frozen=True)
class Case:
    """A stream, and how it asks.

    Attributes:
        stream: The stream.
        table: The stream whose root field is walked for it.
    """

    stream: RootStream | ChildStream
    table: RootStream

    @property
    def source(self) -> Source:
        """The source that is walked."""
        return self.table.source

    @property
    def node(self) -> Selection:
        """The stream's default selection."""
        return self.stream.part.node

    @property
    def keys(self) -> set[tuple[str, ...]]:
        """The paths of what a node always has."""
        return {(column,) for column in self.key}

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of a node that are never null."""
        return self.stream.part.required if isinstance(self.stream, ChildStream) else tuple(self.stream.primary_keys)

    def query(self, node: Selection, window: Window | None = SPAN) -> str:
        """Return the query that asks for a selection of a row."""
        source = self.source
        if not source.is_connection:
            return single_query(source.name, source.root, node)
        if isinstance(self.stream, RootStream):
            return page_query(source.name, source.root, source.arguments(window), node)
        bare = self.table.full_selection().where(lambda _field, path: path[0] in self.table.required)
        lists = [ChildList(self.stream.path(), 5, node)]
        return page_query(source.name, source.root, source.arguments(window), bare, lists)

    def written_points(self, node: Selection) -> int:
        """Return the price of a row, counted in the text of the query."""
        if isinstance(self.stream, ChildStream):
            # The connection itself is not below itself.
            points = count_fields(self.query(node), self.stream.path().field) - (PAGE_POINTS - 1)
        else:
            points = count_fields(self.query(node), "nodes" if self.source.is_connection else self.source.root)
        return points + extra_points(node)

    def rows(self, node: Selection, **how: Any) -> list[dict[str, Any]]:
        """Return the rows of an answer to that query."""
        data = Business(read_schema(), **how).answer(self.query(node))[self.source.root]
        nodes = data["nodes"] if self.source.is_connection else [data]
        if isinstance(self.stream, ChildStream):
            nodes = [child for each in nodes for child in (self.stream.path().found_in(each) or {"nodes": []})["nodes"]]
        return [shaper(node)(each) for each in nodes]

    @cached_property
    def members(self) -> list[int]:
        """The numbers that make an answer show every member of what a row, and what is in it, may be."""
        if not isinstance(self.stream, RootStream) or self.source.root != "scheduledItems":
            return list(range(_most_members(self.node)))
        # The filter lets only one kind through.
        interface: Any = read_schema().type_map["ScheduledItemInterface"]
        kinds = [each.name for each in read_schema().get_possible_types(interface)]
        kind = kinds.index(self.stream.node_type())
        return list(range(kind, kind + len(kinds) * _most_members(self.node), len(kinds)))


def _most_members(selection: Selection) -> int:
    below = [_most_members(field.selection) for field in selection.every_field() if field.selection is not None]
    named: Any = read_schema().type_map[selection.type_name]
    own = len(read_schema().get_possible_types(named)) if selection.fragments else 1
    return max([own, *below])


@cache
def whole_tap() -> TapJobber:
    """Return a tap with all streams selected."""
    return TapJobber(config=CONFIG, catalog=catalog_of(set(NAMES)))


@cache
def case(name: str) -> Case:
    """Return a stream by its name."""
    tap = whole_tap()
    stream = cast("RootStream | ChildStream", tap.streams[name])
    if isinstance(stream, RootStream):
        return Case(stream, stream)
    (table,) = (each for each in tap.streams.values() if type(each) is stream.parent)
    return Case(stream, table)


def described(one: Case, node: Selection) -> dict[str, Any]:
    """Return the JSON Schema of what comes of a node."""
    return json_schema(read_schema(), node, required=one.key)


def thinned(draw: st.DataObject, one: Case) -> Selection:
    """Return a selection with some of its properties, at any depth, and always its key."""
    optional = [path for path in all_paths(one.node) if path not in {*one.keys, ("__typename",)}]
    if not optional:
        return one.node
    # Rows without an id must keep something.
    most = len(optional) - ("id" not in one.key)
    dropped = draw.draw(st.sets(st.sampled_from(optional), max_size=most), "dropped")

    def keep(_field: Field, path: Path) -> bool:
        return path not in dropped

    return one.node.where(keep)


@pytest.mark.parametrize("window", WINDOWS, ids=["all", "until", "since", "between"])
@pytest.mark.parametrize("name", ROOTS)
def test_the_query_is_valid_in_any_window(name: str, window: Window) -> None:
    one = case(name)
    assert is_valid(one.query(one.node, window))


@pytest.mark.parametrize("name", [name for name in NAMES if case(name).source.root != "scheduledItems"])
def test_the_query_is_valid_without_a_window(name: str) -> None:
    one = case(name)
    assert is_valid(one.query(one.node, None))


@pytest.mark.parametrize("name", [name for name in LISTS if case(name).source.lookup is not None])
def test_the_query_for_the_rest_of_its_lists_is_valid(name: str) -> None:
    one = case(name)
    assert isinstance(one.stream, ChildStream)
    assert one.source.lookup is not None
    parts = [RestPart(each, one.stream.path(), 100, after, one.node) for each, after in (("YQ==", "MQ"), ("b", None))]
    text = rest_query(f"{one.source.name}_rest", *one.source.lookup, parts)
    assert is_valid(text)
    assert text.count(f"{one.stream.path().field}(first: 100") == 2 * len(one.stream.path().owners)


@pytest.mark.parametrize("name", [name for name in ROOTS if case(name).source.stamp is not None])
def test_the_probe_for_how_much_a_window_holds_is_valid(name: str) -> None:
    asked: list[Query] = []

    class Probed:
        """Says that there is nothing."""

        def execute(self, query: Query, _usage: Usage) -> Answer:
            """Remember what was asked."""
            asked.append(query)
            return Answer({case(name).source.root: {"nodes": []}})

    fetcher = PageFetcher(ExtractionRun(cast("Client", Probed()), RateLimiter(), 100), case(name).source, Usage())
    assert not fetcher.holds_more_than(MOST_ROWS, SPAN)
    assert is_valid(asked[0].text)
    assert asked[0].variables == {"after": "MTAwMA"}
    assert count_fields(asked[0].text, case(name).source.root) == 2, "nodes, which are free, and the id of one"
    assert asked[0].points >= 2


@pytest.mark.parametrize("name", ROOTS)
@pytest.mark.parametrize("days", [None, 10])
def test_all_that_a_stream_really_asks_is_valid(name: str, days: int | None) -> None:
    server, tap = asking(days)
    server.asked.clear()
    list(tap.streams[name].get_records(None))
    assert server.asked
    for query in server.asked:
        assert is_valid(query.text), query.text


@pytest.mark.parametrize("name", NAMES)
def test_everything_is_selected_by_default_and_the_key_is_required(name: str) -> None:
    one = case(name)
    assert {field.name for field in one.node.every_field()} >= set(one.stream.part.required)
    if isinstance(one.stream, RootStream):
        assert one.stream.key in one.source.required
        assert {field.name for field in one.node.every_field()} >= set(one.source.required)
        assert name in IDS or set(one.stream.schema["properties"]) == set(described(one, one.node)["properties"])
    else:
        assert set(one.stream.schema["properties"]) >= set(one.stream.primary_keys)
        assert one.node == one.stream.full_selection()


@pytest.mark.parametrize("name", NAMES)
def test_the_query_names_its_stream_and_pages_where_there_are_pages(name: str) -> None:
    one = case(name)
    text = one.query(one.node)
    assert text.startswith(f"query {one.table.name}")
    pages = text.count("pageInfo { hasNextPage endCursor }")
    assert pages == one.source.is_connection + len(
        one.stream.path().owners if isinstance(one.stream, ChildStream) else ()
    )
    assert "totalCount" not in text
    assert "edges" not in text


def extra_points(node: Selection) -> int:
    """Return the points of some fields beyond one each, counted once for all members of a union."""
    names = {field.name for field in node.every_field()}
    below = sum(extra_points(field.selection) for field in node.every_field() if field.selection is not None)
    return below + sum(points for name, points in EXTRA_POINTS.items() if name in names)


@pytest.mark.parametrize("name", NAMES)
def test_the_price_is_that_of_the_fields_in_the_text(name: str) -> None:
    one = case(name)
    assert node_points(one.node) == one.written_points(one.node)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_listed_is_of_the_type_that_the_api_says(name: str) -> None:
    one = case(name)
    query: Any = read_schema().query_type
    listed = get_named_type(query.fields[one.source.root].type)
    if one.source.is_connection:
        listed = get_named_type(cast("Any", listed).fields["nodes"].type)
    if isinstance(one.stream, ChildStream):
        owner: Any = read_schema().type_map[one.stream.path().owners[0]]
        connection: Any = get_named_type(owner.fields[one.stream.path().field].type)
        listed = get_named_type(connection.fields["nodes"].type)
    assert one.node.type_name == listed.name


@pytest.mark.parametrize("name", [name for name in NAMES if len(all_paths(case(name).node)) > 1])
@settings(max_examples=effort(2, 20), deadline=None)
@given(data=st.data())
def test_any_column_may_go_and_the_query_stays_valid(name: str, data: st.DataObject) -> None:
    one = case(name)
    optional = [path for path in all_paths(one.node) if path not in one.keys]
    dropped = data.draw(st.sampled_from(optional), "dropped")
    node = one.node.where(lambda _field, path: path != dropped)
    assert validate(read_schema(), parsed(one.query(node))) == []
    assert node_points(node) < node_points(one.node)
    assert dropped not in all_paths(node)
    if "id" in one.key:
        assert re.search(r"\bid\b", selection_set(node))
        assert ("id",) in all_paths(node)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=effort(1, 10), deadline=None)
@given(data=st.data())
def test_every_promised_column_is_filled_and_every_row_keeps_the_promise(name: str, data: st.DataObject) -> None:
    one = case(name)
    node = thinned(data, one)
    assert validate(read_schema(), parsed(one.query(node))) == []
    promise = described(one, node)
    validator = Draft202012Validator(promise)
    kept: set[tuple[str, ...]] = set()
    for member in one.members:
        for row in one.rows(node, member=member):
            assert set(row) == set(promise["properties"])
            validator.validate(row)
            kept.update(filled(row))
    assert kept == set(properties(promise))
    assert node_points(node) == one.written_points(node)


@pytest.mark.parametrize("name", NAMES)
def test_nulls_keep_the_promise_too(name: str) -> None:
    one = case(name)
    promise = described(one, one.node)
    validator = Draft202012Validator(promise)
    for member in one.members:
        for row in one.rows(one.node, member=member, all_null=True):
            assert set(row) == set(promise["properties"])
            validator.validate(row)


def test_a_source_without_its_order_still_asks_well() -> None:
    for name in ROOTS:
        source = replace(case(name).source, order=None)
        if source.is_connection:
            assert is_valid(page_query(name, source.root, source.arguments(SPAN), case(name).node))
