"""The installer rule: whose tokens stand for an account when new ones have been obtained.

Jobber keeps the user who connected the app from being deactivated while it is connected, and promises nothing of the
kind for tokens that other admins obtain (Jobber's documentation of the Manage App button). So the first user's tokens
are kept, and another's replace them only if that is asked for, or once the app was disconnected, which ends all tokens.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from tap_jobber.credentials.jwt_claims import claims
from tap_jobber.credentials.stores.record import Account, Installer, Record, State

if TYPE_CHECKING:
    from collections.abc import Collection


class Ruling(str, Enum):
    """What becomes of newly obtained tokens."""

    FIRST = "first"
    """They connect the account; their user is its installer."""
    OWN = "own"
    """They are the installer's own and replace the stored ones."""
    REPLACED = "replaced"
    """Their user takes the installer's place, deliberately."""
    DISCARDED = "discarded"
    """They are another user's; the installer's stay."""
    REFUSED = "refused"
    """They are of an account that was not asked for."""

    @property
    def keeps_new(self) -> bool:
        """Whether the new tokens stand for the account from now on."""
        return self in {Ruling.FIRST, Ruling.OWN, Ruling.REPLACED}


@dataclass(frozen=True)
class Identity:
    """Whose tokens some tokens are, as the API tells it.

    Args:
        account: The account.
        user: The user who authorised; None where neither the API nor the token tells.
        api_version: The API version that answered.
        api_version_warning: What Jobber says of that version.
    """

    account: Account
    user: Installer | None
    api_version: str | None = None
    api_version_warning: str | None = None


def rule(stored: Record | None, identity: Identity, *, allowed: Collection[str] = (), replace: bool = False) -> Ruling:
    """Decides what becomes of newly obtained tokens.

    Args:
        stored: The settled record of the tokens' account, if there is one.
        identity: Whose the new tokens are.
        allowed: The ids of the accounts that may be connected; empty for any.
        replace: Whether another user is to take the installer's place.
    """
    if allowed and identity.account.id not in allowed:
        return Ruling.REFUSED
    if stored is None or stored.installer is None or stored.state is State.DISCONNECTED:
        return Ruling.FIRST
    if identity.user is not None and is_same_user(stored.installer.user_id, identity.user.user_id):
        return Ruling.OWN
    return Ruling.REPLACED if replace else Ruling.DISCARDED


def is_same_user(one: str, other: str) -> bool:
    """Whether two ids mean the same user, in whichever of Jobber's forms: encoded, or the number in it."""
    return _is_same("User", one, other)


def is_same_account(one: str, other: str) -> bool:
    """True if two ids mean the same account, in whichever of Jobber's forms."""
    return _is_same("Account", one, other)


def user_of(access_token: str) -> Installer | None:
    """The user that an access token names, by Jobber's internal number; a hint for where the API hides users."""
    readable = claims(access_token)
    return Installer(readable.user_id) if readable and readable.user_id else None


def _is_same(type_name: str, one: str, other: str) -> bool:
    return one == other or ((number := _number(type_name, one)) is not None and number == _number(type_name, other))


def _number(type_name: str, encoded: str) -> str | None:
    """Return the number in an id: in base64 of `gid://Jobber/User/5` or of `5`, or the id itself."""
    if encoded.isascii() and encoded.isdigit():
        return encoded
    try:
        text = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    found = re.fullmatch(rf"(?:gid://Jobber/{type_name}/)?(\d+)", text)
    return found[1] if found else None
