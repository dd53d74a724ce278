"""State of a running sandbox: accounts, credentials, buckets, faults and the log."""

from __future__ import annotations

import json
import time
from threading import Event, RLock
from typing import TYPE_CHECKING, Any

from jobber_sandbox.bucket import Bucket
from jobber_sandbox.engine import engine_of
from jobber_sandbox.executable_schema import served_sdl
from jobber_sandbox.faults import FaultBox
from jobber_sandbox.filters import Arranger
from jobber_sandbox.oauth import Credentials, Person
from jobber_sandbox.price import MAXIMUM_PAGE, PriceList
from jobber_sandbox.request_limiter import Limiter
from jobber_sandbox.timestamps import end_of_day
from jobber_sandbox.webhooks import Webhooks
from jobber_sandbox.worlds import build_world, contents_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobber_sandbox.graphql_request import Entry
    from jobber_sandbox.options import Options
    from jobber_sandbox.world import Row, World

LOG_KEPT = 100_000
NO_ADMIN = 4
"""The number of a user who is no admin of the account."""


class Sandbox:
    """A local Jobber without its HTTP side.

    Args:
        options: Its options.
        clock: Epoch seconds of the machine; `options.clock_offset` is added, and what leads to `options.today`.
    """

    page_cap = MAXIMUM_PAGE

    def __init__(self, options: Options, clock: Callable[[], float] = time.time) -> None:
        self.options = options
        self.advanced_seconds = 0.0
        """Seconds that the clock has been moved forward since the start."""
        # Stamps of what goes on later have to be behind what the server says the time is, as they are at Jobber.
        past_seconds = 0.0 if options.today is None else end_of_day(options.today) - clock()
        ahead_seconds = past_seconds + options.clock_offset
        self.clock: Callable[[], float] = lambda: clock() + ahead_seconds + self.advanced_seconds
        self.lock = RLock()
        self.stopping = Event()
        """Set when the sandbox is to end, so that nothing waits any longer."""
        self.faults = FaultBox()
        if options.faults is not None:
            self.faults.arm(json.loads(options.faults.read_text(encoding="utf-8")))
        self.prices = PriceList(options.price, options.expensive)
        self.engine = engine_of(
            served_sdl(options.schema), suggestions=options.suggestions, contents=contents_of(options.world)
        )
        self.arranger = Arranger(
            bounds_inclusive=options.bounds == "inclusive", opaque_cursors=options.cursor == "opaque"
        )
        self.credentials = Credentials(
            options.seed, self.clock, options.rotation, options.token_seconds, options.expires_at
        )
        self.webhooks = Webhooks(
            self.credentials, self.clock, self._account_row, options.webhook_url, options.webhook_ids
        )
        self.credentials.after_disconnect = self.webhooks.disconnected
        self.worlds: dict[int, World] = {
            number: build_world(options, number, self.clock, self.engine.registry)
            for number in range(1, options.accounts + 1)
        }
        self.first_refresh_tokens = {
            number: str(self.credentials.connect(Person(number, 1))["refresh_token"]) for number in self.worlds
        }
        self._buckets = {number: Bucket(self.clock, options.speed, options.bucket) for number in self.worlds}
        self._limiters = {number: Limiter(self.clock, options.max_requests) for number in (0, *self.worlds)}
        self.log: list[Entry] = []
        self.requests = 0
        self.points = 0
        self.refusals = 0
        self.before_request: Callable[[int], None] | None = None
        """Called with the number of each GraphQL request, from 1, just before it is answered."""

    def world(self, account: int = 1) -> World:
        """Return the data of an account."""
        return self.worlds[account]

    def bucket(self, account: int = 1) -> Bucket:
        """Return the points that the app may spend on an account."""
        return self._buckets[account]

    def limiter(self, account: int = 0) -> Limiter:
        """Return the limiter of an account's requests; 0 stands for requests without a token."""
        return self._limiters[account]

    def people(self) -> list[Person]:
        """Return the users who may connect the app: of each account the owner and another admin."""
        return [Person(number, user) for number in self.worlds for user in (1, 2)]

    def visitors(self) -> list[Person]:
        """Return the users who may come to the page that asks for consent: those, and one who is no admin."""
        return [*self.people(), *(Person(number, NO_ADMIN) for number in self.worlds)]

    def _account_row(self, account: int) -> Row:
        return self.worlds[account].tables["Account"].rows[0]

    def move_clock(self, seconds: float) -> None:
        """Move the clock forward, and let every business go on meanwhile."""
        with self.lock:
            self.advanced_seconds += seconds
            for world in self.worlds.values():
                world.move_on(seconds)

    def keep(self, entry: Entry) -> None:
        """Append a line to the log."""
        self.points += entry.actual
        self.refusals += entry.throttled
        self.log.append(entry)
        if len(self.log) > LOG_KEPT:
            del self.log[: LOG_KEPT // 2]

    def totals(self) -> dict[str, Any]:
        """Return totals of all requests so far."""
        return {
            "requests": self.requests,
            "points": self.points,
            "refusals": self.refusals,
            "tokenRefreshes": self.credentials.refreshes,
            "tokenExchanges": self.credentials.exchanges,
            "tokenRefusals": self.credentials.refusals,
        }
