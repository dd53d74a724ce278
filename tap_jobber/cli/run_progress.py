"""Shows the progress of a sync as its settings and its terminal allow."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_jobber.progress.displays import LogLines, Mode, Reporter, choose
from tap_jobber.progress.snapshot import Snapshot, StreamProgress
from tap_jobber.waits import Wait

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_jobber.streams.jobber_stream import JobberStream
    from tap_jobber.tap import TapJobber

# A message that is still being written after a whole look without a new row: its reader is behind.
_TARGET = "the target"


@contextmanager
def shown(tap: TapJobber, *, has_messages: bool) -> Iterator[None]:
    """Show the progress of the reading inside the block.

    Args:
        tap: The tap.
        has_messages: True if the messages go to a terminal.
    """
    mode = choose(tap.settings.progress, os.environ, is_terminal=sys.stderr.isatty(), has_messages=has_messages)
    if mode is Mode.OFF or not tap.selected_streams:
        yield
        return
    observer = Observer(tap)
    if mode is Mode.LIVE:
        from tap_jobber.progress.live_line import LiveLine

        display: Any = LiveLine(sys.stderr)
    else:
        display = LogLines(observer.now())
    with Reporter(observer.look, display):
        yield


class _Mark(NamedTuple):
    """Where the walk of a stream was when it had its first rows."""

    name: str
    rows: int
    points: float
    now: float


@dataclass
class Observer:
    """Takes snapshots of a run from another thread; what it reads is only ever added to.

    Args:
        tap: The tap.
    """

    tap: TapJobber
    _mark: _Mark | None = field(default=None, init=False)
    _stalled: Wait | None = field(default=None, init=False)
    _last_rows: int = field(default=-1, init=False)

    def now(self) -> float:
        """Return the time by the clock of the connection."""
        return self.tap.connection.waits.clock.now()

    def look(self) -> Snapshot:
        """Return the run as it is now."""
        now = self.now()
        selected = self.tap.selected_streams
        every: list[Any] = list(self.tap.streams.values())
        rows = sum(stream.usage.rows for stream in every)
        return Snapshot(
            stream=self._stream(now),
            streams=len(selected),
            streams_done=sum(stream.is_done for stream in selected),
            points=sum(stream.usage.points for stream in every),
            points_per_second=self.tap.connection.extraction.rate_limiter.usable_points_per_second,
            wait=self._wait_for_target(rows, now) or self.tap.connection.waits.present,
            now=now,
        )

    def _stream(self, now: float) -> StreamProgress | None:
        if self.tap.reading is None:
            return None
        stream: Any = self.tap.streams[self.tap.reading]
        reached: JobberStream = stream
        rows, expected_rows = reached.rows_reached()
        mark = _Mark(stream.name, rows, stream.usage.points, now)
        if self._mark is None or self._mark.name != stream.name or rows <= self._mark.rows:
            # What is spent without a row is the price of finding out how to read, and does not come again.
            self._mark = mark
        priced_rows, points, seconds = rows - self._mark.rows, mark.points - self._mark.points, now - self._mark.now
        return StreamProgress(stream.name, rows, expected_rows, priced_rows, points, seconds)

    def _wait_for_target(self, rows: int, now: float) -> Wait | None:
        """Return a wait if the same message is being written as at the look before."""
        is_stalled = getattr(self.tap.message_writer, "is_writing", False) and rows == self._last_rows
        self._last_rows = rows
        if not is_stalled:
            self._stalled = None
        elif self._stalled is None:
            self._stalled = Wait(_TARGET, now)
        return self._stalled
