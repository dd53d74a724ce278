"""What a token response says about itself: when the access token ends, and whose it is."""

from __future__ import annotations

import base64
import binascii
import json
import math
from dataclasses import dataclass

from tap_jobber.timestamps import parse_moment

DEFAULT_LIFETIME_SECONDS = 3600.0
"""Jobber's documentation on app authorization: an access token lasts 60 minutes."""

_LONGEST_LIFETIME_SECONDS = 366 * 86400.0


@dataclass(frozen=True)
class Claims:
    """The readable part of an access token. Unverified, so hints only: only Jobber can check the signature.

    Args:
        expires_at: Epoch seconds of `exp`.
        user_id: The user who authorised, by Jobber's internal number.
        account_id: The account, by Jobber's internal number.
        scopes: The scopes granted; none listed does not mean that none were granted.
    """

    expires_at: float | None = None
    user_id: str | None = None
    account_id: str | None = None
    scopes: tuple[str, ...] = ()


def claims(access_token: str) -> Claims | None:
    """Reads the payload of a JSON Web Token, or returns None for anything else.

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


def expiry(access_token: str, expires_at: object, now_seconds: float) -> float:
    """When an access token ends, in epoch seconds.

    Jobber's token responses have no `expires_in`. The token's own `exp` comes first, then the response's `expires_at`,
    then the documented 60 minutes. A moment that is already past when the token arrives tells of a wrong clock rather
    than of a dead token, and believing it would refresh before every request; it is passed over, as is one more than a
    year ahead. If that is wrong, the API refuses the token and it is renewed.

    Args:
        access_token: The access token just received.
        expires_at: The value of that key in the response, if any.
        now_seconds: Epoch seconds by this machine's clock.
    """
    readable = claims(access_token)
    for stated in (readable.expires_at if readable else None, moment(expires_at)):
        if stated is not None and 0 < stated - now_seconds <= _LONGEST_LIFETIME_SECONDS:
            return stated
    return now_seconds + DEFAULT_LIFETIME_SECONDS


def moment(stamp: object) -> float | None:
    """Epoch seconds of an ISO 8601 stamp or of Jobber's "2024-04-09 21:04:31 UTC"; None for anything else.

    The second form is the one shown in Jobber's documentation on refresh token rotation. A stamp without a zone is
    taken as UTC.
    """
    if not isinstance(stamp, str):
        return None
    try:
        return parse_moment(stamp).timestamp()
    except (ValueError, OverflowError):
        return None


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
