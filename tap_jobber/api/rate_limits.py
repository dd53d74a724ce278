"""Computes when the next query may be sent, so that none is sent that is known not to fit.

Two limits hold at once, per app and account: a bucket of 10,000 points that refills by 500 a second, and 2,500
requests in 300 seconds. (Source: Jobber's documentation of API rate limits; every answer states the bucket.)

- The common case: the bucket is modelled from the last answer (level, maximum, restore rate) and the time since, so the
  wait is computed, not guessed, and no query is refused.
- The rare case: other tools use the same bucket. Then an answer states less than the model holds, and replaces it.
- The result: the longest of three waits, for the account's bucket, for our share of it, and for the limit of requests.

    bucket 2,000 of 10,000, +500/s; query of 3,000 points   wait (3,000 - 2,000) / 500 = 2 s
    the same at budget_share 0.5, own bucket 1,500, +250/s  wait (3,000 - 1,500) / 250 = 6 s

Everything here takes a time in seconds and returns one; nothing waits.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_jobber.api.stated_cost import Cost

MAXIMUM_POINTS = 10_000.0
RESTORE_POINTS_PER_SECOND = 500.0
MAXIMUM_REQUESTS = 2_500
REQUEST_WINDOW_SECONDS = 300.0
# The highest price of a query before any answer has stated the bucket, which may be smaller than is documented.
_UNKNOWN_CEILING_POINTS = 1_000.0


@dataclass
class Bucket:
    """A bucket of points that refills steadily.

    Args:
        maximum_points: The most points it can hold.
        restore_points_per_second: Points that it gains each second.
        level_points: Points that it held at `at_seconds`; may be below zero.
        at_seconds: The time of the last change.
    """

    maximum_points: float = MAXIMUM_POINTS
    restore_points_per_second: float = RESTORE_POINTS_PER_SECOND
    level_points: float = MAXIMUM_POINTS
    at_seconds: float = float("-inf")

    def available_points(self, now: float) -> float:
        """Return the points that it holds at a time after the last change."""
        if self.at_seconds == float("-inf"):
            return self.level_points
        filled = (now - self.at_seconds) * self.restore_points_per_second
        return min(self.maximum_points, self.level_points + filled)

    def delay_seconds(self, points: float, now: float) -> float:
        """Return the seconds until it holds a price; a price beyond the maximum waits for a full bucket."""
        missing = min(points, self.maximum_points) - self.available_points(now)
        return max(0.0, missing / self.restore_points_per_second)

    def take(self, points: float, now: float) -> None:
        """Take points out; put negative ones back."""
        level = self.available_points(now) - points
        self.level_points, self.at_seconds = min(self.maximum_points, level), now


@dataclass
class RequestLimiter:
    """A limit on the number of requests in any window of time.

    Args:
        maximum_requests: The most requests in a window.
        window_seconds: The length of a window.
    """

    maximum_requests: int = MAXIMUM_REQUESTS
    window_seconds: float = REQUEST_WINDOW_SECONDS
    _sent: deque[float] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Remember as many requests as may be in a window."""
        self._sent = deque(maxlen=self.maximum_requests)

    def delay_seconds(self, now: float) -> float:
        """Return the seconds until one more request is within the limit."""
        if len(self._sent) < self.maximum_requests:
            return 0.0
        return max(0.0, self._sent[0] + self.window_seconds - now)

    def sent(self, now: float) -> None:
        """Note that a request is sent."""
        self._sent.append(now)


class RateLimiter:
    """Keeps within the account's bucket, within our share of it, and within the limit of requests.

    The share is a bucket of its own, so that the rest stays available to other users of the app even while they are
    idle.

    Args:
        share: The part of both limits to use, over 0 and up to 1.
    """

    def __init__(self, share: float = 1.0) -> None:
        self._share = share
        self._account = Bucket()
        self._own = Bucket(MAXIMUM_POINTS * share, RESTORE_POINTS_PER_SECOND * share, MAXIMUM_POINTS * share)
        self._requests = RequestLimiter(max(1, int(MAXIMUM_REQUESTS * share)))
        self._is_answered = False

    @property
    def ceiling_points(self) -> float:
        """The highest price that a query should have, in points."""
        most = self._own.maximum_points
        return most if self._is_answered else min(most, _UNKNOWN_CEILING_POINTS)

    @property
    def maximum_points(self) -> float:
        """The most points that the account's bucket can hold; Jobber never runs a query of a higher price."""
        return self._account.maximum_points

    @property
    def restore_points_per_second(self) -> float:
        """Points that the account's bucket gains each second."""
        return self._account.restore_points_per_second

    @property
    def usable_points_per_second(self) -> float:
        """Points that our share of the bucket gains each second."""
        return self._own.restore_points_per_second

    def least_seconds(self, points: float, requests: float) -> float:
        """Return the seconds that it takes at the least to spend so many points on so many requests."""
        return max(
            points / self.usable_points_per_second,
            requests * self._requests.window_seconds / self._requests.maximum_requests,
        )

    def delay_seconds(self, points: float, now: float) -> float:
        """Return the seconds to wait before a query of this price may be sent."""
        own = 0.0 if self._share >= 1 else self._own.delay_seconds(points, now)
        return max(self._account.delay_seconds(points, now), own, self._requests.delay_seconds(now))

    def is_short_of_points(self, points: float, now: float) -> bool:
        """Return True if a query of this price has to wait for points, not for the limit of requests."""
        return self.delay_seconds(points, now) > self._requests.delay_seconds(now)

    def sent(self, points: float, now: float) -> None:
        """Note that a query of this price is sent; it counts as charged until the answer tells."""
        self._requests.sent(now)
        self._account.take(points, now)
        self._own.take(points, now)

    def answered(self, points: float, cost: Cost | None, *, free_points: float, now: float) -> None:
        """Note the reply to a query of this price, or its loss.

        Args:
            points: The price it was sent with.
            cost: The price and the bucket that the reply states, if it does.
            free_points: How much of the price was not charged, where the reply does not state it.
            now: The time, in seconds.
        """
        self._is_answered = True
        if cost is None:
            self._account.take(-free_points, now)
            self._own.take(-free_points, now)
            return
        self._account = Bucket(cost.maximum_points, cost.restore_points_per_second, cost.available_points, now)
        self._own.take(cost.actual_points - points, now)
        self._own.maximum_points = cost.maximum_points * self._share
        self._own.restore_points_per_second = cost.restore_points_per_second * self._share
