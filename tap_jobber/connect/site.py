"""Shared by all routes: settings, sessions, limits, redirects, and answers to requests that are refused."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl

from starlette.responses import RedirectResponse

from tap_jobber.connect import notices
from tap_jobber.connect.html_pages import HtmlPages
from tap_jobber.connect.sessions import Session, Sessions
from tap_jobber.connect.visitor_limits import RateLimit, client_address

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from tap_jobber.connect.connect_settings import ConnectSettings
    from tap_jobber.connect.connected_accounts import SignIn
    from tap_jobber.connect.html_pages import Notice
    from tap_jobber.connect.webhook_events import Event
    from tap_jobber.credentials.stores.record import Record
    from tap_jobber.errors import TapError

logger = logging.getLogger("tap-jobber.connect")

_LARGEST_FORM_BYTES = 4_096


class Backend(Protocol):
    """The connected accounts, as the routes use them. All methods may raise a `TapError`."""

    def redeem_authorization_code(self, code: str) -> SignIn:
        """Redeem the code of an authorization that this page has started."""

    def redeem_manage_code(self, code: str) -> SignIn:
        """Redeem the code of the Manage App button."""

    def ping(self) -> None:
        """Open the token store and read from it."""

    def record(self, account_id: str) -> Record | None:
        """Return the connection of an account."""

    def disconnect(self, account_id: str) -> bool:
        """End the connection of an account; return False if Jobber no longer accepts its tokens."""

    def mark_disconnected(self, event: Event) -> bool:
        """Mark a connection as ended in Jobber; return False if the event concerns none that is here."""


class Site:
    """Shared by all routes.

    Args:
        config: The settings.
        backend: The connected accounts.
        clock: Seconds since 1970.
    """

    def __init__(self, config: ConnectSettings, backend: Backend, clock: Callable[[], float] = time.time) -> None:
        self.config = config
        self.backend = backend
        self.clock = clock
        self.pages = HtmlPages(config.name, config.contact_url, config.privacy_url)
        self.sessions = Sessions(config.session_secret, config.session_minutes, secure=config.is_secure, clock=clock)
        self._limit = RateLimit(config.calls_per_minute)

    def session(self, request: Request) -> Session:
        """Return the session of a browser."""
        return self.sessions.read(request.cookies.get(self.sessions.cookie))

    def redirect(self, path: str) -> Response:
        """Return a redirect to a page of this site, never to an address that a request names."""
        return RedirectResponse(f"{self.config.base_url}{path}", 303)

    def notice(self, notice: Notice, headers: Mapping[str, str] | None = None) -> Response:
        """Return the page of a notice."""
        return self.pages.notice(notice, headers)

    def failure(self, error: TapError, notice: Notice = notices.UNAVAILABLE) -> Response:
        """Log a failure for the operator, and return a page that asks the visitor to come back."""
        logger.error("%s", error)
        return self.notice(notice)

    def count_request(self, request: Request) -> float:
        """Count a request of a client; return the seconds to wait if it made too many, else 0."""
        peer = request.client.host if request.client else "unknown"
        forwarded = request.headers.getlist("x-forwarded-for")
        return self._limit.count(client_address(peer, forwarded, self.config.trusted_proxies))

    def check_rate(self, request: Request) -> Response | None:
        """Count a request; return a refusal if the client made too many."""
        wait_seconds = self.count_request(request)
        return self.notice(notices.TOO_MANY, retry_after_header(wait_seconds)) if wait_seconds else None

    async def check_form(self, request: Request, session: Session) -> Response | None:
        """Return a refusal, unless a page of this site sent the form in this session."""
        body = await read_body(request, _LARGEST_FORM_BYTES) or b""
        form = dict(parse_qsl(body.decode("utf-8", "replace")))
        is_foreign = request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}
        if is_foreign or not session.accepts_form(form.get("form_token")):
            return self.notice(notices.STRANGE_FORM)
        return None


def retry_after_header(seconds: float) -> dict[str, str]:
    """Return the header that asks a client to wait."""
    return {"Retry-After": str(int(seconds) + 1)}


async def read_body(request: Request, largest_bytes: int) -> bytes | None:
    """Return the raw body, or None if it is larger than allowed; no more than that is ever held."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest_bytes:
            return None
    return bytes(body)
