"""What a webhook says, once it is plain that Jobber has sent it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import Any

from tap_jobber.credentials.jwt_claims import moment

SIGNATURE_HEADER = "X-Jobber-Hmac-SHA256"
APP_DISCONNECT = "APP_DISCONNECT"
LARGEST_BYTES = 64 * 1024
_GLOBAL_ID = re.compile(r"gid://[^/]+/[^/]+/(\d+)")


class NoEventError(ValueError):
    """A body that is not a webhook as Jobber documents it."""


@dataclass(frozen=True)
class Event:
    """Something that has happened in an account.

    Args:
        topic: What.
        account_id: In which account, as the webhook names it.
        occurred_at: When, in epoch seconds; None if it does not say.
    """

    topic: str
    account_id: str
    occurred_at: float | None


def is_signed(body: bytes, signature: str | None, client_secret: str) -> bool:
    """Whether the signature is that of this very body.

    It is the base64 of the body's HMAC-SHA256 under the client secret (Jobber's documentation on webhooks); compared
    in a time that does not tell how much of a forged one was right.
    """
    digest = hmac.new(client_secret.encode(), body, hashlib.sha256).digest()
    return hmac.compare_digest(base64.b64encode(digest), (signature or "").strip().encode())


def event_of(body: bytes) -> Event:
    """The event of a body.

    Apps made before the end of 2023 are sent `occuredAt`, with one r (Jobber's documentation on webhooks).

    Raises:
        NoEventError: It holds none.
    """
    try:
        told: Any = json.loads(body)["data"]["webHookEvent"]
        topic, account = told["topic"], told["accountId"]
        occurred = told.get("occurredAt") or told.get("occuredAt")
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError) as error:
        raise NoEventError from error
    if not isinstance(topic, str) or isinstance(account, bool) or not isinstance(account, str | int) or account == "":
        raise NoEventError
    return Event(topic, str(account), moment(occurred))


def readings(identifier: str) -> frozenset[str]:
    """All that an id can mean: itself, and the number in it.

    The API gives encoded ids (base64 of `gid://Jobber/Account/1`, or in older forms of the number alone) and access
    tokens have plain numbers; which of them a webhook has is not documented.
    """
    found = {identifier}
    try:
        padded = identifier + "=" * (-len(identifier) % 4)
        decoded = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        decoded = ""
    for text in (identifier, decoded):
        whole = _GLOBAL_ID.fullmatch(text)
        found |= {whole[1]} if whole else {text} if text.isdigit() else set()
    return frozenset(found)


def same_account(one: str, other: str) -> bool:
    """Whether two ids can mean the same account."""
    return bool(readings(one) & readings(other))


def is_outdated(event: Event, obtained_at: float) -> bool:
    """Whether the event of a disconnect tells of a connection before the one that got tokens at that time.

    Webhooks come at least once, some late, and Jobber issues no tokens after a disconnect: where it has, by a refresh
    or a new authorisation, the connection has outlived the event. Stamps have whole seconds, so those of the very
    second count; an event that does not say when it happened cannot be told from a replayed one and counts for nothing.
    """
    return event.occurred_at is None or event.occurred_at < int(obtained_at)
