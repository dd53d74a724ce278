"""Reading a user's query: pages, what the server does not know, and rows that look different each time."""

from __future__ import annotations

import itertools
import logging
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_jobber.api.client import Answer, NotPermittedError, Usage
from tap_jobber.api.stated_cost import Cost
from tap_jobber.api.unknown_names import Strike, Unknown
from tap_jobber.errors import StreamError, TapError
from tap_jobber.extraction.drift import UnknownRootError
from tap_jobber.extraction.extraction_run import ExtractionRun
from tap_jobber.extraction.overlap import encode_offset
from tap_jobber.extraction.page_size import UNKNOWN_MARGIN
from tap_jobber.graphql.document import UserQuery
from tap_jobber.graphql.parse import read_document
from tap_jobber.graphql.sdl import read_schema
from tests.effort import effort
from tests.extraction.changing_list import ChangingList
from tests.extraction.query_reading import QueryReading
from tests.extraction.scripted import SCHEMA, ScriptedClient, drift, told_limiter, too_expensive

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_jobber.api.client import Client
    from tap_jobber.api.transport import Query

HEAD = "query ($first: Int!, $after: String)"
PIPES = f"{HEAD} {{ pipes(first: $first, after: $after) {{ nodes {{ id title size {{ width }} }} }} }}"
SORTED = PIPES.replace("after: $after", "after: $after, sort: {key: TITLE, direction: ASCENDING}")
BELOW = (
    f"{HEAD} {{ our: newShed {{ all: pipes(first: $first, after: $after) {{ rows: edges {{ node {{ id }} }} }} }} }}"
)


def reading(
    client: object, text: str = PIPES, *keys: str, page_size: int = 100, limit: int | None = None
) -> QueryReading:
    query = UserQuery("mine", read_document(SCHEMA, text), keys or ("id",))
    extraction = ExtractionRun(cast("Client", client), told_limiter(), page_size)
    return QueryReading(extraction, query, limit)


def scripted(*script: Answer | Exception) -> ScriptedClient:
    return ScriptedClient(list(script))


def answer(ids: str, end: str | None = None, cost: Cost | None = None, **also: Any) -> Answer:
    """Return a page of pipes with ids of one letter; `end` is the cursor of more to come."""
    info = {"hasNextPage": end is not None, "endCursor": end}
    nodes = [{"id": each, "title": f"pipe {each}", **also} for each in ids]
    return Answer({"pipes": {"nodes": nodes, "tapPageInfo": info}}, cost=cost)


def ids(reader: QueryReading) -> str:
    return "".join(row["id"] for row in reader.rows())


def test_pages_overlap_and_the_head_is_read_again() -> None:
    client = scripted(answer("abc", encode_offset(3)), answer("cd"), answer("abc", encode_offset(3)))
    assert ids(reading(client)) == "abcd"
    assert [query.variables["after"] for query in client.asked] == [None, encode_offset(2), None]
    assert client.sizes == [100, 100, 5]
    assert client.script == []


def test_where_no_edit_shows_the_whole_list_is_read_again_until_nothing_is_new() -> None:
    again = [answer("ab", encode_offset(2)), answer("bx", encode_offset(3)), answer("xcd")]
    client = scripted(answer("abc", encode_offset(3)), answer("cd"), *again, answer("abxcd"))
    unknown = PIPES.replace("pipes(", "pipes: newPipes(").replace("title size { width }", "__typename")
    assert ids(reading(client, unknown)) == "abcdx"
    assert client.script == []


def test_in_an_order_that_rows_keep_the_head_is_not_read_again() -> None:
    client = scripted(answer("abc", encode_offset(3)), answer("cd"))
    assert ids(reading(client, SORTED)) == "abcd"


def test_a_page_that_begins_with_another_row_is_stepped_back_from() -> None:
    client = scripted(answer("abc", encode_offset(3)), answer("e"), answer("ce"))
    assert ids(reading(client, SORTED)) == "abce"
    assert [query.variables["after"] for query in client.asked] == [None, encode_offset(2), encode_offset(1)]


def test_opaque_cursors_are_followed() -> None:
    client = scripted(answer("ab", "x/1"), answer("cd", "x/2"), answer(""), answer("abcd"))
    assert ids(reading(client)) == "abcd"
    assert [query.variables["after"] for query in client.asked[:3]] == [None, "x/1", "x/2"]


def test_an_empty_page_that_promises_more_is_not_the_end() -> None:
    assert ids(reading(scripted(answer("", "x/1"), answer("ab"), answer("ab")))) == "ab"


@pytest.mark.parametrize("cursors", [("",), ("x/1", "x/1")])
def test_a_cursor_that_does_not_advance_is_an_error(cursors: tuple[str, ...]) -> None:
    script = [answer("ab", each or None) for each in cursors]
    script[-1].data["pipes"]["tapPageInfo"]["hasNextPage"] = True
    with pytest.raises(TapError, match="mine: Jobber says that more rows follow"):
        ids(reading(scripted(*script)))


def test_the_price_that_is_stated_sizes_the_next_page() -> None:
    client = scripted(answer("ab", encode_offset(2), cost=Cost(1_605, 9, 10_000, 900, 500)), answer("bc"))
    assert ids(reading(client, SORTED)) == "abc"
    assert client.sizes == [100, 100]
    assert [query.points for query in client.asked] == [UNKNOWN_MARGIN * 405, pytest.approx(1_605)]


def test_the_smallest_page_too_expensive_is_an_error_that_says_so() -> None:
    client = scripted(*[too_expensive()] * 8)
    with pytest.raises(TapError, match=r"mine: even the smallest page is too expensive: .*: ask for less of each row"):
        ids(reading(client))
    assert client.sizes == [100, 50, 25, 12, 6, 3, 2]


def test_wanting_few_rows_keeps_the_page_small() -> None:
    client = scripted(answer("ab"))
    ids(reading(client, limit=1))
    assert client.sizes == [2]


def test_a_list_below_an_object() -> None:
    edges = [{"node": {"id": "a"}}, {"node": {"id": "b"}}]
    info = {"hasNextPage": False, "endCursor": None}
    client = scripted(Answer({"our": {"all": {"rows": edges, "tapPageInfo": info}}}))
    assert ids(reading(client, BELOW)) == "ab"
    assert client.asked[0].name == "mine"


@pytest.mark.parametrize(
    "data",
    [{"our": None}, {"our": {"all": None}}, {"our": []}, {"our": {"all": {"rows": None, "tapPageInfo": {}}}}],
)
def test_null_is_not_taken_for_no_rows(data: dict[str, Any]) -> None:
    with pytest.raises(NotPermittedError, match=r"answered our.* with no list of rows"):
        ids(reading(scripted(Answer(data)), BELOW))


def test_an_answer_to_another_query_is_not_taken_for_a_refusal() -> None:
    with pytest.raises(StreamError, match="answer lacks our") as raised:
        ids(reading(scripted(Answer({"pipes": {"nodes": []}})), BELOW))
    assert not isinstance(raised.value, NotPermittedError)


def test_what_is_no_object_is_a_row_that_is_missing() -> None:
    rows = [{"node": {"id": "a"}}, {"node": 5}, "b", None]
    page = Answer({"our": {"all": {"rows": rows, "tapPageInfo": {"hasNextPage": False, "endCursor": None}}}})
    assert ids(reading(scripted(page), BELOW)) == "a"


@pytest.mark.parametrize("nodes", [[{"id": "a"}, {"id": None}], [{"id": "a"}, {}]])
def test_a_row_without_its_key_is_an_error_before_any_row_of_its_page(nodes: list[Any]) -> None:
    page = Answer({"pipes": {"nodes": nodes, "tapPageInfo": {"hasNextPage": False, "endCursor": None}}})
    reader = reading(scripted(page)).rows()
    with pytest.raises(TapError, match=r"mine: a row comes without its key \(id is null\)"):
        next(reader)


def test_a_row_that_is_null_for_no_reason_costs_that_row() -> None:
    page, told = answer("ac"), list[str]()
    page.data["pipes"]["nodes"].insert(1, None)
    extraction = ExtractionRun(cast("Client", scripted(page)), told_limiter(), 100)
    query = UserQuery("mine", read_document(SCHEMA, SORTED), ("id",))
    reader = QueryReading(extraction, query, lose=lambda _name, what, _cause, _count: told.append(what))
    assert ids(reader) == "ac"
    assert told == ["the row at place 2 of its list"]


def test_rows_of_one_key_are_told_apart_by_their_ids() -> None:
    client = scripted(answer("abc"))
    assert ids(reading(client, PIPES.replace("size {", "kind: id size {"), "title")) == "abc"


def strike(owner: str, name: str, *, hidden: bool = False, kind: Unknown = Unknown.FIELD) -> Strike:
    return Strike(kind, owner, name, is_hidden=hidden)


@pytest.mark.parametrize(
    ("struck", "left"),
    [
        (strike("Pipe", "title"), "nodes { id size { width } tapUpdatedAt: updatedAt }"),
        (strike("Size", "width"), "nodes { id title tapUpdatedAt: updatedAt }"),
        (strike("Pipe", "updatedAt"), "nodes { id title size { width } }"),
        (strike("OtherName", "title"), "nodes { id size { width } tapUpdatedAt: updatedAt }"),
        (strike("", "title", hidden=True), "nodes { id size { width } tapUpdatedAt: updatedAt }"),
    ],
    ids=str,
)
def test_what_the_server_does_not_know_is_left_out(struck: Strike, left: str, caplog: pytest.LogCaptureFixture) -> None:
    client = scripted(drift(struck), answer("ab"), answer("ab"))
    with caplog.at_level(logging.WARNING):
        mine = reading(client)
        assert ids(mine) == "ab"
        mine.report_hidden()
    assert left in client.asked[1].text
    assert client.asked[1].points < client.asked[0].points
    (said,) = caplog.messages
    assert said.startswith("mine: ")
    assert str(struck) in said


def test_a_fragment_on_an_unknown_type_is_left_out() -> None:
    client = scripted(drift(strike("Newer", "Newer", kind=Unknown.TYPE)), answer("ab"))
    assert ids(reading(client, SORTED.replace("size", "... on Newer { id at } size"))) == "ab"
    assert "Newer" in client.asked[0].text
    assert "Newer" not in client.asked[1].text


AT = ("query mine", "pipes", "nodes")


@pytest.mark.parametrize(
    ("struck", "left"),
    [
        (
            Strike(Unknown.FIELD, "OtherName", "width", path=(*AT, "size", "width")),
            "{ id title ... on Firm { at } size { height }",
        ),
        (Strike(Unknown.SHAPE, "Text", "title", path=(*AT, "title")), "{ id ... on Firm { at } size { width height }"),
        (
            Strike(Unknown.REQUIRED, "title", "language", path=(*AT, "title")),
            "{ id ... on Firm { at } size { width height }",
        ),
        (
            Strike(Unknown.ARGUMENT, "title", "short", path=(*AT, "title", "short")),
            "{ id ... on Firm { at } size { width height }",
        ),
        (Strike(Unknown.FRAGMENT, "OtherName", "Firm", path=(*AT, "... on Firm")), "{ id title size { width height }"),
    ],
    ids=lambda each: each.unknown.name if isinstance(each, Strike) else "",
)
def test_what_the_server_does_not_know_is_found_by_its_place(struck: Strike, left: str) -> None:
    client = scripted(drift(struck), answer("ab"))
    query = PIPES.replace("id title size { width }", "id title ... on Firm { at } size { width height }")
    assert query != PIPES
    assert ids(reading(client, query)) == "ab"
    assert left in client.asked[1].text


def test_a_field_that_becomes_unknown_in_mid_read_starts_over() -> None:
    client = scripted(answer("ab", encode_offset(2)), drift(strike("Pipe", "title")), answer("abc"))
    assert ids(reading(client, SORTED)) == "ababc"
    assert client.asked[2].variables["after"] is None


@pytest.mark.parametrize(
    "struck",
    [
        strike("Pipe", "id"),
        strike("PipeConnection", "nodes"),
        strike("PipeConnection", "pageInfo"),
        strike("PageInfo", "endCursor"),
        strike("Elsewhere", "nothing"),
        strike("pipes", "first", kind=Unknown.ARGUMENT),
        strike("PipeFilter", "title", kind=Unknown.ARGUMENT),
    ],
    ids=str,
)
def test_what_cannot_be_done_without_is_an_error_that_names_it(struck: Strike) -> None:
    client = scripted(drift(struck), answer("ab"))
    verb = "take" if struck.unknown is Unknown.ARGUMENT else "know"
    with pytest.raises(TapError, match=f"does not {verb} {struck}, without which mine cannot be read") as raised:
        ids(reading(client))
    assert not isinstance(raised.value, NotPermittedError)
    assert len(client.asked) == 1


def test_the_same_field_struck_twice_ends_the_read() -> None:
    client = scripted(*[drift(strike("Pipe", "title"))] * 5)
    with pytest.raises(TapError, match=r"Pipe\.title"):
        ids(reading(client))
    assert len(client.asked) == 2


def test_what_is_hidden_and_cannot_be_done_without_skips_the_stream() -> None:
    with pytest.raises(NotPermittedError, match=r"may not see Pipe\.id, without which mine"):
        ids(reading(scripted(drift(strike("Pipe", "id", hidden=True)))))


def test_an_unknown_root_is_told_apart() -> None:
    with pytest.raises(UnknownRootError, match=r"Query\.pipes"):
        ids(reading(scripted(drift(strike("Query", "pipes")))))


def test_hidden_values_are_counted_by_column(caplog: pytest.LogCaptureFixture) -> None:
    page = answer("ab")
    hidden = ("pipes.nodes.0.size", "pipes.nodes.1.size", "pipes.nodes.0.size.width", "elsewhere")
    reader = reading(scripted(Answer(page.data, hidden=hidden)), SORTED)
    with caplog.at_level(logging.WARNING):
        ids(reader)
        reader.report_hidden()
    said = "null because the app or its user may not see them"
    assert sorted(caplog.messages) == [
        f"mine: 1 value of elsewhere is {said}",
        f"mine: 1 value of size.width is {said}",
        f"mine: 2 values of size are {said}",
    ]


class Account:
    """A server that pages a list that changes.

    Args:
        rows: The list.
        before_answer: What happens before each answer.
        shown: Makes the node of a row.
        root: The root field.
    """

    def __init__(
        self,
        rows: ChangingList,
        before_answer: Callable[[], None],
        shown: Callable[[dict[str, Any]], dict[str, Any]],
        root: str = "pipes",
    ) -> None:
        self._root = root
        self.requests = 0
        self._rows = rows
        self._before_answer = before_answer
        self._shown = shown

    def execute(self, query: Query, usage: Usage) -> Answer:
        """Answer a query for a page."""
        self.requests += 1
        assert self.requests < 500, "the read does not end"
        usage.requests += 1
        self._before_answer()
        page = self._rows.page(cast("str | None", query.variables["after"]), cast("int", query.variables["first"]))
        info = {"hasNextPage": page.has_next_page, "endCursor": page.end_cursor}
        return Answer({self._root: {"nodes": [self._shown(row) for row in page.nodes], "tapPageInfo": info}})


CHANGES = st.lists(st.tuples(st.sampled_from(("delete", "edit", "insert")), st.integers(0, 40)), max_size=3)


@settings(max_examples=effort(30, 600), deadline=None)
@given(
    size=st.integers(0, 30),
    schedule=st.lists(CHANGES, max_size=8),
    page_size=st.integers(2, 5),
    order=st.sampled_from(("none given", "none", "title", "recency")),
)
def test_no_row_that_stays_is_missing(size: int, schedule: list[Any], page_size: int, order: str) -> None:
    """Whatever the order is, and whether or not the query says it; and with the last edit of each row."""
    by_recency = order in {"none given", "recency"}
    rows = ChangingList(size, by_place=order == "title", by_recency=by_recency)
    steps = iter(schedule)

    def shown(row: dict[str, Any]) -> dict[str, Any]:
        stamp = {"tapUpdatedAt": f"{row['value']:06}"} if by_recency or order == "none" else {}
        return {"id": row["id"], "title": f"{row['place']:06}", "size": {"width": row["value"]}, **stamp}

    text = SORTED if order == "title" else PIPES
    if order == "recency":
        text = SORTED.replace("TITLE", "UPDATED_AT").replace("ASC", "DESC")
    account = Account(rows, lambda: rows.change(next(steps, [])), shown)
    brought = {row["id"]: row for row in reading(account, text, page_size=page_size).rows()}
    now = {str(row["id"]): row for row in rows.rows}
    for key in rows.original.keys() & now.keys():
        if key not in rows.touched:
            assert key in brought
    if by_recency:
        # What was touched comes as well, as it then is: the head was read until it was quiet.
        for key, row in now.items():
            if key in rows.touched:
                assert brought[key]["size"]["width"] == row["value"]


@pytest.mark.parametrize("size", [0, 5, 40])
def test_rows_that_differ_each_time_end_all_the_same(size: int, caplog: pytest.LogCaptureFixture) -> None:
    """End a list in which every row differs at each read, and only whole rows can be compared."""
    ticks = itertools.count()
    rows = ChangingList(size)
    account = Account(rows, lambda: None, lambda row: {"id": row["id"], "url": next(ticks)}, root="news")
    text = f"{HEAD} {{ news(first: $first, after: $after) {{ nodes {{ id url }} }} }}"
    with caplog.at_level(logging.WARNING):
        found = [row["id"] for row in reading(account, text, page_size=7).rows()]
    assert set(found) == {row["id"] for row in rows.rows}
    assert account.requests < 150
    said = ["mine: rows differ each time they are read; from now on only their keys tell them apart"]
    assert caplog.messages == (said if size > 7 else [])


def test_a_busy_account_is_no_sign_of_rows_that_differ_each_time(caplog: pytest.LogCaptureFixture) -> None:
    rows = ChangingList(40, by_recency=True)
    edits = iter(range(30))

    def edit() -> None:
        if next(edits, None) is not None:
            rows.edit(20)

    account = Account(rows, edit, lambda row: {"id": row["id"], "at": row["value"]}, root="news")
    text = f"{HEAD} {{ news(first: $first, after: $after) {{ nodes {{ id at }} }} }}"
    with caplog.at_level(logging.WARNING):
        brought = {row["id"]: row["at"] for row in reading(account, text, page_size=10).rows()}
    assert brought == {row["id"]: row["value"] for row in rows.rows}
    assert caplog.messages == []
    assert account.requests > 30


def test_what_is_hidden_of_a_type_is_left_out_where_its_interface_is_asked() -> None:
    """And not where another type has a field of that name."""
    notes = "notes(first: 2) { nodes { ... on NoteInterface { id createdAt } } }"
    text = f"{HEAD} {{ jobs(first: $first, after: $after) {{ nodes {{ id createdAt {notes} }} }} }}"
    page = Answer({"jobs": {"nodes": [], "tapPageInfo": {"hasNextPage": False, "endCursor": None}}})
    client = scripted(drift(strike("ClientNote", "createdAt", hidden=True)), page)
    query = UserQuery("mine", read_document(read_schema(), text), ("id",))
    assert list(QueryReading(ExtractionRun(cast("Client", client), told_limiter(), 100), query).rows()) == []
    assert client.asked[1].text.replace("tapUpdatedAt: updatedAt ", "") == client.asked[0].text.replace(
        "{ id createdAt } }", "{ id } }"
    ).replace("tapUpdatedAt: updatedAt ", "")
