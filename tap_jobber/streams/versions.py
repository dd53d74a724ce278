"""Number the versions that tell a target which rows are gone: each read's above those of the reads before it.

A version is the second in which the run began, since some targets keep it in 32 bits. Where a run begins in the same
second as the last one, or the clock has been set back, the last version of the state counts on, or what is gone would
not be told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

_KEPT = "version"
_DAY_SECONDS = 86_400


def next_version(seconds: int, *stream_states: Mapping[str, Any]) -> int:
    """Return the version of a read that begins now.

    Args:
        seconds: The present, in seconds since 1970.
        stream_states: The states of the streams that are to have it. A version of theirs that is more than a day
            ahead counts for nothing, as of a clock that was wrong.
    """
    kept = (state.get(_KEPT) for state in stream_states)
    known = [each for each in kept if isinstance(each, int) and each <= seconds + _DAY_SECONDS]
    return max([seconds, *(each + 1 for each in known)])


def note_version(stream_state: MutableMapping[str, Any], version: int) -> None:
    """Note in a stream's state the last version that its rows were written with, for reads that know of none.

    Args:
        stream_state: The state, changed in place.
        version: The version.
    """
    stream_state[_KEPT] = version
