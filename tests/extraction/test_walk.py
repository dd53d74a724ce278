"""One walk for a root field and the lists of its rows, each stream from its own bookmark."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from tap_jobber.api.unknown_names import Strike, Unknown
from tap_jobber.extraction.resync import Stretch
from tap_jobber.extraction.source import CHANGED, Stamp, ascending
from tap_jobber.extraction.windows import MOST_ROWS
from tap_jobber.timestamps import format_timestamp
from tests.effort import effort
from tests.extraction.pipe_server import CERTAIN, NOW, Pipe, PipeServer, Walked
from tests.extraction.scripted import JOINTS, drift, pipes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_jobber.api.client import Answer, Usage
    from tap_jobber.api.transport import Query

DAY = 86_400
PIPES, PIPE_JOINTS = "pipes", "pipe_joints"
BY_AGE = ascending("NAME")
# Close together, so that rows stand on the seams of windows, and on both sides of what is certain.
STAMPS = st.integers(CERTAIN - 12, CERTAIN + 6)
STARTS = st.integers(CERTAIN - 14, CERTAIN + 3)
CALENDAR = Stamp("occursWithin", None, span_seconds=540 * DAY)


def made(stamps: list[int], joints: int = 1) -> list[Pipe]:
    """Pipes of these stamps."""
    return [Pipe(f"p{number}", at, joints) for number, at in enumerate(stamps)]


def wanted(rows: list[Pipe], start: int | None) -> set[str]:
    """Return the ids of the rows that have changed since a start."""
    return {pipe.id for pipe in rows if start is None or (pipe.at or 0) >= start}


def columns_asked_for(server: PipeServer, pipe_id: str) -> set[str]:
    """Return the columns that have been asked for of a pipe."""
    return {name.partition(" of ")[0] for name in server.shown if name.endswith(f" of {pipe_id}")}


def test_an_empty_account_needs_one_page() -> None:
    walked = Walked(PipeServer([]))
    walked.take(walked.walk.windows({PIPES: None, PIPE_JOINTS: None}))
    assert [query.name for query in walked.server.asked] == ["clock", "pipes"]
    (reached,) = walked.reached
    assert set(reached.names) == {PIPES, PIPE_JOINTS}
    assert (reached.moment, reached.is_end) == (CERTAIN, True)


def test_one_row_in_ten_years_needs_few_requests() -> None:
    walked = Walked(PipeServer([Pipe("a", NOW - 5 * 365 * DAY)]))
    walked.take(walked.walk.windows({PIPES: None}))
    assert walked.ids(PIPES) == ["a"]
    assert len(walked.server.asked) < 20


def test_the_clock_of_the_server_is_asked_for_once() -> None:
    walked = Walked(PipeServer(made([NOW - 10 * DAY])))
    walked.take(walked.walk.windows({PIPES: None, PIPE_JOINTS: NOW - 20 * DAY}))
    assert [query.name for query in walked.server.asked].count("clock") == 1
    assert walked.server.asked[0].name == "clock"


@settings(max_examples=effort(30, 600), deadline=None)
@given(
    stamps=st.lists(STAMPS, max_size=12),
    root=st.none() | STARTS,
    joints=st.none() | STARTS,
    is_inclusive=st.booleans(),
    has_root=st.booleans(),
)
def test_each_stream_gets_what_has_changed_since_its_own_bookmark_once(
    *, stamps: list[int], root: int | None, joints: int | None, is_inclusive: bool, has_root: bool
) -> None:
    rows = made(stamps)
    walked = Walked(PipeServer(rows, is_inclusive), pipes(BY_AGE, JOINTS, stamp=CHANGED), has_root)
    starts = {PIPES: root, PIPE_JOINTS: joints} if has_root else {PIPE_JOINTS: joints}
    walked.take(walked.walk.windows(starts))
    assert sorted(walked.ids(PIPES)) == (sorted(wanted(rows, root)) if has_root else [])
    assert sorted(walked.ids(PIPE_JOINTS)) == sorted(f"{each}-0" for each in wanted(rows, joints))
    assert walked.reached[-1].is_end
    assert walked.reached[-1].moment == CERTAIN
    assert set(walked.reached[-1].names) == set(starts)
    for name in starts:
        moments = [reached.moment for reached in walked.reached if name in reached.names]
        assert moments == sorted(moments)


def test_a_child_selected_later_gets_its_history_without_its_parents_columns() -> None:
    start = NOW - DAY
    rows = [Pipe("old", start - 5 * DAY, 2), Pipe("seam", start, 1), Pipe("new", start + 9, 1)]
    walked = Walked(PipeServer(rows), pipes(BY_AGE, JOINTS, stamp=CHANGED))
    walked.take(walked.walk.windows({PIPES: start, PIPE_JOINTS: None}))
    assert sorted(walked.ids(PIPES)) == ["new", "seam"]
    assert sorted(walked.ids(PIPE_JOINTS)) == ["new-0", "old-0", "old-1", "seam-0"]
    assert columns_asked_for(walked.server, "old") == {"id", "updatedAt", "joints"}
    assert columns_asked_for(walked.server, "new") >= {"id", "updatedAt", "title", "shed", "joints"}
    assert [reached.names for reached in walked.reached] == [(PIPE_JOINTS,), (PIPES, PIPE_JOINTS)]
    assert [reached.moment for reached in walked.reached] == [start, CERTAIN]


def test_a_parent_selected_later_does_not_bring_its_lists_again() -> None:
    start = NOW - DAY
    rows = [Pipe("old", start - 5 * DAY, 2), Pipe("new", start + 9, 1)]
    walked = Walked(PipeServer(rows), pipes(BY_AGE, JOINTS, stamp=CHANGED))
    walked.take(walked.walk.windows({PIPES: None, PIPE_JOINTS: start}))
    assert sorted(walked.ids(PIPES)) == ["new", "old"]
    assert walked.ids(PIPE_JOINTS) == ["new-0"]
    assert "joints" not in columns_asked_for(walked.server, "old")


def test_a_deselected_parent_is_asked_for_its_key_and_its_stamp_only() -> None:
    walked = Walked(PipeServer(made([NOW - 5, NOW - 9], joints=7)), has_root=False)
    walked.take(walked.walk.windows({PIPE_JOINTS: None}))
    assert walked.ids(PIPES) == []
    assert len(walked.ids(PIPE_JOINTS)) == 14
    assert walked.walk.names == (PIPE_JOINTS,)
    for pipe_id in ("p0", "p1"):
        assert columns_asked_for(walked.server, pipe_id) == {"id", "updatedAt", "joints"}


def test_the_rest_of_long_lists_belongs_to_the_window() -> None:
    walked = Walked(PipeServer([Pipe("a", NOW - 5 * DAY, 250), Pipe("b", NOW - DAY, 3)]))
    walked.take(walked.walk.windows({PIPES: None, PIPE_JOINTS: None}))
    assert len(walked.ids(PIPE_JOINTS)) == len(set(walked.ids(PIPE_JOINTS))) == 253
    assert walked.parents(PIPE_JOINTS) == {"a", "b"}


@pytest.mark.parametrize("has_root", [True, False])
def test_dense_history_is_read_in_narrow_windows(*, has_root: bool) -> None:
    hour = NOW - 400 * DAY
    rows = made([hour + number % 3_600 for number in range(3_000)], joints=1 - has_root)
    walked = Walked(PipeServer(rows), pipes(BY_AGE, JOINTS, stamp=CHANGED), has_root)
    name = PIPES if has_root else PIPE_JOINTS
    walked.take(walked.walk.windows({name: None}))
    assert len(walked.ids(name)) == len(set(walked.ids(name))) == 3_000
    ends = [reached.moment for reached in walked.reached]
    assert ends == sorted(ends)
    for earlier, later in zip([0, *ends], ends, strict=False):
        assert sum(earlier <= (pipe.at or 0) < later for pipe in rows) <= MOST_ROWS * 1.01
    pages = 3_000 / 99
    assert len(walked.server.pages) < 2 * pages + 40, "few pages are thrown away"


def test_too_many_rows_of_one_second_are_read_all_the_same() -> None:
    rows = made([NOW - DAY] * 1_200)
    walked = Walked(PipeServer(rows), pipes(BY_AGE, stamp=CHANGED))
    walked.take(walked.walk.windows({PIPES: None}))
    assert len(walked.ids(PIPES)) == len(set(walked.ids(PIPES))) == 1_200


def test_too_many_rows_that_are_not_scheduled_are_read_in_the_last_span() -> None:
    walked = Walked(PipeServer([Pipe(f"p{number}", None) for number in range(1_001)]), pipes(BY_AGE, stamp=CALENDAR))
    walked.take(walked.walk.windows({PIPES: None}))
    assert len(walked.ids(PIPES)) == len(set(walked.ids(PIPES))) == 1_001
    assert len(walked.server.asked) < 40


def test_a_stopped_walk_resumes_at_its_last_window() -> None:
    rows = made([NOW - 900 * DAY + number * 600 for number in range(3_000)])
    first = Walked(PipeServer(rows), pipes(BY_AGE, stamp=CHANGED))
    events = first.walk.windows({PIPES: None})
    for event in events:
        first.take([event])
        if first.reached and first.ids(PIPES) and event is first.reached[-1]:
            break
    second = Walked(PipeServer(rows), pipes(BY_AGE, stamp=CHANGED))
    second.take(second.walk.windows({PIPES: first.reached[-1].moment}))
    assert sorted(first.ids(PIPES) + second.ids(PIPES)) == sorted(pipe.id for pipe in rows)
    assert second.ids(PIPES)


@settings(max_examples=effort(15, 250), deadline=None)
@given(
    offsets=st.lists(st.none() | st.integers(0, 16 * 365), max_size=10),
    is_inclusive=st.booleans(),
    start=st.none() | st.integers(0, 16 * 365),
)
def test_what_has_no_stamp_to_see_comes_once_and_what_is_not_scheduled_too(
    *, offsets: list[int | None], is_inclusive: bool, start: int | None
) -> None:
    begin = 1_262_304_000
    # A day is a multiple of nothing here: every third row stands on the seam of two spans.
    rows = [
        Pipe(f"p{number}", None if days is None else begin + days * DAY // 540 * 540)
        for number, days in enumerate(offsets)
    ]
    seam = None if start is None else begin + start * DAY
    walked = Walked(PipeServer(rows, is_inclusive), pipes(BY_AGE, stamp=CALENDAR))
    walked.take(walked.walk.windows({PIPES: seam}))
    found = walked.ids(PIPES)
    assert len(found) == len(set(found))
    missing = {pipe.id for pipe in rows if pipe.at is None or seam is None or pipe.at >= seam} - set(found)
    assert missing == set()
    assert len(walked.server.pages) <= 20


@pytest.mark.parametrize("is_inclusive", [True, False])
def test_what_stands_on_the_seam_of_two_spans_comes_once(*, is_inclusive: bool) -> None:
    seam = 1_262_304_000 + 540 * DAY
    rows = [Pipe("before", seam - 1), Pipe("on", seam), Pipe("after", seam + 1), Pipe("never", None)]
    walked = Walked(PipeServer(rows, is_inclusive), pipes(BY_AGE, stamp=CALENDAR))
    walked.take(walked.walk.windows({PIPES: None}))
    assert sorted(walked.ids(PIPES)) == ["after", "before", "never", "on"]


def test_a_calendar_is_read_years_ahead() -> None:
    rows = [Pipe("soon", NOW + DAY), Pipe("later", NOW + 5 * 365 * DAY)]
    walked = Walked(PipeServer(rows), pipes(BY_AGE, stamp=CALENDAR))
    walked.take(walked.walk.windows({PIPES: None}))
    assert walked.ids(PIPES) == ["soon", "later"]


def newest_first(rows: list[Pipe], starts: dict[str, int], page_size: int = 100, *, has_root: bool = True) -> Walked:
    """Return a walk down to some bookmarks."""
    walked = Walked(PipeServer(rows), pipes(BY_AGE, JOINTS, stamp=CHANGED), has_root, page_size)
    return walked.take(walked.walk.newest_first(starts))


@settings(max_examples=effort(30, 600), deadline=None)
@given(
    stamps=st.lists(STAMPS, max_size=30),
    root=STARTS,
    joints=STARTS,
    page_size=st.integers(2, 6),
    has_root=st.booleans(),
)
def test_newest_first_brings_what_has_changed_since_each_bookmark_once(
    *, stamps: list[int], root: int, joints: int, page_size: int, has_root: bool
) -> None:
    rows = made(stamps)
    starts = {PIPES: root, PIPE_JOINTS: joints} if has_root else {PIPE_JOINTS: joints}
    walked = newest_first(rows, starts, page_size, has_root=has_root)
    assert sorted(walked.ids(PIPES)) == (sorted(wanted(rows, root)) if has_root else [])
    assert sorted(walked.ids(PIPE_JOINTS)) == sorted(f"{each}-0" for each in wanted(rows, joints))
    (reached,) = walked.reached
    assert (set(reached.names), reached.moment, reached.is_end) == (set(starts), CERTAIN, True)


def test_newest_first_stops_at_the_bookmark() -> None:
    rows = made([NOW - DAY * number for number in range(1, 500)])
    walked = newest_first(rows, {PIPES: NOW - 3 * DAY})
    assert walked.ids(PIPES) == ["p0", "p1", "p2"]
    keys, turned, rows_of = walked.server.pages
    assert "title" not in keys.text
    assert (turned.variables["first"], "title" in turned.text) == (1, False)
    assert rows_of.variables["first"] == 4, "those that have changed, and one that has not"


def test_newest_first_looks_at_keys_only_if_nothing_has_changed() -> None:
    walked = newest_first(made([NOW - DAY * number for number in range(1, 500)]), {PIPES: NOW, PIPE_JOINTS: NOW})
    assert walked.found == []
    assert [reached.is_end for reached in walked.reached] == [True]
    assert [query.variables["first"] for query in walked.server.pages] == [5, 1]
    assert {name.partition(" of ")[0] for name in walked.server.shown} == {"id", "updatedAt"}
    assert "sort: {key: UPDATED_AT, direction: DESCENDING}" in walked.server.pages[0].text
    assert "filter" not in walked.server.pages[0].text
    assert walked.server.pages[0].variables["first"] == 5, "an unchanged account is looked at shortly"


def test_newest_first_looks_at_more_keys_if_the_first_all_changed_at_once() -> None:
    rows = made([NOW - DAY] * 50 + [NOW - 2 * DAY] * 200)
    walked = newest_first(rows, {PIPES: NOW})
    assert walked.found == []
    assert [query.variables["first"] for query in walked.server.pages] == [5, 100, 1]
    assert {name.partition(" of ")[0] for name in walked.server.shown} == {"id", "updatedAt"}


def test_newest_first_drops_the_streams_that_are_done() -> None:
    rows = made([NOW - DAY * number for number in range(1, 200)])
    walked = newest_first(rows, {PIPES: NOW - 3 * DAY, PIPE_JOINTS: NOW - 150 * DAY}, page_size=20)
    assert len(walked.ids(PIPES)) == 3
    assert len(walked.ids(PIPE_JOINTS)) == 150
    _keys, _turned, first, *others = walked.server.pages
    assert "title" in first.text
    assert all("title" not in query.text and "joints" in query.text for query in others)


def test_newest_first_the_order_is_put_back_afterwards() -> None:
    walked = newest_first(made([NOW - 5]), {PIPES: NOW - 9})
    assert walked.fetcher.source.order == BY_AGE


def test_newest_first_without_such_an_order_looks_at_all_there_is() -> None:
    rows = made([NOW - number for number in range(1, 30)])
    server = PipeServer(rows, refuses={"UPDATED_AT": drift(Strike(Unknown.VALUE, "PipeSort", "key"))})
    walked = Walked(server, pipes(BY_AGE, stamp=CHANGED))
    walked.take(walked.walk.newest_first({PIPES: NOW - 9}))
    assert len(walked.ids(PIPES)) == 9
    assert [reached.is_end for reached in walked.reached] == [True]
    assert walked.fetcher.source.order == BY_AGE


@pytest.mark.parametrize("page_size", [3, 100])
def test_newest_first_in_another_order_looks_at_all_there_is(page_size: int, caplog: pytest.LogCaptureFixture) -> None:
    class Unsorted(PipeServer):
        """A server that takes the order and lists the oldest rows first all the same."""

        @override
        def execute(self, query: Query, usage: Usage) -> Answer:
            return super().execute(replace(query, text=query.text.replace("DESCENDING", "ASCENDING")), usage)

    server = Unsorted(made([NOW - number for number in range(1, 30)]))
    walked = Walked(server, pipes(BY_AGE, stamp=CHANGED), page_size=page_size)
    walked.take(walked.walk.newest_first({PIPES: NOW - 9}))
    assert len(walked.ids(PIPES)) == 9
    assert [reached.is_end for reached in walked.reached] == [True]
    assert walked.fetcher.source.order == BY_AGE
    (said,) = caplog.messages
    assert said.startswith("pipes: Jobber does not list rows by their last change")


def test_without_a_filter_all_is_read_and_what_has_changed_is_kept(caplog: pytest.LogCaptureFixture) -> None:
    unknown = drift(Strike(Unknown.ARGUMENT, "PipeFilter", "updatedAt"))
    rows = made([NOW - number for number in range(1, 9)])
    server = PipeServer(rows, refuses={"filter": unknown})
    walked = Walked(server, pipes(BY_AGE, JOINTS, stamp=CHANGED))
    with caplog.at_level(logging.WARNING):
        walked.take(walked.walk.windows({PIPES: NOW - 3, PIPE_JOINTS: NOW - 6}))
        walked.fetcher.report_hidden()
    assert sorted(walked.ids(PIPES)) == ["p0", "p1", "p2"]
    assert len(walked.ids(PIPE_JOINTS)) == 6
    assert len(walked.reached) == 1
    assert walked.reached[0].is_end
    assert [message for message in caplog.messages if "updatedAt" in message]


def test_without_its_order_history_is_read_in_the_order_there_is() -> None:
    unknown = drift(Strike(Unknown.ARGUMENT, "pipes", "sort"))
    rows = made([NOW - number for number in range(1, 250)])
    walked = Walked(PipeServer(rows, refuses={"sort": unknown}), pipes(BY_AGE, stamp=CHANGED))
    walked.take(walked.walk.windows({PIPES: None}))
    assert len(walked.ids(PIPES)) == len(set(walked.ids(PIPES))) == 249


def test_a_refused_list_is_left_out_and_not_told_to_be_reached() -> None:
    hidden = drift(Strike(Unknown.FIELD, "Pipe", "joints", is_hidden=True))
    server = PipeServer(made([NOW - 5]), refuses={"joints": hidden})
    walked = Walked(server, pipes(BY_AGE, JOINTS, stamp=CHANGED))
    walked.take(walked.walk.windows({PIPES: None, PIPE_JOINTS: None}))
    assert walked.found == [(PIPES, "p0", None)]
    assert [reached.names for reached in walked.reached] == [(PIPES,)]


def test_several_filters_find_each_row_once() -> None:
    walked = Walked(PipeServer(made([NOW - 5] * 6, joints=1)))
    walked.take(walked.walk.recent(['colour: "p[0-3]"', 'colour: "p[2-4]"']))
    assert sorted(walked.ids(PIPES)) == ["p0", "p1", "p2", "p3", "p4"]
    assert len(walked.ids(PIPE_JOINTS)) == 5
    assert walked.fetcher.source.fixed_filter == ""


@dataclass
class BehindServer(PipeServer):
    """A server whose filter does not know of an edit yet, while the row shows it.

    Attributes:
        known: By id of a row that has just been edited, the stamp that the filter goes by.
    """

    known: dict[str, int] = field(default_factory=dict)

    @override
    def _passes(self, pipe: Pipe, asked: Mapping[str, Any]) -> bool:
        return super()._passes(replace(pipe, at=self.known.get(pipe.id, pipe.at)), asked)


def test_a_row_that_was_edited_since_the_filter_has_found_it_is_handed_on() -> None:
    first, middle, end = CERTAIN - 9 * DAY, CERTAIN - 5 * DAY, CERTAIN - 3 * DAY
    rows = [Pipe("old", first), Pipe("edited", CERTAIN + 30, joints=2), Pipe("last", end)]
    walked = Walked(BehindServer(rows, known={"edited": middle}))
    walked.take(walked.walk.stretch(Stretch(first, end, 2, 2), [PIPES, PIPE_JOINTS]))
    assert walked.ids(PIPES) == ["old", "edited"]
    assert walked.ids(PIPE_JOINTS) == ["edited-0", "edited-1"]
    assert [each.rows for each in walked.reached] == [1], "it lies in another part of history by now"


def test_whole_reads_everything_without_a_window() -> None:
    walked = Walked(PipeServer(made([NOW - 5] * 250)), pipes(BY_AGE, JOINTS, stamp=CHANGED))
    walked.take(walked.walk.whole())
    assert len(walked.ids(PIPES)) == len(walked.ids(PIPE_JOINTS)) == 250
    assert all("filter" not in query.text for query in walked.server.pages)


def test_a_window_is_asked_for_a_second_wider_than_it_is() -> None:
    start = NOW - 3
    walked = Walked(PipeServer(made([start - 1, start])), pipes(BY_AGE, stamp=CHANGED))
    walked.take(walked.walk.windows({PIPES: start}))
    assert f'after: "{format_timestamp(start - 1)}"' in walked.server.pages[0].text
    assert walked.ids(PIPES) == ["p1"]


class InOwnOrder(PipeServer):
    """A server that takes the order and lists rows in its own all the same."""

    @override
    def execute(self, query: Query, usage: Usage) -> Answer:
        return super().execute(replace(query, text=re.sub(r", sort: {[^}]*}", "", query.text)), usage)


@pytest.mark.parametrize("place", [1, 4, 7, 40, 199])
def test_newest_first_looks_further_where_rows_that_changed_at_once_show_no_order(place: int) -> None:
    rows = made([NOW - 9 * DAY] * 200)
    rows[place].at = NOW - DAY
    walked = Walked(InOwnOrder(rows), pipes(BY_AGE, stamp=CHANGED))
    walked.take(walked.walk.newest_first({PIPES: NOW - 2 * DAY}))
    assert walked.ids(PIPES) == [f"p{place}"]


@pytest.mark.parametrize("stamp", [None, "soon", 5])
def test_a_row_without_a_time_of_change_comes_as_if_it_were_new(
    stamp: object, caplog: pytest.LogCaptureFixture
) -> None:
    class Odd(PipeServer):
        """A server that shows no proper stamp of one row."""

        @override
        def execute(self, query: Query, usage: Usage) -> Answer:
            found = super().execute(query, usage)
            for node in found.data.get("pipes", {}).get("nodes", ()):
                if node["id"] == "p3":
                    node["updatedAt"] = stamp
            return found

    rows = made([NOW - DAY * number for number in range(1, 9)])
    windows = Walked(Odd(rows), pipes(BY_AGE, stamp=CHANGED))
    windows.take(windows.walk.windows({PIPES: None}))
    assert sorted(windows.ids(PIPES)) == [pipe.id for pipe in rows]
    newest = Walked(Odd(rows), pipes(BY_AGE, stamp=CHANGED))
    newest.take(newest.walk.newest_first({PIPES: NOW - 2 * DAY}))
    assert newest.ids(PIPES) == ["p0", "p1", "p3"]
    assert [text.partition(";")[0] for text in caplog.messages] == [
        f"pipes: Jobber answered a row whose updatedAt is no time ({stamp})"
    ] * 2
