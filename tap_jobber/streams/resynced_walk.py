"""Read what is new in a walk and the due share of the rest, and tell which rows are gone after each round.

A run reads in this order, so that no row can slip from one part into another unread:

1. the due share of what was read before: an edit meanwhile makes a row new, so that the next part brings it;
2. what is new or has changed; for streams that have been read before all, and the others from their beginning.

Lists that no filter cuts into spans of time are read whole when all of them are due, or each time if they are short.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Protocol

from tap_jobber.extraction.resync import Coverage, Span, Stretch, is_whole_list_due
from tap_jobber.extraction.source import Mode
from tap_jobber.extraction.walk import Found, Reached
from tap_jobber.extraction.windows import Window
from tap_jobber.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tap_jobber.extraction.source import Recency, Stamp
    from tap_jobber.extraction.walk import Walk
    from tap_jobber.streams.protocols import WalkedStream
    from tap_jobber.streams.rolling_resync import RollingResync

_DAY_SECONDS = 86_400
_LOOKBACK_DAYS = 14


class ResyncOwner(Protocol):
    """The root stream of a walk, as its resync sees it."""

    @property
    def name(self) -> str:
        """The stream's name."""

    @property
    def mode(self) -> Mode:
        """How it comes to know what is new."""

    @property
    def stamp(self) -> Stamp | None:
        """The timestamp that history can be cut into windows by."""

    @property
    def recency(self) -> Recency | None:
        """How to ask for the rows that have changed most recently."""

    @property
    def lookback_filters(self) -> tuple[str, ...]:
        """Keys of the filter on timestamps around which a row may well change."""

    @property
    def lookback_days(self) -> int | None:
        """The configured look-back."""

    @property
    def start_seconds(self) -> int | None:
        """The configured start date, in seconds since 1970."""

    @property
    def initial_version(self) -> int:
        """The version to write rows with where none has been begun."""

    def write_state(self) -> None:
        """Write a STATE message."""

    def changed(self, walk: Walk, streams: Mapping[str, WalkedStream]) -> Iterator[Found | Reached]:
        """Read what has changed since each bookmark."""

    def newest_first(self, walk: Walk, streams: Mapping[str, WalkedStream]) -> Iterator[Found | Reached]:
        """Read all of history for streams without a bookmark, and for the others what has changed since."""

    def history(self, walk: Walk, streams: Mapping[str, WalkedStream]) -> Iterator[Found | Reached]:
        """Read all of history in windows."""


class ResyncedWalk:
    """One walk of one run.

    Args:
        owner: The root stream.
        walk: The walk.
        streams: The streams that take part in it.
        resync: How far the resync has come.
    """

    def __init__(self, owner: ResyncOwner, walk: Walk, streams: Sequence[WalkedStream], resync: RollingResync) -> None:
        self._owner = owner
        self._walk = walk
        self._streams = {stream.name: stream for stream in streams}
        self._resync = resync
        self._read_before: dict[str, WalkedStream] = {}
        self.is_whole = False
        """True if this run reads all that there is."""

    def events(self) -> Iterator[Found | Reached]:
        """Read what is to be read in this run."""
        states = {name: stream.stream_state for name, stream in self._streams.items()}
        for name, stream in self._streams.items():
            if not self._resync.has_missed_none(states[name]):
                # What the other streams know of when a row was read does not hold for this one.
                stream.bookmark.forget()
            elif not self._resync.is_first if self._is_one_piece else stream.bookmark.value is not None:
                self._read_before[name] = stream
        now = self._walk.certain_seconds()
        self._resync.begin(now, self._owner.initial_version, self._owner.start_seconds, states.values())
        for stream in self._streams.values():
            stream.begin_round(self._resync.version)
        yield from self._one_piece() if self._is_one_piece else self._in_windows()

    @property
    def _is_one_piece(self) -> bool:
        """True if no filter cuts the list by a timestamp that stays; an edit can move what stands in a calendar."""
        return self._owner.stamp is None or self._owner.stamp.span_seconds is not None

    def end(self, complete: Sequence[WalkedStream]) -> list[WalkedStream]:
        """Note how the read has ended, and end the round if it is over.

        Args:
            complete: The streams of which no row can have been missed in this run.

        Returns:
            The streams whose rows that were not read in this round are gone.
        """
        streams = list(self._streams.values())
        for stream in streams:
            if stream not in complete or not stream.outcome.is_complete:
                self._resync.miss(stream.stream_state)
        self._resync.save()
        if not self._resync.is_round_over:
            return [stream for stream in complete if stream.version is None]
        can_tell = self._resync.end_round([stream.stream_state for stream in streams])
        return [stream for stream, is_told in zip(streams, can_tell, strict=True) if is_told]

    def _in_windows(self) -> Iterator[Found | Reached]:
        resync, now = self._resync, self._resync.now
        if self._read_before and not resync.coverage.spans:
            # The state is of a time when no account was kept of it: a round begins now.
            until = min(stream.bookmark.value or now for stream in self._read_before.values())
            rows = self._walk.estimated_rows(Window(self._owner.start_seconds, until))
            resync.coverage = Coverage((Span(until, now, rows),), now, self._owner.start_seconds)
        yield from self._share()
        for event in self._new_and_changed():
            if isinstance(event, Reached):
                resync.coverage = resync.coverage.extended(event.moment, event.rows, now)
                resync.save()
            yield event

    def _share(self) -> Iterator[Found | Reached]:
        """Read the due share, that part first which was read longest ago."""
        resync = self._resync
        if not self._read_before:
            resync.coverage = resync.coverage.shared(resync.now)
            return
        left = due = resync.coverage.due_rows(resync.now, resync.period_seconds)
        while self._walk.left(self._read_before):
            stretch = resync.coverage.next_stretch(left, resync.now, resync.period_seconds)
            if stretch is None:
                break
            begin = stretch.lo
            for event in self._walk.stretch(stretch, self._read_before):
                if isinstance(event, Found):
                    yield event
                    continue
                until = stretch.hi if event.is_end else min(event.moment, stretch.hi)
                resync.coverage = resync.coverage.read_again(begin, until, event.rows, resync.now)
                resync.save()
                self._owner.write_state()
                begin, left = until, left - event.rows
        if due:
            resync.coverage = resync.coverage.shared(resync.now)

    def _new_and_changed(self) -> Iterator[Found | Reached]:
        """Read all for streams that have nothing yet, and for the others what is new or seems to have changed."""
        if self._owner.mode is Mode.CHANGED:
            yield from self._owner.changed(self._walk, self._streams)
        elif self._owner.mode is Mode.NEWEST_FIRST:
            yield from self._counted(self._owner.newest_first(self._walk, self._streams))
        else:
            yield from self._without_change_marker()

    def _counted(self, events: Iterator[Found | Reached]) -> Iterator[Found | Reached]:
        """Count the new rows of a read that is not in windows."""
        stamp = self._owner.stamp
        column = stamp.column if stamp is not None else None
        end, rows = self._resync.coverage.end, 0
        for event in events:
            if isinstance(event, Found):
                if event.parent is None and column is not None:
                    rows += end is None or self._walk.timestamp(event.node, column) >= end
                yield event
            else:
                yield Reached(event.names, event.moment, event.is_end, event.rows or rows)

    def _without_change_marker(self) -> Iterator[Found | Reached]:
        new = {name: stream for name, stream in self._streams.items() if name not in self._read_before}
        known = self._read_before
        ends: dict[str, int] = {}
        if new:
            if self._owner.recency is not None and not known:
                # Before the rows are read: whatever changes after it has been looked at stands before what it shows.
                self._resync.head = yield from self._walk.head(self._owner.recency.order, ())
            for event in self._owner.history(self._walk, new):
                ends |= {name: progress.began for name in new if (progress := new[name].bookmark.progress) is not None}
                yield event
        if known:
            since = min(stream.bookmark.value or 0 for stream in known.values())
            rows = 0
            for event in self._recent(since):
                rows += event.parent is None
                yield event
            ends |= dict.fromkeys(known, self._resync.now)
            yield Reached(self._walk.left(known), self._resync.now, is_end=True, rows=rows)
        key = self._owner.stamp.filter if self._owner.stamp is not None else ""
        for name in self._walk.left(self._streams):
            self._streams[name].bookmark.move_to(key, ends.get(name, self._resync.now))

    def _recent(self, since: int) -> Iterator[Found]:
        """Read rows that are new, or that may well have changed.

        Args:
            since: When the last run began.
        """
        owner, resync = self._owner, self._resync
        if owner.recency is not None:
            resync.head = yield from self._walk.head(owner.recency.order, resync.head)
            return
        yield from self._walk.recent(lookback(owner, min(resync.now, since), since), self._read_before)

    def _one_piece(self) -> Iterator[Found | Reached]:
        """Read all rows if they are due or few, and else those at the head of the list or around now."""
        owner, resync = self._owner, self._resync
        is_known = len(self._read_before) == len(self._streams)
        is_due = is_whole_list_due(owner.name, resync.coverage, resync.now, resync.period_seconds)
        self.is_whole = is_due or not is_known
        if not self.is_whole:
            if owner.recency is not None:
                resync.head = yield from self._walk.head(owner.recency.order, resync.head)
            elif owner.stamp is not None:
                seconds = _days(owner) * _DAY_SECONDS
                around_now = Stretch(resync.now - seconds, resync.now + seconds, inf, 0)
                yield from self._walk.stretch(around_now, self._streams)
            return
        if owner.recency is not None:
            resync.head = yield from self._walk.head(owner.recency.order, ())
        rows = 0
        for event in self._walk.whole() if owner.stamp is None else owner.history(self._walk, self._streams):
            rows += isinstance(event, Found) and event.parent is None
            yield event
        resync.coverage = Coverage((Span(resync.now, resync.now, rows),), 0 if resync.is_first else resync.now)


def lookback(owner: ResyncOwner, until: int, since: int) -> list[str]:
    """Return filters, as GraphQL text, that find what is new and what may well have changed since the last run.

    Args:
        owner: The root stream.
        until: The timestamp before which the look-back begins.
        since: When the last run began.
    """
    back, last = format_timestamp(until - _days(owner) * _DAY_SECONDS), format_timestamp(since - 1)
    first, *others = owner.lookback_filters or (owner.stamp.filter if owner.stamp is not None else "",)
    begin = back if owner.lookback_filters else last
    return [f'{first}: {{after: "{begin}"}}', *(f'{key}: {{after: "{last}"}}' for key in others)]


def _days(owner: ResyncOwner) -> int:
    return _LOOKBACK_DAYS if owner.lookback_days is None else owner.lookback_days
