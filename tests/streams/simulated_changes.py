"""An account whose rows lie on an axis of time, and what the API shows of its changes.

There are four kinds of streams: what is new shows by a time of change to filter by (clients) or to sort by (jobs), by
filters on what is new or near today (visits), or at the head of a list that no filter cuts (properties).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tap_jobber.extraction.source import CHANGED, CREATED, Mode, Recency, Stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_jobber.extraction.windows import Window

BEGIN_SECONDS = 1_790_000_000


class Way(NamedTuple):
    """How a kind of stream comes to know what is new."""

    mode: Mode
    stamp: Stamp | None
    recency: Recency | None = None
    lookback_filters: tuple[str, ...] = ()


WAYS: Mapping[str, Way] = {
    "clients": Way(Mode.CHANGED, CHANGED),
    "jobs": Way(Mode.NEWEST_FIRST, CREATED),
    "visits": Way(Mode.WHOLE, CREATED, lookback_filters=("startAt", "createdAt")),
    "properties": Way(Mode.WHOLE, None, Recency(None)),
}


@dataclass
class Row:
    """A row of the account.

    Attributes:
        place: Where on the axis of time it lies.
        items: Rows of its list.
        value: The number of its last edit.
    """

    place: int
    items: int
    value: int = 0

    @property
    def rows(self) -> int:
        """The row and those of its list."""
        return 1 + self.items


class Account:
    """The rows of an account, and what the API shows of their changes.

    Args:
        way: The way of the stream.
    """

    def __init__(self, way: Way) -> None:
        self.now = BEGIN_SECONDS
        self.rows: dict[str, Row] = {}
        self.news: set[str] = set()
        """Rows that the API shows to have come or changed since the last complete run."""
        self._moves = way.stamp is CHANGED
        self._axis: list[tuple[int, str]] = []
        self._count = 0

    def create(self, place: int, items: int) -> None:
        """Create a row."""
        self._count += 1
        key = f"row {self._count}"
        self.rows[key] = Row(place, items)
        insort(self._axis, (place, key))
        self.news.add(key)

    def edit(self, key: str, stamp: int, *, is_quiet: bool) -> None:
        """Change a row; quietly where nothing shows it."""
        row = self.rows[key]
        row.value += 1
        if is_quiet:
            return
        self.news.add(key)
        if self._moves:
            self._axis.remove((row.place, key))
            row.place = stamp
            insort(self._axis, (stamp, key))

    def delete(self, key: str) -> None:
        """Remove a row without a trace."""
        self._axis.remove((self.rows.pop(key).place, key))
        self.news.discard(key)

    def within(self, window: Window) -> list[tuple[int, str]]:
        """Return the places and ids of the rows of a window."""
        begin = 0 if window.lo is None else bisect_left(self._axis, (window.lo, ""))
        end = len(self._axis) if window.hi is None else bisect_left(self._axis, (window.hi, ""))
        return self._axis[begin:end]
