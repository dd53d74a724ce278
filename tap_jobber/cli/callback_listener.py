"""Listens on this machine for one redirect from the browser, and answers it with a page about the outcome."""

from __future__ import annotations

import errno
import queue
import socket
import threading
from contextlib import ExitStack, contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_jobber.cli.redirect import Loopback

_OUTCOME_SECONDS = 180.0
_ANSWER_SECONDS = 5.0
_IDLE_SECONDS = 10.0
_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
    "<style>:root{{color-scheme:light dark;background:Canvas;color:CanvasText}}"
    "body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.5rem}}</style>"
    "</head><body><h1>{title}</h1><p>{text}</p></body></html>"
)
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Connection": "close",
}


class Listener:
    """Receiver of the first redirect; it answers the browser once the outcome is known.

    Args:
        path: The path of the redirect; the answer to any other is 404.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._queries: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._known = threading.Event()
        self._answered = threading.Event()
        self._page = b""

    def wait(self, seconds: float) -> str:
        """Wait for the first redirect, and return its query.

        Raises:
            TapError: If none comes in time.
        """
        try:
            return self._queries.get(timeout=seconds)
        except queue.Empty as error:
            cause = f"Nobody came back from Jobber's page within {seconds:g} s"
            remedy = "run tap-jobber --login again, or with --no-browser if the browser is on another machine"
            raise TapError(cause, remedy) from error

    def answer(self, title: str, text: str) -> None:
        """Show the person a page, and wait until the browser has it."""
        self._page = _PAGE.format(title=escape(title), text=escape(text)).encode()
        self._known.set()
        self._answered.wait(_ANSWER_SECONDS)

    def page_for(self, query: str) -> bytes:
        """Hand over the query of a redirect, and return the page once the outcome is known."""
        self._queries.put(query)
        self._known.wait(_OUTCOME_SECONDS)
        return self._page

    def has_answered(self) -> None:
        """Note that a browser has the page."""
        self._answered.set()


@contextmanager
def listening(address: Loopback) -> Iterator[Listener]:
    """Listen on this machine only, on each address that a browser may resolve the host to.

    Raises:
        TapError: If the port is taken or not permitted.
    """
    listener = Listener(address.path)
    with ExitStack() as stack:
        servers = [server for host in address.hosts if (server := _server(listener, host, address.port)) is not None]
        if not servers:
            raise TapError(f"This machine has no address for {' or '.join(address.hosts)}", "use --no-browser")
        for server in servers:
            stack.callback(server.server_close)
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            stack.callback(server.shutdown)
        yield listener


def _server(listener: Listener, host: str, port: int) -> ThreadingHTTPServer | None:
    """Return a server on one address, or None if this machine does not have the address."""

    class Handler(BaseHTTPRequestHandler):
        timeout = _IDLE_SECONDS

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path != listener.path:
                self.send_error(404)
                return
            page = listener.page_for(parts.query)
            self.send_response(200)
            for name, value in {**_HEADERS, "Content-Length": str(len(page))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(page)
            self.wfile.flush()
            listener.has_answered()

        def log_message(self, *_: object) -> None:
            """Log nothing, because the address holds the code."""

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        daemon_threads = True
        # On Linux this only passes over connections that are closing; elsewhere two programs could share the port.
        allow_reuse_address = True

        def server_bind(self) -> None:
            if self.address_family == socket.AF_INET6:
                self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            # Not HTTPServer's own, which asks the name service for this machine's name.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.socket.bind(self.server_address)
            self.server_name, self.server_port = host, port

        def handle_error(self, *_: object) -> None:
            """Do nothing: a browser that goes away is no error."""

    try:
        return Server((host, port), Handler)
    except OSError as error:
        if error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
            return None
        cause = f"Cannot listen on port {port} of {host} ({error.strerror})"
        remedy = "end what uses it, or register another port in Jobber's Developer Center and set redirect_uri to it"
        raise TapError(cause, remedy) from error
