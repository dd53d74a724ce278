"""Whatever a server gets wrong costs what it is about, by name, and nothing else."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_jobber.api.client import Answer
from tap_jobber.errors import StreamError
from tap_jobber.wording import are, counted
from tests.effort import effort, some
from tests.extraction.odd_server import WEATHER, OddRead, OddServer
from tests.extraction.scripted import pipes, reading

if TYPE_CHECKING:
    from tap_jobber.api.decision import Reply
    from tap_jobber.api.transport import Query


def everything(server: OddServer) -> set[str]:
    """Return the rows that can be served."""
    pipes = {str(number) for number in range(len(server.joints))} - server.hidden - server.poison
    joints = {f"{pipe}-{number}" for pipe in pipes for number in range(server.joints[int(pipe)])}
    return pipes | (joints - server.hidden - server.poison)


@pytest.mark.parametrize("has_order", [True, False])
@pytest.mark.parametrize("most_rows", some([1, 10, 2, 3, 60], usual=2))
def test_pages_shrink_to_what_can_be_served(most_rows: int, *, has_order: bool) -> None:
    server = OddServer([2] * 70, most_rows=most_rows)
    read = OddRead(server, has_order=has_order)
    assert read.rows().keys() == everything(server)
    assert read.lost == {}


def test_pages_shrink_soon_and_grow_again() -> None:
    server = OddServer([0] * 200, most_rows=10)
    assert len(OddRead(server).rows()) == 200
    assert server.requests < 60
    recovering = OddServer([0] * 900, weather=dict.fromkeys((1, 2, 4), "bad gateway"))
    assert len(OddRead(recovering).rows()) == 900
    assert recovering.requests < 20


@pytest.mark.parametrize(
    "hidden", ["0", "1", "4", "5", "9", "4 5 6", "0 1 2", "7 8 9", "2-0", "2-6", "2-0 2-1", "3 2-2"]
)
@pytest.mark.parametrize("page_size", some([3, 100, 2, 5], usual=2))
def test_hidden_rows_are_read_around_and_counted(hidden: str, page_size: int, caplog: pytest.LogCaptureFixture) -> None:
    server = OddServer([0, 1, 7, 2, 0, 0, 9, 0, 0, 1], hidden=frozenset(hidden.split()))
    read = OddRead(server, page_size=page_size)
    with caplog.at_level(logging.WARNING):
        assert read.rows().keys() == everything(server)
    assert read.lost == {}
    roots = sum("-" not in row for row in server.hidden)
    said = "missing because the app or its user may not see them"
    named = [text for text in caplog.messages if text.endswith(said)]
    assert [text for text in named if text.startswith("pipes: ")] == (
        [f"pipes: {counted(roots, 'row')} {are(roots)} {said}"] if roots else []
    )
    assert len(named) == bool(roots) + (len(server.hidden) > roots)


def test_a_list_of_hidden_rows_is_not_permitted() -> None:
    server = OddServer([0] * 300, hidden=frozenset(map(str, range(300))))
    with pytest.raises(StreamError, match="may not see any of its rows"):
        OddRead(server).rows()
    assert server.requests < 60


@pytest.mark.parametrize("poison", ["0", "3", "9", "4 5", "2-0", "2-6", "3 2-2"])
def test_a_row_that_is_never_served_costs_that_row(poison: str) -> None:
    server = OddServer([0, 1, 7, 2, 0, 0, 9, 0, 0, 1], poison=frozenset(poison.split()))
    read = OddRead(server)
    assert read.rows().keys() == everything(server)
    assert sum(read.lost.values()) == len(server.poison)
    for row in server.poison:
        named = (
            ("pipe_joints", "a row of a list") if "-" in row else (None, f"the row at place {int(row) + 1} of its list")
        )
        assert named in read.lost
    assert server.requests < 150


@pytest.mark.parametrize("place", ["0", "1-4"])
@pytest.mark.parametrize("failures", [1, 2, 3])
def test_a_row_whose_query_fails_for_a_while_is_not_given_up(place: str, failures: int) -> None:
    sound = OddServer([0, 7, 0, 0], poison=frozenset([place]))
    assert OddRead(sound, page_size=2).rows().keys() == everything(sound)
    for request in range(1, sound.requests + 1):
        weather = dict.fromkeys(range(request, request + failures), "bad gateway")
        server = OddServer([0, 7, 0, 0], poison=frozenset([place]), weather=weather)
        read = OddRead(server, page_size=2)
        assert read.rows().keys() == everything(server), request
        assert sum(read.lost.values()) == 1, request


def test_many_rows_that_are_never_served_cost_the_stream() -> None:
    server = OddServer([0] * 30, poison=frozenset(map(str, range(10, 20))))
    with pytest.raises(StreamError, match="many of its rows cannot be read: Jobber answered 504"):
        OddRead(server).rows()


def test_a_value_that_fails_costs_that_value() -> None:
    server = OddServer([2] * 20, failing={"3.title": -1, "5-1.width": -1, "7.size": 2})
    read = OddRead(server)
    rows = read.rows()
    assert rows.keys() == everything(server)
    assert [row for row, node in rows.items() if "-" not in row and "title" not in node] == ["3"]
    assert [row for row, node in rows.items() if "-" in row and "width" not in node] == ["5-1"]
    assert rows["7"]["size"] == {"width": 3, "height": None}
    assert read.lost == {("pipes", "title"): 1, ("pipe_joints", "width"): 1}


def test_a_field_that_takes_its_row_with_it_costs_the_column() -> None:
    server = OddServer([2] * 20, failing={"3.weight": -1})
    read = OddRead(server)
    rows = read.rows()
    assert rows.keys() == everything(server)
    assert all("weight" not in node and "title" in node for row, node in rows.items() if "-" not in row)
    assert read.lost == {("pipes", "weight"): 1}


def test_a_value_that_fails_beside_what_takes_rows_with_it_costs_no_column() -> None:
    server = OddServer([2] * 9, failing={"3.weight": -1, "4.title": -1, "5.title": -1}, hidden=frozenset(["4-1", "7"]))
    read = OddRead(server)
    assert read.rows().keys() == everything(server)
    assert read.lost == {("pipes", "weight"): 1, ("pipes", "title"): 2}


def test_a_column_that_fails_in_all_rows_is_asked_for_no_more() -> None:
    server = OddServer([0] * 90, failing={f"{row}.title": -1 for row in range(90)})
    read = OddRead(server, page_size=10)
    assert read.rows().keys() == everything(server)
    assert read.lost == {("pipes", "title"): 10}
    assert server.requests < 15


@pytest.mark.parametrize("failing", ["3.id", "3-1.id", "3.joints"])
def test_what_a_row_cannot_be_without_costs_the_row_or_the_list(failing: str) -> None:
    server = OddServer([2] * 20, failing={failing: -1})
    read = OddRead(server)
    gone = {"3.id": {"3", "3-0", "3-1"}, "3-1.id": {"3-1"}, "3.joints": {"3-0", "3-1"}}[failing]
    assert read.rows().keys() == everything(server) - gone
    (named,) = read.lost
    assert named[0] == (None if failing == "3.id" else "pipe_joints")


@pytest.mark.parametrize("void", ["0", "3", "9", "4 5", "2-0", "2-6", "3 2-2"])
@pytest.mark.parametrize("page_size", [3, 100])
def test_a_row_that_is_null_for_no_reason_costs_that_row(void: str, page_size: int) -> None:
    class Void(OddServer):
        """A server that answers null for rows, and says nothing of it."""

        def send(self, query: Query, token: str) -> tuple[Reply, float | None]:
            said, at = super().send(query, token)
            return replace(said, body=_emptied(said.body, set(void.split()))), at

    server = Void([0, 1, 7, 2, 0, 0, 9, 0, 0, 1])
    read = OddRead(server, page_size=page_size)
    gone = {row for row in exists(server) if {row, parent(row)} & set(void.split())}
    assert read.rows().keys() == exists(server) - gone
    assert {name for name, _what in read.lost} == {"pipe_joints" if "-" in row else None for row in void.split()}


_ENDLESS = {"nodes": [{"id": "2-2", "width": 1}], "pageInfo": {"hasNextPage": True, "endCursor": None}}


@pytest.mark.parametrize("value", [5, "x", [], [{"joints": None}], {"joints": 5}, {"joints": []}, {"joints": _ENDLESS}])
def test_the_rest_of_a_list_that_is_something_else_costs_that_rest(value: object) -> None:
    class Odd(OddServer):
        """A server that answers a certain value for the rest of the first list."""

        def send(self, query: Query, token: str) -> tuple[Reply, float | None]:
            said, at = super().send(query, token)
            data = said.body.get("data") or {}
            if "p0" in data:
                said = replace(said, body={**said.body, "data": {**data, "p0": value}})
            return said, at

    read = OddRead(Odd([0, 1, 7, 2, 0, 9]), page_size=3)
    rows = read.rows()
    assert {row for row in rows if "-" not in row} == set("012345")
    assert {row for row in rows if "-" in row} >= {"1-0", "2-0", "3-0", "3-1", "5-0"}
    assert {name for name, _what in read.lost} == {"pipe_joints"}
    assert {what for _name, what in read.lost} == {"the rest of a list"}


@pytest.mark.parametrize("is_had_apart", [True, False])
def test_a_list_that_is_null_for_no_reason_is_read_apart_or_missed_by_name(*, is_had_apart: bool) -> None:
    class Odd(OddServer):
        """A server that answers null for lists that are read with their nodes, or for all."""

        def send(self, query: Query, token: str) -> tuple[Reply, float | None]:
            said, at = super().send(query, token)
            is_apart = "p0" in (said.body.get("data") or {})
            return (said if is_had_apart and is_apart else replace(said, body=_without_lists(said.body))), at

    server = Odd([0, 1, 7, 2])
    read = OddRead(server)
    rows = read.rows()
    assert rows.keys() == (everything(server) if is_had_apart else set("0123"))
    assert read.lost == ({} if is_had_apart else {("pipe_joints", "the rest of a list"): 4})


def _without_lists(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return JSON with null for each list of joints."""
    if isinstance(value, dict):
        return {key: None if key == "joints" else _without_lists(each) for key, each in value.items()}
    return [_without_lists(each) for each in value] if isinstance(value, list) else value


def _emptied(value: Any, void: set[str]) -> Any:  # noqa: ANN401 - JSON
    """Return JSON with null for some rows of lists."""
    if isinstance(value, dict):
        return {key: _emptied(each, void) for key, each in value.items()}
    if isinstance(value, list):
        return [None if isinstance(each, dict) and each.get("id") in void else _emptied(each, void) for each in value]
    return value


@pytest.mark.parametrize("value", [[], "pipes", 5, True])
def test_a_list_that_is_something_else_is_an_error_that_says_so(value: object) -> None:
    reader, _client = reading([Answer({"pipes": value})])
    with pytest.raises(StreamError, match="pipes: Jobber answered pipes with something else than an object"):
        list(reader.nodes(pipes()))


@pytest.mark.parametrize("nodes", [None, 5, True, "abc", {"id": "a"}])
def test_nodes_that_are_something_else_are_an_error_that_says_so(nodes: object) -> None:
    value = {"nodes": nodes, "pageInfo": {"hasNextPage": False, "endCursor": None}}
    reader, _client = reading([Answer({"pipes": value})])
    with pytest.raises(StreamError, match="pipes: Jobber answered no list of rows in pages"):
        list(reader.nodes(pipes()))


@pytest.mark.parametrize("value", [{}, {"nodes": None}, {"nodes": True}, {"nodes": [5]}])
def test_a_look_beyond_that_shows_something_else_is_an_error_that_says_so(value: object) -> None:
    read, _client = reading([Answer({"pipes": value})])
    with pytest.raises(StreamError, match="pipes: Jobber answered no list of rows"):
        read.fetcher(pipes()).row_beyond(5, None)


ROWS = st.integers(0, 14).map(str) | st.tuples(st.integers(0, 14), st.integers(0, 8)).map(
    lambda each: f"{each[0]}-{each[1]}"
)
NAMES = st.sampled_from(["title", "size", "shed", "weight", "width"])


@settings(max_examples=effort(15, 300), deadline=None)
@given(
    server=st.builds(
        OddServer,
        joints=st.lists(st.integers(0, 9), max_size=15),
        hidden=st.frozensets(ROWS, max_size=4),
        poison=st.frozensets(ROWS, max_size=2),
        most_rows=st.sampled_from([0, 0, 1, 2, 4, 12]),
        failing=st.dictionaries(st.tuples(ROWS, NAMES).map(".".join), st.sampled_from([-1, -1, 1, 2]), max_size=3),
        weather=st.dictionaries(st.integers(1, 60), st.sampled_from(sorted(WEATHER)), max_size=8),
    ),
    has_order=st.booleans(),
    page_size=st.sampled_from([2, 3, 7, 100]),
)
def test_all_that_can_be_served_arrives_and_the_rest_is_named(
    server: OddServer, page_size: int, *, has_order: bool
) -> None:
    server.hidden -= server.poison
    always = {key for key, times in server.failing.items() if times < 0}
    read = OddRead(server, has_order=has_order, page_size=page_size)
    rows = read.rows()
    assert rows.keys() == everything(server)
    for row, node in rows.items():
        stream = "pipe_joints" if "-" in row else "pipes"
        for name in ("width",) if "-" in row else ("title", "size", "weight"):
            if name in node:
                assert node[name] == server.value(row, name), "a value that failed passes for one that is null"
                assert f"{row}.{name}" not in always
            else:
                assert (stream, name) in read.lost
    beyond = server.hidden | server.poison
    is_lost = [row for row in server.poison & exists(server) if parent(row) not in beyond]
    assert bool([what for _name, what in read.lost if "row" in what]) == bool(is_lost)


def exists(server: OddServer) -> set[str]:
    """All rows, whether or not they can be served."""
    return everything(OddServer(server.joints))


def parent(row: str) -> str | None:
    """Return the pipe of a joint."""
    return row.partition("-")[0] if "-" in row else None
