"""The credential as the API client sees it: an access token that works, however many workers share it."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import backoff

from tap_jobber.clock import progress
from tap_jobber.credentials.account_choice import chosen
from tap_jobber.credentials.authorization import Settled, Wishes, settle
from tap_jobber.credentials.installer import Identity, Ruling
from tap_jobber.credentials.refresh import RefreshJob, Report
from tap_jobber.credentials.refresh_process import run_detached
from tap_jobber.credentials.token_errors import error_of
from tap_jobber.credentials.token_responses import RESENDABLE, Outcome
from tap_jobber.errors import TapError, TryLaterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_jobber.credentials.stores.base import TokenStore
    from tap_jobber.credentials.stores.record import Record

_logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 30.0
"""How long to leave the endpoint alone after a failure, while the present access token still works."""

_LONGEST_WAIT_SECONDS = 60.0

_FIRST_CONTACT_SECONDS = 8.0
"""How long to try an address that has never answered: it likely leads nowhere, and a person is likely waiting."""

_PAGE_SECONDS = 15.0
"""How long to doubt a web page with the status of a refusal, which mostly is one."""

_PASSING = RESENDABLE | {Outcome.LOST, Outcome.BUSY}
"""Failures that say nothing against the access token at hand."""

_ROTATION_OFF = "refresh token rotation is off"
"""Start of a remark that is no cause for worry (Jobber's documentation on refresh token rotation)."""


class Credential:
    """Gives out access tokens and keeps the connection alive; safe for several threads.

    Args:
        client_id: The app's client id.
        client_secret: The app's client secret.
        seed_refresh_token: The configured refresh token; None to rely on the store.
        token_url: The token endpoint's address.
        store: Where the tokens are kept.
        account_id: The account that is meant, if the store has several.
        user_agent: The `User-Agent` header.
        lock_timeout_seconds: How long another worker may hold the store.
        connect_timeout_seconds: How long a connection may take.
        read_timeout_seconds: How long the server may stay silent.
        patience_seconds: How long to go on asking a server that is not available, when no token is left to use.
        refresher: Does a refresh; by default in a process that survives this one.
        clock: Epoch seconds.
        sleep: Waits some seconds.
        jitter: Spreads a wait, so that workers do not return together.
    """

    def __init__(  # noqa: PLR0913 - settings of one user, and seams that tests replace
        self,
        *,
        client_id: str,
        client_secret: str,
        seed_refresh_token: str | None,
        token_url: str,
        store: TokenStore,
        account_id: str | None = None,
        user_agent: str = "tap-jobber",
        lock_timeout_seconds: float = 60.0,
        connect_timeout_seconds: float = 10.0,
        read_timeout_seconds: float = 30.0,
        patience_seconds: float = 300.0,
        refresher: Callable[[RefreshJob], Report] = run_detached,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[float], float] = backoff.full_jitter,
    ) -> None:
        self._job = RefreshJob(
            store=store.location,
            token_url=token_url,
            client_id=client_id,
            client_secret=client_secret,
            seed=(seed_refresh_token or "").strip() or None,
            account_id=account_id,
            user_agent=user_agent,
            connect_timeout_seconds=connect_timeout_seconds,
            read_timeout_seconds=read_timeout_seconds,
            lock_timeout_seconds=lock_timeout_seconds,
        )
        self._store = store
        self._patience_seconds = patience_seconds
        self._refresher = refresher
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._lock = threading.RLock()
        self._record: Record | None = None
        self._secrets = frozenset(filter(None, (client_secret, self._job.seed)))
        self._warnings_given: set[str] = set()
        self._paused_until = float("-inf")
        self._has_contact = False
        self._lost: tuple[str | None, TapError] | None = None

    def access_token(self) -> str:
        """An access token that works for five more minutes, or for half of its life if that is shorter.

        Asks Jobber only if neither memory nor store has one. If Jobber cannot be asked but the present token has not
        ended, that one is given out for as long as it lasts.

        Raises:
            TapError: No token is to be had; the stored ones are as they were.
        """
        with self._lock:
            record = self._record
            if record and self._fresh(record):
                return record.access_token
            record = self._reload()
            if record and self._fresh(record):
                return record.access_token
            now = self._clock()
            present = record if record and not record.expired(now) else None
            if present and now < self._paused_until:
                return present.access_token
            return self._refresh(record.access_token if record else None, present).access_token

    def renew(self, refused: str) -> str:
        """Another access token than the one that the API has just refused.

        Args:
            refused: The access token of the refused request.

        Raises:
            TapError: No other token is to be had.
        """
        with self._lock:
            record = self._reload()
            if not record or record.expired(self._clock()) or record.access_token == refused:
                record = self._refresh(refused, present=None)
            if record.access_token == refused:
                cause = "Jobber refuses an access token and then issues the same one again"
                raise TryLaterError(cause, "run the tap again later; if this lasts, authorise the app again")
            return record.access_token

    def settle(self, whose: Callable[[], Identity]) -> Settled | None:
        """Applies the installer rule to tokens that it has not been applied to yet; to be called before reading.

        Args:
            whose: Asks Jobber whose the present access token is. Only called if that is not known.

        Returns:
            What became of new tokens, or None if there were none.

        Raises:
            TapError: The tokens are of another account than the one asked for, or no token is to be had.
        """
        with self._lock:
            outcome: Settled | None = None
            while (record := self._record or self._reload()) is None or not record.is_settled:
                identity = _identity_in(record) if record else None
                if identity is None:
                    self.access_token()
                    identity = whose()
                asked, record = self._record, self._reload()
                if record is None or record.is_settled or (asked is not None and asked.place != record.place):
                    continue  # another worker has moved it
                outcome = settle(self._store, record, identity, Wishes(allowed=self._allowed()), clock=self._clock)
                if outcome.ruling is Ruling.DISCARDED:
                    _logger.warning("%s", outcome.line)
                self._reload()
            return outcome

    def note(self, change: Callable[[Record], Record]) -> Record | None:
        """Changes what the store has noted beside the tokens of this connection; None if it is not settled.

        Raises:
            TapError: The store cannot be read or written.
        """
        record = self._record
        if record is None or not record.is_settled:
            return None
        return self._store.update(record, change)

    @property
    def record(self) -> Record | None:
        """What the store was last seen to hold of this connection."""
        return self._record

    def secrets(self) -> set[str]:
        """Every secret known so far, for redaction. Takes no lock: a log line must not wait for a refresh."""
        return set(self._secrets)

    def _refresh(self, superseded: str | None, present: Record | None) -> Record:
        """Gets tokens into the store, by this worker or another, and reads them from there.

        A refresh token whose answer was lost is not sent again by this credential: it may be used up, and whether to
        try it is for the next run. What was plainly not processed is sent again, after a wait, outside the store's
        lock.

        Args:
            superseded: The access token to be replaced.
            present: The record whose access token may still be used if there is no other.
        """
        stored = self._record.refresh_token if self._record else None
        if self._lost and self._lost[0] == stored:
            raise TryLaterError(self._lost[1].cause, self._lost[1].remedy)
        began = self._clock()
        waits = backoff.expo(max_value=_LONGEST_WAIT_SECONDS)
        next(waits)  # the generator's first value only starts it
        while True:
            place = self._record.place if self._record else None
            report = self._refresher(replace(self._job, superseded=superseded, place=place))
            self._pass_on(report.warning)
            record = self._reload()
            has_moved = place != (record.place if record else None)
            if report.outcome is Outcome.CURRENT and has_moved and not (record and self._fresh(record)):
                continue
            obtained = report.outcome in {Outcome.GRANTED, Outcome.CURRENT}
            self._has_contact = self._has_contact or obtained
            if record and (obtained or (self._fresh(record) and record.access_token != superseded)):
                return record
            error = error_of(
                report.outcome, report.cause or "The token store lost its record", report.remedy or "run the tap again"
            )
            if report.outcome is Outcome.LOST:
                self._lost = (stored, error)
            if present and report.outcome in _PASSING:
                return self._put_off(present, report.outcome, error)
            wait_seconds = max(self._jitter(next(waits)), report.retry_after_seconds or 0.0)
            limit_seconds, spent_seconds = self._patience(report.outcome), self._clock() - began
            is_over = spent_seconds + wait_seconds > limit_seconds
            if report.outcome not in RESENDABLE or is_over:
                raise error
            spent = progress(spent_seconds, limit_seconds)
            _logger.warning("access token: %s; trying again in %.1f s (%s)", error.cause, wait_seconds, spent)
            self._sleep(wait_seconds)

    def _patience(self, outcome: Outcome) -> float:
        """How long to go on asking, in seconds."""
        self._has_contact = self._has_contact or outcome is not Outcome.NOT_SENT
        if outcome is Outcome.REFUSED_BY_PAGE:
            return min(_PAGE_SECONDS, self._patience_seconds)
        if self._has_contact:
            return self._patience_seconds
        return min(_FIRST_CONTACT_SECONDS, self._patience_seconds)

    def _put_off(self, present: Record, outcome: Outcome, error: TapError) -> Record:
        """Goes on with the present access token and leaves the endpoint alone for a while."""
        ends_at = present.access_token_expires_at
        self._paused_until = ends_at if outcome is Outcome.LOST else self._clock() + _PAUSE_SECONDS
        left_seconds = ends_at - self._clock()
        _logger.warning("%s; the present access token goes on for %.0f s", error.cause, left_seconds)
        return present

    def _allowed(self) -> set[str]:
        """The accounts that may be connected: the configured one, or the one that is; any if the store has none."""
        if self._job.account_id is not None:
            return {self._job.account_id}
        return {each.place for each in self._store.records(self._job.client_id) if each.is_settled}

    def _fresh(self, record: Record) -> bool:
        return not record.due(self._clock())

    def _reload(self) -> Record | None:
        job = self._job
        record = self._store.at(job.client_id, job.account_id) if job.account_id else None
        if record is None or not record.began_with(job.seed):
            record = chosen(self._store.records(job.client_id), job.account_id, job.seed)
        if record:
            self._secrets |= {record.access_token, record.refresh_token}
        self._record = record
        return record

    def _pass_on(self, warning: str | None) -> None:
        """Logs a remark of Jobber's once."""
        if not warning or warning in self._warnings_given:
            return
        self._warnings_given.add(warning)
        level = logging.INFO if warning.lower().startswith(_ROTATION_OFF) else logging.WARNING
        _logger.log(level, "Jobber says: %s", " ".join(warning.split()))


def _identity_in(record: Record) -> Identity | None:
    """Whose tokens they are, if that has been asked before."""
    return Identity(record.account, record.installer) if record.account else None
