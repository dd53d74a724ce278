"""A calendar, read in windows: what is not scheduled comes once, what is long comes once, and reading ends."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_jobber.api.unknown_names import Strike, Unknown
from tap_jobber.extraction.calendar_filter import choose_filter
from tap_jobber.extraction.source import Order, Stamp
from tests.effort import effort, some
from tests.extraction.pipe_server import NOW, Pipe, PipeServer, Walked, bound
from tests.extraction.scripted import drift, pipes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DAY = 86_400
BEGIN = 1_262_304_000
CALENDAR = Stamp("occursWithin", None, span_seconds=540 * DAY)
BY_START = Order("", place="updatedAt")
READINGS = ("text", "own only", "unscheduled always", "nothing", "no such aspect", "no aspects")


@dataclass
class CalendarServer(PipeServer):
    """A calendar, by one of the readings that its schema leaves open.

    Args:
        reading: What its filter by aspects means.
        seconds: How long items last, by id.
    """

    reading: str = "text"
    seconds: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what an older one does not know."""
        strike = Strike(Unknown.ARGUMENT, "PipeFilter", "aspects")
        pattern = {"no such aspect": "ASSIGNMENTS", "no aspects": "aspects"}.get(self.reading)
        self.refuses = {pattern: drift(strike)} if pattern else {}

    def _passes(self, pipe: Pipe, asked: Mapping[str, Any]) -> bool:
        is_whole = "ALL" in asked.get("aspects", ())
        if pipe.at is None:
            return is_whole or bool(asked.get("includeUnscheduled")) or self.reading == "unscheduled always"
        span, end = asked["occursWithin"], pipe.at + self.seconds.get(pipe.id, 0)
        if pipe.at > bound(span["endAt"]) or end < bound(span["startAt"]):
            return False
        is_own = {"own only": pipe.id.endswith("0"), "nothing": False}.get(self.reading, True)
        return is_whole or is_own


def read(server: CalendarServer) -> Walked:
    """Read all of it."""
    reads = pipes(BY_START, stamp=CALENDAR)
    source = replace(reads.source, fixed_filter="aspects: [ALL]", scheduled_filter="aspects: [ASSIGNMENTS]")
    walked = Walked(server, replace(reads, source=source))
    choose_filter(walked.walk)
    return walked.take(walked.walk.windows({"pipes": None}))


def made(stamps: Iterable[int | None]) -> list[Pipe]:
    """Items that begin at these times."""
    return [Pipe(f"p{number}", at) for number, at in enumerate(stamps)]


@pytest.mark.parametrize("reading", some(READINGS[:-1], usual=2))
@pytest.mark.parametrize("unscheduled", some([525, 1_200]))
def test_many_items_that_are_not_scheduled_do_not_keep_the_read_from_its_end(reading: str, unscheduled: int) -> None:
    scheduled: list[int | None] = [NOW - number * 5 * DAY for number in range(560)]
    server = CalendarServer(made([*[None] * unscheduled, *scheduled]), reading=reading)
    walked = read(server)
    assert sorted(walked.ids("pipes")) == sorted(pipe.id for pipe in server.rows)
    assert len(server.asked) < {"text": 80}.get(reading, 500)
    shown = server.shown["title of p0"]
    assert shown == 1 or reading != "text", "what is not scheduled is asked for once"


@pytest.mark.parametrize("reading", some(["text", "unscheduled always"]))
def test_items_longer_than_a_window_come_once(reading: str) -> None:
    rows = made([BEGIN + 100 * DAY + number for number in range(1_200)] + [NOW - number * DAY for number in range(900)])
    server = CalendarServer(rows, reading=reading, seconds={f"p{number}": 4_000 * DAY for number in range(1_200)})
    walked = read(server)
    assert sorted(walked.ids("pipes")) == sorted(pipe.id for pipe in rows)
    assert len(server.asked) < 500


def test_without_aspects_what_is_not_scheduled_is_still_asked_for() -> None:
    walked = read(CalendarServer(made([None, NOW]), reading="no such aspect"))
    assert sorted(walked.ids("pipes")) == ["p0", "p1"]
    assert walked.fetcher.source.scheduled_filter == ""


@settings(max_examples=effort(40, 300), deadline=None)
@given(
    items=st.lists(
        st.tuples(st.none() | st.integers(0, 16 * 365), st.sampled_from([0, 1, 30, 539, 541, 3_000])), max_size=12
    ),
    reading=st.sampled_from(READINGS[:-1]),
)
def test_every_item_comes_once_whatever_the_filter_means(items: list[tuple[int | None, int]], reading: str) -> None:
    # An item that shows whether the narrow filter can be trusted stands near today.
    rows = made([NOW, *(None if days is None else BEGIN + days * DAY for days, _length in items)])
    rows[0].id = "px"
    seconds = {pipe.id: length * DAY for pipe, (_days, length) in zip(rows[1:], items, strict=True)}
    walked = read(CalendarServer(rows, reading=reading, seconds=seconds))
    assert sorted(walked.ids("pipes")) == sorted(pipe.id for pipe in rows)
    assert len(walked.server.asked) < 60
