"""The App Marketplace's buttons, approval without asking, users who are no admins, and webhooks of disconnects."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from jobber_sandbox.options import parse
from jobber_sandbox.world import decoded_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asking import Asker

CALLBACK = "http://localhost:8080/callback"
MANAGE = "http://localhost:8080/manage"


class Browser:
    """Someone who is signed in to Jobber once they have decided."""

    def __init__(self, asker: Asker) -> None:
        self.asker = asker
        self.session = requests.Session()

    def authorize(self, **form: str) -> requests.Response:
        """Open the page that asks for consent, or send its form."""
        client_id = self.asker.sandbox.credentials.client_id
        query = {"response_type": "code", "client_id": client_id, "redirect_uri": CALLBACK, "state": "s"}
        method = "POST" if form else "GET"
        return self._request(method, "/api/oauth/authorize", params=query, data=form)

    def press(self, button: str, **query: str) -> requests.Response:
        """Press a button of the marketplace."""
        return self._request("GET", f"/sandbox/{button}", params=query)

    def _request(self, method: str, path: str, **more: Any) -> requests.Response:
        url = f"{self.asker.server.url}{path}"
        return self.session.request(method, url, allow_redirects=False, timeout=10, **more)


@pytest.fixture
def browser(asker: Asker) -> Browser:
    asker.sandbox.credentials.disconnect(1)
    return Browser(asker)


def query_of(answer: requests.Response) -> dict[str, list[str]]:
    assert answer.status_code == 302, answer.text
    return parse_qs(urlsplit(answer.headers["location"]).query)


def test_an_authorised_app_is_approved_at_once(browser: Browser) -> None:
    assert browser.authorize().status_code == 200
    first = query_of(browser.authorize(user="1:1", decision="allow"))
    second = query_of(browser.authorize())
    assert first["state"] == second["state"] == ["s"]
    assert first["code"] != second["code"]
    assert Browser(browser.asker).authorize().status_code == 200


def test_a_user_is_asked_again_after_a_disconnect(browser: Browser) -> None:
    browser.authorize(user="1:1", decision="allow")
    browser.asker.sandbox.credentials.disconnect(1)
    assert browser.authorize().status_code == 200


def test_only_admins_let_an_app_in(browser: Browser) -> None:
    assert "account 1, user 4 (no admin)" in browser.authorize().text
    assert browser.authorize(user="1:4", decision="allow").status_code == 403
    assert browser.authorize(user="1:9", decision="allow").status_code == 400
    assert browser.press("marketplace", to=CALLBACK, user="4").status_code == 403


def test_connect_button_brings_no_state(browser: Browser) -> None:
    query = query_of(browser.press("marketplace", to=CALLBACK))
    assert set(query) == {"code"}
    form = {"grant_type": "authorization_code", "code": query["code"][0]}
    assert browser.asker.token(**form, redirect_uri=MANAGE).status_code == 400
    assert browser.asker.token(**form, redirect_uri=CALLBACK).status_code == 200
    assert "state" in query_of(browser.authorize())


def test_manage_button_is_there_once_the_app_is_connected(browser: Browser) -> None:
    assert browser.press("manage", to=MANAGE).status_code == 409
    browser.authorize(user="1:1", decision="allow")
    code = query_of(browser.press("manage", to=MANAGE, user="2", redirect_uri=CALLBACK))["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    assert browser.asker.token(**form).status_code == 200


@pytest.mark.parametrize(
    "query", [{"to": "javascript:x"}, {}, {"to": MANAGE, "account": "7"}, {"to": MANAGE, "user": "x"}]
)
def test_buttons_with_nonsense(browser: Browser, query: dict[str, str]) -> None:
    assert browser.press("marketplace", **query).status_code == 400


@contextmanager
def receiving(status: int = 204) -> Iterator[tuple[str, list[tuple[bytes, str | None]]]]:
    """Provide a place that webhooks can be sent to, and what has come there."""
    received: list[tuple[bytes, str | None]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((body, self.headers["X-Jobber-Hmac-SHA256"]))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("by_app", [True, False])
@pytest.mark.parametrize("ids", ["encoded", "number"])
def test_webhook_of_a_disconnect(asker: Asker, ids: Literal["encoded", "number"], *, by_app: bool) -> None:
    with receiving() as (url, received):
        assert asker.admin("webhook", {"url": url}) == {"url": url}
        asker.sandbox.webhooks.ids = ids
        if by_app:
            asker.data("mutation { appDisconnect { app { name } userErrors { message } } }")
        else:
            asker.admin("disconnect")
        deadline = time.monotonic() + 5
        while not asker.sandbox.webhooks.deliveries and time.monotonic() < deadline:
            time.sleep(0.01)
        asker.admin("disconnect")
    ((body, signature),) = received
    secret = asker.sandbox.credentials.client_secret.encode()
    assert signature == base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest()).decode()
    event = json.loads(body)["data"]["webHookEvent"]
    assert set(event) == {"topic", "appId", "accountId", "itemId", "occurredAt"}
    account = asker.sandbox.world().tables["Account"].rows[0]
    assert event["topic"] == "APP_DISCONNECT"
    assert event["accountId"] == (account.id if ids == "encoded" else account.number)
    assert decoded_id(account.id) == ("Account", account.number)
    assert asker.sandbox.webhooks.deliveries[0].status == 204


def test_webhook_options() -> None:
    options = parse(["--webhook-url", "http://localhost/hook", "--webhook-ids", "number"])
    assert (options.webhook_url, options.webhook_ids) == ("http://localhost/hook", "number")
