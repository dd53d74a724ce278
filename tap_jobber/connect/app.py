"""The connect page as an ASGI application: its routes, its files and its error pages."""

from __future__ import annotations

import importlib.resources
import time
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tap_jobber.connect import notices
from tap_jobber.connect.connection_routes import ConnectionRoutes
from tap_jobber.connect.readiness import Readiness
from tap_jobber.connect.security_headers import SecurityHeaders
from tap_jobber.connect.sign_in_routes import SignInRoutes
from tap_jobber.connect.site import Backend, Site
from tap_jobber.connect.webhook_routes import WebhookRoutes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from tap_jobber.connect.connect_settings import ConnectSettings

    Handler = Callable[[Request], Awaitable[Response]]

_ASSETS = {"connect.css": "text/css", "icon.svg": "image/svg+xml"}


def build_app(config: ConnectSettings, backend: Backend, clock: Callable[[], float] = time.time) -> ASGIApp:
    """Return the application with all its routes.

    Args:
        config: Its settings.
        backend: The connected accounts.
        clock: Seconds since 1970.
    """
    site = Site(config, backend, clock)
    sign_in, account, public = SignInRoutes(site), ConnectionRoutes(site), _PublicRoutes(site)
    gets: dict[str, Handler] = {
        "/": account.home,
        "/connect": sign_in.connect,
        "/oauth/callback": sign_in.callback,
        "/manage": sign_in.manage,
        "/manage/continue": sign_in.confirm_manage,
        "/connection": account.connection,
        "/disconnect": account.confirm_disconnect,
        "/healthz": public.health,
        "/readyz": public.readiness,
        "/assets/{name}": public.asset,
    }
    posts: dict[str, Handler] = {
        "/manage/continue": sign_in.accept_manage,
        "/disconnect": account.disconnect,
        "/sign-out": account.sign_out,
        "/webhooks/jobber": WebhookRoutes(site).webhook,
    }
    routes = [Route(path, _without_head(handler), methods=["GET"]) for path, handler in gets.items()]
    routes += [Route(path, handler, methods=["POST"]) for path, handler in posts.items()]
    handlers = {404: public.missing, 405: public.missing, ClientDisconnect: public.gone, Exception: public.broken}
    app = Starlette(routes=routes, exception_handlers=handlers)
    # Such a redirect would lead to whatever host the request names.
    app.router.redirect_slashes = False
    # Around Starlette itself, so that its error pages have the headers too.
    return SecurityHeaders(app, is_secure=config.is_secure)


def _without_head(handler: Handler) -> Handler:
    """Refuse HEAD, which Starlette adds to GET: a preview of a link must not use up its code."""

    async def handle(request: Request) -> Response:
        if request.method != "GET":
            return PlainTextResponse("Only GET\n", 405, {"Allow": "GET"})
        return await handler(request)

    return handle


class _PublicRoutes:
    """Routes without a session: health, assets, errors."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._readiness = Readiness(site.backend.ping)
        directory = importlib.resources.files("tap_jobber.connect") / "assets"
        self._assets = {name: (directory / name).read_bytes() for name in _ASSETS}

    async def health(self, _request: Request) -> Response:
        """Answer that the page is up, without a request to Jobber or the store."""
        return PlainTextResponse("ok\n")

    async def readiness(self, _request: Request) -> Response:
        """Answer if the token store can be opened."""
        if await self._readiness.is_ready():
            return PlainTextResponse("ready\n")
        return PlainTextResponse("The token store cannot be used\n", 503)

    async def asset(self, request: Request) -> Response:
        """Return a file of the package."""
        name = request.path_params["name"]
        if name not in self._assets:
            return self._site.notice(notices.MISSING)
        return Response(self._assets[name], media_type=_ASSETS[name])

    async def missing(self, _request: Request, _error: Exception) -> Response:
        """Answer that there is no such page."""
        return self._site.notice(notices.MISSING)

    async def gone(self, _request: Request, _error: Exception) -> Response:
        """Answer a client that left in mid-request; without this, it would count as a fault of the page."""
        return Response(status_code=400)

    async def broken(self, _request: Request, _error: Exception) -> Response:
        """Answer that the fault is here; the server logs it."""
        return self._site.notice(notices.BROKEN)
