"""A token endpoint that rotates refresh tokens over real HTTP, for tests of what can go wrong between two processes."""

from __future__ import annotations

import base64
import json
import random
import secrets
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENT_SECRET = "client-secret-of-the-app"


class Reply(NamedTuple):
    """An answer given in place of the server's own.

    Args:
        status: HTTP status; 0 to close the connection without a word.
        body: The body; said to be longer than it is if `torn`.
        content_type: Its `Content-Type`.
        torn: True to break off in mid-body.
        delay_seconds: How long to stay silent first.
        seconds_per_byte: How long each byte of the body takes.
        headers: Further headers.
        encoding: The encoding of the body.
    """

    status: int
    body: str = ""
    content_type: str = "application/json"
    torn: bool = False
    delay_seconds: float = 0.0
    seconds_per_byte: float = 0.0
    headers: tuple[tuple[str, str], ...] = ()
    encoding: str = "utf-8"


def access_token(expires_at: float, **payload: object) -> str:
    """Return a token of the form of Jobber's, signed by nobody."""
    parts: list[dict[str, object]] = [{"alg": "HS256"}, {"exp": expires_at, "jti": secrets.token_hex(4), **payload}]
    return ".".join([*(_encoded(part) for part in parts), "c2lnbmF0dXJl"])


def _encoded(part: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


class TokenServer:
    """Accepts exactly one refresh token per client id; with rotation, redeeming it replaces it at once.

    Args:
        rotation: True if a redeemed token expires.
        lifetime_seconds: How long access tokens last.
        longest_delay_seconds: Upper bound of a random delay before redeeming and of another one after.
        legacy: True if a replaced token is still accepted, with a warning.
    """

    def __init__(
        self,
        *,
        rotation: bool = True,
        lifetime_seconds: float = 3600.0,
        longest_delay_seconds: float = 0.0,
        legacy: bool = False,
    ) -> None:
        self.accepted: dict[str, str] = {}
        self.replaced: set[str] = set()
        self.granted_at: list[float] = []
        self.refusals = 0
        self.legacy = legacy
        self.requests: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.grants = 0
        self.replies: list[Reply] = []
        self.rotation = rotation
        self.lifetime_seconds = lifetime_seconds
        self.longest_delay_seconds = longest_delay_seconds
        self._lock = threading.Lock()
        self._random = random.Random(20240102)  # noqa: S311 - delays, not secrets
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                server._answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """The address of the token endpoint."""
        return f"http://127.0.0.1:{self._http.server_port}/api/oauth/token"

    def start(self) -> None:
        """Begins to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and free the port."""
        self._http.shutdown()
        self._http.server_close()

    def new_refresh_token(self, client_id: str) -> str:
        """Authorises a client afresh, as a person in a browser would."""
        self.accepted[client_id] = secrets.token_hex(16)
        return self.accepted[client_id]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        length_bytes = int(handler.headers["Content-Length"])
        fields = {key: values[0] for key, values in parse_qs(handler.rfile.read(length_bytes).decode()).items()}
        with self._lock:
            self.requests.append(fields)
            self.headers.append(dict(handler.headers))
            reply = self.replies.pop(0) if self.replies else None
        if reply is None:
            reply = self._redeem(fields)
        time.sleep(reply.delay_seconds)
        if reply.status:
            self._send(handler, reply)
        handler.close_connection = True

    def _redeem(self, fields: dict[str, str]) -> Reply:
        time.sleep(self._delay_seconds())
        with self._lock:
            client_id = fields["client_id"]
            if fields.get("client_secret") != CLIENT_SECRET:
                return Reply(401, json.dumps({"error": "invalid_client"}))
            sent = fields.get("refresh_token", "")
            is_replaced = self.legacy and sent in self.replaced
            if sent != self.accepted.get(client_id) and not is_replaced:
                self.refusals += 1
                return Reply(401, json.dumps({"message": "The provided refresh token is not valid."}))
            self.grants += 1
            self.granted_at.append(time.time())
            if self.rotation:
                self.replaced.add(sent)
                self.accepted[client_id] = secrets.token_hex(16)
            grant = {
                "access_token": access_token(time.time() + self.lifetime_seconds),
                "refresh_token": self.accepted[client_id],
            }
            if not self.rotation:
                grant["warning"] = "Refresh token rotation is off. It should be on."
            if is_replaced:
                grant["warning"] = "Unexpected Refresh Token Redemption: A newer refresh token exists."
        return Reply(200, json.dumps(grant), delay_seconds=self._delay_seconds())

    def _delay_seconds(self) -> float:
        return self._random.uniform(0.0, self.longest_delay_seconds)

    def _send(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        body = reply.body.encode(reply.encoding)
        handler.send_response(reply.status)
        handler.send_header("Content-Type", reply.content_type)
        handler.send_header("Content-Length", str(len(body) + (10 if reply.torn else 0)))
        for name, value in reply.headers:
            handler.send_header(name, value)
        with suppress(OSError):  # a client that was killed no longer listens
            handler.end_headers()
            for piece in [bytes([byte]) for byte in body] if reply.seconds_per_byte else [body]:
                time.sleep(reply.seconds_per_byte)
                handler.wfile.write(piece)


@contextmanager
def running(
    *,
    rotation: bool = True,
    lifetime_seconds: float = 3600.0,
    longest_delay_seconds: float = 0.0,
    legacy: bool = False,
) -> Iterator[TokenServer]:
    """Provide a token server for the length of a test; the arguments are those of `TokenServer`."""
    server = TokenServer(
        rotation=rotation,
        lifetime_seconds=lifetime_seconds,
        longest_delay_seconds=longest_delay_seconds,
        legacy=legacy,
    )
    server.start()
    try:
        yield server
    finally:
        server.stop()
