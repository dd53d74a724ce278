"""Walks a root field once for all streams that are read from it: its own rows and the lists of each.

Each stream has its own bookmark, so history is walked in windows that no bookmark lies inside of, and in each
window only those streams are asked for that have not been there.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_jobber.extraction.connection_reader import ConnectionReader
from tap_jobber.extraction.newest_first import read_changed, read_head
from tap_jobber.extraction.portion import Portion
from tap_jobber.extraction.resync import is_worth_reading
from tap_jobber.extraction.walk_events import Found, Reached, SourceChangedError, TooDenseError
from tap_jobber.extraction.windows import HORIZON_SECONDS, Window, WindowPlan

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

    from tap_jobber.extraction.overlap import Node, Reader
    from tap_jobber.extraction.resync import Stretch
    from tap_jobber.extraction.source import Order

_FIRST_ESTIMATE_ROWS = 64
_SHARE_ROWS = 1_000
"""Rows, with those of lists, that a window is planned to hold of what is read again: a stop costs as much at most."""


@dataclass
class Walk(ConnectionReader):
    """One walk over a root field."""

    repeated_rows: int = field(default=0, init=False)
    """How many rows of the next window may not be its own: they overlap into it from the last, or come with each."""

    def whole(self) -> Iterator[Found]:
        """Read everything, without windows."""
        while True:
            self.fetcher.row_count.begin()
            try:
                yield from self.read(self.names, None)
            except SourceChangedError:
                continue
            return

    def windows(self, starts: Mapping[str, int | None]) -> Iterator[Found | Reached]:
        """Read history in windows, from each stream's own start to the present.

        Args:
            starts: Where each stream begins; None for the very beginning.
        """
        begun = [start for start in starts.values() if start is not None]
        plan = WindowPlan(None if len(begun) < len(starts) else min(begun), begun, self._longest_seconds)
        yield from self._planned(plan, starts)

    def stretch(self, stretch: Stretch, names: Iterable[str]) -> Iterator[Found | Reached]:
        """Read a part of history again, in windows.

        Args:
            stretch: Where it begins and ends, and after how many rows to stop.
            names: The streams to read it for.
        """
        plan = WindowPlan(
            stretch.lo,
            span_seconds=self._longest_seconds,
            end=stretch.hi,
            target_rows=min(stretch.rows, _SHARE_ROWS),
            rows=stretch.of_rows,
        )
        rows = 0
        for event in self._planned(plan, dict.fromkeys(names), stretch.heaviest):
            yield event
            if isinstance(event, Reached):
                rows += event.rows
                left = stretch.rows - rows
                if not is_worth_reading(left, stretch.rows) or left < stretch.heaviest:
                    # What is read together next could be more than is left of the share.
                    return
                # Or the last window would hold as many again as all of the share.
                plan.aim(min(left, _SHARE_ROWS))

    @property
    def _longest_seconds(self) -> float:
        span = self.fetcher.source.stamp.span_seconds if self.fetcher.source.stamp else None
        return span or float("inf")

    def _planned(
        self, plan: WindowPlan, starts: Mapping[str, int | None], heaviest: float = 0.0
    ) -> Iterator[Found | Reached]:
        handed_on: dict[str, int] = {}
        is_wary = plan.is_worth_a_look
        while not plan.is_done and self.left(starts):
            if self._longest_seconds == float("inf"):
                certain = self.fetcher.extraction.certain_seconds(self.fetcher.usage)
            else:
                certain = self.fetcher.extraction.latest_seconds(self.fetcher.usage) + HORIZON_SECONDS
            window = plan.next(certain)
            is_narrow = plan.is_narrow(window, certain)
            if self.fetcher.source.stamp is None:
                yield from self._without_filter(starts, certain)
                return
            names = tuple(name for name, start in starts.items() if _is_due(start, window))
            reader = self.new_reader(handed_on)
            most_rows = plan.most_rows + self.repeated_rows
            rows_before = self.fetcher.row_count.rows
            is_again = plan.end is not None and self.fetcher.source.stamp.column is not None
            portion = Portion(plan.target_rows, heaviest) if is_again else None
            try:
                if is_wary and not is_narrow:
                    self.refuse_dense(window, most_rows)
                list_rows = yield from self._counted(
                    self.read(
                        names, window, reader, most_rows=None if is_narrow or is_wary else most_rows, portion=portion
                    )
                )
            except TooDenseError as error:
                self.fetcher.row_count.rows = rows_before
                if plan.end is None:
                    self.count(Window(window.lo, None))
                plan.narrow(window, certain, error.moment)
                # From now on the tap looks before it reads, since the page that was read is lost.
                is_wary = True
                continue
            except SourceChangedError:
                continue
            new_rows = sum(each not in handed_on for each in reader.digests)
            if self.fetcher.source.stamp.column is None:
                # Where a node does not show its stamp, the rows on the seam of two windows come in both.
                handed_on |= reader.digests
                self.repeated_rows = len(reader.digests)
            rows = new_rows + list_rows
            if portion is not None:
                rows = portion.rows
                window = Window(window.lo, window.hi if portion.end is None else portion.end)
            plan.finished(window, rows if plan.end is not None else new_rows, len(reader.digests) - new_rows)
            reached = certain if window.hi is None else min(window.hi, certain)
            heaviest_rows = portion.heaviest_rows if portion is not None else 0
            yield Reached(self.left(names), reached, is_end=plan.is_done, rows=rows, heaviest=heaviest_rows)

    @staticmethod
    def _counted(events: Iterable[Found]) -> Generator[Found, None, int]:
        """Hand rows on, and return how many of them are not nodes of the root field themselves."""
        rows = 0
        for event in events:
            rows += event.parent is not None
            yield event
        return rows

    def look(self, window: Window) -> dict[str, Node]:
        """Return the nodes that a window shows, by id."""
        while True:
            with suppress(SourceChangedError):
                return {found.node["id"]: found.node for found in self.read(self.names, window)}

    def within(self, window: Window, names: Iterable[str]) -> Iterator[Found]:
        """Read one window, whatever it holds."""
        wanted, reader = tuple(names), self.new_reader()
        while not reader.is_done:
            reader = self.new_reader()
            with suppress(SourceChangedError):
                yield from self.read(wanted, window, reader)

    def newest_first(self, starts: Mapping[str, int]) -> Iterator[Found | Reached]:
        """Read what has changed, most recently changed first, down to each stream's own start.

        If the API cannot list rows in that order, all are looked at.

        Args:
            starts: Down to when each stream reads, in seconds since 1970.
        """
        certain = self.fetcher.extraction.certain_seconds(self.fetcher.usage)
        if (yield from read_changed(self, starts)):
            yield Reached(self.left(starts), certain, is_end=True)
        else:
            yield from self._without_filter(starts, certain)

    def certain_seconds(self) -> int:
        """Return the time of the server before which nothing can change any more; ask the server if need be."""
        return self.fetcher.extraction.certain_seconds(self.fetcher.usage)

    def estimated_rows(self, window: Window) -> int:
        """Return about how many rows a window holds, from above by a quarter at the most, by looking for a last one."""
        known, rows = 0, _FIRST_ESTIMATE_ROWS
        while self.fetcher.holds_more_than(rows, window):
            known, rows = rows, rows * 4
        while rows - known > max(1, rows // 4):
            middle = (known + rows) // 2
            if self.fetcher.holds_more_than(middle, window):
                known = middle
            else:
                rows = middle
        return rows

    def recent(self, filters: Sequence[str], names: Iterable[str] | None = None) -> Iterator[Found]:
        """Read what any of some filters finds, each row once.

        Args:
            filters: Each a filter as GraphQL text.
            names: The streams to read it for; all if not given.
        """
        wanted = self.names if names is None else tuple(names)
        given = self.fetcher.source
        handed_on: dict[str, int] = {}
        for text in filters:
            self.fetcher.filter_by(text)
            reader: Reader | None = None
            while reader is None or not reader.is_done:
                reader = self.new_reader(handed_on)
                with suppress(SourceChangedError):
                    yield from self.read(wanted, None, reader)
            handed_on |= reader.digests
            if text and self.fetcher.source.is_unfiltered:
                # The server does not know what was filtered by, so that all there is has been read.
                break
        self.fetcher.filter_by(given.fixed_filter)

    def head(self, order: Order | None, known: Sequence[int]) -> Generator[Found, None, tuple[int, ...]]:
        """Read the rows that have changed most recently, down to those that are known.

        If the API cannot list rows in that order, all are read.

        Args:
            order: The order that has them first; None for the list's own.
            known: Digests of the rows that stood first when this was last read; where there are none, it reads just
                as many rows as it takes to remember some.

        Returns:
            The digests of those that stand first now.
        """
        return read_head(self, order, known)

    def _without_filter(self, starts: Mapping[str, int | None], certain: int) -> Iterator[Found | Reached]:
        """Read everything, and keep what a filter on the time of change would have found."""
        for found in self.whole():
            start = starts[found.name]
            node = found.parent or found.node
            moment = self.timestamp(node)
            if start is None or moment is None or moment >= start:
                yield found
        yield Reached(self.left(starts), certain, is_end=True)


def _is_due(start: int | None, window: Window) -> bool:
    """Return True if a stream that begins at a moment is to be asked for in a window."""
    return start is None or (window.lo is not None and start <= window.lo)
