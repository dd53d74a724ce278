"""Brings one query to its answer: token, pace, retries and what the table of answers decides."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import backoff
import requests

from tap_jobber.api.cost import points_in
from tap_jobber.api.errors import DISCONNECTED, UNPARSABLE_QUERY, classify
from tap_jobber.api.graphql_errors import REFUSED_QUERY
from tap_jobber.api.transport import Query, Transport, classify_failure
from tap_jobber.api.verdict import Action, FailedField, Reply, Verdict
from tap_jobber.clock import Clock
from tap_jobber.errors import RenewalError, StreamError, TapError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tap_jobber.api.cost import Cost
    from tap_jobber.api.drift import Strike
    from tap_jobber.api.versioning import VersionCheck

logger = logging.getLogger("tap-jobber.api")

# A query that keeps failing is given up after this long. Before the server has ever answered, an address
# that leads nowhere is the likelier cause, and a person is likely waiting.
PATIENCE_SECONDS = 900.0
FIRST_CONTACT_SECONDS = 8.0
_LONGEST_PAUSE_SECONDS = 60.0
# A server that does not state its bucket has filled it in this time, so that a dear query that still does not fit
# never will.
_FILLED_SECONDS = 30.0
_DEAR_POINTS = 1_000.0
# A field that fails is asked for so often, and no more once it has failed for good so many times.
_MOST_TRIES_OF_FIELDS = 3
_STANDING_FAILURES = 2


class AccessTokens(Protocol):
    """Where access tokens come from."""

    def access_token(self) -> str:
        """A token that is good for now."""

    def renew(self, refused: str) -> str:
        """Another token than the one that the server refused."""


class Pace(Protocol):
    """Tells when a query may be sent, and learns from what became of it."""

    def delay_seconds(self, points: float, now: float) -> float:
        """How long to wait before a query of this price may be sent."""

    def sent(self, points: float, now: float) -> None:
        """A query of this price goes out."""

    def answered(self, points: float, cost: Cost | None, *, free_points: float, now: float) -> None:
        """Its reply came, or was lost: what it cost where stated, and how much of its price it did not cost."""


@dataclass
class Usage:
    """What reading has cost so far."""

    rows: int = 0
    requests: int = 0
    points: float = 0.0
    refusals: int = 0
    waited_seconds: float = 0.0


@dataclass(frozen=True)
class Answer:
    """An answer that holds what was asked for.

    Attributes:
        data: The values of the root fields.
        hidden: Paths of values that are null because the app or its user may not see them.
        cost: What it cost, where stated.
        served_version: The API version that answered, where stated.
        version_warning: What Jobber says of that version.
        server_seconds: When the server answered, by its own clock, in seconds since 1970.
    """

    data: Mapping[str, Any]
    hidden: tuple[str, ...] = ()
    cost: Cost | None = None
    served_version: str | None = None
    version_warning: str | None = None
    server_seconds: float | None = None


class NotPermittedError(StreamError):
    """The app or its user may not read a root field."""


class DisconnectedError(RenewalError):
    """The app was disconnected from the account."""


class TooExpensiveError(StreamError):
    """A query whose price can never fit the bucket.

    Args:
        verdict: What the server said.
    """

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.cause, verdict.remedy)
        self.cost = verdict.cost


class DriftError(StreamError):
    """A query that names what the served version does not know.

    Args:
        verdict: What the server said.
    """

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.cause, verdict.remedy)
        self.strikes: tuple[Strike, ...] = verdict.strikes


class UnservedError(StreamError):
    """A query that Jobber fails to answer, and of which it may well answer a smaller one."""


class FieldsFailedError(StreamError):
    """Fields that keep failing while the query runs.

    Args:
        cause: Which, and what the server says of them.
        remedy: What to do about it.
        answer: The rest of the answer; what failed is null in it, or what is around it.
        failed: The fields.
    """

    def __init__(self, cause: str, remedy: str, answer: Answer, failed: tuple[FailedField, ...]) -> None:
        super().__init__(cause, remedy)
        self.answer = answer
        self.failed = failed


@dataclass
class Client:
    """Jobber's GraphQL API.

    Args:
        transport: Sends a query once.
        tokens: Where access tokens come from.
        pace: When a query may be sent.
        versions: Compares the version that answers with the configured one.
        clock: Time.
        jitter: Draws a pause in seconds from its upper bound.
        patience_seconds: How long to go on with a query that keeps failing.
        has_contact: Whether the server has ever answered.
    """

    transport: Transport
    tokens: AccessTokens
    pace: Pace
    versions: VersionCheck
    clock: Clock = field(default_factory=Clock)
    jitter: Callable[[float], float] = backoff.full_jitter
    patience_seconds: float = PATIENCE_SECONDS
    has_contact: bool = False
    _failures: Counter[tuple[str | None, str]] = field(default_factory=Counter, init=False, repr=False)

    def execute(self, query: Query, usage: Usage, most_failures: int | None = None) -> Answer:
        """Send a query until it is answered, or until only a person can help.

        Args:
            query: What to send.
            usage: Where to add what it costs.
            most_failures: How often it may fail in a way that a smaller query may not, before that is tried instead.

        Raises:
            NotPermittedError: If the root field is hidden from the app.
            TooExpensiveError: If the price can never fit the bucket.
            DriftError: If the served version does not know a part of the query.
            UnservedError: If it has failed as often as it may.
            FieldsFailedError: If a part of it keeps failing.
            TapError: If it is refused, or has failed for too long.
        """
        patience = _Patience(self.clock, self.jitter)
        is_renewed = False
        points, failures, tries = query.points, 0, 0
        while True:
            self._wait(query.name, points, usage)
            token = self.tokens.access_token()
            verdict, reply, server_seconds = self._send(query, token, usage)
            if verdict.action is Action.DELIVER and reply is not None:
                return self._answer(reply, verdict, server_seconds)
            if verdict.action is Action.WAIT:
                usage.refusals += 1
                points = max(points, verdict.cost.requested_points if verdict.cost else 0.0)
                if verdict.cost is None and points > _DEAR_POINTS and patience.elapsed_seconds >= _FILLED_SECONDS:
                    raise TooExpensiveError(verdict)
            failures += verdict.may_be_size
            tries += verdict.action is Action.PART
            if most_failures is not None and verdict.may_be_size and failures >= most_failures:
                raise UnservedError(verdict.cause, verdict.remedy)
            if verdict.action is Action.PART and reply is not None and self._is_lasting(query, verdict, tries):
                answer = self._answer(reply, verdict, server_seconds)
                raise FieldsFailedError(_named(verdict.cause, query), verdict.remedy, answer, verdict.failed)
            if verdict.action is Action.REFRESH and not is_renewed:
                logger.info("%s: %s; renewing it", query.name, verdict.cause)
                self.tokens.renew(token)
                is_renewed = True
            elif verdict.action in {Action.RETRY, Action.WAIT, Action.PART}:
                patience.limit_seconds = self.patience_seconds if self.has_contact else FIRST_CONTACT_SECONDS
                self._pause(patience.pause_seconds(verdict), query, verdict, usage)
            else:
                raise _failure(verdict, query)

    def _is_lasting(self, query: Query, verdict: Verdict, tries: int) -> bool:
        """True if fields have failed often enough to do without them; those that always do are not waited for."""
        if all(each.is_not_found for each in verdict.failed):
            return True
        names = {(query.name, str(each)) for each in verdict.failed}
        if all(self._failures[each] >= _STANDING_FAILURES for each in names):
            return True
        if tries < _MOST_TRIES_OF_FIELDS:
            return False
        self._failures.update(names)
        return True

    def _wait(self, name: str | None, points: float, usage: Usage) -> None:
        delay_seconds = self.pace.delay_seconds(points, self.clock.now())
        if delay_seconds > 0:
            logger.debug("%s: waiting %.2f s for %.0f points", name, delay_seconds, points)
            usage.waited_seconds += delay_seconds
            self.clock.sleep(delay_seconds)

    def _pause(self, seconds: float, query: Query, verdict: Verdict, usage: Usage) -> None:
        if seconds > 0:
            logger.warning("%s: %s; trying again in %.1f s", query.name, verdict.cause, seconds)
            usage.waited_seconds += seconds
            self.clock.sleep(seconds)

    def _send(self, query: Query, token: str, usage: Usage) -> tuple[Verdict, Reply | None, float | None]:
        self.pace.sent(query.points, self.clock.now())
        usage.requests += 1
        reply, server_seconds = None, None
        try:
            reply, server_seconds = self.transport.send(query, token)
        except requests.RequestException as failure:
            verdict = classify_failure(failure)
        else:
            self.has_contact = True
            verdict = classify(reply)
        free_points = query.points if verdict.is_free else 0.0
        if verdict.cost is not None:
            usage.points += verdict.cost.actual_points
        elif verdict.action is Action.DELIVER and reply is not None:
            counted = points_in(reply.body.get("data"))
            usage.points += counted
            free_points = max(0.0, query.points - counted)
        self.pace.answered(query.points, verdict.cost, free_points=free_points, now=self.clock.now())
        return verdict, reply, server_seconds

    def _answer(self, reply: Reply, verdict: Verdict, server_seconds: float | None) -> Answer:
        version, warning = self.versions.check(reply.body)
        return Answer(
            data=reply.body.get("data") or {},
            hidden=verdict.hidden,
            cost=verdict.cost,
            served_version=version,
            version_warning=warning,
            server_seconds=server_seconds,
        )


class _Patience:
    """How long one query has been failing, and how long to pause before it is sent again."""

    def __init__(self, clock: Clock, jitter: Callable[[float], float]) -> None:
        self.limit_seconds = PATIENCE_SECONDS
        self._clock = clock
        self._jitter = jitter
        self._since: float | None = None
        self._growing: Iterator[float] = backoff.expo(base=2, max_value=_LONGEST_PAUSE_SECONDS)
        next(self._growing)

    @property
    def elapsed_seconds(self) -> float:
        """How long ago the query failed first."""
        return 0.0 if self._since is None else self._clock.now() - self._since

    def pause_seconds(self, verdict: Verdict) -> float:
        """The next pause.

        Raises:
            TapError: If it would end beyond the limit.
        """
        now = self._clock.now()
        self._since = now if self._since is None else self._since
        cost = verdict.cost if verdict.action is Action.WAIT else None
        if cost is not None and cost.requested_points > cost.available_points:
            # The server has just stated its bucket, so the pace computes the wait.
            seconds = 0.0
        else:
            seconds = max(self._jitter(next(self._growing)), verdict.pause_seconds or 0.0)
        if now + seconds - self._since > self.limit_seconds:
            raise TapError(verdict.cause, verdict.remedy)
        return seconds


def _failure(verdict: Verdict, query: Query) -> TapError:
    if verdict.action is Action.SKIP:
        return NotPermittedError(verdict.cause, verdict.remedy)
    if verdict.action is Action.SHRINK:
        return TooExpensiveError(verdict)
    if verdict.action is Action.STRIKE:
        return DriftError(verdict)
    if verdict.cause == DISCONNECTED:
        return DisconnectedError(verdict.cause, verdict.remedy)
    if verdict.cause.startswith((REFUSED_QUERY, UNPARSABLE_QUERY)):
        return StreamError(_named(verdict.cause, query), verdict.remedy)
    return TapError(verdict.cause, verdict.remedy)


def _named(cause: str, query: Query) -> str:
    return f"{query.name}: {cause}" if cause.startswith(REFUSED_QUERY) and query.name else cause
