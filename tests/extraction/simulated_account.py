"""An account whose bucket of points a server keeps, and a client that obeys a rate_limiter; time is a number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_jobber.api.stated_cost import Cost

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_jobber.api.rate_limits import RateLimiter

MAXIMUM = 10_000.0
RESTORE = 500.0
# Server and client add the same seconds in different orders.
ROUNDING_POINTS = 1e-6


@dataclass
class Account:
    """The server's books of an account.

    Args:
        level: Points in the bucket.
    """

    level: float = MAXIMUM
    at: float = 0.0
    refusals: int = 0
    charged: float = 0.0

    def _fill(self, now: float) -> None:
        self.level, self.at = min(MAXIMUM, self.level + (now - self.at) * RESTORE), now

    def taken_by_others(self, points: float, now: float) -> None:
        """Somebody else spends."""
        self._fill(now)
        self.level -= min(points, self.level)

    def ask(self, requested: float, actual: float, now: float) -> tuple[bool, Cost]:
        """Check the requested cost and charge the actual one; return True if the query ran, and the stated cost."""
        self._fill(now)
        fits = requested <= self.level + ROUNDING_POINTS
        spent = actual if fits else 0.0
        self.refusals += not fits
        self.level -= spent
        self.charged += spent
        return fits, Cost(requested, spent, MAXIMUM, self.level, RESTORE)


@dataclass
class Run:
    """One client at work.

    Args:
        rate_limiter: Its pace.
        account: The account it reads.
        latency_seconds: How long a query is under way, and again its answer.
    """

    rate_limiter: RateLimiter
    account: Account
    latency_seconds: float
    now: float = 0.0
    sent_at: list[float] = field(default_factory=list)
    promised: list[float] = field(default_factory=list)

    def query(self, requested: float, actual: float, others: Iterable[float] = ()) -> None:
        """Send a query until it runs; others spend while it waits, one amount before each attempt."""
        spending = iter(others)
        while True:
            self.now += self.rate_limiter.delay_seconds(requested, self.now)
            self.account.taken_by_others(next(spending, 0.0), self.now)
            self.sent_at.append(self.now)
            self.promised.append(self.account.charged + requested)
            self.rate_limiter.sent(requested, self.now)
            runs, cost = self.account.ask(requested, actual, self.now + self.latency_seconds)
            self.now += 2 * self.latency_seconds
            self.rate_limiter.answered(requested, cost, free_points=0.0 if runs else requested, now=self.now)
            if runs:
                return
