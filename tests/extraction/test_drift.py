"""A server that does not know everything: one column and one warning each, unless reading needs it."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tap_jobber.api.client import Answer, NotPermittedError
from tap_jobber.api.unknown_names import Strike, Unknown
from tap_jobber.errors import TapError
from tap_jobber.extraction.drift import Drift, UnknownRootError
from tap_jobber.extraction.overlap import encode_offset
from tap_jobber.extraction.page_size import UNKNOWN_MARGIN
from tap_jobber.extraction.source import CHANGED, Order, Part, Source
from tap_jobber.graphql.derive import derive
from tap_jobber.graphql.sdl import read_schema
from tap_jobber.graphql.text import ListPath, selection_set
from tests.extraction.scripted import BY_TITLE, JOINTS, MARKS, answer, drift, ids, pipes, reading, shed

if TYPE_CHECKING:
    from tap_jobber.extraction.overlap import Node

TITLE = Strike(Unknown.FIELD, "Pipe", "title")
SORT = Strike(Unknown.ARGUMENT, "pipes", "sort")


@pytest.mark.parametrize(
    ("strike", "gone", "kept", "column"),
    [
        (Strike(Unknown.FIELD, "Pipe", "size"), "size", "shed { id }", "size"),
        (Strike(Unknown.FIELD, "Size", "width"), "width", "size { height }", "size.width"),
        (Strike(Unknown.FIELD, "Shed", "id"), "shed", "size { width height }", "shedId"),
        (Strike(Unknown.FIELD, "Person", "born"), "born", "... on Person { id }", "owner.born"),
        (Strike(Unknown.FIELD, "Firm", "founded"), "founded", "... on Person { id born }", "owner.founded"),
        (Strike(Unknown.TYPE, "Firm", "Firm"), "... on Firm", "... on Person { id born }", "owner.founded"),
        (Strike(Unknown.SHAPE, "Name", "title"), "title", "size { width height }", "title"),
    ],
)
def test_what_is_unknown_is_left_out(
    strike: Strike, gone: str, kept: str, column: str, caplog: pytest.LogCaptureFixture
) -> None:
    reader, client = reading([drift(strike), answer("ab")])
    with caplog.at_level(logging.WARNING):
        assert ids(list(reader.nodes(pipes(None)))) == "ab"
    before, after = (query.text for query in client.asked)
    assert gone in before
    assert gone not in after
    assert kept in after
    assert client.asked[1].points < client.asked[0].points
    (said,) = caplog.messages
    assert said == (
        "pipes: the served version of Jobber's API does not know all that is asked for: "
        f"1 column is left out ({column})"
    )


def test_several_at_once_cost_one_query() -> None:
    strikes = (Strike(Unknown.FIELD, "Size", "width"), Strike(Unknown.FIELD, "Size", "height"))
    reader, client = reading([drift(*strikes), answer("ab")])
    list(reader.nodes(pipes()))
    assert "size" not in client.asked[1].text


def test_what_is_unknown_once_is_not_asked_for_again(caplog: pytest.LogCaptureFixture) -> None:
    reader, client = reading([drift(Strike(Unknown.FIELD, "Shed", "name")), Answer({"shed": {"id": "s"}})])
    list(reader.nodes(shed()))
    client.script = [Answer({"shed": {"id": "s"}})]
    caplog.clear()
    list(reader.nodes(shed()))
    assert [query.text for query in client.asked][1:] == ["query shed { shed { id } }"] * 2
    assert caplog.messages == []


def test_an_unknown_sort_falls_back_to_the_default_order(caplog: pytest.LogCaptureFixture) -> None:
    script = [drift(SORT), answer("ab", end=encode_offset(2)), answer("bc"), answer("ab", end=encode_offset(2))]
    reader, client = reading(script)
    with caplog.at_level(logging.WARNING):
        assert ids(list(reader.nodes(pipes()))) == "abc"
    assert "sort" in client.asked[0].text
    assert "sort" not in client.asked[1].text
    assert client.script == [], "in recency order the head is read again"
    assert "pipes: " in caplog.text
    assert "in another order" in caplog.text


def test_a_sort_that_becomes_unknown_in_mid_read_starts_over() -> None:
    script = [answer("ab", end=encode_offset(2)), drift(SORT), answer("cba")]
    reader, client = reading(script)
    assert set(ids(list(reader.nodes(pipes())))) == set("abc")
    assert client.asked[2].variables["after"] is None


@pytest.mark.parametrize(
    "strike",
    [
        Strike(Unknown.FIELD, "Pipe", "id"),
        Strike(Unknown.ARGUMENT, "pipes", "after"),
        Strike(Unknown.ARGUMENT, "pipes", "first"),
        Strike(Unknown.FIELD, "PipeConnection", "nodes"),
        Strike(Unknown.FIELD, "PageInfo", "endCursor"),
        Strike(Unknown.FIELD, "Elsewhere", "nothing"),
        Strike(Unknown.TYPE, "Pipe", "Pipe"),
    ],
)
def test_what_reading_cannot_do_without_is_an_error_that_names_it(strike: Strike) -> None:
    reader, client = reading([drift(strike), answer("ab")])
    with pytest.raises(TapError, match=f"{strike}.*api_version") as raised:
        list(reader.nodes(pipes()))
    assert not isinstance(raised.value, UnknownRootError)
    assert len(client.asked) == 1


def test_what_is_hidden_that_reading_cannot_do_without_is_not_permitted() -> None:
    reader, _client = reading([drift(Strike(Unknown.FIELD, "Pipe", "id", is_hidden=True))])
    with pytest.raises(NotPermittedError, match=r"may not see Pipe\.id, without which pipes cannot be read"):
        list(reader.nodes(pipes()))


def test_an_unknown_root_field_is_told_apart() -> None:
    reader, _client = reading([drift(Strike(Unknown.FIELD, "Query", "pipes"))])
    with pytest.raises(UnknownRootError, match="has no pipes"):
        list(reader.nodes(pipes()))


def test_the_same_field_struck_twice_ends_the_read() -> None:
    strike = Strike(Unknown.FIELD, "Pipe", "size")
    reader, client = reading([drift(strike)] * 5)
    with pytest.raises(TapError, match=r"Pipe\.size"):
        list(reader.nodes(pipes()))
    assert len(client.asked) == 2


def test_one_object_is_read_without_what_is_unknown() -> None:
    reader, client = reading([drift(Strike(Unknown.FIELD, "Shed", "name")), Answer({"shed": {"id": "s"}})])
    assert list(reader.nodes(shed())) == [{"id": "s"}]
    assert client.asked[1].points == 2 * UNKNOWN_MARGIN


def test_a_field_unknown_in_one_stream_is_left_out_of_the_next() -> None:
    reader, client = reading([drift(Strike(Unknown.FIELD, "Pipe", "size")), answer("ab"), answer("ab")])
    list(reader.nodes(pipes()))
    list(reader.nodes(pipes(order=None)))
    assert "size" not in client.asked[2].text


@pytest.mark.parametrize("owner", ["Pipe", ""])
def test_a_hidden_list_costs_its_own_stream_only(owner: str, caplog: pytest.LogCaptureFixture) -> None:
    hidden = Strike(Unknown.FIELD, owner, "joints", is_hidden=True)
    reads = pipes(None, JOINTS, MARKS)
    reader, client = reading([drift(hidden), answer("ab")])
    with caplog.at_level(logging.WARNING):
        assert ids(list(reader.nodes(reads))) == "ab"
    assert "joints" not in client.asked[1].text
    assert "marks(first:" in client.asked[1].text
    known = reader.extraction.drift
    refused = [part for part in (reads.part, JOINTS, MARKS) if known.refusal(reads.source, part) is not None]
    assert refused == [JOINTS]
    assert caplog.messages == [f"pipes: the app or its user may not see {hidden}; it is left out"]


FRESH_JOINTS = replace(JOINTS, path=ListPath("joints", "Pipe", arguments="filter: {fresh: true}"))


@pytest.mark.parametrize("unknown", [("joints", "filter"), ("JointFilter", "fresh")])
def test_a_list_is_asked_without_an_argument_that_is_unknown(
    unknown: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    reader, client = reading([drift(Strike(Unknown.ARGUMENT, *unknown)), answer("ab")])
    with caplog.at_level(logging.WARNING):
        assert ids(list(reader.nodes(pipes(BY_TITLE, FRESH_JOINTS)))) == "ab"
    assert ["joints(first: 5, filter: {fresh: true})" in query.text for query in client.asked] == [True, False]
    assert "joints(first: 5) {" in client.asked[1].text
    assert "sort: {key: TITLE" in client.asked[1].text
    assert [message for message in caplog.messages if "filter: {fresh: true}" in message] == caplog.messages
    assert len(caplog.messages) == 1


def test_an_argument_of_the_source_is_none_of_its_lists() -> None:
    reads = pipes(BY_TITLE, FRESH_JOINTS, stamp=CHANGED)
    known = Drift()
    changed = known.learn(reads.source, [reads.part, *reads.lists], [Strike(Unknown.ARGUMENT, "pipes", "filter")])
    assert changed.stamp is None
    assert known.applied(changed, FRESH_JOINTS) == FRESH_JOINTS


@pytest.mark.parametrize(
    ("hidden", "marks", "is_refused"),
    [
        ("marks", None, True),
        ("marks.nodes.0.text", None, True),
        ("marks.nodes.0.text", {"nodes": [{"text": None}]}, False),
    ],
)
def test_a_list_that_is_null_for_a_row_of_it_that_is_hidden_is_not_an_empty_one(
    hidden: str, marks: Node | None, *, is_refused: bool
) -> None:
    page = answer("ab", hidden=(f"pipes.nodes.1.{hidden}",))
    for node in page.data["pipes"]["nodes"]:
        node["marks"] = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    page.data["pipes"]["nodes"][1]["marks"] = marks and {**marks, "pageInfo": {"hasNextPage": False, "endCursor": None}}
    reads = pipes(None, MARKS)
    reader, _client = reading([page])
    assert ids(list(reader.nodes(reads))) == "ab"
    assert (reader.extraction.drift.refusal(reads.source, MARKS) is not None) is is_refused


def test_a_field_hidden_in_one_list_is_left_out_of_it() -> None:
    hidden = Strike(Unknown.FIELD, "Joint", "width", is_hidden=True)
    reader, client = reading([drift(hidden), answer("ab")])
    list(reader.nodes(pipes(None, JOINTS)))
    assert "joints(first: 5) { nodes { id }" in client.asked[1].text
    assert reader.extraction.drift.refusal(pipes().source, JOINTS) is None


def test_the_key_of_a_list_that_is_unknown_costs_the_list_only() -> None:
    reads = pipes(None, JOINTS)
    others = [Strike(Unknown.FIELD, owner, name) for owner, name in (("Joint", "width"), ("Pipe", "title"))]
    reader, client = reading([drift(*others, Strike(Unknown.FIELD, "Joint", "id")), answer("ab")])
    assert ids(list(reader.nodes(reads))) == "ab"
    assert "joints" not in client.asked[1].text
    refusal = reader.extraction.drift.refusal(reads.source, JOINTS)
    assert re.search(r"does not know Joint\.id, without.*pipe_joints cannot be read.*api_version", str(refusal))
    assert not isinstance(refusal, NotPermittedError)


def test_the_key_of_a_list_that_is_hidden_costs_the_list_only() -> None:
    reads = pipes(None, JOINTS)
    reader, client = reading([drift(Strike(Unknown.FIELD, "Joint", "id", is_hidden=True)), answer("ab")])
    assert ids(list(reader.nodes(reads))) == "ab"
    assert "joints" not in client.asked[1].text
    assert reader.extraction.drift.refusal(reads.source, JOINTS) is not None


@pytest.mark.parametrize(
    ("owner", "name"), [("pipes", "filter"), ("PipeFilter", "updatedAt"), ("PipeFilterAttributes", "updatedAt")]
)
def test_an_unknown_filter_is_done_without(owner: str, name: str) -> None:
    source = pipes(stamp=CHANGED).source
    changed = Drift().learn(source, [pipes().part], [Strike(Unknown.ARGUMENT, owner, name)])
    assert (changed.stamp, changed.order) == (None, source.order)


@pytest.mark.parametrize(
    ("owner", "name"),
    [("pipes", "sort"), ("PipeSort", "key"), ("PipesSortInput", "direction"), ("ProductsFilterInput", "sort")],
)
def test_an_unknown_sort_is_done_without_and_the_filter_stays(owner: str, name: str) -> None:
    source = pipes(Order("sort: {key: NAME}", is_filter=owner == "ProductsFilterInput"), stamp=CHANGED).source
    changed = Drift().learn(source, [pipes().part], [Strike(Unknown.ARGUMENT, owner, name)])
    assert (changed.stamp, changed.order) == (CHANGED, None)
    assert "sort" not in changed.arguments(None)


@pytest.mark.parametrize("name", ["colour", "scheduleItemType", "occursWithin", "createdAt"])
def test_an_argument_that_nothing_stands_for_is_an_error(name: str) -> None:
    source = pipes(None, stamp=CHANGED).source
    with pytest.raises(TapError, match=f"PipeFilter.{name}"):
        Drift().learn(source, [pipes().part], [Strike(Unknown.ARGUMENT, "PipeFilter", name)])


def notes_of_requests() -> tuple[Source, Part]:
    """Return a list whose members share an interface."""
    source = Source(
        name="requests",
        root="requests",
        type_name="Request",
        is_connection=True,
        order=None,
        stamp=CHANGED,
        required=("id", "updatedAt"),
    )
    return source, Part(
        "request_notes", derive(read_schema(), "RequestNoteUnion"), ListPath("notes", "Request"), ("id",)
    )


@pytest.mark.parametrize("owner", ["NoteInterface", "ClientNote", "RequestNote"])
def test_what_is_hidden_of_a_member_is_left_out_of_what_members_share(owner: str) -> None:
    source, notes = notes_of_requests()
    known = Drift()
    assert " linkedTo " in selection_set(notes.node)
    known.learn(source, [notes], [Strike(Unknown.FIELD, owner, "linkedTo", is_hidden=True)])
    left = known.applied(source, notes)
    assert left is not None
    assert " linkedTo " not in selection_set(left.node)
    assert " message " in selection_set(left.node)


def test_what_was_asked_of_an_unknown_interface_is_asked_of_each_member() -> None:
    source, notes = notes_of_requests()
    known = Drift()
    known.learn(source, [notes], [Strike(Unknown.TYPE, "NoteInterface", "NoteInterface")])
    left = known.applied(source, notes)
    assert left is not None
    text = selection_set(left.node)
    assert "NoteInterface" not in text
    for member in ("ClientNote", "RequestNote"):
        assert re.search(rf"\.\.\. on {member} \{{ .* id ", text)
