"""Decide how much of a stream's history a run reads again, and which part of it.

The API does not tell of every change: an invoice turns overdue by itself, a deletion leaves no trace. So each run reads
a share of history again, the part first that was read longest ago. History lies on an axis of time (the timestamp that
the API can filter by), cut into spans. A span remembers when it was read, and how many rows it held:

    until      read_seconds   rows
    2021-01    Monday          400    read again lately
    2023-01    a week ago      900    the next to be read again
    (bookmark) today            12    new or changed since

Common case: with a period of N days, a run that comes a time d after the last one reads d/N of all rows, since every
row falls due N days after it was read. Rows that can only be read together (a mass edit, or one row with a thousand in
its list) wait until all of them are of the share. Where that was not known of them a run reads more than its share, and
the next ones less. It never reads more because much will fall due at once: what is overdue is read however large the
share is. Result: after a run no row was last read more than N days before it, and a quiet account costs 1/N of itself a
day.

A round is over once all that was there when it began has been read. What was not read in it no longer exists.

Everything here takes values and returns values; reading is for others.
"""

from __future__ import annotations

import zlib
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from tap_jobber.extraction.windows import AHEAD_SECONDS, BEGINNING_SECONDS, NARROWEST_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_SPANS = 14
"""Spans that a stream's state holds at most; more of them would only tell more exactly when a row was read."""
LEAST_ROWS = 50
"""Rows that are worth a request; a smaller share waits for the next run unless it is due."""

_CRUMB = 0.1
"""The part of a share that is not worth a request of its own, however many rows that are."""
SMALL_ROWS = 300
"""Rows of a list that is read whole each time: it fits a few pages."""
_TURNS = 16
MOST_SHARE_REQUESTS = 5
"""Requests of a run for shares, after which those that can wait do."""
PATIENCE = 1 / 28
"""The part of a period by which a share may come later, and the turn of a list earlier, so that runs cost alike."""


@dataclass(frozen=True)
class Span:
    """A part of history, from the end of the one before it to its own.

    Attributes:
        until: The timestamp that it ends before, in seconds since 1970.
        read_seconds: When the first of its rows was read, by the server's clock.
        rows: Rows that it held: nodes of the root field, and rows of their lists.
        heaviest: The most of them that can only be read together: a node with its lists, or a mass edit.
    """

    until: int
    read_seconds: int
    rows: float
    heaviest: float = 0.0


@dataclass(frozen=True)
class Stretch:
    """A part of history to read again.

    Attributes:
        lo: The timestamp that it begins with; None for the very beginning.
        hi: The timestamp that it ends before.
        rows: Rows to read; one that holds more is left as soon as so many have been read.
        of_rows: Rows that it is thought to hold.
        heaviest: The most of them that can only be read together, as far as is known.
    """

    lo: int | None
    hi: int
    rows: float
    of_rows: float
    heaviest: float = 0.0


@dataclass(frozen=True)
class Coverage:
    """When each part of a stream's history was read.

    Attributes:
        spans: The parts, in the order of their timestamps.
        shared_seconds: Up to when shares have been read; later than the last run where that read more than its own.
        start: The timestamp that the first span begins with; None for the very beginning.
    """

    spans: tuple[Span, ...] = ()
    shared_seconds: int = 0
    start: int | None = None

    @property
    def oldest_seconds(self) -> int | None:
        """The time that no row was read before; None if nothing has been read."""
        return min((span.read_seconds for span in self.spans), default=None)

    @property
    def end(self) -> int | None:
        """The timestamp that the last span ends before; None if nothing has been read."""
        return self.spans[-1].until if self.spans else None

    @property
    def rows(self) -> float:
        """The rows of all spans."""
        return sum(span.rows for span in self.spans)

    def rows_within(self, lo: int | None, hi: int) -> float:
        """Return the rows of the spans that a part of history reaches into."""
        return sum(
            span.rows
            for begin, span in self._with_beginnings()
            if (begin is None or begin < hi) and (lo is None or span.until > lo)
        )

    def spread(self, until: int, rows: int, now: int, places: Sequence[int]) -> Coverage:
        """Add what is new, as several spans of as many rows each.

        Args:
            until: The timestamp up to which it has been read.
            rows: Rows that were read.
            now: When they were read.
            places: The timestamps of rows, as far as they are known.
        """
        covered, ordered, done = self, sorted(places), 0
        # The years before the first row are a span of their own, or some of the rows would seem to lie in them.
        for number in range(MOST_SPANS - 1):
            # Filters reach beyond the ends of windows, so that one which ends with a mass edit would read that too.
            cut = ordered[number * len(ordered) // (MOST_SPANS - 1)] - AHEAD_SECONDS if ordered else until
            if (covered.end or 0) < cut < until:
                count = bisect_left(ordered, cut)
                covered, done = covered.extended(cut, count - done, now, ordered[done:count]), count
        return covered.extended(until, max(0, rows - done), now, ordered[done:])

    def extended(self, until: int, rows: int, now: int, places: Sequence[int] = ()) -> Coverage:
        """Add what is new.

        Args:
            until: The timestamp up to which it has been read.
            rows: Rows that were read.
            now: When they were read.
            places: The timestamps of rows, as far as they are known.
        """
        if self.end is not None and until <= self.end:
            return self
        spans = list(self.spans)
        if spans and not rows:
            # Nothing is as well read as the rows beside it.
            spans[-1] = replace(spans[-1], until=until)
        else:
            at_once = max(Counter(places).values(), default=0)
            spans.append(Span(until, now, rows, min(rows, at_once)))
        return replace(self, spans=_joined(spans))

    def read_again(self, lo: int | None, hi: int, rows: int, now: int, heaviest: float = 0.0) -> Coverage:
        """Note that the beginning of a span, or all of it, has been read again.

        Args:
            lo: Where the span begins; None for the very beginning.
            hi: The timestamp up to which it has been read.
            rows: Rows that it held up to there.
            now: When that was begun.
            heaviest: The most of them that can only be read together, as far as is known.
        """
        spans: list[Span] = []
        for begin, span in self._with_beginnings():
            if begin != lo:
                spans.append(span)
                continue
            spans.append(Span(min(hi, span.until), now, rows, heaviest))
            if hi < span.until:
                left = max(span.rows - rows, _least_rows(begin, hi, span))
                spans.append(replace(span, rows=left, heaviest=min(left, span.heaviest)))
        return replace(self, spans=_joined(spans))

    def compacted(self) -> Coverage:
        """Return it with few enough spans to be kept; of some rows it then says that they were read earlier."""
        return replace(self, spans=_merged(self.spans))

    def read_before(self, moment: int, period_seconds: float) -> Coverage:
        """Return what is known, with no span read at a moment or after it.

        Args:
            moment: The moment, in seconds since 1970.
            period_seconds: The time within which every row is to be read again.
        """
        spans = (replace(span, read_seconds=min(span.read_seconds, moment - 1)) for span in self.spans)
        return replace(self, spans=tuple(spans), shared_seconds=min(self.shared_seconds, moment + int(period_seconds)))

    def shared(
        self, now: int, left: float = 0.0, period_seconds: float = 0.0, of_rows: float | None = None
    ) -> Coverage:
        """Note that a run has read its share.

        Args:
            now: When the run began.
            left: Rows of the share that it left to the next run; less than 0 where it has read more.
            period_seconds: The time within which every row is to be read again.
            of_rows: All rows, as they were thought to be when the share was made; None for those of all spans.
        """
        rows = self.rows if of_rows is None else of_rows
        seconds = left * period_seconds / rows if rows else 0.0
        return replace(self, shared_seconds=now - int(max(-period_seconds, min(period_seconds, seconds))))

    def owed_rows(self, now: int, period_seconds: float) -> float:
        """Return the rows of the time since the last share; less than 0 where that was more than its time's.

        Args:
            now: The present.
            period_seconds: The time within which every row is to be read again.
        """
        return self.rows * (now - self.shared_seconds) / period_seconds

    def due_rows(self, now: int, period_seconds: float, early_seconds: float = 0.0) -> float:
        """Return how many rows to read, those first that were read longest ago.

        Args:
            now: The present.
            period_seconds: The time within which every row is to be read again.
            early_seconds: How long before something is overdue even a small share is read.
        """
        if not self.spans:
            return 0.0
        by_age = sorted(self.spans, key=lambda span: span.read_seconds)
        since = max(self.shared_seconds, by_age[0].read_seconds)
        needed = 0.0
        for span, rows in zip(by_age, accumulate(span.rows for span in by_age), strict=True):
            left_seconds = span.read_seconds + period_seconds - since
            share = (now - since) / left_seconds if left_seconds > 0 else 1.0
            needed = max(needed, rows * min(1.0, max(0.0, share)))
        is_late = by_age[0].read_seconds + period_seconds <= now + early_seconds
        due = max(0.0, min(needed, self.owed_rows(now, period_seconds)))
        return due if is_late or due >= min(LEAST_ROWS, self.rows) else 0.0

    def can_wait(self, due: float, now: int, period_seconds: float, gap_seconds: float) -> bool:
        """Return True if the next run may as well read what is due: nothing is overdue, and it will still be little.

        Args:
            due: Rows that are due.
            now: The present.
            period_seconds: The time within which every row is to be read again.
            gap_seconds: Time since the last run, as the next one will come as late.
        """
        oldest = self.oldest_seconds
        if oldest is None or oldest + period_seconds <= now + gap_seconds:
            return False
        return due + self.rows * gap_seconds / period_seconds < max(2.0 * LEAST_ROWS, self.rows * PATIENCE)

    def next_stretch(self, rows: float, now: int, period_seconds: float) -> Stretch | None:
        """Return what to read next; None once the share has been read and nothing is overdue.

        Args:
            rows: Rows of the share that are left to read.
            now: When the run began; what was read since is not read again.
            period_seconds: The time within which every row is to be read again.
        """
        begin, span = min(self._with_beginnings(), key=lambda each: each[1].read_seconds, default=(None, None))
        if span is None or span.read_seconds >= now:
            return None
        if span.read_seconds + period_seconds <= now:
            return Stretch(begin, span.until, float("inf"), span.rows, span.heaviest)
        is_narrow = begin is not None and span.until - begin <= NARROWEST_SECONDS
        if rows <= 0 or rows < (span.rows if is_narrow else span.heaviest):
            # What is read in one go waits until all of it is of the share.
            return None
        return Stretch(begin, span.until, max(1.0, min(rows, span.rows)), span.rows, span.heaviest)

    def starting_at(self, start: int | None) -> Coverage:
        """Leave out the part that a new start date leaves out, and add as never read the part that it adds.

        Args:
            start: The timestamp that the stream begins with; None for the very beginning.
        """
        if start == self.start or not self.spans:
            return replace(self, start=start)
        spans = list(self.spans)
        if start is not None and (self.start is None or start > self.start):
            spans = [span for span in spans if span.until > start]
        elif self.start is not None:
            spans.insert(0, Span(self.start, 0, 0))
        return replace(self, start=start, spans=tuple(spans))

    def _with_beginnings(self) -> Iterator[tuple[int | None, Span]]:
        begins: list[int | None] = [self.start, *(span.until for span in self.spans)]
        return zip(begins, self.spans, strict=False)


def is_worth_reading(left: float, share: float) -> bool:
    """Return True if what is left of a share is worth a request of its own; if not, the next run reads it.

    Args:
        left: Rows that are left of it; infinitely many of a part that is overdue.
        share: Rows of all of it.
    """
    return left >= max(LEAST_ROWS, _CRUMB * share)


def is_whole_list_due(
    name: str, coverage: Coverage, now: int, period_seconds: float, *, shows_news: bool = False
) -> bool:
    """Return True if a list that can only be read whole is to be read in this run.

    A short list is read each time unless a part of it shows what is new. Lists that were first read in one run take
    turns from then on.

    Args:
        name: The list.
        coverage: When it was read, and how many rows it held.
        now: The present.
        period_seconds: The time within which every row is to be read again.
        shows_news: True if its head, or the part around now, shows most of what is new.
    """
    if coverage.oldest_seconds is None or (coverage.rows <= SMALL_ROWS and not shows_news):
        return True
    is_first_turn = coverage.shared_seconds == 0
    share = (1 + zlib.crc32(name.encode()) % _TURNS) / _TURNS if is_first_turn else 1.0
    return now >= coverage.oldest_seconds + share * period_seconds


def _least_rows(begin: int | None, hi: int, span: Span) -> float:
    """Return how many rows the rest of a span is thought to hold at least, though all of its rows have been met."""
    begin = BEGINNING_SECONDS if begin is None else begin
    return span.rows / 2 * (span.until - hi) / (span.until - begin) if begin < hi else 0.0


def _joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Join neighbours that were read at the same time, the shortest first, while there are many.

    Others stay apart during a run: what has just been read would take on the age of its neighbour, and be due again.
    """
    spans = list(spans)
    while len(spans) > MOST_SPANS:
        rows = {
            place: one.rows + other.rows
            for place, (one, other) in enumerate(pairwise(spans))
            if one.read_seconds == other.read_seconds and not _is_beginning(place, one, other)
        }
        if not rows:
            break
        _join(spans, min(rows, key=rows.__getitem__))
    return tuple(spans)


def _merged(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Join neighbours until few enough are left, those first whose rows then seem older for the shortest time."""
    spans = list(spans)
    while len(spans) > MOST_SPANS:
        losses = {
            place: _loss(one, other)
            for place, (one, other) in enumerate(pairwise(spans))
            if not _is_beginning(place, one, other)
        }
        _join(spans, min(losses, key=losses.__getitem__))
    return tuple(spans)


def _is_beginning(place: int, one: Span, other: Span) -> bool:
    """Return True if the rows of a stream begin between two neighbours."""
    return place == 0 and not one.rows and other.rows > 0


def _join(spans: list[Span], place: int) -> None:
    one, other = spans[place : place + 2]
    read_seconds, heaviest = min(one.read_seconds, other.read_seconds), max(one.heaviest, other.heaviest)
    spans[place : place + 2] = [Span(other.until, read_seconds, one.rows + other.rows, heaviest)]


def _loss(one: Span, other: Span) -> float:
    newer = max(one, other, key=lambda span: span.read_seconds)
    return (newer.rows + 1) * abs(one.read_seconds - other.read_seconds)
