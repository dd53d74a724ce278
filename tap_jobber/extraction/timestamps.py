"""Moments as whole seconds since 1970, and the server's clock.

Jobber's stamps are UTC with whole seconds. What counts is the server's time: this machine's may be minutes off.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# What a change that was under way may still be stamped with when it becomes visible.
SAFETY_MARGIN_SECONDS = 60
# Where no answer tells the server's time, ours may be off by this much.
_OWN_CLOCK_MARGIN_SECONDS = 900
# The year 9000.
_LATEST_SECONDS = 221_845_392_000


def parse_timestamp(text: str) -> int:
    """The second that an ISO 8601 stamp falls in; one without a zone is UTC."""
    moment = dt.datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone.utc)
    return int(aware.timestamp() // 1)


def parse_clamped_timestamp(text: str) -> int:
    """The second from which to read, as a setting or a state has it.

    Nothing in Jobber is older than 1970, and what is near the ends of the calendar cannot be reckoned with.
    """
    return min(max(parse_timestamp(text), 0), _LATEST_SECONDS)


def format_timestamp(seconds: int) -> str:
    """A moment as Jobber writes and reads it."""
    return dt.datetime.fromtimestamp(seconds, dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class ServerClock:
    """What the server's clock says, from the answers it has dated.

    Args:
        now: A clock that never steps back, in seconds.
        own_time: This machine's time in seconds since 1970, for want of better.
    """

    now: Callable[[], float] = time.monotonic
    own_time: Callable[[], float] = time.time
    _offset_seconds: float | None = field(default=None, init=False)

    @property
    def is_known(self) -> bool:
        """Whether any answer has told the server's time."""
        return self._offset_seconds is not None

    def learn(self, server_seconds: float) -> None:
        """Take over the time at which an answer that has just come was given."""
        self._offset_seconds = server_seconds - self.now()

    def seconds(self) -> int:
        """What the server's clock says now; ours where it is not known."""
        return int(self.own_time() if self._offset_seconds is None else self.now() + self._offset_seconds)

    def certain_seconds(self) -> int:
        """A moment of the server before which nothing more will change its stamp into."""
        if self._offset_seconds is None:
            return int(self.own_time()) - _OWN_CLOCK_MARGIN_SECONDS
        return int(self.now() + self._offset_seconds) - SAFETY_MARGIN_SECONDS
