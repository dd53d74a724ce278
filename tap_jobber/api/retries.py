"""Limits how long a query is sent again after failures that are not its own fault, and how long a run does so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import backoff

from tap_jobber.api.decision import Action, Decision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# A query that keeps failing is given up after this long. Before the server has ever answered, an address
# that leads nowhere is the likelier cause, and a person is likely waiting.
RETRY_SECONDS = 900.0
FIRST_CONTACT_SECONDS = 8.0
# The query after one that was given up gets at least this long.
LEAST_SECONDS = 20.0
_LONGEST_PAUSE_SECONDS = 60.0


@dataclass
class RetryBudget:
    """The time that the next query may spend failing.

    Once a query has been given up, the next one gets as long as the run has gone well since. So a run in which one
    stream after the other fails does not spend a quarter of an hour on each.

    Args:
        limit_seconds: The most time for one query.
    """

    limit_seconds: float = RETRY_SECONDS
    _given_up_at: float | None = field(default=None, init=False)

    def left_seconds(self, now: float) -> float:
        """Return the seconds that a query may go on failing that first fails now."""
        if self._given_up_at is None:
            return self.limit_seconds
        return min(self.limit_seconds, LEAST_SECONDS + now - self._given_up_at)

    def give_up(self, now: float) -> None:
        """Note that a query has been given up."""
        self._given_up_at = now


@dataclass
class QueryRetries:
    """The failures of one query, and the pauses between its attempts.

    Args:
        jitter: Draws a pause in seconds from its upper bound.
    """

    jitter: Callable[[float], float]
    _since: float | None = field(default=None, init=False)
    _growing: Iterator[float] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Begin with the shortest pause."""
        self._growing = backoff.expo(base=2, max_value=_LONGEST_PAUSE_SECONDS)
        next(self._growing)

    def failing_since(self, now: float) -> float:
        """Return the time at which the query first failed, which is now if it has not."""
        self._since = now if self._since is None else self._since
        return self._since

    def has_lasted(self, seconds: float, now: float) -> bool:
        """Return True if the query has been failing for so long."""
        return self._since is not None and now - self._since >= seconds

    def pause_seconds(self, decision: Decision, now: float, limit_seconds: float) -> float | None:
        """Return the next pause in seconds, or None if it would end beyond the limit.

        Args:
            decision: The decision on the last failure.
            now: The time.
            limit_seconds: The seconds that it may go on failing.
        """
        since = self.failing_since(now)
        cost = decision.cost if decision.action is Action.WAIT else None
        if cost is not None and cost.requested_points > cost.available_points:
            # The server has just stated its bucket, so the pace computes the wait.
            seconds = 0.0
        else:
            seconds = max(self.jitter(next(self._growing)), decision.pause_seconds or 0.0)
        return None if now + seconds - since > limit_seconds else seconds
