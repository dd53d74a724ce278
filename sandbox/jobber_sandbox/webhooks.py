"""Tell an app by webhook that it was disconnected from an account."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import requests

from jobber_sandbox.timestamps import iso

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobber_sandbox.oauth import Credentials
    from jobber_sandbox.options import WebhookIds
    from jobber_sandbox.world import Row

SIGNATURE_HEADER = "X-Jobber-Hmac-SHA256"
ANSWER_SECONDS = 1.0


class Delivery(NamedTuple):
    """A webhook that was sent.

    Args:
        body: Its bytes.
        signature: The signature of the body.
        status: The HTTP status of the answer; None if there was none in time.
    """

    body: bytes
    signature: str
    status: int | None


class Webhooks:
    """Sender of webhooks, each from a thread of its own, since a disconnect does not wait for the app.

    Args:
        credentials: The app.
        clock: Epoch seconds.
        row_of: The account of a number, as a row.
        url: The address to send them to; None sends none.
        ids: The form of `accountId`.
    """

    def __init__(
        self,
        credentials: Credentials,
        clock: Callable[[], float],
        row_of: Callable[[int], Row],
        url: str | None,
        ids: WebhookIds,
    ) -> None:
        self.url = url
        self.ids = ids
        self.deliveries: list[Delivery] = []
        self._credentials = credentials
        self._clock = clock
        self._row_of = row_of

    def disconnected(self, account: int) -> None:
        """Tell the app of a disconnect."""
        if self.url is None:
            return
        body = self.body(account, self._clock())
        threading.Thread(target=self.deliver, args=(self.url, body), name="webhook", daemon=True).start()

    def body(self, account: int, occurred: float) -> bytes:
        """Return the body of a disconnect's webhook."""
        row = self._row_of(account)
        account_id = row.id if self.ids == "encoded" else row.number
        event = {
            "topic": "APP_DISCONNECT",
            "appId": self._credentials.client_id,
            "accountId": account_id,
            "itemId": account_id,
            "occurredAt": iso(int(occurred)),
        }
        return json.dumps({"data": {"webHookEvent": event}}).encode()

    def signature(self, body: bytes) -> str:
        """Return the signature of a body."""
        digest = hmac.new(self._credentials.client_secret.encode(), body, hashlib.sha256).digest()
        return base64.b64encode(digest).decode()

    def deliver(self, url: str, body: bytes) -> Delivery:
        """Send a webhook once, and keep the delivery."""
        signature = self.signature(body)
        headers = {"Content-Type": "application/json", SIGNATURE_HEADER: signature}
        status = None
        with suppress(requests.RequestException):
            status = requests.post(url, data=body, headers=headers, timeout=ANSWER_SECONDS).status_code
        delivery = Delivery(body, signature, status)
        self.deliveries.append(delivery)
        return delivery
