"""Reads a walk in the way in which its streams find new rows, and moves their bookmarks on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tap_jobber.extraction.walk_events import Found, Reached
from tap_jobber.streams.bookmarks import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tap_jobber.extraction.walk import Walk
    from tap_jobber.streams.protocols import WalkedStream


class HistoryReader(Protocol):
    """The root stream of a walk, which may have a way of its own to read history."""

    def history(self, walk: Walk, streams: Mapping[str, WalkedStream]) -> Iterator[Found | Reached]:
        """Read all of history in windows."""

    def write_state(self) -> None:
        """Write a STATE message."""


def read_changed(
    walk: Walk, streams: Mapping[str, WalkedStream], write_state: Callable[[], None]
) -> Iterator[Found | Reached]:
    """Read rows that changed since each bookmark.

    Args:
        walk: The walk.
        streams: The streams to read it for, by name.
        write_state: Called when bookmarks have moved.
    """
    for event in walk.windows(_starts(streams)):
        yield event
        if isinstance(event, Reached) and walk.fetcher.source.tells_changes:
            move_bookmarks(streams, dict.fromkeys(event.names, event.moment), write_state)


def read_newest_first(
    walk: Walk, streams: Mapping[str, WalkedStream], owner: HistoryReader
) -> Iterator[Found | Reached]:
    """Read all of history for streams without a bookmark, and newer changes for the others.

    Args:
        walk: The walk.
        streams: The streams to read it for, by name.
        owner: Reads history.
    """
    starts = {name: start for name, start in _starts(streams).items() if start is not None}
    new = {name: stream for name, stream in streams.items() if name not in starts}
    if new:
        for event in owner.history(walk, new):
            yield event
            if isinstance(event, Reached) and event.is_end and walk.fetcher.source.tells_changes:
                began = {name: new[name].bookmark.progress for name in event.names}
                moments = {name: each.began if each else event.moment for name, each in began.items()}
                move_bookmarks(new, moments, owner.write_state)
    if starts:
        for event in walk.newest_first(starts):
            yield event
            if isinstance(event, Reached) and walk.fetcher.source.tells_changes:
                move_bookmarks(streams, dict.fromkeys(event.names, event.moment), owner.write_state)


def read_history(
    walk: Walk, streams: Mapping[str, WalkedStream], write_state: Callable[[], None]
) -> Iterator[Found | Reached]:
    """Read all of history in windows, from where a stopped run has come to.

    Args:
        walk: The walk.
        streams: The streams to read it for, by name.
        write_state: Called after each window.
    """
    now = walk.certain_seconds()
    starts: dict[str, int | None] = {}
    for name, stream in streams.items():
        progress = stream.bookmark.progress or Progress(None, now, stream.version)
        stream.begin(progress.version)
        stream.bookmark.progress = progress
        starts[name] = _later(progress.until, stream.start_seconds)
    for event in walk.windows(starts):
        if isinstance(event, Reached):
            for name in event.names:
                bookmark = streams[name].bookmark
                progress = bookmark.progress or Progress(None, now, streams[name].version)
                until = None if event.is_end else event.moment
                bookmark.progress = Progress(until, progress.began, progress.version)
        yield event
        if isinstance(event, Reached) and not event.is_end:
            write_state()
    for stream in streams.values():
        stream.bookmark.progress = None


def move_bookmarks(
    streams: Mapping[str, WalkedStream], moments: Mapping[str, int], write_state: Callable[[], None]
) -> None:
    """Move bookmarks to where a walk has come, and write the state once for all."""
    for name, moment in moments.items():
        stream = streams[name]
        if stream.is_incremental:
            stream.bookmark.move_to(str(stream.replication_key), moment)
    write_state()


def _starts(streams: Mapping[str, WalkedStream]) -> dict[str, int | None]:
    """Return the time from which each stream reads; a stream that the catalog wants whole has no bookmark."""
    return {
        name: _later(stream.bookmark.value if stream.is_incremental else None, stream.start_seconds)
        for name, stream in streams.items()
    }


def _later(one: int | None, other: int | None) -> int | None:
    return max((each for each in (one, other) if each is not None), default=None)
