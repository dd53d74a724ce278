"""Number the versions that tell a target which rows are gone: each read's above those of the reads before it.

A version is a time in whole seconds, since some targets keep it in 32 bits: the first second after the run began, so
that rows of the run before are older, however shortly before it ended. Where a run begins in the same second as the
last one, or the clock has been set back, the last version counts on, or what is gone would not be told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

_KEPT = "version"
_DAY_SECONDS = 86_400


def first_version(milliseconds: int) -> int:
    """Return the least version of a read: the first whole second that is not before the run.

    Args:
        milliseconds: When the run began, in milliseconds since 1970.
    """
    return -(-milliseconds // 1000)


def next_version(seconds: int, *stream_states: Mapping[str, Any]) -> int:
    """Return the version of a read that begins now.

    Args:
        seconds: The least version that it can have, in seconds since 1970.
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
