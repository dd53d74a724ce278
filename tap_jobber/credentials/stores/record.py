"""The record of one connection: its tokens, its account and installer, its state, and the last runs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from tap_jobber.errors import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

REFRESH_EARLY_SECONDS = 300.0
"""An access token is refreshed this long before it expires."""
PENDING = "pending:"
"""Prefix of the key of a record that is not settled; no account id holds a colon."""

_SIGNALLED = 128
"""An exit status above it names a signal."""
_STOPPED_FORMERLY = "it was stopped with status "
"""Beginning of the error line of stopped runs, as versions noted it that noted no exit status."""
_KEPT_SYNCS = 10
_KEPT_SEEDS = 20
UNIDENTIFIED = "unidentified"
"""Name of a pending record that states none."""


def fingerprint(token: str) -> str:
    """Return the digest of a token, which identifies the token without revealing it."""
    return "sha256:" + hashlib.sha256(token.encode()).hexdigest()


class State(str, Enum):
    """State of a connection, as far as it has been seen."""

    CONNECTED = "connected"
    """Its tokens work."""
    DISCONNECTED = "disconnected"
    """The app was disconnected from the account: all tokens of the account are dead."""
    REFUSED = "refused"
    """Jobber refuses its refresh token, or the tokens are of an account that was not asked for."""


@dataclass(frozen=True)
class Account:
    """The Jobber account that the tokens open.

    Args:
        id: Its id as the API gives it.
        name: Its name, for people.
        extra: JsonObject of later versions.
    """

    id: str
    name: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        """Return name and id."""
        return f"{self.name} ({self.id})" if self.name else self.id


@dataclass(frozen=True)
class Installer:
    """The user who first authorised the app.

    Args:
        user_id: Their id as the API gives it.
        name: Their full name, for people.
        extra: JsonObject of later versions.
        timezone: Their time zone by its name in the tz database, such as `America/Denver`.
    """

    user_id: str
    name: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict, repr=False)
    timezone: str | None = None

    def __str__(self) -> str:
        """Return name and id."""
        return f"{self.name} ({self.user_id})" if self.name else self.user_id


class RunStatus(str, Enum):
    """How a run ended; the same words in reports, in lists of connections and, for people, on the connect page."""

    COMPLETE = "complete"
    """All that is selected was read."""
    PARTIAL = "partial"
    """It came to its end, but something of some streams is missing."""
    FAILED = "failed"
    """An error ended it."""
    STOPPED = "stopped"
    """A signal ended it; the next run goes on from there."""

    @classmethod
    def of(cls, exit_status: int) -> RunStatus:
        """Return how a run ended that has an exit status."""
        if exit_status > _SIGNALLED:
            return cls.STOPPED
        return {0: cls.COMPLETE, int(ExitStatus.PARTIAL): cls.PARTIAL}.get(exit_status, cls.FAILED)


@dataclass(frozen=True)
class Sync:
    """One run of the tap.

    Args:
        began_at: Start of the run.
        ended_at: End of the run.
        rows: Number of rows of each stream.
        error: The error line of a run that failed or is not complete; otherwise None.
        incomplete: A line for each stream that is not complete, if the others are.
        exit_status: The exit status; None in records of versions that did not note it.
        extra: JsonObject of later versions.
    """

    began_at: float
    ended_at: float
    rows: Mapping[str, int] = field(default_factory=dict)
    error: str | None = None
    incomplete: Mapping[str, str] = field(default_factory=dict)
    exit_status: int | None = None
    extra: Mapping[str, object] = field(default_factory=dict, repr=False)

    @property
    def status(self) -> RunStatus:
        """How it ended."""
        if self.exit_status is not None:
            return RunStatus.of(self.exit_status)
        if self.incomplete:
            return RunStatus.PARTIAL
        if self.error is None:
            return RunStatus.COMPLETE
        return RunStatus.STOPPED if self.error.startswith(_STOPPED_FORMERLY) else RunStatus.FAILED

    @property
    def row_count(self) -> int:
        """Number of rows of all streams."""
        return sum(self.rows.values())


@dataclass(frozen=True)
class Record:
    """One connection. Times are seconds since 1970 by this machine's clock.

    Args:
        client_id: The app's client id.
        access_token: The token sent with API requests.
        access_token_obtained_at: Time at which Jobber issued the access token.
        access_token_expires_at: Time at which the access token expires.
        refresh_token: The token to redeem for the next pair; with rotation, it works once.
        seed_fingerprint: Fingerprint of the seed (the refresh token in the settings) that the connection began with.
        connected_at: Time at which the account was connected.
        account: The account; None until the API has been asked.
        installer: The user who authorised the app; None until the API has been asked, or if it hides users.
        name: A name that a person gave the connection.
        description: A short description that a person gave the connection.
        pending: Name of a record of new tokens until the installer rule has been applied to them; None once the
            record is settled.
        past_seeds: Fingerprints of other seeds that are dealt with and not redeemed again.
        state: Its state.
        state_since: Start of that state; None if it has not changed yet.
        state_reason: Reason for the state, unless it is connected.
        scopes: Scopes that the access token lists; an empty list does not mean that none were granted.
        api_version: API version of the last answer.
        api_version_warning: Jobber's warning about that version.
        syncs: The last runs of the tap, newest first.
        extra: JsonObject of later versions.
        sent_fingerprint: Fingerprint of a refresh token that has been sent to Jobber, until its end is known.
    """

    client_id: str
    access_token: str = field(repr=False)
    access_token_obtained_at: float
    access_token_expires_at: float
    refresh_token: str = field(repr=False)
    seed_fingerprint: str | None
    connected_at: float
    account: Account | None = None
    installer: Installer | None = None
    name: str | None = None
    description: str | None = None
    pending: str | None = None
    past_seeds: tuple[str, ...] = ()
    state: State = State.CONNECTED
    state_since: float | None = None
    state_reason: str | None = None
    scopes: tuple[str, ...] = ()
    api_version: str | None = None
    api_version_warning: str | None = None
    syncs: tuple[Sync, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict, repr=False)
    sent_fingerprint: str | None = None

    @property
    def key(self) -> str:
        """Key of the record among those of its client: the account's id once it is settled, else a pending name."""
        if self.account is not None and self.pending is None:
            return self.account.id
        return PENDING + (self.pending or UNIDENTIFIED)

    @property
    def is_settled(self) -> bool:
        """True if the installer rule has been applied and these tokens stand for their account."""
        return self.account is not None and self.pending is None

    def needs_refresh(self, now_seconds: float) -> bool:
        """Return True if the access token expires within five minutes, or has spent half of a shorter lifetime."""
        lifetime_seconds = self.access_token_expires_at - self.access_token_obtained_at
        early_seconds = min(REFRESH_EARLY_SECONDS, lifetime_seconds / 2)
        return now_seconds >= self.access_token_expires_at - early_seconds

    @property
    def is_being_refreshed(self) -> bool:
        """True if a worker has sent the refresh token, and has not told how that ended."""
        return self.sent_fingerprint == fingerprint(self.refresh_token)

    def is_expired(self, now_seconds: float) -> bool:
        """Return True if the access token has expired."""
        return now_seconds >= self.access_token_expires_at

    def covers_seed(self, seed: str | None) -> bool:
        """Return True if the connection began with the seed or has dealt with it, so that the seed is no news.

        This includes a seed that equals the stored refresh token: it was copied from the store, or rotation is off.
        """
        if seed is None or seed == self.refresh_token:
            return True
        return fingerprint(seed) in {self.seed_fingerprint, *self.past_seeds}

    def with_past_seeds(self, *fingerprints: str | None) -> Record:
        """Return the record with further seeds noted as dealt with; the oldest are dropped."""
        known = dict.fromkeys([*(each for each in fingerprints if each), *self.past_seeds])
        known.pop(self.seed_fingerprint or "", None)
        return replace(self, past_seeds=tuple(known)[:_KEPT_SEEDS])

    def with_state(self, state: State, now_seconds: float, reason: str | None = None) -> Record:
        """Return the record in a state; itself if it is in that state already."""
        if self.state is state:
            return self
        return replace(self, state=state, state_since=now_seconds, state_reason=reason)

    def with_sync(self, sync: Sync) -> Record:
        """Return the record with one more run; the oldest are dropped."""
        return replace(self, syncs=(sync, *self.syncs)[:_KEPT_SYNCS])
