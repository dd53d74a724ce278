"""A receiver of the hook, which checks signatures and behaves badly on request."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "a secret of the hook's, long enough to sign"
TOLERANCE_SECONDS = 300


@dataclass
class Receiver:
    """A receiver.

    Args:
        port: The port that it listens on.
        status: The status to answer with.
        silent_seconds: How long it says nothing before.
        accepted: The bodies of messages that were answered with success.
        attempts: The number of requests.
        headers: The headers of the last request.
    """

    port: int
    status: int = 204
    silent_seconds: float = 0.0
    accepted: list[dict[str, Any]] = field(default_factory=list)
    attempts: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Address of the receiver, with a secret of its own."""
        return f"http://127.0.0.1:{self.port}/hook?key=of-the-receiver"

    def kinds(self) -> list[str]:
        """Return the kinds of what was accepted."""
        return [each["event"] for each in self.accepted]


def is_genuine(headers: dict[str, str], body: bytes, now_seconds: float) -> bool:
    """Check a message as docs/connect.md says."""
    if abs(now_seconds - int(headers["webhook-timestamp"])) > TOLERANCE_SECONDS:
        return False
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()
    return hmac.compare_digest(headers["webhook-signature"], f"v1,{base64.b64encode(digest).decode()}")


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """Provide a receiver until the context ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take a message."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.attempts += 1
            receiver.headers = headers
            time.sleep(receiver.silent_seconds)
            assert is_genuine(headers, body, time.time())
            self.send_response(receiver.status)
            if receiver.status // 100 == 3:
                self.send_header("Location", "/elsewhere")
            self.end_headers()
            if receiver.status // 100 == 2:
                receiver.accepted.append(json.loads(body))

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    receiver = Receiver(server.server_port)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
