"""A server that does not know everything: one column and one warning each, unless reading needs it."""

from __future__ import annotations

import logging

import pytest

from tap_jobber.api.client import Answer, Usage
from tap_jobber.api.drift import Strike, Unknown
from tap_jobber.errors import TapError
from tap_jobber.extraction.overlap import encode_offset
from tap_jobber.extraction.source import UnknownRootError
from tests.extraction.scripted import answer, drift, extraction, ids, pipes, shed

TITLE = Strike(Unknown.FIELD, "Pipe", "title")
SORT = Strike(Unknown.ARGUMENT, "pipes", "sort")


@pytest.mark.parametrize(
    ("strike", "gone", "kept"),
    [
        (Strike(Unknown.FIELD, "Pipe", "size"), "size", "shed { id }"),
        (Strike(Unknown.FIELD, "Size", "width"), "width", "size { height }"),
        (Strike(Unknown.FIELD, "Shed", "id"), "shed", "size { width height }"),
        (Strike(Unknown.FIELD, "Person", "born"), "born", "... on Person { id }"),
        (Strike(Unknown.FIELD, "Firm", "founded"), "founded", "... on Person { id born }"),
        (Strike(Unknown.TYPE, "Firm", "Firm"), "... on Firm", "... on Person { id born }"),
    ],
)
def test_what_is_unknown_is_left_out(strike: Strike, gone: str, kept: str, caplog: pytest.LogCaptureFixture) -> None:
    reading, client = extraction([drift(strike), answer("ab")])
    with caplog.at_level(logging.WARNING):
        assert ids(list(reading.nodes(pipes(), Usage()))) == "ab"
    before, after = (query.text for query in client.asked)
    assert gone in before
    assert gone not in after
    assert kept in after
    assert client.asked[1].points < client.asked[0].points
    assert len(caplog.messages) == 1
    assert str(strike) in caplog.messages[0]


def test_several_at_once_cost_one_query() -> None:
    strikes = (Strike(Unknown.FIELD, "Size", "width"), Strike(Unknown.FIELD, "Size", "height"))
    reading, client = extraction([drift(*strikes), answer("ab")])
    list(reading.nodes(pipes(), Usage()))
    assert "size" not in client.asked[1].text


def test_what_is_unknown_once_is_not_asked_for_again(caplog: pytest.LogCaptureFixture) -> None:
    reading, client = extraction([drift(Strike(Unknown.FIELD, "Shed", "name")), Answer({"shed": {"id": "s"}})])
    list(reading.nodes(shed(), Usage()))
    client.script = [Answer({"shed": {"id": "s"}})]
    caplog.clear()
    list(reading.nodes(shed(), Usage()))
    assert [query.text for query in client.asked][1:] == ["query shed { shed { id } }"] * 2
    assert caplog.messages == []


def test_an_unknown_sort_falls_back_to_the_default_order(caplog: pytest.LogCaptureFixture) -> None:
    script = [drift(SORT), answer("ab", end=encode_offset(2)), answer("bc"), answer("ab", end=encode_offset(2))]
    reading, client = extraction(script)
    with caplog.at_level(logging.WARNING):
        assert ids(list(reading.nodes(pipes(), Usage()))) == "abc"
    assert "sort" in client.asked[0].text
    assert "sort" not in client.asked[1].text
    assert client.script == [], "in recency order the head is read again"
    assert "sort" in caplog.text


def test_a_sort_that_becomes_unknown_in_mid_read_starts_over() -> None:
    script = [answer("ab", end=encode_offset(2)), drift(SORT), answer("cba")]
    reading, client = extraction(script)
    assert set(ids(list(reading.nodes(pipes(), Usage())))) == set("abc")
    assert client.asked[2].variables["after"] is None


@pytest.mark.parametrize(
    "strike",
    [
        Strike(Unknown.FIELD, "Pipe", "id"),
        TITLE,
        Strike(Unknown.ARGUMENT, "pipes", "after"),
        Strike(Unknown.ARGUMENT, "pipes", "first"),
        Strike(Unknown.FIELD, "PipeConnection", "nodes"),
        Strike(Unknown.FIELD, "PageInfo", "endCursor"),
        Strike(Unknown.FIELD, "Elsewhere", "nothing"),
        Strike(Unknown.TYPE, "Pipe", "Pipe"),
    ],
)
def test_what_reading_cannot_do_without_is_an_error_that_names_it(strike: Strike) -> None:
    reading, client = extraction([drift(strike), answer("ab")])
    with pytest.raises(TapError, match=f"{strike}.*api_version") as raised:
        list(reading.nodes(pipes(), Usage()))
    assert not isinstance(raised.value, UnknownRootError)
    assert len(client.asked) == 1


def test_an_unknown_root_field_is_told_apart() -> None:
    reading, _client = extraction([drift(Strike(Unknown.FIELD, "Query", "pipes"))])
    with pytest.raises(UnknownRootError, match="has no pipes"):
        list(reading.nodes(pipes(), Usage()))


def test_the_same_field_struck_twice_ends_the_read() -> None:
    strike = Strike(Unknown.FIELD, "Pipe", "size")
    reading, client = extraction([drift(strike)] * 5)
    with pytest.raises(TapError, match=r"Pipe\.size"):
        list(reading.nodes(pipes(), Usage()))
    assert len(client.asked) == 2


def test_one_object_is_read_without_what_is_unknown() -> None:
    reading, client = extraction([drift(Strike(Unknown.FIELD, "Shed", "name")), Answer({"shed": {"id": "s"}})])
    assert list(reading.nodes(shed(), Usage())) == [{"id": "s"}]
    assert client.asked[1].points == 2


def test_a_field_unknown_in_one_stream_is_left_out_of_the_next() -> None:
    reading, client = extraction([drift(Strike(Unknown.FIELD, "Pipe", "size")), answer("ab"), answer("ab")])
    list(reading.nodes(pipes(), Usage()))
    list(reading.nodes(pipes(order=None), Usage()))
    assert "size" not in client.asked[2].text
