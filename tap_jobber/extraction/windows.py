"""Plans the windows of time that history is read in: wide over empty years, narrow over busy hours.

- The problem: a long history should be resumable after a stop, and no list should be so long that it changes under the
  reader; but a window costs at least one request, even an empty one.
- The common case: half-open windows [lo, hi), each read whole before the next is planned. Its end is where a stopped
  run goes on. The next window is wider or narrower by the rows that this one held, aiming at 400 rows.
- A window turns out to hold too many rows: it is planned again, a quarter as wide, but not below a minute. Filters are
  asked a second wider on either side, so that narrow windows would read the rows of a busy second several times over.
  A mass edit of one second or one minute is therefore read in one go; a stop costs all of it at most.
- A server takes the filter and does not heed it: then a window shows more rows of other times than one may hold of its
  own, however narrow it is. The list is read whole instead.
- The last window has no end: rows that change now belong to this run, while the bookmark only moves to the safe time,
  before which nothing can change any more.
- The result: every timestamp falls in exactly one window.

    first read    [-, -) holds 5,000 rows: too many
                  [-, 2014-03) none, [2014-03, 2018-06) 380 rows, [2018-06, 2022-11) ..., [2026-11-20, -)
    next sync     [bookmark, -)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# A window of a few pages: long enough to be worth its requests, short enough to be read again after a stop.
TARGET_ROWS = 400
# A window that holds more than this is narrowed before it is read.
MOST_ROWS = 1_000
_NARROWING = 4
# A window of a part that is read again may hold so many times the rows that are wanted of it.
_MOST_EXCESS = 1.5
# Windows grow so fast over a part that holds far fewer rows than it should; they end early where it does not.
_SPARSE_GROWTH = 2.0
# A window of one page is read as it is: a look ahead would be a request more.
_PAGE_ROWS = 100
_FASTEST_GROWTH = 8.0
# A window is not narrowed below this: filters reach two seconds beyond its ends, which is a thirtieth of it.
NARROWEST_SECONDS = 60
# A window begins so long before a second of many rows, so that no other window's filter reaches it.
AHEAD_SECONDS = NARROWEST_SECONDS // 2
# The API accepts spans of at most one and a half years.
LONGEST_SPAN_SECONDS = 540 * 86_400
# A window without an end is not narrowed below this: the clock would move its end on as fast as it is narrowed.
_NARROWEST_LAST_SECONDS = 600
# How far ahead of today a calendar is read.
HORIZON_SECONDS = 6 * 365 * 86_400
# No account is older; rows with earlier stamps, imported ones, are in the first window, which has no beginning.
BEGINNING_SECONDS = 1_262_304_000  # 2010-01-01


def spans(now: int) -> Iterator[tuple[int, int]]:
    """Yield spans of the longest kind that the API accepts, from the beginning to the horizon of a calendar.

    Args:
        now: The present, in seconds since 1970.
    """
    for lo in range(BEGINNING_SECONDS, now + HORIZON_SECONDS, LONGEST_SPAN_SECONDS):
        yield lo, lo + LONGEST_SPAN_SECONDS


@dataclass(frozen=True)
class Window:
    """A half-open span of time in whole seconds since 1970; None is open on that side."""

    lo: int | None
    hi: int | None

    def holds(self, moment: int) -> bool:
        """Return True if a timestamp is in the window."""
        return (self.lo is None or moment >= self.lo) and (self.hi is None or moment < self.hi)

    def is_left_by(self, moment: int) -> bool:
        """Return True if a row that a filter for the window shows has been edited since the filter found it.

        Such a filter shows a second more on either side.
        """
        return self.hi is not None and moment > self.hi + 1

    def is_wide_of(self, moment: int | None) -> bool:
        """Return True if a filter for the window can have found no row of a timestamp, or of none."""
        if moment is None:
            return self.lo is not None or self.hi is not None
        is_before = self.lo is not None and moment < self.lo - NARROWEST_SECONDS
        return is_before or (self.hi is not None and moment > self.hi + NARROWEST_SECONDS)


@dataclass
class WindowPlan:
    """Plans one read of history.

    Args:
        lo: Timestamp to begin at; None for the very beginning.
        stops: Timestamps that no window may reach across.
        span_seconds: The greatest width of a window.
        end: Timestamp to end at; None for the present.
        target_rows: Rows that a window is planned to hold.
        rows: Rows that are thought to lie between the beginning and the end; None if that is not known.
    """

    lo: int | None
    stops: Iterable[int] = ()
    span_seconds: float = float("inf")
    end: int | None = None
    target_rows: float = TARGET_ROWS
    rows: float | None = None
    _width_seconds: float = field(default=float("inf"), init=False)
    _least_width_seconds: float = field(default=0.0, init=False)
    _is_done: bool = field(default=False, init=False)
    _dense_moment: int | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Plan the first window as if the rows lay evenly, where their number is known."""
        if self.end is not None and self.rows:
            self._width_seconds = self._even_width_seconds

    @property
    def _even_width_seconds(self) -> float:
        """The width of a window that holds enough rows if those that are left lie evenly."""
        if self.end is None or not self.rows:
            return float("inf")
        length_seconds = self.end - self._begin(self.lo)
        return max(NARROWEST_SECONDS, length_seconds * min(1.0, self.target_rows / self.rows))

    @property
    def is_done(self) -> bool:
        """True if the last window has been read."""
        return self._is_done

    @property
    def most_rows(self) -> int:
        """Rows above which a window is narrowed before it is read."""
        if self.end is None:
            return MOST_ROWS
        return min(MOST_ROWS, max(_PAGE_ROWS, int(_MOST_EXCESS * self.target_rows)))

    @property
    def is_worth_a_look(self) -> bool:
        """True if a look ahead is cheap beside a window that turns out to hold too many rows."""
        return self.end is not None and self.target_rows > _PAGE_ROWS and (self.rows is None or self.rows > _PAGE_ROWS)

    def aim(self, rows: float) -> None:
        """Plan the windows that follow to hold another number of rows."""
        self.target_rows = rows
        if self.end is not None and self.rows:
            self._width_seconds = max(self._even_width_seconds, self._least_width_seconds)

    @staticmethod
    def _begin(lo: int | None) -> int:
        return BEGINNING_SECONDS if lo is None else lo

    def next(self, certain: int) -> Window:
        """Return the next window.

        Args:
            certain: The safe time, before which nothing can change any more.
        """
        begin = self._begin(self.lo)
        planned = self._before_dense_moment(begin, begin + min(self._width_seconds, self.span_seconds))
        if self.end is not None:
            return Window(self.lo, int(min(planned, self.end)))
        later_stops = [stop for stop in self.stops if self.lo is None or stop > self.lo]
        hi = min([planned, *later_stops])
        # A stop counts even where it is not certain yet: the stream that begins there must have its turn.
        return Window(self.lo, int(hi) if hi < certain or later_stops else None)

    def width_seconds(self, window: Window, certain: int) -> int:
        """Return the width of a window; one without an end reaches to the safe time."""
        return (certain if window.hi is None else window.hi) - self._begin(window.lo)

    def is_narrow(self, window: Window, certain: int) -> bool:
        """Return True if a window has to be read as it is, however many rows it holds.

        Rows of a calendar's last window mostly have no date, so that no narrower one would hold fewer.
        """
        if window.hi is not None:
            return self.width_seconds(window, certain) <= NARROWEST_SECONDS
        return self.span_seconds < float("inf") or self.width_seconds(window, certain) <= _NARROWEST_LAST_SECONDS

    def narrow(self, window: Window, certain: int, dense_moment: int | None = None) -> None:
        """Plan a narrower window instead of one that turned out to hold too many rows.

        Args:
            window: The window.
            certain: The safe time, before which nothing can change any more.
            dense_moment: Timestamp of one of its rows, if known; most likely there are many of it.
        """
        width_seconds = self.width_seconds(window, certain) // _NARROWING
        if dense_moment is not None:
            width_seconds = min(width_seconds, 2 * (dense_moment - self._begin(window.lo)))
        self._width_seconds = max(NARROWEST_SECONDS, width_seconds)
        self._dense_moment = dense_moment

    def _before_dense_moment(self, begin: int, end: float) -> float:
        """Return the planned end of a window, or an earlier one if the second of many rows is to be in the next."""
        earlier = end if self._dense_moment is None else self._dense_moment - AHEAD_SECONDS
        return min(end, earlier) if earlier > begin else end

    def finished(self, window: Window, rows: int, repeated_rows: int = 0) -> None:
        """Go on behind a window that has been read whole.

        Args:
            window: The window.
            rows: Number of rows that no earlier window had.
            repeated_rows: Number of its other rows; the more come again with each window, the wider it has to be.
        """
        if window.hi is None or window.hi == self.end:
            self._is_done = True
            return
        begin, self.lo = window.lo, window.hi
        if self.end is not None and self.rows:
            # Where no row has been met, those that are left lie the closer in what is left, or they are gone.
            self.rows = max(1.0, self.rows - rows)
            is_sparse = rows < self.target_rows / _NARROWING
            self._least_width_seconds = _SPARSE_GROWTH * (window.hi - self._begin(begin)) if is_sparse else 0.0
            self._width_seconds = max(self._even_width_seconds, self._least_width_seconds)
            return
        if begin is None:
            # Before the beginning there is no width to go by.
            return
        target_rows = max(self.target_rows, repeated_rows)
        growth = min(_FASTEST_GROWTH, target_rows / rows) if rows else _FASTEST_GROWTH
        self._width_seconds = max(NARROWEST_SECONDS, (window.hi - begin) * max(growth, 1 / _NARROWING))
