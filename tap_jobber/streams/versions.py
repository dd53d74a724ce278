"""Number the versions that tell a target which rows are gone: each run's above those of the runs before it.

A version is a time in whole seconds, since some targets keep it in 32 bits: the first second after the run began, so
that rows of the run before are older, however shortly before it ended. Where a run begins in the same second as the
last one, or the clock has been set back within a day, the last version counts on, or what is gone would not be told.

The state keeps the last one, beside its bookmarks:

    {"bookmarks": {...}, "version": 1767225600}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_jobber.state import VERSION

if TYPE_CHECKING:
    from collections.abc import MutableMapping

_DAY_SECONDS = 86_400
_BOUND = 2**32
"""Versions are below it: as a time, that is in the year 2106."""


def usable_version(value: object) -> int | None:
    """Return a version that a state holds; None if it can be none, as after an edit by hand."""
    return value if isinstance(value, int) and 0 <= value < _BOUND else None


def take_version(state: MutableMapping[str, Any], milliseconds: int) -> int:
    """Return the version of a run, and note it in the state.

    Args:
        state: The state, changed in place. A version in it that is more than a day ahead counts for nothing, as of a
            clock that was wrong.
        milliseconds: When the run began, in milliseconds since 1970.
    """
    first = -(-milliseconds // 1000)
    last = usable_version(state.get(VERSION)) or 0
    state[VERSION] = version = max(first, last + 1) if last <= first + _DAY_SECONDS else first
    return version
