"""The server's clock: Jobber stamps rows by it, and this machine's may be minutes off."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# A change that was under way may still carry a timestamp so old when it becomes visible.
SAFETY_MARGIN_SECONDS = 60
# Where no answer tells the server's time, ours may be off by this much.
_OWN_CLOCK_MARGIN_SECONDS = 900


@dataclass
class ServerClock:
    """The server's clock, as the dates of its answers tell it.

    Args:
        now: A clock that never steps back, in seconds.
        own_time: This machine's time in seconds since 1970, if no answer has told the server's.
    """

    now: Callable[[], float] = time.monotonic
    own_time: Callable[[], float] = time.time
    _offset_seconds: float | None = field(default=None, init=False)

    @property
    def is_known(self) -> bool:
        """True if any answer has told the server's time."""
        return self._offset_seconds is not None

    def learn(self, server_seconds: float) -> None:
        """Set the clock by an answer that has just come."""
        self._offset_seconds = server_seconds - self.now()

    def seconds(self) -> int:
        """Return the server's time, or this machine's where that is not known."""
        return int(self.own_time() if self._offset_seconds is None else self.now() + self._offset_seconds)

    def certain_seconds(self) -> int:
        """Return the server's time minus a safety margin: no later edit can carry an earlier timestamp."""
        if self._offset_seconds is None:
            return int(self.own_time()) - _OWN_CLOCK_MARGIN_SECONDS
        return int(self.now() + self._offset_seconds) - SAFETY_MARGIN_SECONDS
