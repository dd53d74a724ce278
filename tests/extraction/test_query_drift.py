"""Facts of the served schema that one stream learns and all use: users' queries and the tap's own streams."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast

import pytest

from tap_jobber.api.client import Answer, Client
from tap_jobber.api.unknown_names import Strike, Unknown
from tap_jobber.errors import StreamError
from tap_jobber.extraction.extraction_run import ExtractionRun
from tap_jobber.extraction.query_drift import learn_of_query
from tap_jobber.extraction.served_schema import ServedSchema, scope_of_query
from tap_jobber.graphql.document import UserQuery
from tap_jobber.graphql.parse import read_document
from tap_jobber.graphql.text import selection_set
from tests.extraction.query_reading import QueryReading
from tests.extraction.scripted import SCHEMA, ScriptedClient, drift, told_limiter

if TYPE_CHECKING:
    from tap_jobber.graphql.striking import Steps

HEAD = "query ($first: Int!, $after: String)"
PIPES = f"{HEAD} {{ pipes(first: $first, after: $after) {{ nodes {{ id title size {{ width }} new {{ title }} }} }} }}"
AT = ("query mine", "pipes", "nodes")
PAGE = Answer({"pipes": {"nodes": [{"id": "a"}], "tapPageInfo": {"hasNextPage": False, "endCursor": None}}})


def run(*script: Answer | Exception) -> tuple[ScriptedClient, ExtractionRun]:
    client = ScriptedClient(list(script))
    return client, ExtractionRun(cast("Client", client), told_limiter(), 100)


def reading(extraction: ExtractionRun) -> QueryReading:
    return QueryReading(extraction, UserQuery("mine", read_document(SCHEMA, PIPES), ("id",)))


def test_what_another_stream_has_learnt_is_not_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    client, extraction = run(PAGE)
    extraction.drift.fields.add(("Pipe", "title"))
    with caplog.at_level(logging.WARNING):
        assert [row["id"] for row in reading(extraction).rows()] == ["a"]
    (asked,) = client.asked
    assert "nodes { id size { width } new { title }" in asked.text, "a field of an unknown type may be another one"
    (said,) = caplog.messages
    assert said.startswith("mine: ")
    assert "title" in said


def test_what_a_query_has_learnt_other_streams_know() -> None:
    _, extraction = run(drift(Strike(Unknown.FIELD, "Pipe", "title", path=(*AT, "title"))), PAGE)
    list(reading(extraction).rows())
    assert extraction.drift.fields == {("Pipe", "title")}
    assert not extraction.drift.places


def test_a_key_that_is_known_to_be_unknown_costs_the_stream() -> None:
    client, extraction = run()
    extraction.drift.fields.add(("Pipe", "id"))
    with pytest.raises(StreamError, match="mine has no column id"):
        list(reading(extraction).rows())
    assert client.asked == []


@pytest.mark.parametrize(
    ("strike", "place", "left"),
    [
        (
            Strike(Unknown.FIELD, "OtherName", "title", path=(*AT, "new", "title")),
            ("pipes", "nodes", "new", "title"),
            1,
        ),
        (Strike(Unknown.FIELD, "OtherName", "title"), ("pipes", "nodes", "new", "title"), 0),
        (Strike(Unknown.SHAPE, "Size", "size", path=(*AT, "size")), ("pipes", "nodes", "size"), 2),
        (Strike(Unknown.VALUE, "pipes", "first", path=("query mine", "pipes", "first")), ("pipes",), 0),
    ],
)
def test_what_has_another_name_on_the_server_is_struck_at_its_place(strike: Strike, place: Steps, left: int) -> None:
    """The count is of the titles that are still asked for."""
    served, asked = ServedSchema(), read_document(SCHEMA, PIPES).selection
    learn_of_query(served, "mine", asked, [strike])
    assert place in served.places[scope_of_query("mine")]
    assert served.fields == set()
    assert selection_set(served.applied_to_query("mine", asked)).count("title") == left
    assert served.applied_to_query("another", asked) == asked
