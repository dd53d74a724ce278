"""The connect page as an ASGI application: its routes, its files, and what it says to everything else."""

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
    """The page with all its routes.

    Args:
        config: Its settings.
        backend: The connections.
        clock: Epoch seconds.
    """
    site = Site(config, backend, clock)
    arrivals, account, rest = SignInRoutes(site), ConnectionRoutes(site), _PublicRoutes(site)
    gets: dict[str, Handler] = {
        "/": account.home,
        "/connect": arrivals.connect,
        "/oauth/callback": arrivals.callback,
        "/manage": arrivals.manage,
        "/manage/continue": arrivals.ask_continue,
        "/connection": account.connection,
        "/disconnect": account.ask_disconnect,
        "/healthz": rest.health,
        "/assets/{name}": rest.asset,
    }
    posts: dict[str, Handler] = {
        "/manage/continue": arrivals.carry_on,
        "/disconnect": account.disconnect,
        "/sign-out": account.sign_out,
        "/webhooks/jobber": WebhookRoutes(site).webhook,
    }
    routes = [Route(path, _only_get(handler), methods=["GET"]) for path, handler in gets.items()]
    routes += [Route(path, handler, methods=["POST"]) for path, handler in posts.items()]
    handlers = {404: rest.missing, 405: rest.missing, ClientDisconnect: rest.gone, Exception: rest.broken}
    app = Starlette(routes=routes, exception_handlers=handlers)
    # It would lead to the address without the slash on whatever host the request names.
    app.router.redirect_slashes = False
    # Outside of all that Starlette does itself, so that its answer to a fault has the headers too.
    return SecurityHeaders(app, is_secure=config.is_secure)


def _only_get(handler: Handler) -> Handler:
    """The handler without HEAD, which Starlette adds to GET: whoever only looks at a link must not use up its code."""

    async def handle(request: Request) -> Response:
        if request.method != "GET":
            return PlainTextResponse("Only GET\n", 405, {"Allow": "GET"})
        return await handler(request)

    return handle


class _PublicRoutes:
    """The handlers of what is nobody's business in particular."""

    def __init__(self, site: Site) -> None:
        self._site = site
        directory = importlib.resources.files("tap_jobber.connect") / "assets"
        self._assets = {name: (directory / name).read_bytes() for name in _ASSETS}

    async def health(self, _request: Request) -> Response:
        """Say that the page is up; nothing is asked of anyone."""
        return PlainTextResponse("ok\n")

    async def asset(self, request: Request) -> Response:
        """A file of the package."""
        name = request.path_params["name"]
        if name not in self._assets:
            return self._site.notice(notices.MISSING)
        return Response(self._assets[name], media_type=_ASSETS[name])

    async def missing(self, _request: Request, _error: Exception) -> Response:
        """Say that there is no such page."""
        return self._site.notice(notices.MISSING)

    async def gone(self, _request: Request, _error: Exception) -> Response:
        """Say nothing to a client that has left in the middle of its request; that is no fault of the page."""
        return Response(status_code=400)

    async def broken(self, _request: Request, _error: Exception) -> Response:
        """Say that the fault is here; the server logs it."""
        return self._site.notice(notices.BROKEN)
