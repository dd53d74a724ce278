"""A run at one moment, in figures and in words.

    clients: 3,200 of about 12,400 rows, 9 of 49 streams done, 145,300 points spent, about 12 min left of clients
    clients 3,200 of ~12,400 [#####--------------] 12 min left, 9/49 streams, 145,300 points

Nothing is said that is not known: most lists are read without their length, and then there is neither a share of the
stream nor a time that is left of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_jobber.clock import duration
from tap_jobber.wording import counted

if TYPE_CHECKING:
    from tap_jobber.waits import Wait

# Waits of which the end is known are worth a word from here on, others once they have lasted so long.
_LONG_SECONDS = 3.0
# Fewer rows do not tell what a row costs.
_TELLING_ROWS = 100
_TELLING_SECONDS = 10.0
_LEAST_BAR, _MOST_BAR = 6, 30
_SPACES_AROUND_BAR = 4


@dataclass(frozen=True)
class StreamProgress:
    """How far the walk of one stream is, with all that is read in it.

    Attributes:
        name: The stream.
        rows: Its rows so far.
        expected_rows: About how many it has; None if that is not known.
        priced_rows: Those of its rows whose price and time are known.
        points: Points that these have cost.
        seconds: How long these have taken.
    """

    name: str
    rows: int
    expected_rows: int | None = None
    priced_rows: int = 0
    points: float = 0.0
    seconds: float = 0.0

    @property
    def share(self) -> float | None:
        """The part of the rows that has been read, up to 1; None if that is not known."""
        return self.rows / self.expected_rows if self.expected_rows and self.rows <= self.expected_rows else None

    def left_seconds(self, points_per_second: float) -> float | None:
        """Return about how long the rest takes, by Jobber's budget or, if that is slower, at the speed so far.

        Args:
            points_per_second: The points that may be spent each second.
        """
        if self.share is None or self.expected_rows is None or self.priced_rows < _TELLING_ROWS:
            return None
        shares_left = (self.expected_rows - self.rows) / self.priced_rows
        budget_seconds = shares_left * self.points / points_per_second
        return budget_seconds if self.seconds < _TELLING_SECONDS else max(budget_seconds, shares_left * self.seconds)


@dataclass(frozen=True)
class Snapshot:
    """A run at one moment.

    Attributes:
        stream: The walk that is under way; None before the first.
        streams: Number of selected streams.
        streams_done: Number of those that have been read, or cannot be.
        points: Points that the run has cost so far.
        points_per_second: Points that it may spend each second.
        wait: The wait that is under way, if there is one.
        now: The time, in seconds of the run's clock.
    """

    stream: StreamProgress | None
    streams: int
    streams_done: int
    points: float
    points_per_second: float
    wait: Wait | None
    now: float

    @property
    def left_seconds(self) -> float | None:
        """About how long the rest of the stream takes; None if that is not known."""
        return None if self.stream is None else self.stream.left_seconds(self.points_per_second)

    @property
    def long_wait(self) -> Wait | None:
        """The wait that is under way, if it is worth a word."""
        wait = self.wait
        if wait is None or (wait.spent_seconds(self.now) if wait.seconds is None else wait.seconds) < _LONG_SECONDS:
            return None
        return wait

    def line(self) -> str:
        """Return a line of the log about it."""
        parts = []
        if self.stream is not None:
            parts.append(f"{self.stream.name}: {_rows(self.stream, 'about ')}")
        parts += [f"{self.streams_done} of {counted(self.streams, 'stream')} done", f"{self.points:,.0f} points spent"]
        parts += _waiting(self)
        if self.stream is not None and self.left_seconds is not None:
            parts.append(f"about {duration(self.left_seconds)} left of {self.stream.name}")
        return ", ".join(parts)

    def fields(self) -> dict[str, object]:
        """Return it as the fields of a record of the log, without what is not known."""
        fields: dict[str, object] = {
            "event_name": "progress",
            "points": self.points,
            "streams": self.streams,
            "streams_done": self.streams_done,
        }
        if self.stream is not None:
            fields |= {"stream_name": self.stream.name, "rows": self.stream.rows}
            if self.stream.share is not None:
                fields |= {"expected_rows": self.stream.expected_rows, "share": round(self.stream.share, 3)}
        if self.left_seconds is not None:
            fields["seconds_left"] = round(self.left_seconds)
        if self.long_wait is not None:
            fields["waiting_for"] = self.long_wait.cause
            left_seconds = self.long_wait.left_seconds(self.now)
            if left_seconds is not None:
                fields["wait_seconds"] = round(left_seconds, 1)
        return fields

    def live_line(self, columns: int) -> tuple[str, int, str]:
        """Return a line for a terminal: its beginning, the width of a bar or 0, and its end.

        What matters least goes first where it is too long: points, number of streams, time left.

        Args:
            columns: The room that there is.
        """
        begin = f"{self.stream.name} {_rows(self.stream, '~')}" if self.stream is not None else "connecting"
        left = [] if self.left_seconds is None else [f"{duration(self.left_seconds)} left"]
        streams, points = [f"{self.streams_done}/{self.streams} streams"], [f"{self.points:,.0f} points"]
        wait = _waiting(self)
        candidates = [left + streams + points + wait, left + streams + wait, left + wait, wait, []]
        for candidate in candidates:
            end = ", ".join(candidate)
            room = columns - len(begin) - len(end) - _SPACES_AROUND_BAR
            if self.stream is not None and self.stream.share is not None and room >= _LEAST_BAR:
                return begin, min(room, _MOST_BAR), end
            if len(begin) + len(end) + 2 <= columns:
                return begin, 0, end
        return begin[:columns], 0, ""


def _rows(stream: StreamProgress, about: str) -> str:
    if stream.share is None:
        return f"{stream.rows:,} row{'' if stream.rows == 1 else 's'}"
    return f"{stream.rows:,} of {about}{stream.expected_rows:,} rows"


def _waiting(snapshot: Snapshot) -> list[str]:
    wait = snapshot.long_wait
    if wait is None:
        return []
    left_seconds = wait.left_seconds(snapshot.now)
    if left_seconds is None:
        return [f"waiting for {wait.cause} since {duration(wait.spent_seconds(snapshot.now))}"]
    return [f"waiting {duration(left_seconds)} for {wait.cause}"]
