"""Outcome of a single POST against a real server, sent once."""

from __future__ import annotations

import socket
import ssl
import threading
from typing import TYPE_CHECKING

import pytest

from tap_jobber.credentials.token_endpoint import TokenEndpoint
from tap_jobber.credentials.token_responses import TokenOutcome, Tokens
from tests.credentials.token_server import CLIENT_SECRET, Reply, TokenServer, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def server() -> Iterator[TokenServer]:
    with running() as server:
        yield server


def endpoint(url: str) -> TokenEndpoint:
    return TokenEndpoint(
        url, "client", CLIENT_SECRET, "tap-jobber/test", connect_timeout_seconds=0.5, read_timeout_seconds=0.3
    )


def test_a_refresh(server: TokenServer) -> None:
    old = server.new_refresh_token("client")
    answer = endpoint(server.url).redeem(old)
    assert answer.tokens is not None
    assert answer.tokens.refresh_token == server.accepted["client"] != old
    assert server.requests == [
        {
            "client_id": "client",
            "client_secret": CLIENT_SECRET,
            "grant_type": "refresh_token",
            "refresh_token": old,
        }
    ]
    assert server.headers[0]["Content-Type"] == "application/x-www-form-urlencoded"
    assert server.headers[0]["User-Agent"] == "tap-jobber/test"
    assert "Transfer-Encoding" not in server.headers[0]


def test_an_exchange(server: TokenServer) -> None:
    server.replies = [Reply(200, '{"access_token": "a", "refresh_token": "r"}')]
    assert endpoint(server.url).exchange_code("a code/+", "http://localhost/cb?x=1").outcome is TokenOutcome.GRANTED
    assert server.requests[0]["code"] == "a code/+"
    assert server.requests[0]["redirect_uri"] == "http://localhost/cb?x=1"
    assert server.requests[0]["grant_type"] == "authorization_code"


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(0), TokenOutcome.LOST),
        (Reply(200, '{"access_token": "a"', torn=True), TokenOutcome.LOST),
        (Reply(503, "busy", torn=True), TokenOutcome.LOST),
        (Reply(200, "{}", delay_seconds=0.6), TokenOutcome.LOST),
        (Reply(200, "{" + " " * 100, seconds_per_byte=0.1), TokenOutcome.LOST),
        (Reply(503, "busy"), TokenOutcome.UNAVAILABLE),
        (Reply(302, headers=(("Location", "/elsewhere"),)), TokenOutcome.MISDIRECTED),
        (Reply(307, headers=(("Location", "/elsewhere"),)), TokenOutcome.MISDIRECTED),
    ],
)
def test_nothing_is_sent_twice(server: TokenServer, reply: Reply, outcome: TokenOutcome) -> None:
    server.replies = [reply]
    assert endpoint(server.url).redeem("r").outcome is outcome
    assert len(server.requests) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("torn", [False, True])
def test_a_grant_that_is_whole_is_taken(server: TokenServer, encoding: str, *, torn: bool) -> None:
    server.replies = [Reply(200, '{"access_token": "a", "refresh_token": "r"}', torn=torn, encoding=encoding)]
    assert endpoint(server.url).redeem("old").tokens == Tokens("a", "r")


def test_a_grant_is_not_asked_for_in_compressed_form(server: TokenServer) -> None:
    endpoint(server.url).redeem("r")
    assert server.headers[0]["Accept-Encoding"] == "identity"


def test_an_answer_without_end_is_not_read_to_it(server: TokenServer) -> None:
    server.replies = [Reply(503, "busy" + " " * 2_000_000, torn=True)]
    assert endpoint(server.url).redeem("r").outcome is TokenOutcome.UNAVAILABLE


def test_the_wish_to_wait(server: TokenServer) -> None:
    server.replies = [Reply(429, headers=(("Retry-After", "7"),))]
    assert endpoint(server.url).redeem("r").retry_after_seconds == 7.0


def test_netrc_is_not_asked(server: TokenServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    endpoint(server.url).redeem("r")
    assert "Authorization" not in server.headers[0]


def test_what_the_server_repeats_is_blotted_out(server: TokenServer) -> None:
    server.replies = [Reply(401, f'{{"message": "refresh token r-e-f of {CLIENT_SECRET} is not valid"}}')]
    answer = endpoint(server.url).redeem("r-e-f")
    assert answer.detail == "HTTP 401: refresh token [secret] of [secret] is not valid"


def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        answer = endpoint(f"http://127.0.0.1:{unused.getsockname()[1]}/oauth/token").redeem("r")
    assert answer.outcome is TokenOutcome.NOT_SENT
    assert "nothing listens there" in answer.detail


def test_no_such_host() -> None:
    assert endpoint("http://jobber.invalid/oauth/token").redeem("r").outcome is TokenOutcome.NOT_SENT


@pytest.mark.parametrize("url", ["", "jobber", "ftp://localhost/token", "http://[bad/token", "http://a..b/token"])
def test_no_address(url: str) -> None:
    assert endpoint(url).redeem("r").outcome is TokenOutcome.MISDIRECTED


def test_a_server_without_tls(server: TokenServer) -> None:
    answer = endpoint(server.url.replace("http:", "https:")).redeem("r")
    assert answer.outcome is TokenOutcome.UNTRUSTED
    assert not server.requests


def test_a_missing_ca_bundle(server: TokenServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    answer = endpoint(server.url.replace("http:", "https:")).redeem("r")
    assert answer.outcome is TokenOutcome.UNTRUSTED
    assert "/nowhere/ca.pem" in answer.detail


def test_a_handshake_that_the_server_breaks_off() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def break_off() -> None:
            connection, _ = listener.accept()
            connection.recv(1)
            connection.close()

        threading.Thread(target=break_off, daemon=True).start()
        answer = endpoint(f"https://127.0.0.1:{listener.getsockname()[1]}/token").redeem("r")
    assert ssl.HAS_TLSv1_2
    assert answer.outcome in {TokenOutcome.UNTRUSTED, TokenOutcome.NOT_SENT}
