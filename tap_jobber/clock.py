"""A clock to inject, so that tests need not wait."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Clock:
    """A monotonic clock and a way to wait; both in seconds."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


_MINUTE_SECONDS = 60.0
_MINUTES_OF_HOUR = 60
_SHORT_SECONDS = 120.0
_IN_SECONDS = 100.0


def progress(spent_seconds: float, limit_seconds: float) -> str:
    """Return how much of a limit is spent, as in `3 of 15 min`, `20 s of 15 min` and `3 of 8 s`."""
    if limit_seconds <= _SHORT_SECONDS:
        return f"{spent_seconds:.0f} of {limit_seconds:.0f} s"
    limit = f"{limit_seconds / _MINUTE_SECONDS:.0f} min"
    if round(spent_seconds) < _MINUTE_SECONDS:
        return f"{spent_seconds:.0f} s of {limit}"
    return f"{spent_seconds / _MINUTE_SECONDS:.0f} of {limit}"


def duration(seconds: float) -> str:
    """Return a time in words, as in `45 s`, `12 min` and `3 h 20 min`."""
    if seconds < _IN_SECONDS:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / _MINUTE_SECONDS), _MINUTES_OF_HOUR)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
