"""A sandbox that charges for what it answers, at Jobber's own ratio of latency and points, both times a factor."""

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
class Metered:
    """A sandbox, seen from outside.

    Attributes:
        url: Its address.
        api_url: The address for readers.
        settings: The settings with which the tap reads it.
        factor: How much faster than real time it runs.
    """

    url: str
    api_url: str
    settings: dict[str, str]
    factor: float

    def access_token(self) -> str:
        """A token for a reader that does not refresh its own."""
        found = requests.post(f"{self.url}/sandbox/tokens", json={}, timeout=_TIMEOUT_SECONDS)
        return str(found.json()["access_token"])

    def forget(self) -> None:
        """Begin a new count."""
        requests.delete(f"{self.url}/sandbox/log", timeout=_TIMEOUT_SECONDS)

    def bill(self) -> Bill:
        """What has been asked since the count began."""
        entries = requests.get(f"{self.url}/sandbox/log", timeout=_TIMEOUT_SECONDS).json()["requests"]
        return Bill(self.factor, entries)


@dataclass(frozen=True)
class Bill:
    """What a reader has been charged.

    Attributes:
        factor: How much faster than real time the sandbox ran.
        entries: Its log of requests.
    """

    factor: float
    entries: list[dict[str, Any]] = field(repr=False)

    @property
    def requests(self) -> int:
        """How many requests."""
        return len(self.entries)

    @property
    def points(self) -> int:
        """What was charged."""
        return sum(each["actual"] for each in self.entries)

    @property
    def refusals(self) -> int:
        """How many requests did not fit the bucket."""
        return sum(each["throttled"] for each in self.entries)

    @property
    def floor_seconds(self) -> float:
        """The least time that so many points can be spent in, as the bucket is full at first."""
        return max(0.0, self.points - BUCKET_POINTS) / (RESTORE_POINTS_PER_SECOND * self.factor)

    @property
    def reading_seconds(self) -> float:
        """From the first request to the last: all that is faster than in reality."""
        return float(self.entries[-1]["at"] - self.entries[0]["at"]) if self.entries else 0.0

    @property
    def overflow_points(self) -> float:
        """What would have come back between two requests if the bucket had not been full, as far as can be seen."""
        rate = RESTORE_POINTS_PER_SECOND * self.factor
        filled = (one["available"] + (other["at"] - one["at"]) * rate for one, other in pairwise(self.entries))
        return sum(max(0.0, float(level) - BUCKET_POINTS) for level in filled)

    @property
    def left_points(self) -> int:
        """What the bucket held after the last answer."""
        return int(self.entries[-1]["available"]) if self.entries else BUCKET_POINTS


@contextmanager
def metered(directory: Path, scale: float, factor: float) -> Iterator[Metered]:
    """Serve an account.

    Args:
        directory: Where the server and the readers work.
        scale: How much the account holds; 1 is about 13,000 rows over all types.
        factor: How much faster than real time.
    """
    # The limit of requests has a window of its own that no factor applies to.
    speed = ("--speed", f"{factor:g}", "--latency", f"{LATENCY_SECONDS / factor:g}", "--max-requests", "0")
    with server((SANDBOX, "serve", "--scale", f"{scale:g}", *speed), directory) as ready:
        sandbox = Metered(ready["url"], ready["api_url"], credential(directory, ready, f"{scale:g}"), factor)
        sandbox.forget()
        yield sandbox
