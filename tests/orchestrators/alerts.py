"""A mail server and an endpoint as Slack has it for webhooks, which keep what they are sent."""

from __future__ import annotations

import json
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, TCPServer, ThreadingTCPServer
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

_PATH = "/services/T0/B0/secret"


@dataclass(frozen=True)
class Inbox:
    """Messages and mails that have come, and the addresses that they came to.

    Attributes:
        slack_url: Address of the webhook.
        mail_port: Port of the mail server, which speaks plain SMTP.
        slack: The messages to Slack.
        mails: The mails.
    """

    slack_url: str
    mail_port: int
    slack: list[dict[str, Any]] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)


class _Slack(BaseHTTPRequestHandler):
    """Answers `ok` to JSON at the address of the webhook."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        is_known = self.path == _PATH and self.headers["Content-Type"].startswith("application/json")
        answer = b"ok" if is_known else b"no_service"
        if is_known:
            cast("Any", self.server).inbox.slack.append(body)
        self.send_response(200 if is_known else 404)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Mail(StreamRequestHandler):
    """Takes mails by SMTP (RFC 5321) without extensions."""

    def handle(self) -> None:
        self._say("220 ready")
        for line in self.rfile:
            command = line.strip().upper()
            if command == b"DATA":
                self._say("354 go on")
                lines = iter(self.rfile.readline, b".\r\n")
                text = b"".join(each[1:] if each.startswith(b"..") else each for each in lines)
                found = message_from_bytes(text, policy=policy.default)
                cast("Any", self.server).inbox.mails.append(found)
            self._say("221 bye" if command == b"QUIT" else "250 ok")
            if command == b"QUIT":
                return

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def inbox() -> Iterator[Inbox]:
    """Provide both servers."""
    with ExitStack() as stack:
        slack = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), _Slack))
        mail = stack.enter_context(ThreadingTCPServer(("127.0.0.1", 0), _Mail))
        made = Inbox(f"http://127.0.0.1:{slack.server_port}{_PATH}", mail.server_address[1])
        servers: tuple[TCPServer, ...] = (slack, mail)
        for server in servers:
            cast("Any", server).inbox = made
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.shutdown)
        yield made
