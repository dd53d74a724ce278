"""The credential of an account: an access token that works, however many workers share it."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import backoff

from tap_jobber.clock import progress
from tap_jobber.credentials.account_choice import allowed_account_ids, choose_record
from tap_jobber.credentials.authorization import ConnectOptions, Settlement, settle
from tap_jobber.credentials.installer import Identity, InstallerDecision
from tap_jobber.credentials.refresh_job import RefreshJob, RefreshReport
from tap_jobber.credentials.refresh_process import refresh_in_own_process
from tap_jobber.credentials.token_errors import token_error
from tap_jobber.credentials.token_responses import RESENDABLE, TokenOutcome
from tap_jobber.errors import TapError, TryLaterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_jobber.credentials.stores.base import TokenStore
    from tap_jobber.credentials.stores.record import Record

logger = logging.getLogger("tap-jobber.credentials")

_REFRESH_PAUSE_SECONDS = 30.0
"""Pause before the next refresh after a failure, while the present access token still works."""

_LONGEST_WAIT_SECONDS = 60.0

_FIRST_CONTACT_SECONDS = 8.0
"""Patience with an address that has never answered: it is likely wrong, and a person is likely waiting."""

_REFUSAL_BY_PAGE_SECONDS = 15.0
"""Patience with a web page that has the status of a refusal; mostly it is one."""

_HARMLESS = RESENDABLE | {TokenOutcome.LOST, TokenOutcome.BUSY}
"""Failures that say nothing against the access token at hand."""

_ROTATION_OFF = "refresh token rotation is off"
"""Start of a warning that needs no action (Jobber's documentation on refresh token rotation)."""


class Credential:
    """Hand out access tokens and keep the connection alive; safe for several threads.

    Args:
        client_id: The app's client id.
        client_secret: The app's client secret.
        seed_refresh_token: The configured refresh token; None to rely on the store.
        token_url: The token endpoint's address.
        store: The token store.
        account_id: The configured account; None to use the only one in the store.
        user_agent: The `User-Agent` header.
        lock_timeout_seconds: Longest wait for another worker that holds the store.
        connect_timeout_seconds: Longest time to connect.
        read_timeout_seconds: Longest silence of the server.
        patience_seconds: Longest time to retry while the server is not available and no valid token is left.
        refresher: Does a refresh; by default in a process that outlives this one.
        clock: Seconds since 1970.
        sleep: Waits for some seconds.
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
        refresher: Callable[[RefreshJob], RefreshReport] = refresh_in_own_process,
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
        self._last_outcome: TokenOutcome | None = None
        self._lost: tuple[str | None, TapError] | None = None

    def access_token(self) -> str:
        """Return an access token that is valid for five more minutes, or for half of a shorter lifetime.

        Jobber is asked only if neither memory nor store has one. If Jobber cannot be asked, the present token is
        returned for as long as it is valid.

        Raises:
            TapError: There is no valid token and none could be obtained; the stored ones are untouched.
        """
        with self._lock:
            record = self._record
            if record and self._is_fresh(record):
                return record.access_token
            record = self._reload()
            if record and self._is_fresh(record):
                return record.access_token
            now = self._clock()
            present = record if record and not record.is_expired(now) else None
            if present and now < self._paused_until:
                return present.access_token
            return self._refresh(record.access_token if record else None, present).access_token

    def renew(self, refused: str) -> str:
        """Return another access token than the one that the API has just refused.

        Args:
            refused: The access token of the refused request.

        Raises:
            TapError: No other token could be obtained.
        """
        with self._lock:
            record = self._reload()
            if not record or record.is_expired(self._clock()) or record.access_token == refused:
                record = self._refresh(refused, present=None)
            if record.access_token == refused:
                cause = "Jobber refuses an access token and then issues the same one again"
                raise TryLaterError(cause, "run the tap again later; if this lasts, authorise the app again")
            return record.access_token

    def settle(self, identify: Callable[[], Identity]) -> Settlement | None:
        """Apply the installer rule to tokens that are not settled yet; to be called before reading.

        Args:
            identify: Asks Jobber for account and user of the present access token. Called only if they are not known.

        Returns:
            The result for new tokens, or None if there were none.

        Raises:
            TapError: The tokens are of another account than the one asked for, or there is no valid token.
        """
        with self._lock:
            outcome: Settlement | None = None
            while (record := self._record or self._reload()) is None or not record.is_settled:
                identity = _identity_in(record) if record else None
                if identity is None:
                    self.access_token()
                    identity = identify()
                asked, record = self._record, self._reload()
                if record is None or record.is_settled or (asked is not None and asked.key != record.key):
                    continue  # another worker has moved it
                outcome = settle(self._store, record, identity, self._connect_options(), clock=self._clock)
                if outcome.decision is InstallerDecision.DISCARDED:
                    logger.warning("%s", outcome.line)
                self._reload()
            return outcome

    def update_record(self, change: Callable[[Record], Record]) -> Record | None:
        """Change the stored record of this connection, but not its tokens; None if it is not settled.

        Raises:
            TapError: The store cannot be read or written.
        """
        record = self._record
        if record is None or not record.is_settled:
            return None
        return self._store.update(record, change)

    @property
    def record(self) -> Record | None:
        """Record of this connection as last read from the store."""
        return self._record

    @property
    def last_outcome(self) -> TokenOutcome | None:
        """Outcome of the last refresh; None if there was none."""
        return self._last_outcome

    def secrets(self) -> set[str]:
        """Return all secrets known so far, for redaction. It takes no lock: a log line must not wait for a refresh."""
        return set(self._secrets)

    def _refresh(self, superseded: str | None, present: Record | None) -> Record:
        """Have tokens refreshed in the store, by this worker or another, and return the record.

        A refresh token whose answer was lost may be used up, so this credential does not send it again; the next run
        may. A request that was certainly not processed is sent again, after a wait and outside the store's lock.

        Args:
            superseded: The access token to replace.
            present: A record whose access token is still valid, to fall back on.
        """
        stored = self._record.refresh_token if self._record else None
        if self._lost and self._lost[0] == stored:
            raise TryLaterError(self._lost[1].cause, self._lost[1].remedy)
        began = self._clock()
        waits = backoff.expo(max_value=_LONGEST_WAIT_SECONDS)
        next(waits)  # the generator's first value only starts it
        while True:
            key = self._record.key if self._record else None
            report = self._refresher(replace(self._job, superseded=superseded, key=key))
            self._last_outcome = report.outcome
            self._log_warning(report.warning)
            record = self._reload()
            has_moved = key != (record.key if record else None)
            if report.outcome is TokenOutcome.CURRENT and has_moved and not (record and self._is_fresh(record)):
                continue
            self._has_contact = self._has_contact or report.outcome is not TokenOutcome.NOT_SENT
            is_obtained = report.outcome in {TokenOutcome.GRANTED, TokenOutcome.CURRENT}
            if record and (is_obtained or (self._is_fresh(record) and record.access_token != superseded)):
                return record
            error = token_error(
                report.outcome, report.cause or "The token store lost its record", report.remedy or "run the tap again"
            )
            if report.outcome is TokenOutcome.LOST:
                self._lost = (stored, error)
            if present and report.outcome in _HARMLESS:
                return self._put_off(present, report.outcome, error)
            wait_seconds = max(self._jitter(next(waits)), report.retry_after_seconds or 0.0)
            limit_seconds, spent_seconds = self._patience_for(report.outcome), self._clock() - began
            is_over = spent_seconds + wait_seconds > limit_seconds
            if report.outcome not in RESENDABLE or is_over:
                raise error
            spent = progress(spent_seconds, limit_seconds)
            logger.warning(
                "access token: %s; trying again in %.1f s (%s)",
                error.cause,
                wait_seconds,
                spent,
                extra={"event_name": "retry", "wait_seconds": wait_seconds, "limit_seconds": limit_seconds},
            )
            self._sleep(wait_seconds)

    def _patience_for(self, outcome: TokenOutcome) -> float:
        """Return how long to retry after an outcome."""
        if outcome is TokenOutcome.REFUSED_BY_PAGE:
            return min(_REFUSAL_BY_PAGE_SECONDS, self._patience_seconds)
        limit_seconds = self._patience_seconds
        return limit_seconds if self._has_contact else min(_FIRST_CONTACT_SECONDS, limit_seconds)

    def _put_off(self, present: Record, outcome: TokenOutcome, error: TapError) -> Record:
        """Return the record with the present access token, and pause refreshes for a while."""
        ends_at = present.access_token_expires_at
        self._paused_until = ends_at if outcome is TokenOutcome.LOST else self._clock() + _REFRESH_PAUSE_SECONDS
        left_seconds = ends_at - self._clock()
        logger.warning("%s; the present access token goes on for %.0f s", error.cause, left_seconds)
        return present

    def _connect_options(self) -> ConnectOptions:
        records = self._store.records(self._job.client_id)
        return ConnectOptions(allowed_account_ids=allowed_account_ids(records, self._job.account_id))

    def _is_fresh(self, record: Record) -> bool:
        return not record.needs_refresh(self._clock())

    def _reload(self) -> Record | None:
        job = self._job
        record = self._store.get(job.client_id, job.account_id) if job.account_id else None
        if record is None or not record.covers_seed(job.seed):
            record = choose_record(self._store.records(job.client_id), job.account_id, job.seed)
        if record:
            self._secrets |= {record.access_token, record.refresh_token}
        self._record = record
        return record

    def _log_warning(self, warning: str | None) -> None:
        """Log a warning of Jobber's once."""
        if not warning or warning in self._warnings_given:
            return
        self._warnings_given.add(warning)
        level = logging.INFO if warning.lower().startswith(_ROTATION_OFF) else logging.WARNING
        logger.log(level, "Jobber says: %s", " ".join(warning.split()))


def _identity_in(record: Record) -> Identity | None:
    """Return account and user of a record, if Jobber has told them before."""
    return Identity(record.account, record.installer) if record.account else None
