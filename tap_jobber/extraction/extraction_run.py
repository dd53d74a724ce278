"""Sends the queries of one run: pages of a size that fits, and smaller ones where Jobber fails to answer."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tap_jobber.api.client import TooExpensiveError, UnclearError, UnservedError
from tap_jobber.api.transport import Query
from tap_jobber.errors import StreamError
from tap_jobber.extraction.drift import Drift
from tap_jobber.extraction.missing_rows import UnservedPageError
from tap_jobber.extraction.page_size import MAXIMUM_ROWS
from tap_jobber.extraction.server_clock import ServerClock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_jobber.api.client import Answer, Client, Usage
    from tap_jobber.api.rate_limits import RateLimiter
    from tap_jobber.extraction.page_size import PageSizer

_CLOCK_QUERY = Query("clock", "query clock { account { id } }", {}, 2.0, label="time at Jobber")
# A query fails so often before it is asked whether Jobber answers at all, and so often it may be that it did not.
_MOST_FAILURES = 3
_MOST_OUTAGES = 3


@dataclass(frozen=True)
class SizedQuery:
    """A query for pages whose size is chosen by their price.

    Attributes:
        name: The operation's name.
        text: The query, with the variable `$first`.
        sizer: PagePlanner its pages, and learns from each answer.
    """

    name: str
    text: str
    sizer: PageSizer


@dataclass
class ExtractionRun:
    """One run's reading of one account.

    Args:
        client: Jobber's API.
        rate_limiter: The rate limiter, which also knows the highest price that a query should have.
        page_size: The most rows to ask for in a page.
    """

    client: Client
    rate_limiter: RateLimiter
    page_size: int
    drift: Drift = field(default_factory=Drift)
    clock: ServerClock = field(default_factory=ServerClock)
    share_requests: int = field(default=0, init=False)
    """Requests so far for parts of history that were read again because they were due."""

    def execute(self, query: Query, usage: Usage, most_failures: int = _MOST_FAILURES) -> Answer:
        """Send a query, and learn the server's time from the answer.

        Args:
            query: The query.
            usage: The usage to add the cost to.
            most_failures: Number of failures after which to try a smaller one; 1 for a query that is itself a trial.

        Raises:
            UnservedError: If Jobber fails to answer it, and a smaller one may well be answered.
            StreamError: If it cannot be answered, while others can.
            TapError: If the connection has come to its end, or Jobber answers nothing at all.
        """
        outages = 0
        while True:
            try:
                answer = self.client.execute(replace(query, most_failures=most_failures), usage)
            except UnclearError as error:
                self._ask_for_a_sign(usage)
                cause = f"{query.title}: {error.cause}, but it answers other queries"
                raise StreamError(cause, error.remedy) from error
            except UnservedError:
                if most_failures == 1:
                    raise
                requests = usage.requests
                # An outage is waited out here, or ends the run.
                self._ask_for_a_sign(usage)
                outages += usage.requests > requests + 1
                if usage.requests == requests + 1 or outages > _MOST_OUTAGES:
                    raise
                continue
            self.clock.learn(answer.server_seconds)
            return answer

    def _ask_for_a_sign(self, usage: Usage) -> None:
        """Send the smallest query there is, after another has failed; whatever it fails with ends the run."""
        with suppress(StreamError):  # to say no is to answer, too
            self.client.execute(_CLOCK_QUERY, usage)

    def execute_page(
        self,
        asked: SizedQuery,
        usage: Usage,
        variables: Mapping[str, object],
        most_rows: int = MAXIMUM_ROWS,
        most_failures: int = _MOST_FAILURES,
    ) -> tuple[Answer, float]:
        """Send a query for a page, of as many rows as its price allows.

        Args:
            asked: The query.
            usage: The usage to add the cost to.
            variables: Its variables beside `$first`.
            most_rows: The most rows to ask for.
            most_failures: Number of failures after which to ask for a smaller page.

        Returns:
            The answer, and how the price that it states compares with the computed one.

        Raises:
            TooExpensiveError: If even the smallest page can never fit the bucket.
            UnservedPageError: If Jobber fails to answer it, though it answers others.
        """
        sizer = asked.sizer
        while True:
            rows = min(
                most_rows, sizer.rows(self.rate_limiter.ceiling_points, self.rate_limiter.restore_points_per_second)
            )
            query = Query(asked.name, asked.text, {"first": rows, **variables}, sizer.points(rows))
            try:
                answer = self.execute(query, usage, most_failures)
            except TooExpensiveError as error:
                if not sizer.shrink(rows, error.cost):
                    raise
                continue
            except UnservedError as error:
                raise UnservedPageError(error, rows) from None
            sizer.learn(rows, answer.cost)
            return answer, sizer.ratio_of(rows, answer.cost)

    def certain_seconds(self, usage: Usage) -> int:
        """Return the server's time minus a safety margin, and ask the server if need be."""
        return self._known_clock(usage).certain_seconds()

    def server_seconds(self, usage: Usage) -> int:
        """Return the server's time, and ask the server if need be."""
        return self._known_clock(usage).seconds()

    def latest_seconds(self, usage: Usage) -> int:
        """Return the later of the server's time and this machine's, for reading ahead of both."""
        return self._known_clock(usage).latest_seconds()

    def _known_clock(self, usage: Usage) -> ServerClock:
        if not self.clock.is_known:
            with suppress(StreamError):  # what is refused or fails of it is nothing that any stream needs
                self.execute(_CLOCK_QUERY, usage)
        return self.clock
