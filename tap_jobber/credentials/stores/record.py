"""The stored record of one connection: its tokens, whose they are, how it fares, and its JSON form.

Keys that this version does not know are kept as they are and written back, so that an older tap never strips what a
newer one has noted.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from tap_jobber.credentials.stores.json_object import JsonObject, NewerRecordError, RecordError

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = 1
EARLY_SECONDS = 300.0
PENDING = "pending:"
"""Begins the place of a record whose account has not been asked for yet; no account's id has a colon."""

_KEPT_SYNCS = 10
_KEPT_SEEDS = 20
_UNIDENTIFIED = "unidentified"


def fingerprint(token: str) -> str:
    """A digest by which a token is recognised again and from which it cannot be recovered."""
    return "sha256:" + hashlib.sha256(token.encode()).hexdigest()


class State(str, Enum):
    """How a connection fares, as far as it has been seen."""

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
        id: The account's id as the API gives it.
        name: The account's name, for people.
        extra: JsonObject of later versions.
    """

    id: str
    name: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        """Name and id."""
        return f"{self.name} ({self.id})" if self.name else self.id


@dataclass(frozen=True)
class Installer:
    """The user who first authorised the app.

    Args:
        user_id: The user's id as the API gives it.
        name: The user's full name, for people.
        extra: JsonObject of later versions.
    """

    user_id: str
    name: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        """Name and id."""
        return f"{self.name} ({self.user_id})" if self.name else self.user_id


@dataclass(frozen=True)
class Sync:
    """One run of the tap, as it ended.

    Args:
        began_at: When it began.
        ended_at: When it ended.
        rows: How many rows each stream brought.
        error: The line that it failed with, or None; also where only some streams are not complete.
        incomplete: The streams that are not complete, where the others are, with a line about each.
        extra: JsonObject of later versions.
    """

    began_at: float
    ended_at: float
    rows: Mapping[str, int] = field(default_factory=dict)
    error: str | None = None
    incomplete: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, object] = field(default_factory=dict, repr=False)

    @property
    def total(self) -> int:
        """How many rows it brought."""
        return sum(self.rows.values())

    def to_json(self) -> dict[str, object]:
        """The sync as it is stored."""
        return {
            **self.extra,
            "began_at": self.began_at,
            "ended_at": self.ended_at,
            "rows": dict(self.rows),
            "error": self.error,
            "incomplete": dict(self.incomplete),
        }


@dataclass(frozen=True)
class Record:
    """One connection. Times are epoch seconds by this machine's clock.

    Args:
        client_id: The app's client id.
        access_token: The token that API requests carry.
        access_token_obtained_at: When the access token was issued.
        access_token_expires_at: When the access token ends.
        refresh_token: The token that buys the next pair; dead as soon as it was redeemed, if rotation is on.
        seed_fingerprint: Digest of the configured refresh token that the connection began with.
        connected_at: When the connection was made.
        account: The account, once the API has told it.
        installer: The user who authorised, once the API has told it.
        name: A name that a person gave the connection.
        description: A short description that a person gave the connection.
        pending: Tells new tokens apart from others of the client until the installer rule has been applied to them;
            None once they stand for their account.
        past_seeds: Digests of other configured refresh tokens that are dealt with, so that they are not redeemed again.
        state: How the connection fares.
        state_since: Since when; None if it has been so from the beginning.
        state_reason: Why, unless it is connected.
        scopes: The scopes that the access token lists; none does not mean that none were granted.
        api_version: The API version that last answered.
        api_version_warning: What Jobber says of that version.
        syncs: The last runs of the tap, the latest first.
        extra: JsonObject of later versions.
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

    @property
    def place(self) -> str:
        """What tells this record from the client's others in a store: its account's id once it stands for that."""
        if self.account is not None and self.pending is None:
            return self.account.id
        return PENDING + (self.pending or _UNIDENTIFIED)

    @property
    def is_settled(self) -> bool:
        """Whether the record stands for its account."""
        return self.account is not None and self.pending is None

    def due(self, now_seconds: float) -> bool:
        """Whether the access token should be replaced: five minutes early, or at half of a shorter life."""
        lifetime_seconds = self.access_token_expires_at - self.access_token_obtained_at
        early_seconds = min(EARLY_SECONDS, lifetime_seconds / 2)
        return now_seconds >= self.access_token_expires_at - early_seconds

    def expired(self, now_seconds: float) -> bool:
        """Whether the access token has ended."""
        return now_seconds >= self.access_token_expires_at

    def began_with(self, seed: str | None) -> bool:
        """Whether the connection stems from the configured seed or has dealt with it: no newer authorisation waits.

        A seed that equals the stored refresh token is no news either: someone copied it from the store, or rotation is
        off.
        """
        if seed is None or seed == self.refresh_token:
            return True
        return fingerprint(seed) in {self.seed_fingerprint, *self.past_seeds}

    def with_past_seeds(self, *fingerprints: str | None) -> Record:
        """The record with further configured tokens dealt with; the oldest are forgotten."""
        known = dict.fromkeys([*(each for each in fingerprints if each), *self.past_seeds])
        known.pop(self.seed_fingerprint or "", None)
        return replace(self, past_seeds=tuple(known)[:_KEPT_SEEDS])

    def with_state(self, state: State, now_seconds: float, reason: str | None = None) -> Record:
        """The record in a state; itself if it is in that state already."""
        if self.state is state:
            return self
        return replace(self, state=state, state_since=now_seconds, state_reason=reason)

    def with_sync(self, sync: Sync) -> Record:
        """The record with one more run; the oldest are forgotten."""
        return replace(self, syncs=(sync, *self.syncs)[:_KEPT_SYNCS])

    def to_json(self) -> dict[str, object]:
        """The record as `from_json` reads it."""
        account, installer = self.account, self.installer
        return {
            **self.extra,
            "version": VERSION,
            "client_id": self.client_id,
            "account": account and {**account.extra, "id": account.id, "name": account.name},
            "installer": installer and {**installer.extra, "user_id": installer.user_id, "name": installer.name},
            "access_token": self.access_token,
            "access_token_obtained_at": self.access_token_obtained_at,
            "access_token_expires_at": self.access_token_expires_at,
            "refresh_token": self.refresh_token,
            "seed_fingerprint": self.seed_fingerprint,
            "connected_at": self.connected_at,
            "name": self.name,
            "description": self.description,
            "pending": self.pending,
            "past_seeds": list(self.past_seeds),
            "state": self.state.value,
            "state_since": self.state_since,
            "state_reason": self.state_reason,
            "scopes": list(self.scopes),
            "api_version": self.api_version,
            "api_version_warning": self.api_version_warning,
            "syncs": [sync.to_json() for sync in self.syncs],
        }

    @classmethod
    def from_json(cls, stored: object) -> Record:
        """The record that `to_json` wrote, by this version or an older one.

        Raises:
            RecordError: The value is not a record.
            NewerRecordError: A newer version than this one wrote it.
        """
        keys = JsonObject(stored, "a record")
        version = keys.number("version")
        if version > VERSION:
            message = f"it has version {version:g}, newer than {VERSION}"
            raise NewerRecordError(message)
        account = keys.nested("account")
        installer = keys.nested("installer")
        return cls(
            client_id=keys.text("client_id"),
            account=_account(account) if account else None,
            installer=_installer(installer) if installer else None,
            access_token=keys.text("access_token"),
            access_token_obtained_at=keys.number("access_token_obtained_at"),
            access_token_expires_at=keys.number("access_token_expires_at"),
            refresh_token=keys.text("refresh_token"),
            seed_fingerprint=keys.text_or_none("seed_fingerprint"),
            connected_at=keys.number("connected_at"),
            name=keys.text_or_none("name"),
            description=keys.text_or_none("description"),
            pending=keys.text_or_none("pending"),
            past_seeds=keys.texts("past_seeds"),
            state=_state(keys.text_or_none("state")),
            state_since=keys.number_or_none("state_since"),
            state_reason=keys.text_or_none("state_reason"),
            scopes=keys.texts("scopes"),
            api_version=keys.text_or_none("api_version"),
            api_version_warning=keys.text_or_none("api_version_warning"),
            syncs=tuple(_sync(JsonObject(each, "a sync")) for each in keys.items("syncs")),
            extra=keys.rest(),
        )


def place_of(stored: object) -> str:
    """The place of a stored record that may be damaged or of a later version."""
    if not isinstance(stored, dict):
        return PENDING + _UNIDENTIFIED
    account, pending = stored.get("account"), stored.get("pending")
    if isinstance(account, dict) and isinstance(account.get("id"), str) and pending is None:
        return str(account["id"])
    return PENDING + (pending if isinstance(pending, str) else _UNIDENTIFIED)


def _account(keys: JsonObject) -> Account:
    return Account(id=keys.text("id"), name=keys.text_or_none("name"), extra=keys.rest())


def _installer(keys: JsonObject) -> Installer:
    return Installer(user_id=keys.text("user_id"), name=keys.text_or_none("name"), extra=keys.rest())


def _sync(keys: JsonObject) -> Sync:
    return Sync(
        began_at=keys.number("began_at"),
        ended_at=keys.number("ended_at"),
        rows=keys.counts("rows"),
        error=keys.text_or_none("error"),
        incomplete=keys.texts_by_name("incomplete"),
        extra=keys.rest(),
    )


def _state(stored: str | None) -> State:
    try:
        return State(stored or State.CONNECTED)
    except ValueError as error:
        message = "state is not one that this version knows"
        raise RecordError(message) from error
