"""The stored record of one connection: its tokens, whose they are, and its JSON form.

Keys that this version does not know are kept as they are and written back, so that an older tap never strips what a
newer one has noted.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = 1
EARLY_SECONDS = 300.0


class RecordError(ValueError):
    """A stored record does not have the shape of one."""


def fingerprint(token: str) -> str:
    """A digest by which a token is recognised again and from which it cannot be recovered."""
    return "sha256:" + hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True)
class Account:
    """The Jobber account that the tokens open.

    Args:
        id: The account's id as the API gives it.
        name: The account's name, for people.
        extra: Keys of later versions.
    """

    id: str
    name: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Installer:
    """The user who first authorised the app.

    Args:
        user_id: The user's id as the API gives it.
        extra: Keys of later versions.
    """

    user_id: str
    extra: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Record:
    """One connection. Times are epoch seconds by this machine's clock.

    Args:
        client_id: The app's client id, under which the record is stored.
        access_token: The token that API requests carry.
        access_token_obtained_at: When the access token was issued.
        access_token_expires_at: When the access token ends.
        refresh_token: The token that buys the next pair; dead as soon as it was redeemed, if rotation is on.
        seed_fingerprint: Digest of the configured refresh token that the connection began with.
        connected_at: When the connection was made, by the present seed.
        account: The account, once the API has told it.
        installer: The user who authorised, once the API has told it.
        name: A name that a person gave the connection.
        description: A short description that a person gave the connection.
        extra: Keys of later versions.
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
    extra: Mapping[str, object] = field(default_factory=dict, repr=False)

    def due(self, now_seconds: float) -> bool:
        """Whether the access token should be replaced: five minutes early, or at half of a shorter life."""
        lifetime_seconds = self.access_token_expires_at - self.access_token_obtained_at
        early_seconds = min(EARLY_SECONDS, lifetime_seconds / 2)
        return now_seconds >= self.access_token_expires_at - early_seconds

    def expired(self, now_seconds: float) -> bool:
        """Whether the access token has ended."""
        return now_seconds >= self.access_token_expires_at

    def began_with(self, seed: str | None) -> bool:
        """Whether the connection stems from the configured seed, so that no newer authorisation waits.

        A seed that equals the stored refresh token is no news either: someone copied it from the store, or rotation is
        off.
        """
        return seed is None or seed == self.refresh_token or fingerprint(seed) == self.seed_fingerprint

    def to_json(self) -> dict[str, object]:
        """The record as `from_json` reads it."""
        return {
            **self.extra,
            "version": VERSION,
            "client_id": self.client_id,
            "account": self.account and {**self.account.extra, "id": self.account.id, "name": self.account.name},
            "installer": self.installer and {**self.installer.extra, "user_id": self.installer.user_id},
            "access_token": self.access_token,
            "access_token_obtained_at": self.access_token_obtained_at,
            "access_token_expires_at": self.access_token_expires_at,
            "refresh_token": self.refresh_token,
            "seed_fingerprint": self.seed_fingerprint,
            "connected_at": self.connected_at,
            "name": self.name,
            "description": self.description,
        }

    @classmethod
    def from_json(cls, stored: object) -> Record:
        """The record that `to_json` wrote, by this version or an older one.

        Raises:
            RecordError: The value is not a record, or a newer version than this one wrote it.
        """
        keys = _Keys(stored, "a record")
        version = keys.number("version")
        if version > VERSION:
            message = f"it has version {version:g}, newer than {VERSION}"
            raise RecordError(message)
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
            extra=keys.rest(),
        )


class _Keys:
    """A JSON object whose keys are taken one by one; what is left over is `rest()`.

    Its messages name keys and never values, since values are secrets.
    """

    def __init__(self, stored: object, what: str) -> None:
        if not isinstance(stored, dict):
            message = f"{what} is not a JSON object"
            raise RecordError(message)
        self._left: dict[str, object] = dict(stored)

    def text_or_none(self, key: str) -> str | None:
        value = self._left.pop(key, None)
        if value is not None and not isinstance(value, str):
            message = f"{key} is not a string"
            raise RecordError(message)
        return value

    def text(self, key: str) -> str:
        value = self.text_or_none(key)
        if not value:
            message = f"{key} is missing"
            raise RecordError(message)
        return value

    def number(self, key: str) -> float:
        value = self._left.pop(key, None)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            message = f"{key} is not a number"
            raise RecordError(message)
        return value

    def nested(self, key: str) -> _Keys | None:
        value = self._left.pop(key, None)
        return None if value is None else _Keys(value, key)

    def rest(self) -> Mapping[str, object]:
        return self._left


def _account(keys: _Keys) -> Account:
    return Account(id=keys.text("id"), name=keys.text_or_none("name"), extra=keys.rest())


def _installer(keys: _Keys) -> Installer:
    return Installer(user_id=keys.text("user_id"), extra=keys.rest())
