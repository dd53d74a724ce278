"""Read the event of a webhook, and check that Jobber sent it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from tap_jobber.timestamps import seconds_or_none

SIGNATURE_HEADER = "X-Jobber-Hmac-SHA256"
APP_DISCONNECT = "APP_DISCONNECT"
LARGEST_BYTES = 64 * 1024


class InvalidEventError(ValueError):
    """A body that is not a webhook as Jobber documents it."""


@dataclass(frozen=True)
class Event:
    """An event in an account.

    Args:
        topic: The topic of the webhook.
        account_id: The account, in whichever form the webhook names it.
        occurred_at: Time of the event in seconds since 1970; None if it is not stated.
    """

    topic: str
    account_id: str
    occurred_at: float | None


def is_signed(body: bytes, signature: str | None, client_secret: str) -> bool:
    """Return True if the signature is that of this very body.

    It is the base64 of the body's HMAC-SHA256 with the client secret as key (Jobber's documentation on webhooks). The
    comparison takes constant time, so that it does not tell how much of a forged signature is right.
    """
    digest = hmac.new(client_secret.encode(), body, hashlib.sha256).digest()
    return hmac.compare_digest(base64.b64encode(digest), (signature or "").strip().encode())


def parse_event(body: bytes) -> Event:
    """Return the event of a body.

    Apps made before the end of 2023 are sent `occuredAt`, with one r (Jobber's documentation on webhooks).

    Raises:
        InvalidEventError: The body holds none.
    """
    try:
        told: Any = json.loads(body)["data"]["webHookEvent"]
        topic, account = told["topic"], told["accountId"]
        occurred = told.get("occurredAt") or told.get("occuredAt")
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError) as error:
        raise InvalidEventError from error
    if not isinstance(topic, str) or isinstance(account, bool) or not isinstance(account, str | int) or account == "":
        raise InvalidEventError
    return Event(topic, str(account), seconds_or_none(occurred))


def is_outdated(event: Event, obtained_at: float) -> bool:
    """Return True if a disconnect happened before the tokens of a connection were obtained.

    Webhooks come at least once, some late, and Jobber issues no tokens after a disconnect. If it has issued some since,
    for a refresh or a new authorization, the connection has outlived the event. Timestamps have whole seconds, so an
    event of the very second counts. An event without a time may be a replayed one and does not count.
    """
    return event.occurred_at is None or event.occurred_at < int(obtained_at)
