"""Send an answer over HTTP, or break the connection on purpose."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

    from jobber_sandbox.answers import Answer

GZIP_FROM_BYTES = 1_000
FLUSH_SECONDS = 0.05
_CLOSE_WITH_RESET = struct.pack("ii", 1, 0)


class Connections:
    """The open connections of a server, so that one of them can be broken."""

    def __init__(self) -> None:
        self._transports: dict[Any, asyncio.Transport] = {}

    def protocol(self) -> type[H11Protocol]:
        """Return a protocol for uvicorn that keeps its connections here."""
        transports = self._transports

        class Kept(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn says the same
                super().connection_made(transport)
                transports[transport.get_extra_info("peername")[:2]] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                super().connection_lost(exc)
                transports.pop(self.client, None)

        return Kept

    def reset(self, scope: Scope) -> None:
        """Reset a connection."""
        transport = self._transports.get(tuple(scope["client"] or ()))
        if transport is None:
            return
        connected: socket.socket = transport.get_extra_info("socket")
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _CLOSE_WITH_RESET)
        transport.abort()

    def abort(self) -> None:
        """Abort all connections."""
        for transport in list(self._transports.values()):
            transport.abort()


class Sending:
    """An answer on its way, as an ASGI application.

    Args:
        answer: The answer to send.
        connections: The open connections, one of which may have to be broken.
        clock: Epoch seconds, for the `Date` header.
        accepts_gzip: True if the client can read gzip.
    """

    def __init__(
        self, answer: Answer, connections: Connections, clock: Callable[[], float], *, accepts_gzip: bool
    ) -> None:
        self._answer = answer
        self._connections = connections
        self._clock = clock
        self._accepts_gzip = accepts_gzip

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it."""
        answer, body = self._answer, self._answer.body
        headers = {
            **({"content-type": answer.content_type} if answer.content_type else {}),
            "date": formatdate(self._clock(), usegmt=True),
            **answer.headers,
        }
        if self._accepts_gzip and len(body) >= GZIP_FROM_BYTES:
            body = gzip.compress(body, compresslevel=1)
            headers |= {"content-encoding": "gzip", "vary": "Accept-Encoding"}
        headers["content-length"] = str(len(body))
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        if answer.reset_after is not None:
            body = body[: min(answer.reset_after, len(body) - 1)]
        if answer.reset_after != 0:
            await send({"type": "http.response.start", "status": answer.status, "headers": raw})
            is_whole = answer.reset_after is None
            await send({"type": "http.response.body", "body": body, "more_body": not is_whole})
        if answer.reset_after is not None:
            await asyncio.sleep(FLUSH_SECONDS)
            self._connections.reset(scope)
            await asyncio.sleep(0)  # lets the server notice before it misses the rest of the answer
