"""The critical section of a refresh: lock, read again, redeem, save; and the process that runs it.

With rotation on, Jobber ends the old refresh token as it answers. A worker killed between that answer and its own save
would lose the account. So the section runs in a process and session of its own, which no kill of the worker or of its
process group reaches, and which always ends by itself. A token can still be lost if this very process, or the machine,
is killed between answer and save.

A database that restarts ends all locks, while a worker may still wait for Jobber's answer. If another one sent the same
refresh token then, Jobber would refuse it, and a person would be called for nothing. So before a refresh token is sent,
the record says so, where locks can be lost; who finds that in a record waits for the end of the other's refresh.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from tap_jobber.credentials.account_choice import named_accounts
from tap_jobber.credentials.authorization import new_record, pending_name
from tap_jobber.credentials.jwt_claims import access_token_expires_at, read_claims
from tap_jobber.credentials.refresh_job import RefreshJob, RefreshReport
from tap_jobber.credentials.stores.location import open_store
from tap_jobber.credentials.stores.record import PENDING, Record, State, fingerprint
from tap_jobber.credentials.token_endpoint import TokenEndpoint
from tap_jobber.credentials.token_errors import AUTHORISE, explain_refresh_failure
from tap_jobber.credentials.token_responses import TokenOutcome, TokenResponse, Tokens
from tap_jobber.errors import TapError, TryLaterError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tap_jobber.credentials.stores.base import TokenStore

_SAVE_PAUSES_SECONDS = (1.0, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0)
_OTHER_S_PAUSES_SECONDS = (1.0, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0, 8.0)
"""Pauses while another worker, which has lost its lock, saves what it got; longer than its own between two attempts."""
_LOG_IN = "run tap-jobber --login, or authorise the app and set refresh_token"


def refresh_tokens_to_try(record: Record | None, seed: str | None) -> list[str]:
    """Return the refresh tokens in the order to try them; the next only if the one before was refused.

    A record falls back to the seed that it began with, and to no other one.
    """
    if record is None:
        return [seed] if seed else []
    began_with_seed = seed is not None and fingerprint(seed) == record.seed_fingerprint
    return list(dict.fromkeys([record.refresh_token, *([seed] if seed and began_with_seed else [])]))


def run_refresh(  # noqa: PLR0913 - each is a seam that tests replace
    job: RefreshJob,
    *,
    store: TokenStore,
    redeem: Callable[[str], TokenResponse],
    before_sending: Callable[[], None] = lambda: None,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> RefreshReport:
    """Replace the access token in the store, unless another worker has just done so.

    Sends each refresh token at most once. Never removes or overwrites stored tokens unless Jobber has issued new ones.

    Args:
        job: The job.
        store: The store of `job.store`.
        redeem: Redeems one refresh token, with at most one request a call.
        before_sending: Called once only the exchange and the save are left to do.
        clock: Seconds since 1970.
        sleep: Waits for some seconds.
    """
    try:
        key = job.key or _key_of_seed(job.seed)
        with store.lock(job.client_id, key):
            record = _after_other_s_refresh(store, store.get(job.client_id, key), sleep)
            settled = [each for each in store.records(job.client_id) if each.is_settled] if record is None else []
            if _is_done(record, settled, job, clock()):
                return RefreshReport(TokenOutcome.CURRENT)
            tokens = _tokens_to_send(record, settled, job, store)
            store.check_writable(record)
            _note_sending(store, record)
            before_sending()
            response, redeemed = _redeem_first(tokens, redeem)
            if response.tokens is None:
                newer = record is None and any(job.account_id in {None, each.key} for each in settled)
                cause, remedy = explain_refresh_failure(response, job.token_url, newer_than_stored=newer)
                if _is_replaced(store, record):
                    return RefreshReport(TokenOutcome.CURRENT)
                _note_failure(store, record, response, cause, clock())
                return RefreshReport(response.outcome, cause, remedy, retry_after_seconds=response.retry_after_seconds)
            _save(store, _refreshed(record, job, redeemed, response.tokens, clock()), sleep)
            return RefreshReport(TokenOutcome.GRANTED, warning=response.tokens.warning)
    except TryLaterError as error:
        return RefreshReport(TokenOutcome.BUSY, error.cause, error.remedy)
    except TapError as error:
        return RefreshReport(TokenOutcome.FAILED, error.cause, error.remedy)


def run_job(job: RefreshJob, before_sending: Callable[[], None] = lambda: None) -> RefreshReport:
    """Do a job in this process, with the store and the endpoint that it names."""
    try:
        store = open_store(job.store, lock_timeout_seconds=job.lock_timeout_seconds)
    except TapError as error:
        return RefreshReport(TokenOutcome.FAILED, error.cause, error.remedy)
    endpoint = TokenEndpoint(
        url=job.token_url,
        client_id=job.client_id,
        client_secret=job.client_secret,
        user_agent=job.user_agent,
        connect_timeout_seconds=job.connect_timeout_seconds,
        read_timeout_seconds=job.read_timeout_seconds,
    )
    return run_refresh(job, store=store, redeem=endpoint.redeem, before_sending=before_sending)


def main() -> None:
    """Do the job that comes as one line on standard input, and report on standard output.

    A line without its end means that the worker was killed while it wrote; nothing is sent then. A worker that is gone
    when the report is ready no longer needs it. The time-outs bound each step and the timer bounds their sum, against
    a server that sends a byte now and then.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    line = sys.stdin.buffer.readline()
    if not line.endswith(b"\n"):
        return
    job = RefreshJob.from_line(line)
    limit = threading.Timer(job.limit_seconds, os._exit, [1])
    limit.daemon = True
    limit.start()
    report = run_job(job, before_sending=_ignore_signals)
    with suppress(OSError):
        os.write(sys.stdout.fileno(), report.to_line())


def _ignore_signals() -> None:
    """Ignore requests to stop: from here on they would cost the account, and the end is near anyway."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _key_of_seed(seed: str | None) -> str:
    """Return the key of the record for the tokens that a seed is redeemed for."""
    return PENDING + pending_name(fingerprint(seed or ""))


def _is_dealt_with(seed: str | None, settled: Sequence[Record]) -> bool:
    """Return True if a settled record covers the configured refresh token."""
    return seed is not None and any(each.covers_seed(seed) for each in settled)


def _tokens_to_send(record: Record | None, settled: Sequence[Record], job: RefreshJob, store: TokenStore) -> list[str]:
    """Return the refresh tokens in the order to try them.

    Raises:
        TapError: There is none.
    """
    tokens = refresh_tokens_to_try(record, job.seed)
    if not tokens or _is_dealt_with(job.seed, settled):
        raise TapError(*_no_refresh_token(settled, job, store.label))
    return tokens


def _no_refresh_token(settled: Sequence[Record], job: RefreshJob, label: str) -> tuple[str, str]:
    """Return cause and remedy for an account that has no refresh token."""
    account = f" for account {job.account_id}" if job.account_id else ""
    cause = f"There is no refresh token{account} in the token store {label} or the settings"
    if not settled:
        return cause, f"check token_store, {_LOG_IN}"
    known = named_accounts(settled)
    return f"{cause}; they are of {known}", f"set account_id to the number or ID of the one that is meant, or {_LOG_IN}"


def _is_done(record: Record | None, settled: Sequence[Record], job: RefreshJob, now_seconds: float) -> bool:
    """Return True if another worker has done this job, or has moved the record, which has to be looked up again."""
    if record is not None:
        return record.access_token != job.superseded and not record.needs_refresh(now_seconds)
    if job.key is not None:
        return True
    is_here = job.account_id is None or any(each.key == job.account_id for each in settled)
    return is_here and _is_dealt_with(job.seed, settled)


def _redeem_first(tokens: list[str], redeem: Callable[[str], TokenResponse]) -> tuple[TokenResponse, str]:
    """Redeem tokens until one is not refused; return the last response and the token that got it."""
    response, redeemed = redeem(tokens[0]), tokens[0]
    for token in tokens[1:]:
        if response.outcome not in {TokenOutcome.REFUSED, TokenOutcome.REFUSED_BY_PAGE}:
            break
        response, redeemed = redeem(token), token
    return response, redeemed


def _refreshed(record: Record | None, job: RefreshJob, redeemed: str, tokens: Tokens, now_seconds: float) -> Record:
    """Return the record with new tokens; a new record if the seed was redeemed."""
    refresh_token = tokens.refresh_token or redeemed
    if record is None:
        return new_record(job.client_id, tokens, refresh_token, fingerprint(redeemed), now_seconds)
    claims = read_claims(tokens.access_token)
    return replace(
        record,
        access_token=tokens.access_token,
        access_token_obtained_at=now_seconds,
        access_token_expires_at=access_token_expires_at(tokens.access_token, tokens.expires_at, now_seconds),
        refresh_token=refresh_token,
        sent_fingerprint=None,
        scopes=claims.scopes if claims else record.scopes,
    ).with_state(State.CONNECTED, now_seconds)


def _note_failure(
    store: TokenStore, record: Record | None, response: TokenResponse, cause: str, now_seconds: float
) -> None:
    """Mark a connection that Jobber has ended, and that nothing is under way; its tokens stay, to find out why."""
    states = {TokenOutcome.REFUSED: State.REFUSED, TokenOutcome.DISCONNECTED: State.DISCONNECTED}
    state = states.get(response.outcome) if response.is_certain else None
    if record is None or (state is None and not store.may_lose_locks):
        return

    def noted(each: Record) -> Record:
        if each.refresh_token != record.refresh_token:
            return each
        ended = replace(each, sent_fingerprint=None)
        return ended.with_state(state, now_seconds, cause) if state else ended

    with suppress(TapError):
        store.update(record, noted)


def _note_sending(store: TokenStore, record: Record | None) -> None:
    """Note in a record that its refresh token is about to be sent, if others could come in between.

    Raises:
        TapError: That could not be written; nothing has been sent.
    """
    if record is not None and store.may_lose_locks:
        sent = fingerprint(record.refresh_token)
        store.update(record, lambda each: replace(each, sent_fingerprint=sent))


def _after_other_s_refresh(store: TokenStore, record: Record | None, sleep: Callable[[float], None]) -> Record | None:
    """Return a record as it is once a refresh has ended whose worker lost its lock, or was killed with it."""
    for pause_seconds in _OTHER_S_PAUSES_SECONDS:
        if record is None or not record.is_being_refreshed:
            return record
        sleep(pause_seconds)
        record = store.get(record.client_id, record.key)
    return record


def _is_replaced(store: TokenStore, record: Record | None) -> bool:
    """Return True if another worker has saved tokens since a record was read."""
    if record is None or not store.may_lose_locks:
        return False
    with suppress(TapError):
        present = store.get(record.client_id, record.key)
        return present is not None and present.refresh_token != record.refresh_token
    return False


def _save(store: TokenStore, record: Record, sleep: Callable[[float], None]) -> None:
    """Save tokens that exist nowhere else, with patience for a full disk or a database that restarts.

    Notes that others made in the record meanwhile stay; they never touch its tokens.

    Raises:
        TapError: The tokens could not be saved and are lost.
    """

    def decide(records: Mapping[str, Record]) -> tuple[dict[str, Record | None], None]:
        return {record.key: _with_notes_of(records.get(record.key, record), record)}, None

    for pause_seconds in _SAVE_PAUSES_SECONDS:
        with suppress(TapError):
            store.change(record.client_id, decide, {record.key})
            return
        sleep(pause_seconds)
    try:
        store.change(record.client_id, decide, {record.key})
    except TapError as error:
        cause = f"Jobber issued new tokens that could not be kept: {error.cause}"
        remedy = f"{error.remedy}; if Jobber then refuses the refresh token, {AUTHORISE}"
        raise TapError(cause, remedy) from error


def _with_notes_of(present: Record, refreshed: Record) -> Record:
    """Return the refreshed record with the notes of the one in the store."""
    return replace(
        refreshed,
        name=present.name,
        description=present.description,
        past_seeds=present.past_seeds,
        api_version=present.api_version,
        api_version_warning=present.api_version_warning,
        syncs=present.syncs,
        extra=present.extra,
    )


if __name__ == "__main__":
    main()
