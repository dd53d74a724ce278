"""Lists whose most recently changed rows come first: the order is believed as long as single answers are in it."""

from __future__ import annotations

import base64
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

import pytest
from typing_extensions import override

from tap_jobber.api.unknown_names import Strike, Unknown
from tap_jobber.errors import StreamError
from tap_jobber.extraction.overlap import decode_offset
from tap_jobber.extraction.source import CHANGED, ascending
from tests.extraction.pipe_server import NOW, Pipe, PipeServer, Walked
from tests.extraction.scripted import drift, pipes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_jobber.api.client import Answer, Usage
    from tap_jobber.api.transport import Query

BY_AGE = ascending("NAME")
DAY = 86_400
NEWEST_FIRST = "{key: UPDATED_AT, direction: DESCENDING}"


@dataclass
class EditedServer(PipeServer):
    """A server whose rows are edited before some of the requests for pages.

    Args:
        edits: By the number of the request, from 1, the rows that are edited before it, and their new stamps.
    """

    edits: Mapping[int, Mapping[str, int]] = field(default_factory=dict)

    @override
    def execute(self, query: Query, usage: Usage) -> Answer:
        if query.name == "pipes":
            for name, stamp in self.edits.get(len(self.pages) + 1, {}).items():
                next(pipe for pipe in self.rows if pipe.id == name).at = stamp
        return super().execute(query, usage)


class UnsortedServer(PipeServer):
    """A server that takes the order, and lists rows as they are."""

    @override
    def execute(self, query: Query, usage: Usage) -> Answer:
        return super().execute(replace(query, text=query.text.replace("UPDATED_AT", "NAME")), usage)


def read_down_to(server: PipeServer, start: int, page_size: int) -> Walked:
    """Read what has changed since a moment."""
    walked = Walked(server, pipes(BY_AGE, stamp=CHANGED), page_size=page_size)
    return walked.take(walked.walk.newest_first({"pipes": start}))


@pytest.mark.parametrize(
    "edits",
    [
        # The page begins with p7, which is new, and so does every page before it: back to the head.
        {4: dict.fromkeys(("p4", "p5", "p6", "p7", "p8"), NOW + 1)},
        # Two come between p2 and p3, under stamps a little older than now: one step back, to p2.
        {4: {"p7": NOW - 25, "p8": NOW - 25}},
        # One more comes while the reader steps back: to the head, where it stands between those that are known.
        {4: {"p8": NOW - 25}, 5: {"p9": NOW - 15}},
    ],
    ids=["ahead of all", "between", "twice"],
)
def test_rows_that_move_ahead_while_others_are_read_are_in_order(
    edits: Mapping[int, Mapping[str, int]], caplog: pytest.LogCaptureFixture
) -> None:
    server = EditedServer([Pipe(f"p{number}", NOW - 10 * number) for number in range(12)], edits=edits)
    came = Counter(read_down_to(server, NOW - 95, page_size=4).ids("pipes"))
    assert caplog.messages == []
    first, _turned, *others = server.pages
    assert all(NEWEST_FIRST in query.text for query in (first, *others)), "the list is not read as a whole"
    offsets = [decode_offset(cast("str | None", query.variables["after"])) or 0 for query in server.pages]
    assert offsets != sorted(offsets), "the reader has stepped back"
    # An edit since the read began belongs to the next one, though it may come in this one already.
    edited = {name for each in edits.values() for name in each}
    assert {name for name in came if name not in edited} == {f"p{number}" for number in range(10)} - edited
    assert set(came.values()) == {1}


@pytest.mark.parametrize("page_size", [2, 3, 100])
def test_another_order_shows_where_pages_meet(page_size: int, caplog: pytest.LogCaptureFixture) -> None:
    # In order for as far as the first look goes; of pages of two each brings one row that is new.
    ages = (1, 2, 3, 4, 5, 6, 12, 7, 8, 40, 9)
    server = UnsortedServer([Pipe(f"p{age}", NOW - age) for age in ages])
    walked = read_down_to(server, NOW - 20, page_size)
    assert set(walked.ids("pipes")) == {f"p{age}" for age in ages if age <= 20}
    (said,) = caplog.messages
    assert said.startswith("pipes: Jobber does not list rows by their last change")


@pytest.mark.parametrize("count", [2, 5, 6, 300])
def test_rows_that_were_made_last_do_not_hide_that_the_order_is_not_heeded(
    count: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Made last, changed last, but for one far down the list, as the default order has it."""
    rows = [Pipe(f"p{count - number}", NOW - DAY * (1 + number)) for number in range(count)]
    rows[-1].at = NOW - 5
    server = UnsortedServer(rows)
    assert read_down_to(server, NOW - 20, page_size=100).ids("pipes") == [rows[-1].id]
    (said,) = caplog.messages
    assert said.startswith("pipes: Jobber does not list rows by their last change")


@pytest.mark.parametrize("stamps", [[5], [5, 5], [5] * 9, range(1, 20), [*[5] * 9, *range(5, 300)]])
def test_an_order_that_is_heeded_is_believed(stamps: Sequence[int], caplog: pytest.LogCaptureFixture) -> None:
    server = PipeServer([Pipe(f"p{number}", NOW - DAY * stamp) for number, stamp in enumerate(stamps)])
    assert read_down_to(server, NOW - 20, page_size=100).ids("pipes") == []
    assert caplog.messages == []


def test_rows_that_do_not_stand_as_they_were_made_need_no_second_look() -> None:
    numbers = (9, 10, 8, 7, 6, 5)
    ids = [base64.b64encode(f"gid://Jobber/Job/{number}".encode()).decode() for number in numbers]
    server = PipeServer([Pipe(name, NOW - DAY * (1 + number)) for number, name in enumerate(ids)])
    assert read_down_to(server, NOW - 20, page_size=100).ids("pipes") == []
    assert len(server.pages) == 1


def test_an_api_that_takes_one_direction_only_is_read_whole(caplog: pytest.LogCaptureFixture) -> None:
    refused = drift(Strike(Unknown.VALUE, "PipeSort", "direction"))
    rows = [Pipe(f"p{number}", NOW - 5 * number) for number in range(9)]
    server = PipeServer(rows, refuses={"UPDATED_AT, direction: ASC": refused})
    assert read_down_to(server, NOW - 9, page_size=100).ids("pipes") == ["p0", "p1"]
    assert not any("not list rows" in each for each in caplog.messages)


def test_an_error_of_the_second_look_costs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    rows = [Pipe(f"p{number}", NOW - 5 * number) for number in range(9)]
    server = PipeServer(rows, refuses={"UPDATED_AT, direction: ASC": StreamError("an error", "none")})
    assert read_down_to(server, NOW - 9, page_size=100).ids("pipes") == ["p0", "p1"]
    assert caplog.messages == []
