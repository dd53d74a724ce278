"""The installer rule: decide if newly obtained tokens replace those of the user who connected the account.

Jobber keeps the user who connected the app from being deactivated while it is connected, and promises nothing of the
kind for tokens that other admins obtain (Jobber's documentation of the Manage App button). So the first user's tokens
are kept. Another user's tokens replace them only on request, or once the app was disconnected, which ends all tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from tap_jobber.credentials.encoded_ids import is_same_user
from tap_jobber.credentials.jwt_claims import read_claims
from tap_jobber.credentials.stores.record import Account, Installer, Record, State

if TYPE_CHECKING:
    from collections.abc import Collection


class InstallerDecision(str, Enum):
    """Decision on newly obtained tokens."""

    FIRST = "first"
    """They connect the account; their user is its installer."""
    OWN = "own"
    """They are the installer's own and replace the stored ones."""
    REPLACED = "replaced"
    """Their user replaces the installer, on request."""
    DISCARDED = "discarded"
    """They are another user's; the installer's stay."""
    REFUSED = "refused"
    """They are of an account that was not asked for."""

    @property
    def accepts_new_tokens(self) -> bool:
        """True if the new tokens stand for the account from now on."""
        return self in {InstallerDecision.FIRST, InstallerDecision.OWN, InstallerDecision.REPLACED}


@dataclass(frozen=True)
class Identity:
    """Account and user of an access token, as the API states them.

    Args:
        account: The account.
        user: The user who authorised the app; None if neither the API nor the token names one.
        api_version: API version of the answer.
        api_version_warning: Jobber's warning about that version.
    """

    account: Account
    user: Installer | None
    api_version: str | None = None
    api_version_warning: str | None = None


def decide_installer(
    stored: Record | None,
    identity: Identity,
    *,
    allowed_account_ids: Collection[str] | None = None,
    replace_installer: bool = False,
) -> InstallerDecision:
    """Decide on newly obtained tokens.

    Args:
        stored: The settled record of the tokens' account, if there is one.
        identity: Account and user of the new tokens.
        allowed_account_ids: The accounts that may be connected; None for any.
        replace_installer: True to let another user replace the installer.
    """
    if allowed_account_ids is not None and identity.account.id not in allowed_account_ids:
        return InstallerDecision.REFUSED
    if stored is None or stored.installer is None or stored.state is State.DISCONNECTED:
        return InstallerDecision.FIRST
    if identity.user is not None and is_same_user(stored.installer.user_id, identity.user.user_id):
        return InstallerDecision.OWN
    return InstallerDecision.REPLACED if replace_installer else InstallerDecision.DISCARDED


def user_in_token(access_token: str) -> Installer | None:
    """Return the user that an access token names, for when the API hides users; Jobber's internal number is the id."""
    claims = read_claims(access_token)
    return Installer(claims.user_id) if claims and claims.user_id else None
