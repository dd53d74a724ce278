"""Limit the number of requests, whatever they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MAXIMUM_REQUESTS = 2_500
WINDOW_SECONDS = 300


class Limiter:
    """At most so many requests in each fixed window of time, or any number if the maximum is zero.

    Args:
        clock: Seconds from any fixed moment; windows are counted from zero.
        maximum_requests: Requests that one window lets through.
        window_seconds: Length of a window.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        maximum_requests: int = MAXIMUM_REQUESTS,
        window_seconds: int = WINDOW_SECONDS,
    ) -> None:
        self._clock = clock
        self._maximum_requests = maximum_requests
        self._window_seconds = window_seconds
        self._window = -1
        self._count = 0

    def admit(self) -> bool:
        """Count a request; return False if it is one too many."""
        window = int(self._clock() // self._window_seconds)
        if window != self._window:
            self._window, self._count = window, 0
        self._count += 1
        return not self._maximum_requests or self._count <= self._maximum_requests
