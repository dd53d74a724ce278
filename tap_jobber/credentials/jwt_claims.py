"""Read the claims of an access token: its expiry, account, user and scopes."""

from __future__ import annotations

import base64
import binascii
import json
import math
from dataclasses import dataclass

from tap_jobber.timestamps import seconds_or_none

DEFAULT_LIFETIME_SECONDS = 3600.0
"""Jobber's documentation on app authorization: an access token lasts 60 minutes."""

_LONGEST_LIFETIME_SECONDS = 366 * 86400.0


@dataclass(frozen=True)
class Claims:
    """The claims of an access token. Hints only: only Jobber can verify the signature.

    Args:
        expires_at: Seconds since 1970, from `exp`.
        user_id: The user who authorised, by Jobber's internal number.
        account_id: The account, by Jobber's internal number.
        scopes: The scopes granted; an empty list does not mean that none were granted.
    """

    expires_at: float | None = None
    user_id: str | None = None
    account_id: str | None = None
    scopes: tuple[str, ...] = ()


def read_claims(access_token: str) -> Claims | None:
    """Return the claims of a JSON Web Token, or None for anything else.

    The keys are those of the token in Jobber's own app template: `exp`, `user_id`, `account_id`, `scope`.
    """
    parts = access_token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, payload, signature
        return None
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        payload = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return None
    if not isinstance(payload, dict):
        return None
    scope = payload.get("scope")
    return Claims(
        expires_at=_seconds(payload.get("exp")),
        user_id=_identifier(payload.get("user_id")),
        account_id=_identifier(payload.get("account_id")),
        scopes=tuple(scope.split()) if isinstance(scope, str) else (),
    )


def access_token_expires_at(access_token: str, stated: object, now_seconds: float) -> float:
    """Return the time at which an access token expires, in seconds since 1970.

    Jobber's token responses have no `expires_in`. The token's own `exp` comes first, then the response's `expires_at`,
    then the documented 60 minutes. A time that is already past when the token arrives, or more than a year ahead, means
    that a clock is wrong; believing it would refresh before every request, so it is ignored. If that is a mistake, the
    API refuses the token and it is renewed.

    Args:
        access_token: The access token just received.
        stated: The value of `expires_at` in the response, if any.
        now_seconds: Seconds since 1970 by this machine's clock.
    """
    claims = read_claims(access_token)
    for expires_at in (claims.expires_at if claims else None, seconds_or_none(stated)):
        if expires_at is not None and 0 < expires_at - now_seconds <= _LONGEST_LIFETIME_SECONDS:
            return expires_at
    return now_seconds + DEFAULT_LIFETIME_SECONDS


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    return seconds if math.isfinite(seconds) else None


def _identifier(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    return str(value) or None
