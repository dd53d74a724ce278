"""Locks that end while their holder goes on, as when a database restarts in the middle of a refresh."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tap_jobber.credentials.refresh import run_refresh
from tap_jobber.credentials.refresh_job import RefreshJob
from tap_jobber.credentials.stores.file import FileTokenStore
from tap_jobber.credentials.stores.record import Account, Record, State, fingerprint
from tap_jobber.credentials.token_responses import TokenOutcome, TokenResponse, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tap_jobber.credentials.refresh_job import RefreshReport

NOW = 10_000.0
DUE = Record("client", "old", 0.0, NOW, "sent by both", None, 0.0, Account("a1", "Green Lawns"))
SENT = replace(DUE, sent_fingerprint=fingerprint("sent by both"))
SAVED = replace(DUE, access_token="new", access_token_expires_at=NOW + 3_600, refresh_token="of the other")
REFUSAL = TokenResponse(TokenOutcome.REFUSED, "HTTP 401", is_certain=True)
GRANT = TokenResponse(TokenOutcome.GRANTED, tokens=Tokens("newer", "next"))


class ForgetfulStore(FileTokenStore):
    """A store whose locks may end early."""

    may_lose_locks = True


@pytest.fixture
def store(tmp_path: Path) -> ForgetfulStore:
    return ForgetfulStore(tmp_path / "tokens.json")


def refresh(
    store: ForgetfulStore,
    redeem: Callable[[str], TokenResponse],
    sleep: Callable[[float], None] = lambda _: None,
) -> RefreshReport:
    job = RefreshJob("", "http://jobber", "client", "secret", key="a1", superseded="old")
    return run_refresh(job, store=store, redeem=redeem, sleep=sleep, clock=lambda: NOW)


def never(_: str) -> TokenResponse:
    pytest.fail("a refresh token was sent that another worker had sent already")


def test_who_gets_the_lock_waits_for_what_the_other_saves(store: ForgetfulStore) -> None:
    store.save(SENT)
    naps: list[float] = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        if sum(naps) > 9:
            store.save(SAVED)

    assert refresh(store, never, sleep).outcome is TokenOutcome.CURRENT
    assert 9 < sum(naps) < 20
    assert store.records() == [SAVED]


def test_a_worker_that_was_killed_with_its_host_is_not_waited_for_for_ever(store: ForgetfulStore) -> None:
    store.save(SENT)
    naps: list[float] = []
    assert refresh(store, lambda _: GRANT, naps.append).outcome is TokenOutcome.GRANTED
    assert 30 < sum(naps) < 60
    (record,) = store.records()
    assert (record.refresh_token, record.sent_fingerprint) == ("next", None)


def test_it_is_noted_before_it_is_sent_and_no_longer_than_that(store: ForgetfulStore) -> None:
    store.save(DUE)
    noted = []

    def redeem(_: str) -> TokenResponse:
        noted.extend(store.records())
        return TokenResponse(TokenOutcome.UNAVAILABLE, "HTTP 503")

    assert refresh(store, redeem).outcome is TokenOutcome.UNAVAILABLE
    assert noted == [SENT]
    assert store.records() == [DUE]


@pytest.mark.parametrize("is_saved", [True, False])
def test_a_refusal_counts_only_if_the_token_is_still_the_stored_one(store: ForgetfulStore, *, is_saved: bool) -> None:
    store.save(DUE)

    def redeem(_: str) -> TokenResponse:
        if is_saved:
            store.save(SAVED)
        return REFUSAL

    outcome = refresh(store, redeem).outcome
    (record,) = store.records()
    assert (outcome, record.state) == (
        (TokenOutcome.CURRENT, State.CONNECTED) if is_saved else (TokenOutcome.REFUSED, State.REFUSED)
    )


def test_a_note_of_another_token_is_none(store: ForgetfulStore) -> None:
    """An older version of the tap has refreshed it since, and kept what it did not know."""
    store.save(replace(DUE, sent_fingerprint=fingerprint("an earlier one")))
    assert refresh(store, lambda _: GRANT, lambda _: pytest.fail("it waited")).outcome is TokenOutcome.GRANTED
