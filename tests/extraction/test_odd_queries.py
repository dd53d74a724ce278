"""Queries of a user's own meet the same odd answers as the tap's, and lose as little to them."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_jobber.api.client import NotPermittedError
from tap_jobber.extraction.query_fetcher import FAILED
from tests.effort import effort
from tests.extraction.odd_server import WEATHER, OddRead, OddServer

TEXT = """query mine($first: Int!, $after: String) {
  pipes(first: $first, after: $after, sort: {key: NAME, direction: ASCENDING}) {
    nodes { id title weight size { width height } joints(first: 2) { nodes { id width } } }
  }
}"""


def rows_of(read: OddRead) -> dict[str, dict[str, object]]:
    """Return the last of each row."""
    return {row["id"]: row for row in read.of_query(TEXT)}


def ids(*numbers: int) -> set[str]:
    return set(map(str, numbers))


@pytest.mark.parametrize("hidden", ["0", "3", "9", "3 4 5"])
@pytest.mark.parametrize("page_size", [2, 5, 100])
def test_hidden_rows_are_read_around(hidden: str, page_size: int, caplog: pytest.LogCaptureFixture) -> None:
    server = OddServer([1] * 10, hidden=frozenset(hidden.split()))
    with caplog.at_level(logging.WARNING):
        rows = rows_of(OddRead(server, page_size=page_size))
    assert rows.keys() == ids(*range(10)) - server.hidden
    count = len(server.hidden)
    rows_are = "1 row is" if count == 1 else f"{count} rows are"
    assert caplog.messages[-1] == f"mine: {rows_are} missing because the app or its user may not see them"
    assert len(caplog.messages) == 2, "it and that the served version is unknown"


def test_a_query_of_hidden_rows_is_not_permitted() -> None:
    server = OddServer([0] * 200, hidden=frozenset(map(str, range(200))))
    with pytest.raises(NotPermittedError, match="may not see any of its rows"):
        rows_of(OddRead(server))


def test_a_hidden_row_of_a_list_costs_the_list(caplog: pytest.LogCaptureFixture) -> None:
    server = OddServer([2] * 10, hidden=frozenset(["3-1"]))
    with caplog.at_level(logging.WARNING):
        rows = rows_of(OddRead(server))
    assert rows.keys() == ids(*range(10))
    assert all("joints" not in row and "title" in row for row in rows.values())
    assert caplog.messages[1:] == ["mine: the app or its user may not see joints; it is left out"]


def test_values_that_fail_are_told_from_null() -> None:
    server = OddServer([2] * 10, failing={"3.title": -1, "5-1.width": -1, "4.size": 2})
    read = OddRead(server)
    rows = rows_of(read)
    assert rows.keys() == ids(*range(10))
    assert [key for key, row in rows.items() if "title" not in row] == ["3"]
    assert rows["3"][FAILED] == ["title"]
    assert rows["5"]["joints"] == {**read_joints(rows["5"]), "nodes": [{"id": "5-0", "width": 5}, {"id": "5-1"}]}
    assert read.lost == {("mine", "title"): 1, ("mine", "joints.nodes.width"): 1}


def read_joints(row: dict[str, object]) -> dict[str, object]:
    """Return the list of a row."""
    found = row["joints"]
    assert isinstance(found, dict)
    return found


def test_a_field_that_takes_its_row_with_it_is_left_out() -> None:
    read = OddRead(OddServer([0] * 10, failing={"3.weight": -1}))
    rows = rows_of(read)
    assert rows.keys() == ids(*range(10))
    assert all("weight" not in row and "title" in row for row in rows.values())
    assert all(row[FAILED] == ["weight"] for row in rows.values())
    assert read.lost == {("mine", "weight"): 1}


def test_a_value_that_fails_beside_a_hidden_row_costs_no_column() -> None:
    read = OddRead(OddServer([0] * 10, failing={"3.weight": -1, "4.title": -1}, hidden=frozenset(["6"])))
    rows = rows_of(read)
    assert [key for key, row in rows.items() if "title" not in row] == ["4"]
    assert read.lost == {("mine", "weight"): 1, ("mine", "title"): 1}


def test_a_key_that_fails_costs_its_row() -> None:
    read = OddRead(OddServer([0] * 10, failing={"3.id": -1}))
    assert rows_of(read).keys() == ids(*range(10)) - {"3"}
    assert read.lost == {(None, "the row at place 4 of its list"): 1}


@pytest.mark.parametrize("failures", [1, 2, 3])
def test_a_row_whose_query_fails_for_a_while_is_not_given_up(failures: int) -> None:
    # Only beside one that is never served are rows asked for by themselves.
    server = OddServer([1] * 2, poison=frozenset(["0"]))
    rows_of(OddRead(server, page_size=2))
    alone = server.requests
    weather = dict.fromkeys(range(alone, alone + failures), "bad gateway")
    again = OddRead(OddServer([1] * 2, poison=frozenset(["0"]), weather=weather), page_size=2)
    assert rows_of(again).keys() == {"1"}
    assert again.lost == {(None, "the row at place 1 of its list"): 1}


@settings(max_examples=effort(40, 400), deadline=None)
@given(
    count=st.integers(0, 14),
    hidden=st.frozensets(st.integers(0, 14).map(str), max_size=3),
    poison=st.frozensets(st.integers(0, 14).map(str), max_size=2),
    most_rows=st.sampled_from([0, 0, 2, 3, 5]),
    failing=st.dictionaries(
        st.tuples(st.integers(0, 14).map(str), st.sampled_from(["title", "weight", "size"])).map(".".join),
        st.sampled_from([-1, 1, 2]),
        max_size=2,
    ),
    weather=st.dictionaries(st.integers(1, 40), st.sampled_from(sorted(WEATHER)), max_size=6),
    page_size=st.sampled_from([2, 3, 100]),
)
def test_all_that_can_be_served_arrives_and_the_rest_is_named(
    *,
    count: int,
    hidden: frozenset[str],
    poison: frozenset[str],
    most_rows: int,
    failing: dict[str, int],
    weather: dict[int, str],
    page_size: int,
) -> None:
    always = {key for key, times in failing.items() if times < 0}
    server = OddServer([1] * count, hidden - poison, poison, most_rows, failing, weather)
    read = OddRead(server, page_size=page_size)
    rows = rows_of(read)
    assert rows.keys() == ids(*range(count)) - hidden - poison
    for key, row in rows.items():
        for name in ("title", "weight", "size"):
            assert name in row or ("mine", name) in read.lost
            assert name not in row or (row[name] == server.value(key, name) and f"{key}.{name}" not in always)
