"""Keep in the state how far the rolling resync of one walk has come, and tell when a round of it is over.

The walk's part of the state is with its root stream, selected or not:

    "resync": {"at": 1767225600, "round": [1767225600, 1767225612], "shared": ..., "spans": [[until, read, rows], ...]}

Each stream of the walk notes the last run that it took part in (`resyncAt`), since one that was not selected for a
while has not been read again meanwhile, and `resyncIsPartial` where something of it could have been missed in the
round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_jobber.extraction.resync import Coverage, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping, Sequence

_AT, _PARTIAL = "resyncAt", "resyncIsPartial"
_DAY_SECONDS = 86_400


class RollingResync:
    """The rolling resync of one walk.

    Args:
        state: The root stream's part of the state, changed in place.
        days: The time within which every row is to be read again.
    """

    def __init__(self, state: MutableMapping[str, Any], days: float) -> None:
        self._state = state
        self.period_seconds = days * _DAY_SECONDS
        kept = state.get("resync")
        kept = kept if isinstance(kept, dict) else {}
        self._last_run = _number(kept.get("at"))
        self._round = _numbers(kept.get("round"), 2)
        self._version = _number(kept.get("version")) or 0
        self.head: Sequence[int] = [each for each in kept.get("head") or () if isinstance(each, int)]
        shared_seconds = _number(kept.get("shared")) or 0
        self.coverage = Coverage(_spans(kept.get("spans")), shared_seconds, _number(kept.get("start")))
        self._now = 0

    @property
    def is_first(self) -> bool:
        """True if no run has kept account of what it read yet."""
        return self._last_run is None

    @property
    def now(self) -> int:
        """When the run began, by the server's clock."""
        return self._now

    @property
    def version(self) -> int:
        """The version that the rows of this round are written with."""
        return self._version

    def has_missed_none(self, stream_state: MutableMapping[str, Any]) -> bool:
        """Return True if a stream took part in the last run, so that what is known of the walk holds for it."""
        return self.is_first or stream_state.get(_AT) == self._last_run

    def begin(
        self, now: int, version: int, start: int | None, stream_states: Iterable[MutableMapping[str, Any]]
    ) -> None:
        """Take part in a run.

        Args:
            now: When it begins, by the server's clock.
            version: The version to write rows with if a round begins with it.
            start: The timestamp that the streams begin with; None for the very beginning.
            stream_states: The state of each stream of the walk.
        """
        self._now = now
        self.coverage = self.coverage.starting_at(start)
        begins = self._round is None
        if begins:
            self._version = max(version, self._version + 1)
            self._round = (now, self._version)
        for state in stream_states:
            state[_AT] = now
            if begins:
                state.pop(_PARTIAL, None)
        self.save()

    def miss(self, stream_state: MutableMapping[str, Any]) -> None:
        """Note that rows of a stream could have been missed, so that this round cannot tell which are gone."""
        stream_state[_PARTIAL] = True

    @property
    def is_round_over(self) -> bool:
        """True if all that was there when the round began has been read again."""
        oldest = self.coverage.oldest_seconds
        return self._round is not None and oldest is not None and oldest >= self._round[0]

    def end_round(self, stream_states: Iterable[MutableMapping[str, Any]]) -> list[bool]:
        """End the round.

        Returns:
            For each stream, in the order given, True if its rows that were not read again are gone.
        """
        self._round = None
        self.save()
        return [not state.pop(_PARTIAL, False) for state in stream_states]

    def save(self) -> None:
        """Write it into the state."""
        kept: dict[str, Any] = {"at": self._now, "version": self._version}
        if self._round is not None:
            kept["round"] = list(self._round)
        if self.coverage.start is not None:
            kept["start"] = self.coverage.start
        if self.head:
            kept["head"] = list(self.head)
        kept["shared"] = self.coverage.shared_seconds
        kept["spans"] = [[span.until, span.read_seconds, round(span.rows)] for span in self.coverage.spans]
        self._state["resync"] = kept


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _numbers(value: object, count: int) -> tuple[int, ...] | None:
    """Return a list of so many whole numbers; None for anything else, as after another tool has edited the state."""
    if isinstance(value, list) and len(value) == count and all(isinstance(each, int) for each in value):
        return tuple(value)
    return None


def _spans(value: object) -> tuple[Span, ...]:
    numbers = [_numbers(each, 3) for each in value] if isinstance(value, list) else []
    return tuple(Span(*each) for each in numbers if each is not None) if None not in numbers else ()
