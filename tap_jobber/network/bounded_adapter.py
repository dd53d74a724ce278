"""Bounds the time that a server may take to send an answer, and the length of an answer.

The time-out of `requests` bounds only each silence: at a byte a second an answer goes on for hours. Nothing bounds the
length: an answer of a few megabytes fills the memory once it is decompressed.
"""

from __future__ import annotations

import functools
import http.client
import io
import time
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    import requests
    from urllib3 import HTTPConnectionPool, PoolManager

# All that are informational but 101, after which the connection is no longer one of HTTP.
_INTERIM = range(102, 200)
_PIECE_BYTES = 65_536
LONGEST_SILENCES = 3.0
"""An answer may take as long as so many of the longest silences in it."""


class SlowAnswerError(TimeoutError):
    """An answer that has not come to its end in time."""


class LongAnswerError(OSError):
    """An answer that does not come to its end."""


def read_content(response: requests.Response, most_bytes: int) -> bytes:
    """Return the body of a response that has been asked for as a stream.

    Args:
        response: The response.
        most_bytes: The most bytes that it may have, decompressed.

    Raises:
        LongAnswerError: If it has more.
    """
    content = bytearray()
    for piece in response.iter_content(_PIECE_BYTES):
        content += piece
        if len(content) > most_bytes:
            raise LongAnswerError(f"an answer of more than {most_bytes / 1e6:g} MB")
    return bytes(content)


class BoundedAdapter(HTTPAdapter):
    """Sends each request once, and reads its answer for a limited time, straight or through any proxy.

    Args:
        answer_seconds: The most seconds from the end of the request to the end of the answer.
    """

    def __init__(self, answer_seconds: float) -> None:
        self._answer_seconds = answer_seconds
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the connections that lead straight to a server."""
        super().init_poolmanager(*args, **options)
        self._bound(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> PoolManager:
        """Return the connections that lead through a proxy."""
        is_new = proxy not in self.proxy_manager
        manager: PoolManager = super().proxy_manager_for(proxy, **options)
        if is_new:
            self._bound(manager)
        return manager

    def _bound(self, manager: PoolManager) -> None:
        bounded = functools.partial(_BoundedResponse, answer_seconds=self._answer_seconds)
        pools = manager.pool_classes_by_scheme
        manager.pool_classes_by_scheme = {scheme: _with_responses(pool, bounded) for scheme, pool in pools.items()}


def _with_responses(pool: type[HTTPConnectionPool], response: Callable[..., Any]) -> type[HTTPConnectionPool]:
    """Return a class of pools whose connections read responses by another class."""
    base = pool.ConnectionCls
    connection = type(base.__name__, (base,), {"response_class": staticmethod(response)})
    return type(pool.__name__, (pool,), {"ConnectionCls": connection})


class _BoundedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, answer_seconds: float, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_BoundedReader(self.fp.detach(), answer_seconds))

    def begin(self) -> None:
        """Read status and headers, past interim answers such as 103 Early Hints; `http.client` passes over 100 alone.

        Taken for the answer, one would leave the real one on the connection, to be taken for that of the next request.
        """
        super().begin()
        while self.status in _INTERIM:
            # With headers it would not begin again.
            self.headers = self.msg = None  # type: ignore[assignment]  # as before the first answer
            super().begin()


class _BoundedReader(io.RawIOBase):
    """The bytes of a socket, of which each silence is bounded, until a time.

    Args:
        source: The bytes.
        answer_seconds: The most seconds from now.
    """

    def __init__(self, source: io.RawIOBase, answer_seconds: float) -> None:
        self._source = source
        self._answer_seconds = answer_seconds
        self._until = time.monotonic() + answer_seconds

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._source.fileno()

    def readinto(self, buffer: Any, /) -> int | None:  # noqa: ANN401 - what is written to, which Python 3.12 names
        if time.monotonic() > self._until:
            raise SlowAnswerError(f"no whole answer within {self._answer_seconds:g} s")
        return self._source.readinto(buffer)

    def close(self) -> None:
        self._source.close()
        super().close()
