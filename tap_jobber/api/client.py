"""Sends one query until it is answered or given up.

A query is sent again as long as time may mend its failure, and never faster than Jobber's limits allow. The table of
answers (`classification.py`) decides what each reply means, and this module acts on it:

    deliver            return the answer
    retry, wait        pause, then send the query again, for as long as the retry budget lasts
    refresh            get another access token, once, then send the query again
    shrink, strike     raise an error by which the caller builds another query
    part               send the query again a few times, then hand back the answer with the fields that fail
    skip, stop         raise an error that ends the stream or the run
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import backoff

from tap_jobber.api.classification import DISCONNECTED, classify
from tap_jobber.api.decision import Action, Decision, FailedField, Reach, Reply
from tap_jobber.api.graphql_errors import REFUSED_QUERY
from tap_jobber.api.retries import FIRST_CONTACT_SECONDS, QueryRetries, RetryBudget
from tap_jobber.api.stated_cost import points_in
from tap_jobber.api.transport import NoReplyError, Query, Transport, classify_failure
from tap_jobber.clock import Clock, duration, progress
from tap_jobber.errors import RenewalError, StreamError, TapError, ending_with
from tap_jobber.waits import Waits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_jobber.api.stated_cost import Cost
    from tap_jobber.api.unknown_names import Strike
    from tap_jobber.api.versioning import VersionCheck

logger = logging.getLogger("tap-jobber.api")

# A server that does not state its bucket has filled it in this time, so that a dear query that still does not fit
# never will.
_FILLED_SECONDS = 30.0
_DEAR_POINTS = 1_000.0
# Longer waits are logged at level INFO.
_LONG_SECONDS = 60.0
# A field that fails is asked for so often, and no more once it has failed for good so many times.
_MOST_TRIES_OF_FIELDS = 3
_STANDING_FAILURES = 2
# Between answers that are good, so many in a row that point to wrong settings are taken for somebody else's.
_MOST_STRAY_REFUSALS = 2


class AccessTokens(Protocol):
    """A source of access tokens."""

    def access_token(self) -> str:
        """Return a token that is valid now."""

    def renew(self, refused: str) -> str:
        """Return another token than the refused one."""


class Pace(Protocol):
    """A rate limiter: says when a query may be sent, and learns from its reply."""

    def delay_seconds(self, points: float, now: float) -> float:
        """Return the seconds to wait before a query of this price may be sent."""

    def is_short_of_points(self, points: float, now: float) -> bool:
        """Return True if a query of this price has to wait for points, not for the limit of requests."""

    def sent(self, points: float, now: float) -> None:
        """Note that a query of this price is sent."""

    def answered(self, points: float, cost: Cost | None, *, free_points: float, now: float) -> None:
        """Note the reply to a query of this price, or its loss.

        Args:
            points: The price it was sent with.
            cost: The price and the bucket that the reply states, if it does.
            free_points: How much of the price was not charged, where the reply does not state it.
            now: The time, in seconds.
        """


@dataclass
class Usage:
    """Rows read so far, and their cost."""

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
        cost: The price and the bucket, where stated.
        served_version: The API version that answered, where stated.
        version_warning: Jobber's warning about that version.
        server_seconds: Time of the answer by the server's clock, in seconds since 1970.
        replaced: Number of characters that could not be read, so that U+FFFD stands for them.
    """

    data: Mapping[str, Any]
    hidden: tuple[str, ...] = ()
    cost: Cost | None = None
    served_version: str | None = None
    version_warning: str | None = None
    server_seconds: float | None = None
    replaced: int = 0


class NotPermittedError(StreamError):
    """The app or its user may not read a root field."""


class DisconnectedError(RenewalError):
    """The app was disconnected from the account."""


class TooExpensiveError(StreamError):
    """A query whose price can never fit the bucket.

    Args:
        decision: The decision on the server's reply.
    """

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.cause, decision.remedy)
        self.cost = decision.cost


class DriftError(StreamError):
    """A query that names what the served version does not know.

    Args:
        decision: The decision on the server's reply.
    """

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.cause, decision.remedy)
        self.strikes: tuple[Strike, ...] = decision.strikes


class UnclearError(TapError):
    """A query that keeps failing, perhaps as any other would.

    Args:
        decision: The decision on the last reply.
    """

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.cause, decision.remedy)
        self.exit_status = decision.exit_status


class UnservedError(StreamError):
    """A query that Jobber fails to answer, though it may well answer a smaller one."""


class FieldsFailedError(StreamError):
    """Fields that keep failing while the query runs.

    Args:
        cause: The fields, and the server's message about them.
        remedy: A remedy, in the imperative.
        answer: The rest of the answer, in which the failed values, or the objects around them, are null.
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
        tokens: The source of access tokens.
        pace: The rate limiter.
        versions: Compares the version that answers with the configured one.
        clock: The time, and a way to wait.
        jitter: Draws a pause in seconds from its upper bound.
        retry_budget: The time that a failing query may take.
        has_contact: True if the server has ever answered.
        waits: Told of each wait.
    """

    transport: Transport
    tokens: AccessTokens
    pace: Pace
    versions: VersionCheck
    clock: Clock = field(default_factory=Clock)
    jitter: Callable[[float], float] = backoff.full_jitter
    retry_budget: RetryBudget = field(default_factory=RetryBudget)
    has_contact: bool = False
    waits: Waits = field(default_factory=Waits)
    _failures: Counter[tuple[str | None, str]] = field(default_factory=Counter, init=False, repr=False)
    _stray_refusals: int | None = field(default=None, init=False)

    def execute(self, query: Query, usage: Usage) -> Answer:
        """Send a query until it is answered, or until only a person can help.

        Args:
            query: The query.
            usage: The usage to add the cost to.

        Raises:
            NotPermittedError: If the root field is hidden from the app.
            TooExpensiveError: If the price can never fit the bucket.
            DriftError: If the served version does not know a part of the query.
            UnservedError: If it has failed as often as it may.
            FieldsFailedError: If a part of it keeps failing.
            StreamError: If it is refused.
            TapError: If it has failed for too long, or the connection has come to its end.
        """
        attempts = QueryRetries(self.jitter)
        is_renewed = False
        points, failures, tries = query.points, 0, 0
        while True:
            self._wait(query.title, points, usage)
            token = self.tokens.access_token()
            decision, reply, server_seconds = self._send(query, token, usage)
            if decision.action is Action.DELIVER and reply is not None:
                return self._answer(reply, decision, server_seconds)
            if decision.action is Action.WAIT:
                usage.refusals += 1
                points = max(points, decision.cost.requested_points if decision.cost else 0.0)
                is_filled = attempts.has_lasted(_FILLED_SECONDS, self.clock.now())
                if decision.cost is None and points > _DEAR_POINTS and is_filled:
                    raise TooExpensiveError(decision)
            failures += decision.may_be_size
            tries += decision.action is Action.PART
            if query.most_failures is not None and decision.may_be_size and failures >= query.most_failures:
                raise UnservedError(decision.cause, decision.remedy)
            if decision.action is Action.PART and reply is not None and self._is_lasting(query, decision, tries):
                if tries >= _MOST_TRIES_OF_FIELDS:
                    self._failures.update(_names_of_failed(query, decision))
                answer = self._answer(reply, decision, server_seconds)
                raise FieldsFailedError(_named(decision.cause, query), decision.remedy, answer, decision.failed)
            if decision.action is Action.REFRESH and not is_renewed:
                logger.info("%s: %s; renewing it", query.title, decision.cause)
                self.tokens.renew(token)
                is_renewed = True
            elif decision.action not in {Action.RETRY, Action.WAIT, Action.PART} or not self._pause(
                attempts, query, decision, usage
            ):
                raise _failure(decision, query, has_contact=self.has_contact)

    def _is_lasting(self, query: Query, decision: Decision, tries: int) -> bool:
        """Return True if fields have failed so often that another try is not worth its time."""
        if all(each.is_not_found for each in decision.failed):
            return True
        names = _names_of_failed(query, decision)
        return tries >= _MOST_TRIES_OF_FIELDS or all(self._failures[each] >= _STANDING_FAILURES for each in names)

    def _wait(self, title: str, points: float, usage: Usage) -> None:
        now = self.clock.now()
        delay_seconds = self.pace.delay_seconds(points, now)
        if delay_seconds > 0:
            level = logging.DEBUG if delay_seconds < _LONG_SECONDS else logging.INFO
            awaited = f"{points:,.0f} points" if self.pace.is_short_of_points(points, now) else "another request"
            logger.log(
                level,
                "%s: waiting %.1f s until Jobber grants %s",
                title,
                delay_seconds,
                awaited,
                extra={"event_name": "wait", "wait_seconds": delay_seconds, "wanted_points": points},
            )
            usage.waited_seconds += delay_seconds
            with self.waits.show(awaited, delay_seconds):
                self.clock.sleep(delay_seconds)

    def _pause(self, attempts: QueryRetries, query: Query, decision: Decision, usage: Usage) -> bool:
        """Pause before a query is sent again; return False if it has failed for too long."""
        now = self.clock.now()
        left_seconds = self.retry_budget.left_seconds(attempts.failing_since(now))
        limit_seconds = left_seconds if self.has_contact else FIRST_CONTACT_SECONDS
        seconds = attempts.pause_seconds(decision, now, limit_seconds)
        if seconds is None:
            self.retry_budget.give_up(now)
            return False
        if seconds > 0:
            spent = progress(now - attempts.failing_since(now), limit_seconds)
            logger.warning(
                "%s: %s; trying again in %.1f s (%s)",
                query.title,
                decision.cause,
                seconds,
                spent,
                extra={"event_name": "retry", "wait_seconds": seconds, "limit_seconds": limit_seconds},
            )
            usage.waited_seconds += seconds
            with self.waits.show("another try", seconds):
                self.clock.sleep(seconds)
        return True

    def _send(self, query: Query, token: str, usage: Usage) -> tuple[Decision, Reply | None, float | None]:
        self.pace.sent(query.points, self.clock.now())
        usage.requests += 1
        reply, server_seconds = None, None
        try:
            with self.waits.show("Jobber's answer"):
                reply, server_seconds = self.transport.send(query, token)
        except NoReplyError as error:
            decision = classify_failure(error.failure)
        else:
            self.has_contact = True
            decision = self._doubted(classify(reply))
        free_points = query.points if decision.is_free else 0.0
        if decision.cost is not None:
            usage.points += decision.cost.actual_points
        elif decision.action is Action.DELIVER and reply is not None:
            counted = points_in(reply.body.get("data"))
            usage.points += counted
            free_points = max(0.0, query.points - counted)
        self.pace.answered(query.points, decision.cost, free_points=free_points, now=self.clock.now())
        return decision, reply, server_seconds

    def _doubted(self, decision: Decision) -> Decision:
        """Have a query sent again if its reply points to wrong settings, with which others have been answered."""
        if decision.action is Action.DELIVER:
            self._stray_refusals = 0
        if decision.action is not Action.STOP or decision.reach is not Reach.UNKNOWN or self._stray_refusals is None:
            return decision
        self._stray_refusals += 1
        return decision if self._stray_refusals > _MOST_STRAY_REFUSALS else replace(decision, action=Action.RETRY)

    def _answer(self, reply: Reply, decision: Decision, server_seconds: float | None) -> Answer:
        version, warning = self.versions.check(reply.body)
        return Answer(
            data=reply.body.get("data") or {},
            hidden=decision.hidden,
            cost=decision.cost,
            served_version=version,
            version_warning=warning,
            server_seconds=server_seconds,
            replaced=reply.replaced,
        )


def _names_of_failed(query: Query, decision: Decision) -> set[tuple[str | None, str]]:
    """Return the names by which failures of fields are counted."""
    return {(query.name, str(each)) for each in decision.failed}


def _failure(decision: Decision, query: Query, *, has_contact: bool) -> TapError:
    """Return the error of a query that is not sent again."""
    if decision.pause_seconds is not None and decision.pause_seconds >= _LONG_SECONDS:
        asked = f"{decision.cause}, and Jobber asks for a pause of {duration(decision.pause_seconds)}"
        decision = replace(decision, cause=asked)
    if decision.reach is Reach.QUERY:
        return _stream_error(decision, query)
    if decision.cause == DISCONNECTED:
        return DisconnectedError(decision.cause, decision.remedy)
    if decision.reach is Reach.UNKNOWN and has_contact:
        return UnclearError(decision)
    return ending_with(decision.exit_status)(decision.cause, decision.remedy)


def _stream_error(decision: Decision, query: Query) -> StreamError:
    if decision.action is Action.SKIP:
        return NotPermittedError(decision.cause, decision.remedy)
    if decision.action is Action.SHRINK:
        return TooExpensiveError(decision)
    if decision.action is Action.STRIKE:
        return DriftError(decision)
    return StreamError(_named(decision.cause, query), decision.remedy)


def _named(cause: str, query: Query) -> str:
    return f"{query.title}: {cause}" if cause.startswith(REFUSED_QUERY) else cause
