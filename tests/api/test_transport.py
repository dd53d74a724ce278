"""Requests and replies on the wire, against real sockets on this machine."""

from __future__ import annotations

import gzip
import json
import logging
import shutil
import socket
import ssl
import subprocess
import threading
import time
from contextlib import closing, contextmanager, suppress
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING

import pytest

from tap_jobber.api import transport
from tap_jobber.api.transport import Query
from tap_jobber.errors import TapError
from tests.api.harness import DATA, Harness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OK = json.dumps({"data": DATA}).encode()


class Wire:
    """A server that remembers requests and answers as it is told."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.ports: set[int] = set()
        self.status = 200
        self.body = OK
        self.headers: dict[str, str] = {"Content-Type": "application/json"}
        self.missing_bytes = 0
        self.interim: tuple[int, ...] = ()
        self.silence: threading.Event | None = None
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.http.daemon_threads = True

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.http.server_port}/api/graphql"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        wire = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                wire.answer(self)

            def do_GET(self) -> None:
                wire.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """One request."""
        sent = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        self.requests.append((handler.command, handler.path, dict(handler.headers), sent))
        self.ports.add(handler.client_address[1])
        for status in self.interim:
            handler.send_response(status)
            handler.send_header("Link", "</style.css>; rel=preload")
            handler.end_headers()
        if self.silence is not None:
            self.silence.wait(5)
        handler.send_response(self.status)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(self.body) + self.missing_bytes))
        handler.end_headers()
        handler.wfile.write(self.body)
        handler.close_connection = bool(self.missing_bytes)


@contextmanager
def serving(wire: Wire) -> Iterator[Wire]:
    """Run it."""
    thread = threading.Thread(target=wire.http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        if wire.silence is not None:
            wire.silence.set()
        wire.http.shutdown()
        wire.http.server_close()


@contextmanager
def dripping(from_byte: int, *, has_socks: bool = False) -> Iterator[str]:
    """Provide host and port of a server whose answer comes byte by byte from one of its bytes on."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(OK), OK)

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):  # the client gives up
                if has_socks:
                    self.request.recv(3)
                    self.request.sendall(b"\x05\x00")
                    self.request.recv(262)
                    self.request.sendall(b"\x05\x00\x00\x01" + bytes(6))
                self.request.recv(65536)
                self.request.sendall(answer[:from_byte])
                for byte in answer[from_byte:]:
                    time.sleep(0.02)
                    self.request.sendall(bytes([byte]))

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Provide a running server."""
    with serving(Wire()) as running:
        yield running


@pytest.fixture
def connect() -> Iterator[Callable[..., Harness]]:
    """Provide a maker of clients, which are closed at the end."""
    made: list[Harness] = []

    def make(url: str, timeout_seconds: float = 5.0) -> Harness:
        made.append(Harness(url=url, timeout_seconds=timeout_seconds))
        return made[-1]

    yield make
    for each in made:
        each.transport.close()


def test_a_query_as_it_is_sent(wire: Wire, connect: Callable[..., Harness]) -> None:
    query = Query("clients", "query clients($first: Int!) { x }", {"first": 5, "after": None}, 1.0)
    connect(wire.url).execute(query)
    (command, path, headers, body), *others = wire.requests
    assert others == []
    assert (command, path) == ("POST", "/api/graphql")
    assert headers["Content-Type"] == headers["Accept"] == "application/json"
    assert headers["Authorization"] == "Bearer secret-token-1"
    assert headers["X-JOBBER-GRAPHQL-VERSION"] == "2025-04-16"
    assert headers["User-Agent"] == "tap-jobber/test"
    assert json.loads(body) == {
        "operationName": "clients",
        "query": "query clients($first: Int!) { x }",
        "variables": {"first": 5, "after": None},
    }


def test_what_a_query_does_not_have_is_not_sent(wire: Wire, connect: Callable[..., Harness]) -> None:
    connect(wire.url).execute(Query(None, "{ account { id } }", {}, 1.0))
    assert json.loads(wire.requests[0][3]) == {"query": "{ account { id } }"}


def test_a_netrc_file_is_not_asked(
    wire: Wire, connect: Callable[..., Harness], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    connect(wire.url).execute()
    assert wire.requests[0][2]["Authorization"] == "Bearer secret-token-1"


def test_answers_may_be_compressed(wire: Wire, connect: Callable[..., Harness]) -> None:
    wire.body = gzip.compress(OK)
    wire.headers["Content-Encoding"] = "gzip"
    assert connect(wire.url).execute().data == DATA
    assert "gzip" in wire.requests[0][2]["Accept-Encoding"]


def test_the_connection_is_kept(wire: Wire, connect: Callable[..., Harness]) -> None:
    api = connect(wire.url)
    for _ in range(3):
        api.execute()
    assert len(wire.requests) == 3
    assert len(wire.ports) == 1


def test_interim_answers_are_none(wire: Wire, connect: Callable[..., Harness]) -> None:
    wire.interim = (103, 100, 102, 103)
    api = connect(wire.url)
    for number in range(3):
        wire.body = json.dumps({"data": {"number": number}}).encode()
        assert api.execute().data == {"number": number}
    assert len(wire.requests) == 3
    assert len(wire.ports) == 1


def test_amounts_keep_their_digits(wire: Wire, connect: Callable[..., Harness]) -> None:
    wire.body = b'{"data": {"total": 19.90, "large": 12345678901234567890.12345, "count": 3}}'
    assert connect(wire.url).execute().data == {
        "total": Decimal("19.90"),
        "large": Decimal("12345678901234567890.12345"),
        "count": 3,
    }


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(wire: Wire, connect: Callable[..., Harness], status: int) -> None:
    wire.status = status
    wire.headers = {"Location": f"http://127.0.0.1:{wire.http.server_port}/elsewhere", "Content-Type": "text/html"}
    with pytest.raises(TapError, match=f"redirect \\({status}\\)"):
        connect(wire.url).execute()
    assert [path for _command, path, _headers, _body in wire.requests] == ["/api/graphql"]


@pytest.mark.parametrize(
    "body",
    [b'{"data": {"clients": "x', b"\xef\xbb\xbf{", b"[" * 100_000],
    ids=["cut off", "a mark and a brace", "too deep"],
)
def test_what_is_not_json_is_tried_again_until_patience_ends(
    wire: Wire, connect: Callable[..., Harness], body: bytes
) -> None:
    wire.body = body
    api = connect(wire.url)
    with pytest.raises(TapError, match="without JSON"):
        api.execute()
    assert len(wire.requests) == api.usage.requests > 5


def test_a_torn_answer_is_asked_for_again(wire: Wire, connect: Callable[..., Harness]) -> None:
    wire.missing_bytes = 10
    api = connect(wire.url)
    with pytest.raises(TapError, match=r"connection to 127.0.0.1:[0-9]+ failed"):
        api.execute()
    assert len(wire.requests) > 1


def test_an_answer_that_fills_the_memory_is_given_up(wire: Wire, connect: Callable[..., Harness]) -> None:
    wire.body = gzip.compress(OK + b" " * 60_000_000)
    wire.headers["Content-Encoding"] = "gzip"
    api = connect(wire.url)
    with pytest.raises(TapError, match="sent an answer of more than 50 MB"):
        api.execute()
    wire.body = gzip.compress(OK)
    assert api.execute().data == DATA


def test_a_silent_server_is_given_up(wire: Wire, connect: Callable[..., Harness]) -> None:
    wire.silence = threading.Event()
    api = connect(wire.url, timeout_seconds=0.05)
    with pytest.raises(TapError, match="did not answer in time"):
        api.execute()
    assert sum(api.time.naps) <= 8


@pytest.mark.parametrize("from_byte", [0, 40, -40], ids=["status line", "headers", "body"])
def test_an_answer_that_drips_is_given_up(
    connect: Callable[..., Harness], monkeypatch: pytest.MonkeyPatch, from_byte: int
) -> None:
    monkeypatch.setattr(transport, "LONGEST_SILENCES", 0.05)
    with dripping(from_byte) as place:
        began = time.monotonic()
        api = connect(f"http://{place}/api/graphql", timeout_seconds=4.0)
        with pytest.raises(TapError, match=r"127.0.0.1:\d+ sent no whole answer within 0.2 s: check"):
            api.execute()
    assert api.usage.requests > 1
    assert time.monotonic() - began < api.usage.requests * 4.0


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
def test_an_answer_that_drips_from_a_proxy_is_given_up(
    connect: Callable[..., Harness], monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setattr(transport, "LONGEST_SILENCES", 0.05)
    with dripping(-40, has_socks=scheme == "socks5h") as place:
        monkeypatch.setenv("HTTP_PROXY", f"{scheme}://{place}")
        api = connect("http://jobber.test/api/graphql", timeout_seconds=4.0)
        with pytest.raises(TapError, match=r"by way of the proxy .*, sent no whole answer within 0.2 s"):
            api.execute()


def test_nobody_listens(connect: Callable[..., Harness]) -> None:
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        api = connect(f"http://127.0.0.1:{unused.getsockname()[1]}/api/graphql")
        with pytest.raises(TapError, match=r"nothing listens there.*check api_url"):
            api.execute()
    assert sum(api.time.naps) <= 8
    assert api.pace.delay_seconds(10_000, api.time.seconds) == 0, "what was never sent costs nothing"


def test_an_unknown_host(connect: Callable[..., Harness], monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    api = connect("http://jobber.invalid/api/graphql")
    with pytest.raises(TapError, match=r"host name is unknown.*check api_url"):
        api.execute()


def test_tls_to_a_server_without_it(wire: Wire, connect: Callable[..., Harness]) -> None:
    api = connect(wire.url.replace("http://", "https://"))
    with pytest.raises(
        TapError, match=r"TLS connection to 127.0.0.1:\d+ cannot be trusted \(what answers there does not speak TLS"
    ):
        api.execute()
    assert api.usage.requests == 1
    assert wire.requests == []


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_a_certificate_that_nobody_trusts(connect: Callable[..., Harness], tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    secured = Wire()
    secured.http.socket = context.wrap_socket(secured.http.socket, server_side=True)
    with serving(secured):
        api = connect(secured.url.replace("http://", "https://"))
        with pytest.raises(TapError, match="REQUESTS_CA_BUNDLE"):
            api.execute()
    assert api.usage.requests == 1
    assert secured.requests == []


def test_an_unusable_address(connect: Callable[..., Harness]) -> None:
    with pytest.raises(TapError, match="not a usable address"):
        connect("gopher://jobber.test/api/graphql").execute()


def test_headers_that_cannot_be_read_are_no_matter_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("urllib3.connection").warning("Failed to parse headers", exc_info=ValueError("Set-Cookie: s"))
    assert caplog.records == []
