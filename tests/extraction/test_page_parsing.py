"""Answers that no API should give: one line that names the stream, and nothing taken of them."""

from __future__ import annotations

from typing import Any

import pytest

from tap_jobber.api.client import Answer
from tap_jobber.errors import TapError
from tap_jobber.extraction.overlap import Node, Page
from tap_jobber.extraction.page_parsing import read_page, read_stamp
from tests.extraction.scripted import JOINTS, answer, connection, ids, pipes, reading

INFO = {"hasNextPage": False, "endCursor": None}
ODD_ROWS: tuple[Any, ...] = (None, "text", {"id": None}, {}, {"id": ""}, {"id": ["a"]}, {"id": True})
ODD_PAGES: tuple[Any, ...] = (
    None,
    [],
    "text",
    {},
    {"nodes": None, "pageInfo": INFO},
    {"nodes": {}, "pageInfo": INFO},
    {"nodes": [], "pageInfo": None},
    {"nodes": [], "pageInfo": {}},
    {"nodes": [], "pageInfo": {**INFO, "hasNextPage": None}},
    {"nodes": [], "pageInfo": {**INFO, "endCursor": 5}},
)


@pytest.mark.parametrize("odd", [*ODD_PAGES, *({"nodes": [row], "pageInfo": INFO} for row in ODD_ROWS)])
def test_what_is_no_page_is_refused(odd: object) -> None:
    with pytest.raises(TapError, match="pipes: Jobber answered ") as raised:
        read_page(odd, "pipes")
    assert "run again" in raised.value.remedy


def test_a_page_is_taken_as_it_is() -> None:
    assert read_page({"nodes": [{"id": "a"}], "pageInfo": {"hasNextPage": True, "endCursor": "x"}}, "pipes") == Page(
        [{"id": "a"}], has_next_page=True, end_cursor="x"
    )
    assert read_page({"nodes": [{}], "pageInfo": INFO}, "pipes", has_id=False).nodes == [{}]


@pytest.mark.parametrize("odd", ODD_PAGES[1:])
def test_neither_pages_nor_lists_are_taken_of_what_is_none(odd: object) -> None:
    with_list = answer("a")
    with_list.data["pipes"]["nodes"][0]["joints"] = odd
    reader, _client = reading([Answer({"pipes": odd})])
    with pytest.raises(TapError, match=r"^pipes: Jobber answered "):
        list(reader.found(pipes(None)))
    reader, _client = reading([with_list])
    assert ids([each.node for each in reader.found(pipes(None, JOINTS))]) == "a"
    assert reader.lost["pipe_joints"].cause.startswith("pipe_joints: Jobber answered ")


@pytest.mark.parametrize("row", ODD_ROWS)
def test_a_row_that_is_none_costs_no_other(row: object) -> None:
    page = answer("ab")
    page.data["pipes"]["nodes"].insert(1, row)
    reader, _client = reading([page, page, page, answer("a"), answer("b")])
    assert set(ids([each.node for each in reader.found(pipes(None))])) >= {"a"}
    assert not reader.lost


def test_a_list_as_it_should_be_is_taken() -> None:
    page = answer("a")
    page.data["pipes"]["nodes"][0]["joints"] = connection("12")
    reader, _client = reading([page])
    assert ids([each.node for each in reader.found(pipes(None, JOINTS)) if each.parent]) == "12"


@pytest.mark.parametrize("node", [{}, {"at": None}, {"at": "yesterday"}, {"at": 5}])
def test_what_is_no_time_is_refused(node: Node) -> None:
    with pytest.raises(TapError, match="pipes: Jobber answered a row whose at is no time"):
        read_stamp(node, "at", "pipes")


def test_a_time_is_read() -> None:
    assert read_stamp({"at": "1970-01-01T00:01:00Z"}, "at", "pipes") == 60
