"""Read what is new in a walk and the due share of the rest, and tell which rows are gone after each round.

A run reads in this order, so that no row can slip from one part into another unread:

1. the due share of what was read before: an edit meanwhile makes a row new, so that the next part brings it;
2. what is new or has changed; for streams that have been read before all, and the others from their beginning;
3. for a stream that failed while others were read again, the part in which it did.

Lists that no filter cuts into spans of time are read whole when all of them are due, or each time if they are short.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from tap_jobber.extraction.resync import (
    MOST_SHARE_REQUESTS,
    PATIENCE,
    SMALL_ROWS,
    Coverage,
    Span,
    Stretch,
    is_whole_list_due,
    is_worth_reading,
)
from tap_jobber.extraction.source import Mode
from tap_jobber.extraction.walk import Walk
from tap_jobber.extraction.walk_events import Found, Reached
from tap_jobber.extraction.windows import HORIZON_SECONDS, Window
from tap_jobber.streams.look_back import lookback, lookback_seconds
from tap_jobber.streams.reading_modes import read_changed, read_newest_first
from tap_jobber.streams.rolling_resync import missed_part, note_missed_part, note_read_up_to

if TYPE_CHECKING:
    from collections.abc import Container, Hashable, Iterable, Iterator, Sequence

    from tap_jobber.extraction.overlap import Node
    from tap_jobber.extraction.source import Recency, Stamp
    from tap_jobber.streams.protocols import ResyncOwner, WalkedStream
    from tap_jobber.streams.rolling_resync import RollingResync


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
        self._failed_before: dict[str, WalkedStream] = {}
        self._rows_read = 0
        self._is_span_read = False
        self.is_whole = False
        """True if this run reads all that there is."""

    def events(self) -> Iterator[Found | Reached]:
        """Read what is to be read in this run."""
        self._resync.set_clock(self._walk.certain_seconds())
        self._walk.begin_seconds = self._first_seconds
        states = {name: stream.stream_state for name, stream in self._streams.items()}
        for name, stream in self._streams.items():
            if not self._resync.has_missed_none(states[name]):
                # What the other streams know of when a row was read does not hold for this one.
                stream.bookmark.forget()
                self._resync.note_nothing_known(states[name])
            elif not self._resync.is_first if self._is_one_piece else stream.bookmark.value is not None:
                self._read_before[name] = stream
        self._resync.begin(self._owner.round_version, self._first_seconds, states.values())
        for stream in self._streams.values():
            stream.begin_round(self._resync.version, self._resync.now)
        yield from self._one_piece() if self._is_one_piece else self._in_windows()

    @property
    def _first_seconds(self) -> int | None:
        """The timestamp that history begins with; None for the very beginning.

        A start date is a time of change, so that it does not cut a history of creations.
        """
        return None if self._owner.mode is Mode.NEWEST_FIRST else self._owner.start_seconds

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
        if not self._resync.has_begun:
            return []
        streams = list(self._streams.values())
        for stream in streams:
            if stream not in complete or not stream.outcome.is_complete:
                self._resync.miss(stream.stream_state)
            has_missed = self._resync.has_missed(stream.stream_state)
            stream.note_reads(self._resync.coverage.oldest_seconds, has_missed_rows=has_missed)
        self._resync.save()
        if not self._resync.is_round_over:
            return [stream for stream in complete if stream.version is None]
        can_tell = self._resync.end_round([stream.stream_state for stream in streams])
        return [
            stream
            for stream, is_told in zip(streams, can_tell, strict=True)
            if is_told or (stream.version is None and stream in complete)
        ]

    def _in_windows(self) -> Iterator[Found | Reached]:
        resync, now = self._resync, self._resync.now
        if self._read_before and not resync.coverage.spans:
            # The state is of a time when no account was kept of it: a round begins now.
            until = min(stream.bookmark.value or now for stream in self._read_before.values())
            # Of lists nothing is known but how many there are.
            rows = self._walk.estimated_rows(Window(self._first_seconds, until)) * len(self._streams)
            # Before this round, or it would be over before anything of it has been read again.
            resync.coverage = Coverage((Span(until, now - 1, rows),), now, self._first_seconds)
        self._failed_before = {
            name: stream for name, stream in self._read_before.items() if missed_part(stream.stream_state) is not None
        }
        yield from self._counting_requests(self._share())
        self._miss_what_other_runs_wrote(self._streams.values())
        places: dict[Hashable, int] = {}
        met: list[int] = []
        for event in self._new_and_changed():
            if isinstance(event, Reached):
                added = resync.coverage.spread if resync.is_first else resync.coverage.extended
                resync.coverage = added(event.moment, event.rows, now, met)
                resync.save()
                places.clear()
                met.clear()
            else:
                if event.parent is None and (place := self._walk.place(event.node)) is not None:
                    places[event.node["id"]] = place
                if (at := places.get((event.parent or event.node)["id"])) is not None:
                    met.append(at)
            yield event
        yield from self._missed_parts()

    @property
    def _is_busy(self) -> bool:
        """True if this run has already read as much again, of all streams, as a run should where that can wait."""
        return self._walk.fetcher.extraction.share_requests >= MOST_SHARE_REQUESTS

    @property
    def _early_seconds(self) -> int:
        """How long before it is due this run reads something again, so that no later one reads it with more."""
        return 0 if self._is_busy else int(PATIENCE * self._resync.period_seconds)

    def _counting_requests(self, events: Iterator[Found | Reached]) -> Iterator[Found | Reached]:
        """Count the requests of what is read again."""
        fetcher = self._walk.fetcher
        before = fetcher.usage.requests
        yield from events
        fetcher.extraction.share_requests += fetcher.usage.requests - before

    def _share(self) -> Iterator[Found | Reached]:
        """Read the due share, that part first which was read longest ago."""
        resync = self._resync
        if not self._read_before:
            resync.coverage = resync.coverage.shared(resync.now)
            return
        ahead = min(0.0, resync.coverage.owed_rows(resync.now, resync.period_seconds))
        left = due = resync.coverage.due_rows(resync.now, resync.period_seconds, self._early_seconds)
        if self._is_busy and resync.coverage.can_wait(due, resync.now, resync.period_seconds, resync.gap_seconds):
            return
        all_rows, read = resync.coverage.rows, 0.0
        while self._walk.left(self._read_before):
            stretch = resync.coverage.next_stretch(left, resync.now, resync.period_seconds)
            if stretch is None:
                break
            yield from self._stretch(stretch)
            # What has moved out of a span, or is gone, was a part of the share all the same.
            read += max(self._rows_read, stretch.of_rows if self._is_span_read else 0.0)
            left = due - read if is_worth_reading(due - read, due) else 0.0
            if self._walk.fetcher.source.stamp is None:
                # The server does not know what to filter by, so that all there is has been read.
                whole = Span(stretch.hi, resync.now, resync.coverage.rows)
                resync.coverage = Coverage((whole,), resync.now, resync.coverage.start)
                break
        if due or read:
            rows_left = ahead + due - read
            resync.coverage = resync.coverage.shared(resync.now, rows_left, resync.period_seconds, all_rows)

    def _missed_parts(self) -> Iterator[Found]:
        """Read the parts in which streams failed in an earlier run, for each of them alone.

        It comes last, since a failure that stays ends the stream's part in the run.
        """
        for name, stream in self._failed_before.items():
            part = missed_part(stream.stream_state)
            if part is None:
                continue
            rows = self._resync.coverage.rows_within(*part)
            for event in self._walk.stretch(Stretch(*part, inf, rows), [name]):
                if isinstance(event, Found):
                    if self._is_wanted(event.parent or event.node):
                        yield event
                elif name in event.names and not stream.outcome.is_partial:
                    note_read_up_to(stream.stream_state, part[1] if event.is_end else event.moment)
                    self._owner.write_state()

    def _stretch(self, stretch: Stretch) -> Iterator[Found]:
        """Read a part of history again, and keep account of it after each window."""
        resync, fetcher = self._resync, self._walk.fetcher
        begin, requests, self._rows_read, self._is_span_read = stretch.lo, fetcher.usage.requests, 0, False
        met: set[Hashable] = set()
        for event in self._walk.stretch(stretch, self._read_before):
            if isinstance(event, Found):
                node = event.parent or event.node
                if self._owner.may_miss_moved_rows:
                    met.add(node["id"])
                if self._is_wanted(node):
                    yield event
                continue
            until = stretch.hi if event.is_end else min(event.moment, stretch.hi)
            is_one_answer = fetcher.usage.requests == requests + 1
            if (
                self._owner.may_miss_moved_rows
                and not is_one_answer
                and not self._has_met_all(met, Window(begin, until))
            ):
                for stream in self._streams.values():
                    resync.miss(stream.stream_state)
            for name, stream in self._read_before.items():
                if name not in event.names or stream.outcome.is_partial:
                    note_missed_part(stream.stream_state, begin, until)
            resync.coverage = resync.coverage.read_again(begin, until, event.rows, resync.now, event.heaviest)
            resync.save()
            self._owner.write_state()
            self._rows_read += event.rows
            self._is_span_read = until == stretch.hi
            begin, requests = until, fetcher.usage.requests
            met.clear()

    def _is_wanted(self, node: Node) -> bool:
        """Return True if a node of a history of creations has changed since the start date."""
        start = self._owner.start_seconds
        if start is None or self._owner.mode is not Mode.NEWEST_FIRST or node.get("updatedAt") is None:
            return True
        moment = self._walk.timestamp(node, "updatedAt")
        return moment is None or moment >= start

    def _has_met_all(self, met: Container[Hashable], window: Window) -> bool:
        """Return True if a second look at the ids of a window shows only rows that have been met."""
        bare = self._walk.bare
        return all(each in met for each in Walk(self._walk.fetcher, bare, bare).look(window))

    def _new_and_changed(self) -> Iterator[Found | Reached]:
        """Read all for streams that have nothing yet, and for the others what is new or seems to have changed."""
        if self._owner.mode is Mode.CHANGED:
            yield from read_changed(self._walk, self._streams, self._owner.write_state)
        elif self._owner.mode is Mode.NEWEST_FIRST:
            yield from self._counted(read_newest_first(self._walk, self._streams, self._owner))
        else:
            yield from self._without_change_marker()

    def _counted(self, events: Iterator[Found | Reached]) -> Iterator[Found | Reached]:
        """Count those rows of a read that are new; where rows of it come again, the share would grow with each run."""
        stamp, end, rows = self._owner.stamp, self._resync.coverage.end, 0
        shows_place = stamp is not None and stamp.column is not None
        new: set[Hashable] = set()
        for event in events:
            if isinstance(event, Found):
                if event.parent is None and shows_place:
                    moment = self._walk.place(event.node)
                    if moment is None or end is None or end <= moment < self._resync.now:
                        new.add(event.node["id"])
                rows += (event.parent or event.node)["id"] in new
                yield event
            else:
                yield replace(event, rows=event.rows or rows)
                rows = 0

    def _without_change_marker(self) -> Iterator[Found | Reached]:
        new = {name: stream for name, stream in self._streams.items() if name not in self._read_before}
        known = self._read_before
        ends: dict[str, int] = {}
        if new:
            if self._owner.recency is not None and not known:
                # Before the rows are read: whatever changes after it has been looked at stands before what it shows.
                yield from self._head(self._owner.recency, knows_none=True)
            for event in self._owner.history(self._walk, new):
                ends |= {name: progress.began for name in new if (progress := new[name].bookmark.progress) is not None}
                if isinstance(event, Found) or not known:
                    # How far the new ones have come says nothing of the others.
                    yield event
        if known:
            since = min(stream.bookmark.value or 0 for stream in known.values())
            ends |= dict.fromkeys(known, self._resync.now)
            yield from self._counted(self._recent(since))
        key = self._owner.stamp.filter if self._owner.stamp is not None else ""
        for name in self._walk.left(self._streams):
            self._streams[name].bookmark.move_to(key, ends.get(name, self._resync.now))

    def _recent(self, since: int) -> Iterator[Found | Reached]:
        """Read rows that are new, or that may well have changed.

        Args:
            since: When the last run began.
        """
        owner, resync, rows = self._owner, self._resync, 0
        if owner.recency is not None:
            yield from self._head(owner.recency)
        else:
            filters = lookback(owner, min(resync.now, since), since, before=resync.now + lookback_seconds(owner))
            yield from self._walk.recent(filters, self._read_before)
        if needs_look_ahead(owner.stamp):
            ahead = Stretch(resync.coverage.end, resync.now + HORIZON_SECONDS, inf, 0)
            for event in self._walk.stretch(ahead, self._read_before):
                if isinstance(event, Found):
                    yield event
                else:
                    rows += event.rows
        is_counted = owner.stamp is not None and owner.stamp.column is not None
        yield Reached(self._walk.left(self._read_before), resync.now, is_end=True, rows=0 if is_counted else rows)

    def _head(self, recency: Recency, *, knows_none: bool = False) -> Iterator[Found]:
        """Read the head of the list, and remember it unless something of it has to be read once more."""
        head = yield from self._walk.head(recency.order, () if knows_none else self._resync.head)
        if not any(stream.outcome.is_partial for stream in self._streams.values()):
            self._resync.head = head

    def _one_piece(self) -> Iterator[Found | Reached]:
        """Read all rows if they are due or few, and else those at the head of the list or around now."""
        owner, resync = self._owner, self._resync
        is_known = len(self._read_before) == len(self._streams)
        shows_news = owner.recency is not None or owner.stamp is not None
        is_due = is_whole_list_due(
            owner.name, resync.coverage, resync.now + self._early_seconds, resync.period_seconds, shows_news=shows_news
        )
        self.is_whole = is_due or not is_known
        if not self.is_whole:
            if owner.recency is not None:
                yield from self._head(owner.recency)
            elif owner.stamp is not None:
                # One span, which asks for what is not scheduled too.
                begin = resync.now - lookback_seconds(owner)
                around_now = Window(max(begin, owner.start_seconds or begin), None)
                yield from self._walk.within(around_now, self._streams)
            return
        new = [stream for name, stream in self._streams.items() if name not in self._read_before]
        for stream in new:
            resync.note_nothing_known(stream.stream_state)
        if owner.recency is not None:
            yield from self._head(owner.recency, knows_none=True)
        self._miss_what_other_runs_wrote(new)
        began = self._begun()
        rows = 0
        events = self._walk.whole() if owner.stamp is None else owner.history(self._walk, self._streams)
        takes_turns = shows_news or resync.coverage.rows > SMALL_ROWS
        for event in self._counting_requests(events) if takes_turns else events:
            rows += isinstance(event, Found) and event.parent is None
            yield event
        for stream in self._streams.values():
            if stream.outcome.is_set_aside:
                # Or it would come again only when the list is due the next time.
                resync.note_nothing_known(stream.stream_state)
            elif stream in new:
                resync.note_taking_part(stream.stream_state)
        whole = Span(resync.now, min([resync.now, *began]), rows)
        resync.coverage = Coverage((whole,), 0 if resync.is_first else resync.now, resync.coverage.start)

    def _begun(self) -> list[int]:
        """Return when reads began that now go on where they were stopped; one whose rows are due again begins anew."""
        bookmarks = [stream.bookmark for stream in self._streams.values()]
        for bookmark in bookmarks:
            if (
                bookmark.progress is not None
                and bookmark.progress.began + self._resync.period_seconds <= self._resync.now
            ):
                bookmark.progress = None
        return [bookmark.progress.began for bookmark in bookmarks if bookmark.progress is not None]

    def _miss_what_other_runs_wrote(self, new: Iterable[WalkedStream]) -> None:
        """Leave it to the next round to tell which rows are gone where a first read goes on that wrote no version."""
        for stream in new:
            progress = stream.bookmark.progress
            if progress is not None and progress.version != stream.version:
                self._resync.miss(stream.stream_state)


def needs_look_ahead(stamp: Stamp | None) -> bool:
    """Return True if rows do not show where in history they are, or can be put into its future."""
    return stamp is not None and (stamp.column is None or stamp.may_go_back)
