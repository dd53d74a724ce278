"""The price of a read follows its rows, however unevenly they lie in time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tap_jobber.extraction.source import CHANGED, ascending
from tap_jobber.extraction.windows import MOST_ROWS, NARROWEST_SECONDS, Window, WindowPlan
from tests.effort import effort
from tests.extraction.pipe_server import CERTAIN, Pipe, PipeServer, Walked
from tests.extraction.scripted import pipes

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = 1_800_000_000
DAY = 86_400
YEARS = 10 * 365 * DAY
PIPES = "pipes"


@dataclass
class Read:
    """A read of a history by its plan, as a server sees it whose filters include their bounds.

    Attributes:
        stamps: Timestamps of the rows, in order.
    """

    stamps: list[int]
    rows_asked_for: int = 0
    requests: int = 0
    largest_window_rows: int = 0

    def between(self, lo: float, hi: float) -> list[int]:
        """Return the timestamps from one to the other, both included."""
        return self.stamps[bisect_left(self.stamps, lo) : bisect_right(self.stamps, hi)]

    def asked_for(self, window: Window) -> list[int]:
        """Return the timestamps that the filter for a window shows: those of a second more on either side."""
        lo = float("-inf") if window.lo is None else window.lo - 1
        return self.between(lo, float("inf") if window.hi is None else window.hi + 1)

    def run(self, plan: WindowPlan) -> Read:
        """Read all; the first window is looked at before anything is known."""
        for _ in range(5_000):
            if plan.is_done:
                return self
            window = plan.next(NOW)
            shown = self.asked_for(window)
            self.requests += 1
            if len(shown) > MOST_ROWS and not plan.is_narrow(window, NOW):
                plan.narrow(window, NOW, shown[MOST_ROWS])
                continue
            own = [stamp for stamp in shown if window.holds(stamp)]
            self.largest_window_rows = max(self.largest_window_rows, len(own))
            self.rows_asked_for += len(shown)
            plan.finished(window, len(own))
        raise AssertionError("the plan does not come to an end")


# A number of rows, the moment of the first, and over how many seconds they lie.
BUNCHES = st.tuples(
    st.integers(1, 20_000),
    st.integers(NOW - YEARS, NOW - DAY),
    st.sampled_from([1, 2, 30, 60, 600, 3_600, DAY, 300 * DAY]),
)


def stamps_of(bunches: list[tuple[int, int, int]]) -> list[int]:
    """Return the timestamps of bunches of rows, each spread evenly."""
    return sorted(begin + number * seconds // rows for rows, begin, seconds in bunches for number in range(rows))


@settings(max_examples=effort(30, 600), deadline=None, derandomize=True, database=None)
@given(bunches=st.lists(BUNCHES, min_size=1, max_size=6))
@example([(100_000, NOW - 400 * DAY, 1)])
@example([(100_000, NOW - 400 * DAY, 60)])
@example([(100_000, NOW - 400 * DAY, 600)])
@example([(10_000, NOW - 400 * DAY, 1), (3_000, NOW - YEARS, YEARS - DAY)])
def test_rows_are_asked_for_hardly_more_than_once(bunches: list[tuple[int, int, int]]) -> None:
    read = Read(stamps_of(bunches)).run(WindowPlan(None))
    rows = len(read.stamps)
    # The first look at an untried window is at so many rows.
    assert read.rows_asked_for <= 1.1 * rows + 20
    assert read.requests <= 30 * len(bunches) + rows / 40
    busiest = max(
        bisect_left(read.stamps, stamp + NARROWEST_SECONDS) - place for place, stamp in enumerate(read.stamps)
    )
    assert read.largest_window_rows <= max(MOST_ROWS + 1, busiest), "what a stop costs at most"


@pytest.mark.parametrize("is_inclusive", [True, False])
@pytest.mark.parametrize("seconds", [1, 20])
def test_a_mass_edit_is_read_once(seconds: int, *, is_inclusive: bool) -> None:
    rows = [Pipe(f"p{number}", NOW - 400 * DAY + number % seconds) for number in range(1_012)]
    walked = Walked(PipeServer(rows, is_inclusive), pipes(ascending("NAME"), stamp=CHANGED))
    walked.take(walked.walk.windows({PIPES: None}))
    assert sorted(walked.ids(PIPES)) == sorted(pipe.id for pipe in rows)
    asked_for = sum(count for name, count in walked.server.shown.items() if name.startswith("title of "))
    assert asked_for <= 1.1 * len(rows)


@dataclass
class Unfiltering(PipeServer):
    """A server that takes a filter on the time of change and does not heed it."""

    def _passes(self, _pipe: Pipe, _asked: Mapping[str, Any]) -> bool:
        return True


_HOUR = 3_600
_UNHEEDED: dict[str, tuple[list[int | None], int | None]] = {
    "years": ([CERTAIN - number * YEARS // 3_000 for number in range(3_000)], None),
    "years, next read": ([CERTAIN - number * YEARS // 3_000 for number in range(3_000)], CERTAIN - 2 * DAY),
    "import of today": ([CERTAIN - 10 * _HOUR + number // 10 for number in range(3_000)], CERTAIN - 9 * _HOUR),
    "mass edit of now": ([CERTAIN + 60 + number % 100 for number in range(3_000)], None),
    "no stamps": ([None] * 3_000, None),
}


@pytest.mark.parametrize("case", _UNHEEDED)
@pytest.mark.parametrize("key", ["NAME", "UPDATED_AT"])
def test_a_filter_that_is_not_heeded_is_done_without(key: str, case: str, caplog: pytest.LogCaptureFixture) -> None:
    stamps, start = _UNHEEDED[case]
    rows = [Pipe(f"p{number}", stamp) for number, stamp in enumerate(stamps)]
    server = Unfiltering(rows)
    walked = Walked(server, pipes(ascending(key), stamp=CHANGED))
    walked.take(walked.walk.windows({PIPES: start}))
    expected = {pipe.id for pipe in rows if start is None or pipe.at is None or pipe.at >= start}
    assert set(walked.ids(PIPES)) == expected
    assert len(server.asked) <= 2 * len(rows) / 99 + 30
    assert [each for each in caplog.messages if "does not filter" in each] == [
        "pipes: Jobber does not filter by updatedAt, as it was asked to; reading all"
    ]
    walked.fetcher.report_hidden()
    assert not any("does not know all that is asked for" in each for each in caplog.messages)


def test_one_row_costs_one_request() -> None:
    walked = Walked(PipeServer([Pipe("p0", NOW - 400 * DAY)]), pipes(ascending("NAME"), stamp=CHANGED))
    walked.take(walked.walk.windows({PIPES: None}))
    assert [query.name for query in walked.server.asked] == ["clock", PIPES]
