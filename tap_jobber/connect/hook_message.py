"""The message of the hook: its body, and headers that sign it as the Standard Webhooks specification has it.

The signature covers the id, the time of the attempt and the raw body, so that a receiver can refuse what is forged,
changed or repeated later. Libraries in many languages check it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import TYPE_CHECKING

from tap_jobber.credentials.encoded_ids import account_number
from tap_jobber.timestamps import format_timestamp

if TYPE_CHECKING:
    from tap_jobber.credentials.stores.connection_events import ConnectionEvent

SECRET_PREFIX = "whsec_"  # noqa: S105 - the beginning of every secret of that specification


def message_body(event: ConnectionEvent) -> bytes:
    """Return the body for an event, which is the same at every attempt."""
    return json.dumps(
        {
            "event": event.kind.value,
            "id": event.event_id,
            "account_id": event.account_id,
            "account_number": account_number(event.account_id),
            "account_name": event.account_name,
            "at": format_timestamp(int(event.occurred_at)),
        }
    ).encode()


def message_headers(secret: str, event_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers of a message.

    Args:
        secret: The secret that the receiver has too.
        event_id: The id of the event.
        timestamp: Time of the attempt in seconds since 1970.
        body: The body.
    """
    signed = f"{event_id}.{timestamp}.".encode() + body
    digest = hmac.new(signing_key(secret), signed, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def signing_key(secret: str) -> bytes:
    """Return the key of a secret: with the prefix `whsec_` the rest is base64, else the text is the key.

    Raises:
        ValueError: The rest is not base64.
    """
    if not secret.startswith(SECRET_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
