"""The route of webhooks; each is answered within the second that Jobber waits."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response

from tap_jobber.connect.site import read_body, retry_after_header
from tap_jobber.connect.webhook_events import (
    APP_DISCONNECT,
    LARGEST_BYTES,
    SIGNATURE_HEADER,
    InvalidEventError,
    is_signed,
    parse_event,
)
from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from starlette.requests import Request

    from tap_jobber.connect.site import Site
    from tap_jobber.connect.webhook_events import Event

logger = logging.getLogger("tap-jobber.connect")

_MARKING_SECONDS = 0.7
"""Longest wait for the store; Jobber disables webhooks that take a second (its documentation on webhooks)."""


class WebhookRoutes:
    """The route of webhooks.

    Args:
        site: Shared by all routes.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._marking: set[asyncio.Task[bool]] = set()

    async def webhook(self, request: Request) -> Response:
        """Mark a connection that was ended in Jobber."""
        body = await read_body(request, LARGEST_BYTES)
        if body is None:
            return PlainTextResponse("Too large\n", 413)
        if not is_signed(body, request.headers.get(SIGNATURE_HEADER), self._site.config.client_secret):
            return self._forged(request)
        try:
            event = parse_event(body)
        except InvalidEventError:
            logger.warning("A webhook of Jobber's could not be read: only the JSON form is understood")
            return PlainTextResponse("Not a webhook event\n", 400)
        if event.topic != APP_DISCONNECT:
            return Response(status_code=204)
        return await self._mark(event)

    def _forged(self, request: Request) -> Response:
        wait_seconds = self._site.count_request(request)
        if wait_seconds:
            return PlainTextResponse("Too many\n", 429, retry_after_header(wait_seconds))
        logger.warning("A webhook without the right signature was refused")
        return PlainTextResponse("Not signed by Jobber with this app's secret\n", 401)

    async def _mark(self, event: Event) -> Response:
        """Mark a connection as ended, but answer in time even while another worker holds the store."""
        marking = asyncio.create_task(run_in_threadpool(self._site.backend.mark_disconnected, event))
        self._marking.add(marking)
        marking.add_done_callback(self._marked)
        try:
            await asyncio.wait_for(asyncio.shield(marking), _MARKING_SECONDS)
        except asyncio.TimeoutError:
            return Response(status_code=202)
        except TapError:
            return PlainTextResponse("The token store cannot be used\n", 503)
        return Response(status_code=204)

    def _marked(self, marking: asyncio.Task[bool]) -> None:
        self._marking.discard(marking)
        error = None if marking.cancelled() else marking.exception()
        if error is not None:
            logger.error("A disconnect could not be noted: %s", error)
