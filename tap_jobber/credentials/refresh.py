"""The critical section of a refresh: lock, read again, redeem, save; and the process it runs in.

With rotation on, Jobber kills the old refresh token as it answers. A worker killed between that answer and its own
save would lose the account, so the section runs in a process and session of its own, which no kill of the worker or of
its process group reaches, and which always ends by itself. What can still lose a token is a kill of this very process,
or of the machine, within the moment between answer and save.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from tap_jobber.credentials.authorization import new_record, pending_name
from tap_jobber.credentials.jwt_claims import claims, expiry
from tap_jobber.credentials.stores.location import open_store
from tap_jobber.credentials.stores.record import PENDING, Record, State, fingerprint
from tap_jobber.credentials.token_endpoint import TokenEndpoint
from tap_jobber.credentials.token_errors import AUTHORISE, explain
from tap_jobber.credentials.token_responses import Answer, Outcome, Tokens
from tap_jobber.errors import TapError, TryLaterError
from tap_jobber.wording import enumerated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tap_jobber.credentials.stores.base import TokenStore

_SAVING_SECONDS = 100.0
_SAVE_PAUSES = (1.0, 1.0, 2.0, 4.0, 8.0)
_LOG_IN = "run tap-jobber --login, or authorise the app and set refresh_token"


@dataclass(frozen=True)
class RefreshJob:
    """All that a refresh needs, in a form that crosses to another process.

    Args:
        store: The `location` of the token store, which may hold a password.
        token_url: The token endpoint's address.
        client_id: The app's client id.
        client_secret: The app's client secret.
        seed: The configured refresh token, if any.
        account_id: The configured account, if any.
        place: The place of the record to renew; None to redeem the seed.
        superseded: The access token that is to be replaced, if there was one; if the store has another by now, that
            one will do.
        user_agent: The `User-Agent` header.
        connect_timeout_seconds: How long a connection may take.
        read_timeout_seconds: How long the server may stay silent.
        lock_timeout_seconds: How long another worker may hold the store.
    """

    store: str = field(repr=False)
    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    seed: str | None = field(default=None, repr=False)
    account_id: str | None = None
    place: str | None = None
    superseded: str | None = field(default=None, repr=False)
    user_agent: str = "tap-jobber"
    connect_timeout_seconds: float = 10.0
    read_timeout_seconds: float = 30.0
    lock_timeout_seconds: float = 60.0

    @property
    def limit_seconds(self) -> float:
        """After this the refresh has ended, one way or another: the lock, two exchanges, the save."""
        exchange_seconds = self.connect_timeout_seconds + self.read_timeout_seconds
        return self.lock_timeout_seconds + 2 * exchange_seconds + _SAVING_SECONDS


@dataclass(frozen=True)
class Report:
    """How a refresh ended. It carries no token: those are read from the store, where they are if they exist.

    Args:
        outcome: `GRANTED` and `CURRENT` mean that the store has an access token to use.
        cause: What went wrong, as `TapError` takes it.
        remedy: What to do about it, as `TapError` takes it.
        warning: Jobber's remark on rotation, if any.
        retry_after_seconds: How long the server asked to be left alone.
    """

    outcome: Outcome
    cause: str = ""
    remedy: str = ""
    warning: str | None = None
    retry_after_seconds: float | None = None

    def to_line(self) -> bytes:
        """The report as one line of JSON."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Report:
        """The report that `to_line` wrote.

        Raises:
            ValueError: The line is not one, or not whole.
        """
        try:
            fields = json.loads(line)
            return cls(**{**fields, "outcome": Outcome(fields["outcome"])})
        except (KeyError, TypeError) as error:
            raise ValueError(str(error)) from error


def candidates(record: Record | None, seed: str | None) -> list[str]:
    """The refresh tokens to try, in this order; the next only if the one before was refused.

    A record falls back to the seed that it began with, and to no other one.
    """
    if record is None:
        return [seed] if seed else []
    began_with_it = seed is not None and fingerprint(seed) == record.seed_fingerprint
    return list(dict.fromkeys([record.refresh_token, *([seed] if seed and began_with_it else [])]))


def run_refresh(  # noqa: PLR0913 - each is a seam that tests replace
    job: RefreshJob,
    *,
    store: TokenStore,
    redeem: Callable[[str], Answer],
    before_sending: Callable[[], None] = lambda: None,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Report:
    """Replaces the access token in the store, unless another worker has just done so.

    Sends each refresh token at most once. Never removes or overwrites stored tokens unless Jobber has issued new ones.

    Args:
        job: What to do.
        store: The store of `job.store`.
        redeem: Redeems one refresh token, at most one request a call.
        before_sending: Called once nothing but the exchange and the save is left to do.
        clock: Epoch seconds.
        sleep: Waits some seconds.
    """
    try:
        place = job.place or _place_of_seed(job.seed)
        with store.exclusive(job.client_id, place):
            record = store.at(job.client_id, place)
            settled = [each for each in store.records(job.client_id) if each.is_settled] if record is None else []
            if _has_happened(record, settled, job, clock()):
                return Report(Outcome.CURRENT)
            tokens = candidates(record, job.seed)
            if not tokens or _is_dealt_with(job.seed, settled):
                return Report(Outcome.FAILED, *_nothing(settled, job))
            store.check_writable(record)
            before_sending()
            answer, redeemed = _redeem_first(tokens, redeem)
            if answer.tokens is None:
                stands = any(job.account_id in {None, each.place} for each in settled)
                cause, remedy = explain(answer, job.token_url, newer_than_stored=record is None and stands)
                _note_failure(store, record, answer, cause, clock())
                return Report(answer.outcome, cause, remedy, retry_after_seconds=answer.retry_after_seconds)
            _save(store, _renewed(record, job, redeemed, answer.tokens, clock()), sleep)
            return Report(Outcome.GRANTED, warning=answer.tokens.warning)
    except TryLaterError as error:
        return Report(Outcome.BUSY, error.cause, error.remedy)
    except TapError as error:
        return Report(Outcome.FAILED, error.cause, error.remedy)


def run_in_process(job: RefreshJob, before_sending: Callable[[], None] = lambda: None) -> Report:
    """Does the job here and now, with the store and the endpoint that it names."""
    try:
        store = open_store(job.store, lock_timeout_seconds=job.lock_timeout_seconds)
    except TapError as error:
        return Report(Outcome.FAILED, error.cause, error.remedy)
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
    """Does the job that comes as one line on standard input and reports on standard output.

    A line without its end means that the worker was killed while it wrote; then nothing was asked. A worker that is
    gone when the report is ready no longer needs it. The time-outs bound each step and the timer bounds their sum,
    against a server that sends a byte now and then.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    line = sys.stdin.buffer.readline()
    if not line.endswith(b"\n"):
        return
    job = RefreshJob(**json.loads(line))
    limit = threading.Timer(job.limit_seconds, os._exit, [1])
    limit.daemon = True
    limit.start()
    report = run_in_process(job, before_sending=_ignore_signals)
    with suppress(OSError):
        os.write(sys.stdout.fileno(), report.to_line())


def _ignore_signals() -> None:
    """From here to the end a polite request to stop would cost the account; the end is near anyway."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _place_of_seed(seed: str | None) -> str:
    """Where what comes of redeeming a seed goes."""
    return PENDING + pending_name(fingerprint(seed or ""))


def _is_dealt_with(seed: str | None, settled: Sequence[Record]) -> bool:
    """Whether what has become of a configured refresh token is in the store."""
    return seed is not None and any(each.began_with(seed) for each in settled)


def _nothing(settled: Sequence[Record], job: RefreshJob) -> tuple[str, str]:
    """The cause and the remedy where there is no token for the account that is meant."""
    account = f" for account {job.account_id}" if job.account_id else ""
    cause = f"There is no refresh token{account} in the token store or the settings"
    if not settled:
        return cause, _LOG_IN
    known = enumerated([str(each.account) for each in settled])
    return f"{cause}; they are of {known}", f"set account_id to the ID of the one that is meant, or {_LOG_IN}"


def _has_happened(record: Record | None, settled: Sequence[Record], job: RefreshJob, now_seconds: float) -> bool:
    """Whether another worker has done this job, or has moved the record, which is then to be looked for again."""
    if record is not None:
        return record.access_token != job.superseded and not record.due(now_seconds)
    if job.place is not None:
        return True
    is_here = job.account_id is None or any(each.place == job.account_id for each in settled)
    return is_here and _is_dealt_with(job.seed, settled)


def _redeem_first(tokens: list[str], redeem: Callable[[str], Answer]) -> tuple[Answer, str]:
    """The answer to the first token that is not refused, or the last refusal, and the token that got it."""
    answer, redeemed = redeem(tokens[0]), tokens[0]
    for token in tokens[1:]:
        if answer.outcome not in {Outcome.REFUSED, Outcome.REFUSED_BY_PAGE}:
            break
        answer, redeemed = redeem(token), token
    return answer, redeemed


def _renewed(record: Record | None, job: RefreshJob, redeemed: str, tokens: Tokens, now_seconds: float) -> Record:
    """The record with the new tokens; a new one if the seed was redeemed."""
    refresh_token = tokens.refresh_token or redeemed
    if record is None:
        return new_record(job.client_id, tokens, refresh_token, fingerprint(redeemed), now_seconds)
    readable = claims(tokens.access_token)
    return replace(
        record,
        access_token=tokens.access_token,
        access_token_obtained_at=now_seconds,
        access_token_expires_at=expiry(tokens.access_token, tokens.expires_at, now_seconds),
        refresh_token=refresh_token,
        scopes=readable.scopes if readable else record.scopes,
    ).with_state(State.CONNECTED, now_seconds)


def _note_failure(store: TokenStore, record: Record | None, answer: Answer, cause: str, now_seconds: float) -> None:
    """Notes in the store that a connection is dead; its tokens stay, for they may be wanted to find out why."""
    states = {Outcome.REFUSED: State.REFUSED, Outcome.DISCONNECTED: State.DISCONNECTED}
    if record is not None and answer.outcome in states and answer.certain:
        with suppress(TapError):
            store.update(record, lambda each: each.with_state(states[answer.outcome], now_seconds, cause))


def _save(store: TokenStore, record: Record, sleep: Callable[[float], None]) -> None:
    """Saves tokens that exist nowhere else, with some patience for a full disk or a database that is restarted.

    What others have noted in the record meanwhile stays; only they do not touch its tokens.

    Raises:
        TapError: They could not be saved and are gone.
    """

    def with_tokens(records: Mapping[str, Record]) -> dict[str, Record | None]:
        return {record.place: _with_tokens_of(record, records.get(record.place, record))}

    for pause_seconds in _SAVE_PAUSES:
        with suppress(TapError):
            store.change(record.client_id, with_tokens, {record.place})
            return
        sleep(pause_seconds)
    try:
        store.change(record.client_id, with_tokens, {record.place})
    except TapError as error:
        cause = f"Jobber issued new tokens that could not be kept: {error.cause}"
        remedy = f"{error.remedy}; if Jobber then refuses the refresh token, {AUTHORISE}"
        raise TapError(cause, remedy) from error


def _with_tokens_of(renewed: Record, present: Record) -> Record:
    return replace(
        renewed,
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
