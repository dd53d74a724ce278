"""The server's clock: Jobber stamps rows by it, and this machine's may be minutes off."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_jobber.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("tap-jobber.extraction")

# A change may still carry a timestamp so old when a filter first shows it: a long transaction, a replica that lags, or
# another server whose clock is behind. All that it costs is that rows changed so shortly before a run come again.
SAFETY_MARGIN_SECONDS = 300
# Where no answer tells the server's time, ours may be off by this much.
_OWN_CLOCK_MARGIN_SECONDS = 900
# A date further ahead of this machine's clock says little of either, so that a bookmark stays further behind both.
_MOST_AHEAD_SECONDS = 900
# Clocks that differ by more are not both right; one that shows 2020 or earlier has never been set.
_FARTHEST_SECONDS = 86_400
_EARLIEST_SECONDS = 1_609_459_200


@dataclass
class ServerClock:
    """The server's clock, as the dates of its answers tell it.

    For bookmarks the earlier of it and this machine's clock counts, whichever of both is right: a bookmark ahead of the
    truth would skip all changes until then, and one behind costs no more than reading some rows again.

    Args:
        now: A clock that never steps back, in seconds.
        own_time: This machine's time in seconds since 1970, if no answer has told the server's.
    """

    now: Callable[[], float] = time.monotonic
    own_time: Callable[[], float] = time.time
    _offset_seconds: float | None = field(default=None, init=False)
    _margin_seconds: int = field(default=_OWN_CLOCK_MARGIN_SECONDS, init=False)
    _is_odd: bool = field(default=False, init=False)

    @property
    def is_known(self) -> bool:
        """True if any answer has come."""
        return self._offset_seconds is not None

    def learn(self, server_seconds: float | None) -> None:
        """Set the clock by an answer that has just come, where that states a time."""
        if server_seconds is None:
            if self._offset_seconds is None:
                self._count(self.own_time(), _OWN_CLOCK_MARGIN_SECONDS)
            return
        own_seconds = self.own_time()
        ahead_seconds = int(server_seconds - own_seconds) if own_seconds > _EARLIEST_SECONDS else 0
        if abs(ahead_seconds) > _FARTHEST_SECONDS and not self._is_odd:
            self._is_odd = True
            logger.warning(
                "The dates of Jobber's answers are days off this machine's clock (%s): the earlier of both counts for "
                "bookmarks; set this machine's clock, and look at proxies on the way",
                format_timestamp(int(own_seconds)),
            )
        if ahead_seconds > _FARTHEST_SECONDS:
            self._count(own_seconds, _OWN_CLOCK_MARGIN_SECONDS)
        else:
            margin_seconds = (
                SAFETY_MARGIN_SECONDS if ahead_seconds <= _MOST_AHEAD_SECONDS else _OWN_CLOCK_MARGIN_SECONDS
            )
            self._count(server_seconds, max(0, ahead_seconds) + margin_seconds)

    def is_future(self, seconds: int) -> bool:
        """Return True if no known clock is anywhere near a moment yet."""
        return self.own_time() > _EARLIEST_SECONDS and seconds > self.latest_seconds() + _FARTHEST_SECONDS

    def _count(self, seconds: float, margin_seconds: int) -> None:
        self._offset_seconds, self._margin_seconds = seconds - self.now(), margin_seconds

    def seconds(self) -> int:
        """Return the server's time, or this machine's where that is not known."""
        return int(self.own_time() if self._offset_seconds is None else self.now() + self._offset_seconds)

    def certain_seconds(self) -> int:
        """Return the server's time minus a safety margin: no later edit can carry an earlier timestamp."""
        return self.seconds() - self._margin_seconds

    def latest_seconds(self) -> int:
        """Return the later of the server's time and this machine's, for reading ahead of both."""
        return max(self.seconds(), int(self.own_time()))
