"""Sandbox accounts with Jobber's ratio of latency and rate limits, both faster than real time by one factor."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import requests

from benchmarks.account import credential
from benchmarks.processes import SANDBOX, server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LATENCY_SECONDS = 0.2
BUCKET_POINTS = 10_000
RESTORE_POINTS_PER_SECOND = 500
_TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True)
class RateLimitedAccount:
    """A sandbox account behind a rate limit.

    Attributes:
        url: Address of the sandbox.
        settings: Settings with which the tap reads it.
        factor: Speed relative to real time.
    """

    url: str
    settings: dict[str, str]
    factor: float

    def clear_log(self) -> None:
        """Forget the requests logged so far."""
        requests.delete(f"{self.url}/sandbox/log", timeout=_TIMEOUT_SECONDS)

    def log(self) -> RequestLog:
        """Return the requests since the log was cleared."""
        entries = requests.get(f"{self.url}/sandbox/log", timeout=_TIMEOUT_SECONDS).json()["requests"]
        return RequestLog(self.factor, entries)


@dataclass(frozen=True)
class RequestLog:
    """Requests of a run, and their cost.

    Attributes:
        factor: Speed of the sandbox relative to real time.
        entries: Entries of the sandbox's log.
    """

    factor: float
    entries: list[dict[str, Any]] = field(repr=False)

    @property
    def requests(self) -> int:
        """Number of requests."""
        return len(self.entries)

    @property
    def points(self) -> int:
        """Points charged."""
        return sum(each["actual"] for each in self.entries)

    @property
    def throttled(self) -> int:
        """Number of requests that did not fit the bucket."""
        return sum(each["throttled"] for each in self.entries)

    @property
    def least_seconds(self) -> float:
        """The least time in which so many points can be spent, starting with a full bucket."""
        return max(0.0, self.points - BUCKET_POINTS) / (RESTORE_POINTS_PER_SECOND * self.factor)

    @property
    def reading_seconds(self) -> float:
        """Seconds from the first request to the last, the part of a run that the factor speeds up."""
        return float(self.entries[-1]["at"] - self.entries[0]["at"]) if self.entries else 0.0

    @property
    def overflow_points(self) -> float:
        """Points not restored between requests because the bucket was full."""
        rate = RESTORE_POINTS_PER_SECOND * self.factor
        filled = (one["available"] + (other["at"] - one["at"]) * rate for one, other in pairwise(self.entries))
        return sum(max(0.0, float(level) - BUCKET_POINTS) for level in filled)


@contextmanager
def rate_limited_account(directory: Path, scale: float, factor: float) -> Iterator[RateLimitedAccount]:
    """Serve an account.

    Args:
        directory: Working directory of the server and the tap.
        scale: Size of the account; 1 is about 13,000 rows over all types.
        factor: Speed relative to real time.
    """
    # The limit of requests has a window of its own that no factor applies to.
    speed = ("--speed", f"{factor:g}", "--latency", f"{LATENCY_SECONDS / factor:g}", "--max-requests", "0")
    with server((SANDBOX, "serve", "--world", "hostile", "--scale", f"{scale:g}", *speed), directory) as ready:
        account = RateLimitedAccount(ready["url"], credential(directory, ready, f"{scale:g}"), factor)
        account.clear_log()
        yield account
