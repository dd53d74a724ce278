"""A store, a clock and a Jobber for tests of the credential."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tap_jobber.credentials.credential import Credential
from tap_jobber.credentials.installer import Identity
from tap_jobber.credentials.refresh import run_refresh
from tap_jobber.credentials.stores.record import Account, Installer
from tap_jobber.credentials.token_responses import TokenOutcome, TokenResponse, Tokens

if TYPE_CHECKING:
    from tap_jobber.credentials.refresh_job import RefreshJob, RefreshReport
    from tap_jobber.credentials.stores.file import FileTokenStore
    from tap_jobber.credentials.stores.record import Record

START = 1_000_000.0


@dataclass
class World:
    """A store, a clock that moves when someone sleeps, and a Jobber that rotates; faults come first."""

    store: FileTokenStore
    now: float = START
    accepted: str = "seed"
    warning: str | None = None
    faults: list[TokenResponse] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    naps: list[float] = field(default_factory=list)

    def redeem(self, refresh_token: str) -> TokenResponse:
        """Answer as Jobber would."""
        self.sent.append(refresh_token)
        if self.faults:
            return self.faults.pop(0)
        if refresh_token != self.accepted:
            return TokenResponse(TokenOutcome.REFUSED, "HTTP 401: The provided refresh token is not valid.")
        number = len(self.sent)
        self.accepted = f"refresh-{number}"
        return TokenResponse(
            TokenOutcome.GRANTED, tokens=Tokens(f"access-{number}", self.accepted, warning=self.warning)
        )

    def sleep(self, seconds: float) -> None:
        """Move the clock."""
        self.naps.append(seconds)
        self.now += seconds

    def refresh(self, job: RefreshJob) -> RefreshReport:
        """Do a refresh in this process."""
        return run_refresh(job, store=self.store, redeem=self.redeem, clock=lambda: self.now, sleep=self.sleep)

    def credential(self, seed: str | None = "seed", account_id: str | None = None) -> Credential:
        """Return a new worker."""
        return Credential(
            account_id=account_id,
            client_id="client",
            client_secret="client-secret",
            seed_refresh_token=seed,
            token_url="http://jobber/oauth/token",
            store=self.store,
            refresher=self.refresh,
            clock=lambda: self.now,
            sleep=self.sleep,
            jitter=lambda seconds: seconds,
        )

    def stored(self) -> Record:
        """Return the latest record in the store."""
        return max(self.store.records("client"), key=lambda record: record.access_token_obtained_at)


def alice(account: str = "a1", name: str | None = "Green Lawns") -> Identity:
    return Identity(Account(account, name), Installer("u1", "Alice"))


def bob(account: str = "a1") -> Identity:
    return Identity(Account(account, "Green Lawns"), Installer("u2", "Bob"))


def never() -> Identity:
    pytest.fail("Jobber was asked though it was known")
