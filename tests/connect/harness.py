"""A connect page over a sandbox, and visitors of both who keep cookies and follow nothing by themselves."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

from jobber_sandbox.server import listening, url_of
from tap_jobber.connect.connect_settings import ConnectSettings
from tap_jobber.connect.connected_accounts import ConnectedAccounts
from tap_jobber.connect.server import build_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jobber_sandbox.sandbox import Sandbox
    from jobber_sandbox.server import Running

SESSION_SECRET = "a secret of tests, long enough to sign with"
INSTALLER, OTHER_ADMIN, NO_ADMIN = 1, 2, 4
_FORM_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


@dataclass
class Time:
    """The real time, moved on at will.

    Args:
        later_seconds: How far.
    """

    later_seconds: float = 0.0

    def __call__(self) -> float:
        """Epoch seconds."""
        return time.time() + self.later_seconds


@dataclass
class Site:
    """A page that answers.

    Args:
        jobber: The sandbox that plays Jobber.
        config: The settings of the page.
        store: The token store.
        clock: The page's clock.
        connections: What is behind the page.
        port: Where it listens.
    """

    jobber: Running
    config: ConnectSettings
    store: Path
    clock: Time
    connections: ConnectedAccounts
    port: int

    @property
    def url(self) -> str:
        """The address of the page."""
        return self.config.base_url

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox behind it, for direct access to its data."""
        return self.jobber.sandbox

    def visitor(self) -> Visitor:
        """Someone with a browser of their own."""
        return Visitor(self)

    def stored(self) -> bytes:
        """Return the token store as it is."""
        return self.store.read_bytes() if self.store.exists() else b""

    def records(self) -> list[dict[str, Any]]:
        """Return the records of the store, whatever its shape."""
        return records_of(self.store)

    def record(self) -> dict[str, Any]:
        """Return the only record of the store."""
        (record,) = self.records()
        return record

    def secrets(self) -> set[str]:
        """All that nobody may ever see."""
        kept = {str(record[name]) for record in self.records() for name in ("access_token", "refresh_token")}
        issued = set(self.sandbox.credentials.refresh_tokens())
        return kept | issued | {self.config.client_secret, self.config.session_secret}


@dataclass
class Visitor:
    """Someone with a browser of their own.

    Args:
        site: The page that they visit.
        headers: What their browser sends besides.
    """

    site: Site
    headers: dict[str, str] = field(default_factory=dict)
    seen: list[requests.Response] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start the browser."""
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, path: str, **headers: str) -> requests.Response:
        """Open a page of the site, or any address; a redirect is not followed."""
        return self._request("GET", path, headers=headers)

    def post(self, path: str, form: dict[str, str] | None = None, **headers: str) -> requests.Response:
        """Send a form to a page of the site."""
        return self._request("POST", path, data=form or {}, headers=headers)

    def head(self, path: str) -> requests.Response:
        """Only look at an address."""
        return self._request("HEAD", path)

    def _request(self, method: str, path: str, **more: Any) -> requests.Response:
        url = path if "://" in path else f"{self.site.url}{path}"
        more["headers"] = {**self.headers, **more.get("headers", {})}
        response = self.session.request(method, url, allow_redirects=False, timeout=20, **more)
        self.seen.append(response)
        return response

    def form_token(self, path: str) -> str:
        """Return the token in the form of a page."""
        return token_of(self.get(path))

    def authorise(self, user: int = INSTALLER, account: int = 1, *, decision: str = "allow") -> requests.Response:
        """Start an authorisation and decide on Jobber's page; where Jobber sends the browser next."""
        return self.decide(self.get("/connect"), user, account, decision)

    def decide(self, started: requests.Response, user: int, account: int, decision: str) -> requests.Response:
        """Decide on Jobber's page."""
        given = {name: values[0] for name, values in parse_qs(urlsplit(started.headers["location"]).query).items()}
        form = {**given, "user": f"{account}:{user}", "decision": decision}
        return self.post(f"{self.site.jobber.api_url}/oauth/authorize", form)

    def connect(self, user: int = INSTALLER, account: int = 1) -> requests.Response:
        """Connect an account, up to the page that shows it."""
        arrived = self.get(location(self.authorise(user, account)))
        assert arrived.status_code == 303, arrived.text
        return self.get(location(arrived))

    def press_manage(self, user: int = INSTALLER, account: int = 1, **more: str) -> requests.Response:
        """Press Manage App in Jobber; what the site says to the code."""
        query = urlencode({"account": account, "user": user, "to": self.site.config.manage_url, **more})
        return self.get(location(self.get(f"{self.site.jobber.url}/sandbox/manage?{query}")))

    def press_connect(self, user: int = INSTALLER, account: int = 1) -> requests.Response:
        """Press Connect in the App Marketplace; where Jobber sends the browser."""
        query = urlencode({"account": account, "user": user, "to": self.site.config.callback_url})
        return self.get(f"{self.site.jobber.url}/sandbox/marketplace?{query}")

    def manage(self, user: int = INSTALLER, account: int = 1) -> requests.Response:
        """Press Manage App in Jobber and say yes, up to the page that shows the connection."""
        asked = location(self.press_manage(user, account))
        signed_in = self.post("/manage/continue", {"form_token": self.form_token(asked)})
        assert signed_in.status_code == 303, signed_in.text
        return self.get(location(signed_in))


def until(is_so: Callable[[], bool], limit_seconds: float = 20.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + limit_seconds
    while not is_so():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.01)


def records_of(store: Path) -> list[dict[str, Any]]:
    """Return the records of a token store, whatever its shape."""
    return list(_records(json.loads(store.read_bytes()))) if store.exists() else []


def location(response: requests.Response) -> str:
    """Return the target of a redirect."""
    assert response.status_code in {302, 303}, response.text
    return response.headers["location"]


def token_of(page: requests.Response) -> str:
    """Return the token in the form of a page."""
    found = _FORM_TOKEN.search(page.text)
    assert found, page.text
    return unescape(found[1])


def text_of(page: requests.Response) -> str:
    """Return the words of a page, without its tags and with single blanks."""
    body = page.text.partition("<main>")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def _records(found: object) -> Iterator[dict[str, Any]]:
    """Every object with tokens, however deep."""
    if isinstance(found, dict):
        if "refresh_token" in found:
            yield found
        else:
            for value in found.values():
                yield from _records(value)


@contextmanager
def serving(jobber: Running, store: Path, **settings: Any) -> Iterator[Site]:
    """Provide a page that answers from a thread of this process until the context ends.

    Nobody waits for its end, which takes two tenths of a second in which nothing happens; it closes its socket itself.
    """
    clock = Time()
    listener = listening("127.0.0.1", 0)
    port = listener.getsockname()[1]
    credentials = jobber.sandbox.credentials
    config = ConnectSettings(
        **{
            "base_url": url_of(listener),
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
            "session_secret": SESSION_SECRET,
            "token_store": str(store),
            "api_url": jobber.api_url,
            **settings,
        }
    )
    connections = ConnectedAccounts(config, clock)
    server = build_server(config, connections, clock)
    arguments: dict[str, Any] = {"sockets": [listener]}
    threading.Thread(target=lambda: asyncio.run(server.serve(**arguments)), name="connect", daemon=True).start()
    try:
        yield Site(jobber, config, store, clock, connections, port)
    finally:
        server.should_exit = True
