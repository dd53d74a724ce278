"""Headers of every response."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING

import pytest
import requests

from tests.connect.harness import Site, serving

if TYPE_CHECKING:
    from pathlib import Path

    from jobber_sandbox.server import Running

PATHS = (
    "/",
    "/connect",
    "/oauth/callback",
    "/oauth/callback?code=x&state=guess",
    "/manage?code=x",
    "/manage/continue",
    "/connection",
    "/disconnect",
    "/healthz",
    "/assets/connect.css",
    "/assets/icon.svg",
    "/assets/..%2fapp.py",
    "/nowhere",
)


def assert_guarded(response: requests.Response) -> None:
    headers = response.headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers


def test_headers_of_every_response(site: Site) -> None:
    visitor = site.visitor()
    for path in PATHS:
        assert_guarded(visitor.get(path))
        assert_guarded(visitor.head(path))
    for path in ("/manage/continue", "/disconnect", "/sign-out", "/webhooks/jobber", "/connect", "/nowhere"):
        assert_guarded(visitor.post(path))
    visitor.connect()
    assert_guarded(visitor.seen[-1])


def test_headers_of_a_fault(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = site.visitor()
    visitor.connect()

    def fails(_account_id: str) -> None:
        raise ZeroDivisionError("something internal")

    monkeypatch.setattr(site.connections, "record", fails)
    response = visitor.get("/connection")
    assert response.status_code == 500
    assert "Something went wrong" in response.text
    assert "internal" not in response.text
    assert_guarded(response)


@pytest.mark.parametrize("path", ["/webhooks/jobber", "/disconnect"])
def test_client_that_leaves_is_no_fault(site: Site, path: str, caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_connection(("127.0.0.1", site.port)) as connection:
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: page\r\nContent-Length: 9\r\n\r\nonly".encode())
    for _ in range(2):  # the second answer comes after the first request has been dealt with
        assert site.visitor().get("/healthz").status_code == 200
    assert "ClientDisconnect" not in caplog.text


def test_https_is_kept_to(jobber: Running, tmp_path: Path) -> None:
    with serving(jobber, tmp_path / "tokens.json", base_url="https://jobber.example.com") as site:
        response = requests.get(f"http://127.0.0.1:{site.port}/connect", allow_redirects=False, timeout=10)
    assert response.headers["strict-transport-security"] == "max-age=31536000"
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("__Host-tap-jobber-connect=")
    assert {"Secure", "HttpOnly", "SameSite=lax"} <= {word.strip() for word in cookie.split(";")}
    assert "redirect_uri=https%3A%2F%2Fjobber.example.com%2Foauth%2Fcallback" in response.headers["location"]


def test_pages_load_nothing_from_elsewhere_and_hold_no_script(site: Site) -> None:
    visitor = site.visitor()
    pages = [visitor.get(path) for path in ("/", "/oauth/callback", "/nowhere")]
    pages += [visitor.connect(), visitor.get("/disconnect")]
    for page in pages:
        assert "<script" not in page.text
        assert not re.search(r"\son\w+=|style=", page.text)
        assert not re.search(r"(?:src|href|action)=\"(?!/)", page.text)
        assert '<html lang="en">' in page.text
        assert 'name="viewport"' in page.text
    for name in ("connect.css", "icon.svg"):
        assert "url(" not in visitor.get(f"/assets/{name}").text
