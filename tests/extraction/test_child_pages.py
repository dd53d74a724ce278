"""Remaining pages of long child lists: several parents in a query, within the price, while they change."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest
from graphql import parse, validate
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_jobber.api.client import Answer, Client, NotPermittedError, Usage
from tap_jobber.api.stated_cost import Cost
from tap_jobber.api.unknown_names import Strike, Unknown
from tap_jobber.errors import StreamError, TapError
from tap_jobber.extraction.child_pages import LongList
from tap_jobber.extraction.data_loss import Losses, lose_nothing
from tap_jobber.extraction.extraction_run import ExtractionRun
from tap_jobber.extraction.overlap import decode_offset, encode_offset
from tap_jobber.extraction.page_size import UNKNOWN_MARGIN
from tap_jobber.extraction.source import ascending
from tests.effort import effort
from tests.extraction.scripted import (
    JOINTS,
    MARKS,
    SCHEMA,
    Reading,
    ScriptedClient,
    connection,
    drift,
    ids,
    pipes,
    reading,
    told_limiter,
    too_expensive,
)

if TYPE_CHECKING:
    from tap_jobber.api.transport import Query
    from tap_jobber.extraction.overlap import Node
    from tap_jobber.extraction.walk_events import Found

GONE = StreamError("Jobber refused the query: Pipe not found", "check api_version")
MARK_TEXTS = "abcdefghijklmnopqrstuvwxyz"


def with_joints(**lists: Node) -> Answer:
    """Return a page of pipes, each with its list of joints."""
    nodes: list[Node] = [{"id": name, "title": name, "joints": joints} for name, joints in lists.items()]
    return Answer({"pipes": {"nodes": nodes, "pageInfo": {"hasNextPage": False, "endCursor": None}}})


def rest(**lists: Node | None) -> Answer:
    """Further pages by alias; None where the parent is gone."""
    return Answer({alias: None if joints is None else {"joints": joints} for alias, joints in lists.items()})


def of(found: list[Found], parent: str) -> str:
    """Return the ids of the children of a parent."""
    return ids([each.node for each in found if each.parent is not None and each.parent["id"] == parent])


def test_only_lists_that_go_on_are_asked_for_again_and_together() -> None:
    page = with_joints(
        a=connection("12", encode_offset(2)), b=connection("3"), c=connection("45", encode_offset(2)), d=connection("")
    )
    reader, client = reading([page, rest(p0=connection("26"), p1=connection("57"))])
    found = list(reader.found(pipes(None, JOINTS)))
    assert [of(found, parent) for parent in "abcd"] == ["126", "3", "457", ""]
    assert [each.name for each in found if each.parent is not None] == ["pipe_joints"] * 7
    assert len(client.asked) == 2
    assert client.asked[1].name == "pipes_rest"
    assert client.asked[1].variables == {}
    assert client.asked[1].text == (
        'query pipes_rest { p0: pipe(id: "a") { joints(first: 100, after: "MQ") '
        "{ nodes { id width } pageInfo { hasNextPage endCursor } } } "
        'p1: pipe(id: "c") { joints(first: 100, after: "MQ") '
        "{ nodes { id width } pageInfo { hasNextPage endCursor } } } }"
    )
    assert validate(SCHEMA, parse(client.asked[1].text)) == []


def test_the_price_of_all_is_stated_beforehand() -> None:
    page = with_joints(a=connection("12", encode_offset(2)), b=connection("34", encode_offset(2)))
    reader, client = reading([page, rest(p0=connection("25"), p1=connection("45"))])
    list(reader.found(pipes(None, JOINTS)))
    assert client.asked[1].points == UNKNOWN_MARGIN * 2 * (1 + 5 + 100 * 2)


def test_a_null_instead_of_the_parent_ends_its_list() -> None:
    page = with_joints(a=connection("12", encode_offset(2)), b=connection("34", encode_offset(2)))
    reader, client = reading([page, rest(p0=None, p1=connection("45", encode_offset(3))), rest(p0=connection("56"))])
    found = list(reader.found(pipes(None, JOINTS)))
    assert of(found, "a") == "12"
    assert of(found, "b") == "3456"
    assert 'pipe(id: "a")' not in client.asked[2].text


@pytest.mark.parametrize("data", [{}, {"other": {}}, {"p0": {}}, {"p0": {"joints": None}}])
def test_a_list_that_the_answer_lacks_is_lost_by_name(data: Node) -> None:
    reader, _client = reading([with_joints(a=connection("12", encode_offset(2))), Answer(data)])
    assert of(list(reader.found(pipes(None, JOINTS))), "a") == "12"
    assert reader.losses == [("pipe_joints", "the rest of a list")]


def test_an_address_that_is_not_found_for_once_is_not_a_parent_that_is_gone() -> None:
    elsewhere = StreamError("pipes: Jobber answered 404: Not Found, but it answers other queries", "run again")
    reader, _client = reading([with_joints(a=connection("12", encode_offset(2))), elsewhere])
    assert of(list(reader.found(pipes(None, JOINTS))), "a") == "12"
    assert reader.lost["pipe_joints"].cause == elsewhere.cause


def test_a_parent_that_is_null_for_a_hidden_row_of_its_list_is_not_gone(caplog: pytest.LogCaptureFixture) -> None:
    page = with_joints(a=connection("12", encode_offset(2)), b=connection("34", encode_offset(2)))
    hidden = replace(rest(p0=None, p1=connection("45")), hidden=("p0.joints.nodes.1",))
    behind = rest(p0=connection("67"))
    reader, client = reading([page, hidden, behind, rest(p0=connection("2", encode_offset(2)))])
    with caplog.at_level(logging.WARNING):
        found = list(reader.found(pipes(None, JOINTS)))
    assert [of(found, parent) for parent in "ab"] == ["1267", "345"]
    asked = [re.findall(r'joints\(first: (\d+), after: "(\w+)"', query.text) for query in client.asked[2:]]
    assert asked == [[("98", encode_offset(3))], [("1", encode_offset(1))]]
    assert caplog.messages == ["pipe_joints: 1 row is missing because the app or its user may not see them"]


def test_a_single_parent_that_is_not_found_ends_its_list() -> None:
    reader, client = reading([with_joints(a=connection("12", encode_offset(2))), GONE])
    assert of(list(reader.found(pipes(None, JOINTS))), "a") == "12"
    assert client.script == []


def test_where_one_of_several_is_not_found_each_is_asked_for_alone() -> None:
    page = with_joints(a=connection("12", encode_offset(2)), b=connection("34", encode_offset(2)))
    reader, client = reading([page, GONE, GONE, rest(p0=connection("45"))])
    found = list(reader.found(pipes(None, JOINTS)))
    assert [of(found, parent) for parent in "ab"] == ["12", "345"]
    assert [query.text.count(": pipe(") for query in client.asked[1:]] == [2, 1, 1]


def test_what_ends_the_connection_ends_the_run() -> None:
    reader, _client = reading([with_joints(a=connection("12", encode_offset(2))), TapError("gone", "connect again")])
    with pytest.raises(TapError, match="gone"):
        list(reader.found(pipes(None, JOINTS)))
    assert not reader.lost


@pytest.mark.parametrize("error", [StreamError("Jobber failed", "run again"), NotPermittedError("hidden", "scope")])
def test_any_other_error_is_none_that_ends_a_list(error: StreamError) -> None:
    reader, _client = reading([with_joints(a=connection("12", encode_offset(2))), error])
    assert of(list(reader.found(pipes(None, JOINTS))), "a") == "12"
    assert reader.lost == {"pipe_joints": error}


def test_a_row_removed_between_two_pages_hides_no_other() -> None:
    page = with_joints(a=connection("1234", encode_offset(4)))
    # "2" has gone, so that "5" has moved up to where "4" was.
    reader, client = reading([page, rest(p0=connection("56")), rest(p0=connection("456"))])
    assert of(list(reader.found(pipes(None, JOINTS))), "a") == "123456"
    assert 'after: "Mg"' in client.asked[2].text


def test_a_field_that_was_struck_is_not_asked_for_again() -> None:
    unknown = drift(Strike(Unknown.FIELD, "Joint", "width"))
    page = with_joints(a=connection("12", encode_offset(2)))
    reader, client = reading([unknown, page, rest(p0=connection("23"))])
    assert of(list(reader.found(pipes(None, JOINTS))), "a") == "123"
    assert "width" in client.asked[0].text.partition("joints")[2]
    assert all("width" not in query.text.partition("joints")[2] for query in client.asked[1:])


def test_a_field_may_turn_out_to_be_unknown_late() -> None:
    unknown = drift(Strike(Unknown.FIELD, "Joint", "width", is_hidden=True))
    page = with_joints(a=connection("12", encode_offset(2)))
    reader, client = reading([page, unknown, rest(p0=connection("23"))])
    assert of(list(reader.found(pipes(None, JOINTS))), "a") == "123"
    assert "width" not in client.asked[2].text


def test_a_query_too_expensive_asks_for_fewer_rows() -> None:
    page = with_joints(a=connection("12", encode_offset(2)))
    reader, client = reading([page, too_expensive(), too_expensive(), rest(p0=connection("23"))])
    assert of(list(reader.found(pipes(None, JOINTS))), "a") == "123"
    assert [re.findall(r"joints\(first: (\d+)", query.text) for query in client.asked[1:]] == [["100"], ["50"], ["25"]]


def test_the_smallest_query_too_expensive_costs_the_stream_of_the_list() -> None:
    reader, client = reading([with_joints(a=connection("12", encode_offset(2)))] + [too_expensive()] * 20)
    list(reader.found(pipes(None, JOINTS)))
    assert str(reader.lost["pipe_joints"]) == "the query costs too much: deselect columns"
    assert "joints(first: 2," in client.asked[-1].text


def searched(*pages: Answer) -> tuple[list[tuple[str, str]], ScriptedClient]:
    """Return the joints of pipe b, whose list is long, where no root field finds a single pipe."""
    reads = pipes(ascending("TITLE"), JOINTS)
    reads = replace(reads, source=replace(reads.source, lookup=None))
    first = with_joints(a=connection("1"), b=connection("12", encode_offset(2)))
    reader, client = reading([first, *pages])
    found = [(each.parent["id"], each.node["id"]) for each in reader.found(reads) if each.parent is not None]
    return found, client


def test_without_a_way_to_a_single_row_the_rest_of_its_list_is_searched_for_in_the_root_list() -> None:
    elsewhere = with_joints(a=connection(""))
    elsewhere.data["pipes"]["pageInfo"] = {"hasNextPage": True, "endCursor": encode_offset(1)}
    found, client = searched(elsewhere, with_joints(b=connection("23")))
    assert found == [("a", "1"), ("b", "1"), ("b", "2"), ("b", "3")]
    assert f'joints(first: 100, after: "{encode_offset(1)}")' in client.asked[1].text
    assert [query.variables["after"] for query in client.asked[1:]] == [None, encode_offset(1)]


def test_a_single_row_that_has_moved_is_searched_for_once_more_and_then_taken_to_be_gone() -> None:
    found, client = searched(with_joints(a=connection("")), with_joints(b=connection("2345")))
    assert found[-1] == ("b", "5")
    found, client = searched(with_joints(a=connection("")), with_joints(a=connection("")))
    assert found == [("a", "1"), ("b", "1"), ("b", "2")]
    assert len(client.asked) == 3


def test_a_search_by_cursors_that_go_in_circles_ends() -> None:
    circle = [with_joints(a=connection("")) for _ in range(6)]
    for answer, end in zip(circle, "xyxxyx", strict=True):
        answer.data["pipes"]["pageInfo"] = {"hasNextPage": True, "endCursor": end}
    found, client = searched(*circle)
    assert found == [("a", "1"), ("b", "1"), ("b", "2")]
    assert [query.variables["after"] for query in client.asked[1:]] == [None, "x", "y", None, "x", "y"]


class JointServer:
    """Has pipes with many joints, and answers any query for what is left of them.

    Args:
        counts: How many joints each pipe has.
        row_points: What a row really costs.
    """

    def __init__(self, counts: list[int], row_points: float = 2.0) -> None:
        self.counts = counts
        self.row_points = row_points
        self.asked: list[tuple[Query, float]] = []

    def execute(self, query: Query, _usage: Usage) -> Answer:
        """Return the pages asked for, as the first page or by alias."""
        inline = re.search(r" joints\(first: (\d+)\)", query.text)
        data: dict[str, object] = {}
        if inline is not None:
            rows = int(inline[1])
            nodes = [
                {"id": str(number), "title": "", "joints": self._page(number, 0, rows)}
                for number in range(len(self.counts))
            ]
            data["pipes"] = {"nodes": nodes, "pageInfo": {"hasNextPage": False, "endCursor": None}}
            return Answer(data)
        price = 0.0
        pattern = r'(p\d+): pipe\(id: "(\d+)"\) { joints\(first: (\d+), after: "(\w+)"\)'
        for alias, number, first, after in re.findall(pattern, query.text):
            data[alias] = {"joints": self._page(int(number), decode_offset(after) or 0, int(first))}
            price += 6 + int(first) * self.row_points
        self.asked.append((query, price))
        return Answer(data, cost=Cost(price, price, 10_000, 10_000, 500))

    def _page(self, number: int, start: int, first: int) -> Node:
        nodes = [{"id": f"{number}-{at}"} for at in range(start, min(start + first, self.counts[number]))]
        end = start + len(nodes)
        return {"nodes": nodes, "pageInfo": {"hasNextPage": end < self.counts[number], "endCursor": encode_offset(end)}}


@settings(max_examples=effort(30, 600), deadline=None)
@given(
    counts=st.lists(st.sampled_from([0, 1, 5, 6, 99, 100, 101, 300]), min_size=1, max_size=80),
    share=st.sampled_from([0.05, 0.3, 1.0]),
)
def test_every_list_is_complete_and_every_query_within_the_share(counts: list[int], share: float) -> None:
    server = JointServer(counts)
    reader = Reading(ExtractionRun(cast("Client", server), told_limiter(share), 100))
    found = [each.node["id"] for each in reader.found(pipes(None, JOINTS)) if each.parent is not None]
    assert len(found) == len(set(found))
    assert set(found) == {f"{number}-{at}" for number, count in enumerate(counts) for at in range(count)}
    for number, (query, price) in enumerate(server.asked):
        assert query.points == pytest.approx(price * (1 if number else UNKNOWN_MARGIN))
        assert query.points <= share * 10_000
        assert query.text.count(": pipe(") <= 50


def test_many_long_lists_cost_few_queries() -> None:
    server = JointServer([60] * 100)
    reader = Reading(ExtractionRun(cast("Client", server), told_limiter(), 100))
    list(reader.found(pipes(None, JOINTS)))
    assert len(server.asked) == 3, "11 lists of 206 points that may be more, then 46 fit the bucket"


def test_the_price_that_the_server_states_is_learnt() -> None:
    server = JointServer([60] * 100, row_points=6.0)
    reader = Reading(ExtractionRun(cast("Client", server), told_limiter(), 100))
    list(reader.found(pipes(None, JOINTS)))
    assert all(price <= query.points <= 10_000 for query, price in server.asked)


def test_a_price_of_nothing_is_not_learnt() -> None:
    server = JointServer([400] * 3, row_points=-0.05)
    reader = Reading(ExtractionRun(cast("Client", server), told_limiter(), 100))
    list(reader.found(pipes(None, JOINTS)))
    assert min(query.points for query, _price in server.asked) > 100


def marks(texts: str, end: int | str | None = None) -> Node:
    """Return a list of marks, which have no id; `end` is an offset, or a cursor as it is."""
    cursor = encode_offset(end) if isinstance(end, int) else end
    return {
        "nodes": [{"text": text} for text in texts],
        "pageInfo": {"hasNextPage": end is not None, "endCursor": cursor},
    }


def at(nodes: list[Node]) -> list[tuple[int, str]]:
    """Nodes by their position."""
    return [(node["id"], node["text"]) for node in nodes]


def test_rows_without_an_id_are_known_by_their_position() -> None:
    long_list = LongList(MARKS, {"id": "a"})
    assert at(long_list.take(marks("uvw", 3), Losses(lose_nothing))) == [(0, "u"), (1, "v"), (2, "w")]
    assert at(long_list.take(marks("wxy", 5), Losses(lose_nothing))) == [(3, "x"), (4, "y")]
    assert at(long_list.take(marks("yz"), Losses(lose_nothing))) == [(5, "z")]
    assert long_list.reader.is_done


def test_rows_without_an_id_keep_their_positions_where_cursors_are_no_offsets() -> None:
    long_list = LongList(MARKS, {"id": "a"})
    assert at(long_list.take(marks("uv", "one"), Losses(lose_nothing))) == [(0, "u"), (1, "v")]
    assert at(long_list.take(marks("wx", "two"), Losses(lose_nothing))) == [(2, "w"), (3, "x")]
    assert at(long_list.take(marks("y"), Losses(lose_nothing))) == [(4, "y")]


@settings(max_examples=effort(100, 2_000), deadline=None)
@given(
    size=st.integers(0, 20),
    first=st.integers(2, 6),
    removed=st.lists(st.none() | st.integers(0, 19), max_size=6),
)
def test_of_rows_without_an_id_none_is_hidden_by_a_removed_one(
    size: int, first: int, removed: list[int | None]
) -> None:
    texts = list(MARK_TEXTS[:size])
    long_list = LongList(MARKS, {"id": "a"})
    row_at: dict[int, str] = {}
    changes = iter(removed)
    pages = 0
    while not long_list.reader.is_done:
        start = decode_offset(long_list.reader.after) or 0
        shown = texts[start : start + first]
        end = start + len(shown)
        page = marks("".join(shown), end if end < len(texts) else None)
        row_at.update(at(long_list.take(page, Losses(lose_nothing))))
        gone = next(changes, None)
        if gone is not None and gone < len(texts):
            del texts[gone]
        pages += 1
        assert pages < 200
    lost = set(texts) - set(row_at.values())
    assert lost == set()
