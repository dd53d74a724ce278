"""What all pages share: settings, sessions, limits, redirects, and the answers to what cannot be done."""

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
    """What the pages need of the connections. All of it may raise a TapError."""

    def redeem_authorization_code(self, code: str) -> SignIn:
        """Redeem a code of an authorisation that this page has started."""

    def redeem_manage_code(self, code: str) -> SignIn:
        """Redeem a code of the Manage App button."""

    def record(self, account_id: str) -> Record | None:
        """The connection of an account."""

    def disconnect(self, account_id: str) -> bool:
        """End the connection of an account, in Jobber and here; False if Jobber could not be asked any more."""

    def mark_disconnected(self, event: Event) -> bool:
        """Note that a connection was ended in Jobber; False if the event is about none of these here."""


class Site:
    """What the handlers of all routes share.

    Args:
        config: The settings.
        backend: The connections.
        clock: Epoch seconds.
    """

    def __init__(self, config: ConnectSettings, backend: Backend, clock: Callable[[], float] = time.time) -> None:
        self.config = config
        self.backend = backend
        self.clock = clock
        self.pages = HtmlPages(config.name)
        self.sessions = Sessions(config.session_secret, config.session_minutes, secure=config.is_secure, clock=clock)
        self._limit = RateLimit(config.calls_per_minute)

    def session(self, request: Request) -> Session:
        """The session of a browser."""
        return self.sessions.opened(request.cookies.get(self.sessions.cookie))

    def redirect(self, path: str) -> Response:
        """A redirect to a page of this site; never to an address that a request names."""
        return RedirectResponse(f"{self.config.base_url}{path}", 303)

    def notice(self, notice: Notice, headers: Mapping[str, str] | None = None) -> Response:
        """A page that tells one thing."""
        return self.pages.notice(notice, headers)

    def failed(self, error: TapError, notice: Notice = notices.UNAVAILABLE) -> Response:
        """A failure that only the operator can mend, who finds it in the log; the visitor is told to come back."""
        logger.error("%s", error)
        return self.notice(notice)

    def wait_seconds(self, request: Request) -> float:
        """Count a call against the client that makes it; how long it should stay away, if it makes too many."""
        peer = request.client.host if request.client else "unknown"
        forwarded = request.headers.getlist("x-forwarded-for")
        return self._limit.wait_seconds(client_address(peer, forwarded, self.config.trusted_proxies))

    def limited(self, request: Request) -> Response | None:
        """A refusal, if a visitor makes too many calls."""
        wait_seconds = self.wait_seconds(request)
        return self.notice(notices.TOO_MANY, retry_after_header(wait_seconds)) if wait_seconds else None

    async def unsent(self, request: Request, session: Session) -> Response | None:
        """A refusal, unless the form was sent by a page of this site in this session."""
        body = await read_body(request, _LARGEST_FORM_BYTES) or b""
        form = dict(parse_qsl(body.decode("utf-8", "replace")))
        is_foreign = request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}
        if is_foreign or not session.sent_form(form.get("form_token")):
            return self.notice(notices.STRANGE_FORM)
        return None


def retry_after_header(seconds: float) -> dict[str, str]:
    """The header that says when to come back."""
    return {"Retry-After": str(int(seconds) + 1)}


async def read_body(request: Request, largest_bytes: int) -> bytes | None:
    """The raw body, or None if it is larger than allowed; no more than that is ever held."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest_bytes:
            return None
    return bytes(body)
