"""The hook: tells a URL of the operator's about each connect, disconnect and refusal, at least once.

Events lie in the outbox of the token store, written with the changes that they tell of. So it does not matter which
process made a change, or if this one is killed at any moment: what was not delivered is found again. A process takes an
event for the time of one attempt, so that several do not send the same one.
"""

from __future__ import annotations

import importlib.metadata
import logging
import random
import threading
import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from tap_jobber.connect.hook_message import message_body, message_headers
from tap_jobber.credentials.stores.outbox import due_entries
from tap_jobber.errors import TapError
from tap_jobber.network.bounded_adapter import BoundedAdapter
from tap_jobber.network.failed_request import FailedRequest, reason_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_jobber.credentials.stores.outbox import Outbox, OutboxEntry

logger = logging.getLogger("tap-jobber.connect")

POLL_SECONDS = 5.0
"""Pause between two looks into the outbox; runs of the tap put events there too."""
LEASE_SECONDS = 40.0
"""Time for which an event is taken; an attempt takes less."""
LONGEST_PAUSE_SECONDS = 60.0
"""Longest pause between two attempts, so that a receiver that is back learns of everything within a minute or two."""

_CONNECT_SECONDS, _ANSWER_SECONDS = 5.0, 10.0
_NEW_ATTEMPTS = 3
"""Number of first attempts whose failure is logged; of later ones, each sixtieth is."""
_LOGGED_EACH = 60


class Refusal(NamedTuple):
    """An attempt that failed.

    Args:
        reason: The reason, without the address.
        is_answered: True if the receiver answered, so that it may accept other events.
    """

    reason: str
    is_answered: bool


class HookSender:
    """Send messages to the receiver, each once.

    Args:
        url: Address of the receiver; its path and query may hold a secret.
        secret: The secret that signs.
        clock: Seconds since 1970.
    """

    def __init__(self, url: str, secret: str, clock: Callable[[], float] = time.time) -> None:
        self._url = url
        self._secret = secret
        self._clock = clock
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, BoundedAdapter(_ANSWER_SECONDS))
        self._session.headers["User-Agent"] = f"tap-jobber-connect/{importlib.metadata.version('tap-jobber')}"

    @property
    def host(self) -> str:
        """Host of the receiver, for people."""
        return urlsplit(self._url).hostname or "the receiver"

    def send(self, entry: OutboxEntry) -> Refusal | None:
        """Send an event; return None if the receiver answered with a status of success.

        A redirect counts as a failure: what it leads to was not named by the operator.
        """
        body = message_body(entry.event)
        headers = message_headers(self._secret, entry.event.event_id, int(self._clock()), body)
        try:
            with self._session.post(
                self._url,
                data=body,
                headers=headers,
                timeout=(_CONNECT_SECONDS, _ANSWER_SECONDS),
                allow_redirects=False,
                stream=True,  # whatever comes after the status does not matter
            ) as answer:
                status = answer.status_code
        except (OSError, ValueError, HTTPError) as error:
            return Refusal(reason_of(FailedRequest(error, self._url, None)), is_answered=False)
        if requests.codes.ok <= status < requests.codes.multiple_choices:
            return None
        is_redirect = requests.codes.multiple_choices <= status < requests.codes.bad_request
        redirect = ", a redirect, which is not followed" if is_redirect else ""
        return Refusal(f"it answered HTTP {status}{redirect}", is_answered=True)


class Hook:
    """Deliver what the outbox holds, in a thread of its own.

    Args:
        outbox: The outbox.
        send: Sends an event.
        host: The receiver, for people.
        clock: Seconds since 1970.
        jitter: Spreads a pause, so that processes do not return together.
    """

    def __init__(
        self,
        outbox: Outbox,
        send: Callable[[OutboxEntry], Refusal | None],
        host: str,
        *,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._outbox = outbox
        self._send = send
        self._host = host
        self._clock = clock
        self._jitter = jitter
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hook", daemon=True)
        self._store_error: str | None = None

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self) -> None:
        """Take no further event; one that is being sent is sent to its end, or again later."""
        self._stopped.set()

    def deliver(self) -> int:
        """Make one attempt for each event that is due; return the number of those that were delivered.

        A receiver that does not answer at all is left alone until the next call.

        Raises:
            TapError: The store cannot be used.
        """
        delivered = 0
        for due in due_entries(self._outbox.entries(), self._clock()):
            entry = None if self._stopped.is_set() else self._outbox.take(due, self._clock() + LEASE_SECONDS)
            if entry is None:
                continue
            refusal = self._send(entry)
            if refusal is None:
                self._outbox.remove(entry)
                delivered += 1
                logger.info("Told %s that account %s is %s", self._host, entry.event.account_id, entry.event.kind.value)
                continue
            pause_seconds = self._pause_seconds(entry.attempts)
            self._outbox.postpone(entry, self._clock() + pause_seconds)
            self._log(entry, refusal, pause_seconds)
            if not refusal.is_answered:
                break
        return delivered

    def _pause_seconds(self, attempts: int) -> float:
        """Return the pause after a number of failed attempts, at least half of what it may be at most."""
        longest_seconds = min(LONGEST_PAUSE_SECONDS, 2.0**attempts)
        return longest_seconds * (1 + self._jitter()) / 2

    def _log(self, entry: OutboxEntry, refusal: Refusal, pause_seconds: float) -> None:
        if entry.attempts <= _NEW_ATTEMPTS or entry.attempts % _LOGGED_EACH == 0:
            logger.warning(
                "The hook at %s was not told that account %s is %s (%s); attempt %d, the next in %.0f s",
                self._host,
                entry.event.account_id,
                entry.event.kind.value,
                refusal.reason,
                entry.attempts,
                pause_seconds,
            )

    def _run(self) -> None:
        while not self._stopped.wait(POLL_SECONDS if self._turn() == 0 else 0.0):
            pass

    def _turn(self) -> int:
        """Deliver once; whatever goes wrong must not end the thread."""
        try:
            delivered = self.deliver()
        except TapError as error:
            self._log_store_error(str(error))
            return 0
        except Exception:
            logger.exception("A defect of the hook; it goes on")
            return 0
        self._store_error = None
        return delivered

    def _log_store_error(self, line: str) -> None:
        """Log an error of the store once for as long as it lasts."""
        if line != self._store_error:
            logger.error("The hook waits for the token store. %s", line)
        self._store_error = line
