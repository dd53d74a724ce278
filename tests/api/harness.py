"""A client with a clock, tokens and a pace of the test's own, and replies to give it over a mocked wire."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_jobber.api.client import Answer, Client, Usage
from tap_jobber.api.rate_limits import RateLimiter
from tap_jobber.api.transport import Query, Transport
from tap_jobber.api.versioning import VersionCheck
from tap_jobber.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from requests_mock import Mocker

    from tap_jobber.api.stated_cost import Cost

URL = "https://jobber.test/api/graphql"
VERSION = "2025-04-16"
QUERY = Query("clients", "query clients { clients { nodes { id } } }", {}, 100.0)
DATA = {"clients": {"nodes": [{"id": "1"}]}}


@dataclass
class FakeClock:
    """Time that passes only when someone sleeps."""

    seconds: float = 1_000.0
    naps: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Move the clock."""
        self.naps.append(seconds)
        self.seconds += seconds

    @property
    def clock(self) -> Clock:
        """As the client takes it."""
        return Clock(now=lambda: self.seconds, sleep=self.sleep)


@dataclass
class FakeTokens:
    """Tokens with numbers; renewing one makes the next.

    Args:
        number: Of the current token.
        always_new: True to return another token for each query.
    """

    number: int = 1
    always_new: bool = False
    renewed: list[str] = field(default_factory=list)

    def access_token(self) -> str:
        """Return the current token."""
        self.number += self.always_new
        return f"secret-token-{self.number}"

    def renew(self, refused: str) -> str:
        """Move to the next token and return it."""
        self.renewed.append(refused)
        self.number += 1
        return self.access_token()


@dataclass
class FakePace:
    """Never waits, and remembers what it was told."""

    told: list[tuple[str, float, float]] = field(default_factory=list)

    def delay_seconds(self, points: float, now: float) -> float:  # noqa: ARG002 - as the client calls it
        """Nothing to wait for."""
        return 0.0

    def is_short_of_points(self, points: float, now: float) -> bool:  # noqa: ARG002 - as the client calls it
        """Nothing to wait for."""
        return False

    def sent(self, points: float, now: float) -> None:  # noqa: ARG002 - as the client calls it
        """Remembered."""
        self.told.append(("sent", points, 0.0))

    def answered(self, points: float, cost: Cost | None, *, free_points: float, now: float) -> None:  # noqa: ARG002 - as above
        """Remembered."""
        self.told.append(("answered", points, free_points))


@dataclass
class Harness:
    """A client and everything around it.

    Args:
        url: The endpoint.
        tokens: Its tokens.
        pace: Its pace; the real one unless a test looks at what it is told.
        jitter: Draws a pause; the whole of it unless a test says otherwise.
    """

    url: str = URL
    tokens: FakeTokens = field(default_factory=FakeTokens)
    pace: RateLimiter | FakePace = field(default_factory=RateLimiter)
    jitter: Callable[[float], float] = lambda seconds: seconds
    time: FakeClock = field(default_factory=FakeClock)
    usage: Usage = field(default_factory=Usage)
    timeout_seconds: float = 5.0

    def __post_init__(self) -> None:
        """Put it together."""
        self.transport = Transport(
            url=self.url, api_version=VERSION, user_agent="tap-jobber/test", timeout_seconds=self.timeout_seconds
        )
        self.client = Client(
            self.transport, self.tokens, self.pace, VersionCheck(VERSION), self.time.clock, self.jitter
        )

    def execute(self, query: Query = QUERY) -> Answer:
        """Send a query."""
        return self.client.execute(query, self.usage)


def reply(
    body: object, status: int = 200, content_type: str | None = "application/json", **headers: str
) -> dict[str, Any]:
    """Return a reply as the mocked wire gives it: text as it is, anything else as JSON."""
    if isinstance(body, dict) and "data" in body:
        extensions = body.get("extensions")
        known = extensions if isinstance(extensions, dict) else {}
        body = {**body, "extensions": {"versioning": {"version": VERSION}, **known}}
    text = body if isinstance(body, str) else json.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if content_type is not None:
        named["Content-Type"] = content_type
    return {"status_code": status, "text": text, "headers": named}


def stated(requested: float, actual: float, available: float, maximum: float = 10_000) -> dict[str, object]:
    """`extensions.cost` of an answer."""
    status = {"maximumAvailable": maximum, "currentlyAvailable": available, "restoreRate": 500}
    return {"cost": {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": status}}


GOOD = reply({"data": DATA, "extensions": stated(100, 90, 9_910)})
WAITING_ROOM = "<html><head><title>Jobber | Waiting Room</title></head></html>"


def mocked(requests_mock: Mocker, *replies: dict[str, Any]) -> Harness:
    """Return a client whose queries get these replies, the last one for ever."""
    requests_mock.post(URL, list(replies))
    return Harness()


def tokens_sent(requests_mock: Mocker) -> Sequence[str]:
    """Return the access tokens of the requests that were made."""
    return [request.headers["Authorization"].removeprefix("Bearer ") for request in requests_mock.request_history]
