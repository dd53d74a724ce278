"""Keep in the state how far the rolling resync of one walk has come, and tell when a round of it is over.

The walk's part of the state is with its root stream, selected or not:

    "resync": {"at": 1767225600, "round": [1767225600, 1767225612], "shared": ..., "spans": [[until, read, rows], ...]}

A span has a fourth number where many of its rows can only be read together: how many.

Each stream of the walk notes the last run that it took part in (`resyncAt`), since one that was not selected for a
while has not been read again meanwhile, `resyncIsPartial` where something of it could have been missed in the round,
and `resyncMissed` where in history it failed while others were read again.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec

from tap_jobber.extraction.resync import LEAST_ROWS, Coverage, Span
from tap_jobber.streams.versions import usable_version

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping, Sequence

_KEPT, _AT, _PARTIAL, _MISSED = "resync", "resyncAt", "resyncIsPartial", "resyncMissed"
_DAY_SECONDS = 86_400
_SPAN_LENGTHS = (3, 4)


class _Kept(msgspec.Struct, omit_defaults=True):
    """The walk's part of the state."""

    at: int | None = None
    version: int = 0
    round: tuple[int, int] | None = None
    start: int | None = None
    head: list[int] = []
    shared: int = 0
    spans: list[tuple[int, ...]] = []


class RollingResync:
    """The rolling resync of one walk.

    Args:
        state: The root stream's part of the state, changed in place.
        days: The time within which every row is to be read again.
    """

    def __init__(self, state: MutableMapping[str, Any], days: float) -> None:
        self._state = state
        self.period_seconds = days * _DAY_SECONDS
        self.head: Sequence[int]
        self._now = 0
        self._version = 0
        self.has_begun = False
        """True if anything of this run could have been read."""
        self._take_over(_usable(state.get(_KEPT)))

    def _take_over(self, kept: _Kept) -> None:
        self._last_run, self._round, self.head = kept.at, kept.round, kept.head
        self._version = max(self._version, kept.version)
        self.coverage = Coverage(tuple(Span(*each) for each in kept.spans), kept.shared, kept.start)

    def set_clock(self, now: int) -> None:
        """Set the time at which the run begins; what is known from a time that has not come yet counts for nothing.

        Args:
            now: The time, by the server's clock.
        """
        self._now = now
        if (self._last_run or 0) > now + _DAY_SECONDS:
            self._take_over(_Kept())

    @property
    def is_first(self) -> bool:
        """True if no run has kept account of what it read yet."""
        return self._last_run is None

    @property
    def round_began(self) -> int | None:
        """When the round began that is not over yet, by the server's clock; None between two rounds."""
        return self._round[0] if self._round is not None else None

    @property
    def now(self) -> int:
        """When the run began, by the server's clock."""
        return self._now

    @property
    def gap_seconds(self) -> int:
        """Time since the last run that kept account of what it read."""
        return max(0, self._now - (self._last_run or self._now))

    @property
    def version(self) -> int:
        """The version that the rows of this round are written with."""
        return self._version

    def has_missed_none(self, stream_state: MutableMapping[str, Any]) -> bool:
        """Return True if a stream took part in the last run, so that what is known of the walk holds for it."""
        return self.is_first or stream_state.get(_AT) == self._last_run

    def begin(self, version: int | None, start: int | None, stream_states: Iterable[MutableMapping[str, Any]]) -> None:
        """Take part in a run.

        Args:
            version: The version to write rows with if a round begins with it; None if no row is to have one, so that
                there is no round either.
            start: The timestamp that the streams begin with; None for the very beginning.
            stream_states: The state of each stream of the walk.
        """
        self.coverage = self.coverage.starting_at(start)
        begins = self._round is None
        if version is None:
            self._round = None
        elif begins:
            self._version = max(version, self._version + 1)
            self._round = (self._now, self._version)
            # The clock may have stood still since, or gone back, and nothing has been read in this round yet.
            self.coverage = self.coverage.read_before(self._now, self.period_seconds)
        self.has_begun = True
        for state in stream_states:
            self.note_taking_part(state)
            if begins:
                state.pop(_PARTIAL, None)
        self.save()

    def note_taking_part(self, stream_state: MutableMapping[str, Any]) -> None:
        """Note that what is known of the walk holds for a stream."""
        stream_state[_AT] = self._now

    def note_nothing_known(self, stream_state: MutableMapping[str, Any]) -> None:
        """Note that what is known of the walk does not hold for a stream yet, until it has been read whole."""
        stream_state.pop(_AT, None)
        stream_state.pop(_MISSED, None)

    def miss(self, stream_state: MutableMapping[str, Any]) -> None:
        """Note that rows of a stream could have been missed, so that this round cannot tell which are gone."""
        if self._round is not None:
            stream_state[_PARTIAL] = True

    def has_missed(self, stream_state: MutableMapping[str, Any]) -> bool:
        """Return True if rows of a stream could have been missed in this round."""
        return bool(stream_state.get(_PARTIAL))

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
        covered = self.coverage.compacted()
        spans = [_kept(span) for span in covered.spans]
        head, shared = list(self.head), covered.shared_seconds
        kept = _Kept(self._now, self._version, self._round, covered.start, head, shared, spans)
        self._state[_KEPT] = msgspec.to_builtins(kept)


def forget(state: MutableMapping[str, Any], stream_states: Iterable[MutableMapping[str, Any]]) -> None:
    """Forget how far the resync of a walk has come, since a run without it keeps no account of what it reads.

    Args:
        state: The root stream's part of the state, changed in place.
        stream_states: The state of each stream of the walk.
    """
    state.pop(_KEPT, None)
    for each in stream_states:
        each.pop(_AT, None)
        each.pop(_PARTIAL, None)
        each.pop(_MISSED, None)


def missed_part(stream_state: MutableMapping[str, Any]) -> tuple[int | None, int] | None:
    """Return the part of history in which a stream failed while others were read again; None if there is none."""
    try:
        return msgspec.convert(stream_state.get(_MISSED), tuple[int | None, int] | None)
    except msgspec.ValidationError:
        return None


def note_missed_part(stream_state: MutableMapping[str, Any], lo: int | None, hi: int) -> None:
    """Note that a stream failed in a part of history; if it had in others, then in all that lies between."""
    before = missed_part(stream_state)
    begin = lo if before is None else min((each for each in (lo, before[0]) if each is not None), default=None)
    if before is not None and None in {lo, before[0]}:
        begin = None
    stream_state[_MISSED] = [begin, hi if before is None else max(hi, before[1])]


def note_read_up_to(stream_state: MutableMapping[str, Any], until: int) -> None:
    """Note that the beginning of the part in which a stream had failed has been read."""
    before = missed_part(stream_state)
    if before is None or until >= before[1]:
        stream_state.pop(_MISSED, None)
    else:
        stream_state[_MISSED] = [until, before[1]]


def _usable(value: object) -> _Kept:
    """Return what a state holds of a resync: nothing if anything of it cannot be, as after an edit by hand."""
    try:
        kept = msgspec.convert(value, _Kept)
    except msgspec.ValidationError:
        return _Kept()
    ends = [span[0] for span in kept.spans if len(span) in _SPAN_LENGTHS]
    are_in_order = len(ends) == len(kept.spans) and all(one < other for one, other in pairwise(ends))
    is_usable = are_in_order and usable_version(kept.version) is not None
    return kept if is_usable else _Kept()


def _kept(span: Span) -> tuple[int, ...]:
    """Return a span as the state holds it, without what can be read together at any time."""
    kept = (span.until, span.read_seconds, round(span.rows))
    return kept if span.heaviest < LEAST_ROWS else (*kept, round(span.heaviest))
