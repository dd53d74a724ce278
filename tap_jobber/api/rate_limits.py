"""Computes when the next query may be sent, so that none is sent that is known not to fit.

Two limits hold at once, per app and account: a bucket of 10,000 points that fills by 500 a second, and 2,500
requests in 300 seconds. (Source: Jobber's documentation of API rate limits; every answer states the bucket.)
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
    """A bucket of points that fills steadily.

    Args:
        maximum_points: What it can hold.
        restore_points_per_second: How fast it fills.
        level_points: What it held at `at_seconds`; may be below zero.
        at_seconds: When.
    """

    maximum_points: float = MAXIMUM_POINTS
    restore_points_per_second: float = RESTORE_POINTS_PER_SECOND
    level_points: float = MAXIMUM_POINTS
    at_seconds: float = float("-inf")

    def available_points(self, now: float) -> float:
        """What it holds at a time not before the last change."""
        if self.at_seconds == float("-inf"):
            return self.level_points
        filled = (now - self.at_seconds) * self.restore_points_per_second
        return min(self.maximum_points, self.level_points + filled)

    def delay_seconds(self, points: float, now: float) -> float:
        """How long until it holds a price; one that exceeds it counts as a full bucket."""
        missing = min(points, self.maximum_points) - self.available_points(now)
        return max(0.0, missing / self.restore_points_per_second)

    def take(self, points: float, now: float) -> None:
        """Take points out; negative ones put them back."""
        level = self.available_points(now) - points
        self.level_points, self.at_seconds = min(self.maximum_points, level), now


@dataclass
class RequestLimiter:
    """At most so many requests in any window of time.

    Args:
        maximum_requests: How many.
        window_seconds: In how long.
    """

    maximum_requests: int = MAXIMUM_REQUESTS
    window_seconds: float = REQUEST_WINDOW_SECONDS
    _sent: deque[float] = field(default_factory=deque, repr=False)

    def delay_seconds(self, now: float) -> float:
        """How long until one more request is within the limit."""
        while self._sent and self._sent[0] <= now - self.window_seconds:
            self._sent.popleft()
        if len(self._sent) < self.maximum_requests:
            return 0.0
        # Not simply the oldest: rounding may leave one more in the window than is allowed.
        leaving = self._sent[len(self._sent) - self.maximum_requests]
        return max(0.0, leaving + self.window_seconds - now)

    def sent(self, now: float) -> None:
        """A request goes out."""
        self._sent.append(now)


class RateLimiter:
    """Keeps within the account's bucket, within our share of it, and within the limit of requests.

    The account's bucket is what the last answer said, filled since. Our own share is a bucket of our own, so
    that the rest stays to the account's other apps even when they are idle just now.

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
        """The highest price that a query should have."""
        most = self._own.maximum_points
        return most if self._is_answered else min(most, _UNKNOWN_CEILING_POINTS)

    @property
    def maximum_points(self) -> float:
        """What the account's bucket can hold: a query of a higher price is never run."""
        return self._account.maximum_points

    @property
    def restore_points_per_second(self) -> float:
        """How fast the account's bucket fills."""
        return self._account.restore_points_per_second

    def delay_seconds(self, points: float, now: float) -> float:
        """How long to wait before a query of this price may be sent."""
        own = 0.0 if self._share >= 1 else self._own.delay_seconds(points, now)
        return max(self._account.delay_seconds(points, now), own, self._requests.delay_seconds(now))

    def sent(self, points: float, now: float) -> None:
        """A query of this price goes out: it counts as charged until the answer tells."""
        self._requests.sent(now)
        self._account.take(points, now)
        self._own.take(points, now)

    def answered(self, points: float, cost: Cost | None, *, free_points: float, now: float) -> None:
        """The reply to a query of this price came, or was lost.

        Args:
            points: The price it was sent with.
            cost: What the reply states of its price and of the account's bucket.
            free_points: How much of the price has not been charged, where the reply does not state it.
            now: When, in seconds.
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
