"""Error lines for requests without an answer: the true cause and its remedy, with real sockets and proxies."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
import requests

from tap_jobber.network.explanation import REQUEST_EXCEPTIONS, explain_failure
from tap_jobber.network.failed_request import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TARGET = "https://api.jobber.test/api/graphql"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@contextmanager
def answering(*answers: bytes) -> Iterator[str]:
    """Provide host and port of a server that reads a request, sends one of these answers, and closes."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as connections:

        def serve() -> None:
            with suppress(OSError):  # the client may go, and so may the listener
                connection, _ = listener.accept()
                connections.enter_context(connection)
                connection.settimeout(5)
                for answer in answers:
                    connection.recv(65536)
                    connection.sendall(answer)
                connection.shutdown(socket.SHUT_WR)

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def closed() -> Iterator[str]:
    """Provide a port at which nothing listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{unused.getsockname()[1]}"


def failing(url: str = TARGET) -> Failure:
    """Send a request that brings no answer."""
    with pytest.raises(REQUEST_EXCEPTIONS) as raised:
        requests.post(url, data=b"{}", timeout=0.5)
    failure = explain_failure(raised.value, url)
    assert "hunt" not in failure.cause + failure.remedy
    assert "\n" not in failure.cause + failure.remedy
    return failure


@pytest.mark.parametrize("scheme", ["http", "https", "socks5", "socks5h"])
def test_a_proxy_that_is_not_there(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    with closed() as place:
        monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://me:hunter2@{place}")
        failure = failing()
    assert failure.cause == f"the proxy {scheme}://{place} cannot be reached (nothing listens there)"
    assert "HTTPS_PROXY" in failure.remedy
    assert "api_url" not in failure.remedy
    assert failure.is_unsent
    assert not failure.is_lasting


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
def test_a_proxy_that_nobody_knows(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("all_proxy", f"{scheme}://proxy.invalid:3128")
    failure = failing()
    assert failure.cause == f"the proxy {scheme}://proxy.invalid:3128 cannot be reached (the host name is unknown)"
    assert "all_proxy" in failure.remedy.lower()


@pytest.mark.parametrize(
    ("before", "status", "cause", "is_lasting"),
    [
        ("", b"407 Proxy Authentication Required", "asks for a user name and a password (407", True),
        ("me:hunter2@", b"407 Proxy Authentication Required", "refuses the user name or the password (407", True),
        ("", b"403 Forbidden", "does not let the tap through to api.jobber.test (403 Forbidden)", True),
        ("", b"502 Bad Gateway", "does not let the tap through to api.jobber.test (502 Bad Gateway)", False),
    ],
)
def test_a_proxy_that_refuses(
    monkeypatch: pytest.MonkeyPatch, before: str, status: bytes, cause: str, *, is_lasting: bool
) -> None:
    with answering(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n") as place:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{before}{place}")
        failure = failing()
    assert failure.cause.startswith(f"the proxy http://{place} {cause}")
    assert failure.is_lasting == is_lasting
    assert failure.is_unsent


def test_a_proxy_that_stays_silent_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = f"127.0.0.1:{listener.getsockname()[1]}"
        monkeypatch.setenv("HTTPS_PROXY", f"http://{place}")
        failure = failing()
    assert failure.cause == f"api.jobber.test, by way of the proxy http://{place}, did not answer in time"
    assert not failure.is_lasting


def test_a_proxy_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as place:
        monkeypatch.setenv("HTTPS_PROXY", f"https://{place}")
        failure = failing()
    assert failure == Failure(
        f"the proxy https://{place} does not speak TLS",
        "let HTTPS_PROXY begin with http://",
        is_lasting=True,
        is_unsent=True,
    )


@pytest.mark.parametrize(
    ("answers", "cause"),
    [
        ((b"\x05\xff",), "asks for a user name and a password (SOCKS5)"),
        (
            (b"\x05\x00", b"\x05\x04\x00\x01\x00\x00\x00\x00\x00\x00"),
            "does not reach api.jobber.test (0x04: Host unreachable)",
        ),
    ],
)
def test_a_socks_proxy_that_refuses(monkeypatch: pytest.MonkeyPatch, answers: tuple[bytes, ...], cause: str) -> None:
    pytest.importorskip("socks")
    with answering(*answers) as place:
        monkeypatch.setenv("HTTPS_PROXY", f"socks5h://{place}")
        assert failing().cause == f"the proxy socks5h://{place} {cause}"


def test_a_host_that_is_looked_up_before_the_socks_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("socks")
    with answering(b"\x05\x00") as place:
        monkeypatch.setenv("HTTPS_PROXY", f"socks5://{place}")
        failure = failing("https://jobber.invalid/api")
    assert failure.cause == "the connection to jobber.invalid failed (the host name is unknown)"
    assert "socks5h://" in failure.remedy


def test_a_socks_proxy_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support.")

    monkeypatch.setattr("requests.adapters.SOCKSProxyManager", missing)
    monkeypatch.setenv("HTTPS_PROXY", "socks5://me:hunter2@localhost:1080")
    failure = failing()
    assert "the proxy socks5://localhost:1080 needs the Python package PySocks" in failure.cause
    assert "pip install PySocks" in failure.remedy
    assert failure.is_lasting


@pytest.mark.parametrize(
    "value",
    [
        "http://:3128",
        "foo:bar:baz",
        "http://host:port",
        "ftp://host:21",
        "http://[::1",
        "http://a b:1",
        "http://host:99999",
        "http://ü..de:1",
        "http://me:hunt#er@host:3",
        "http://me:hunt/er@host:3",
        "socks9://host:3",
    ],
)
def test_what_is_no_address_of_a_proxy(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    failure = failing()
    assert failure.cause == "HTTPS_PROXY does not hold the address of a proxy"
    assert "http://host:port" in failure.remedy
    assert failure.is_lasting


@pytest.mark.parametrize(
    "url",
    [
        "",
        "jobber",
        "ftp://localhost/x",
        "http://[::1:80/x",
        "https://localhost:99999/x",
        "https:///",
    ],
)
@pytest.mark.parametrize("proxy", [None, "http://127.0.0.1:9"])
def test_what_is_no_address_of_the_api(monkeypatch: pytest.MonkeyPatch, url: str, proxy: str | None) -> None:
    if proxy is not None:
        monkeypatch.setenv("ALL_PROXY", proxy)
    failure = failing(url)
    assert failure.cause == "api_url is not a usable address"
    assert failure.is_lasting


def test_an_exception_from_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with closed() as place:
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert failing(f"https://{place}/x").cause == f"the connection to {place} failed (nothing listens there)"


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_certificates_that_are_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    monkeypatch.setenv(name, str(tmp_path / "ca.pem"))
    failure = failing()
    assert failure.cause == f"{name} names {tmp_path}/ca.pem, which does not exist"
    assert failure.is_lasting
    (tmp_path / "ca.pem").write_text("none\n")
    with answering(b"") as place:
        failure = failing(f"https://{place}")
    assert failure.cause == f"{name} names {tmp_path}/ca.pem, which holds no CA certificates that can be read"


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (b"", "the connection to {} failed (it was closed without an answer)"),
        (b"hello\r\n\r\n", "the connection to {} failed (what answers there does not speak HTTP)"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{",
            "the connection to {} failed (it broke off in the middle of an answer)",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnone",
            "the connection to {} failed (the answer is compressed in a way that cannot be read)",
        ),
    ],
)
def test_a_server_that_breaks_off(answer: bytes, cause: str) -> None:
    with answering(answer) as place:
        failure = failing(f"http://{place}/x")
    assert failure.cause == cause.format(place)
    assert not failure.is_lasting
    assert not failure.is_unsent


def test_an_address_of_version_6() -> None:
    failure = failing("http://[::1]:9/x")
    assert failure.cause.startswith("the connection to [::1]:9 failed (")
    assert failure.is_unsent


def test_a_name_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    assert failing().cause == "the connection to api.jobber.test failed (the name server does not answer)"


def test_a_header_that_cannot_be_sent() -> None:
    with pytest.raises(REQUEST_EXCEPTIONS) as raised:
        requests.post(TARGET, headers={"User-Agent": "a\nb"}, timeout=1)
    assert "user_agent" in explain_failure(raised.value, TARGET).cause
