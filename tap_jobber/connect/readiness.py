"""Readiness: finds out if the token store can be opened, in a bounded time and for any number of askers at once."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("tap-jobber.connect")

WAIT_SECONDS = 3.0
"""Longest wait for the store; probes of orchestrators give up soon after."""


class Readiness:
    """Open the store, once for all who ask meanwhile, so that a store that hangs holds up one thread and no more.

    Args:
        open_store: Opens the store and reads from it; may raise a `TapError`.
    """

    def __init__(self, open_store: Callable[[], object]) -> None:
        self._open_store = open_store
        self._opening: asyncio.Task[bool] | None = None
        self._reason: str | None = None

    async def is_ready(self) -> bool:
        """Return True if the store could be opened in time."""
        if self._opening is None or self._opening.done():
            self._opening = asyncio.create_task(self._open())
        try:
            return await asyncio.wait_for(asyncio.shield(self._opening), WAIT_SECONDS)
        except asyncio.TimeoutError:
            self._note(f"it did not answer within {WAIT_SECONDS:g} s")
            return False

    async def _open(self) -> bool:
        try:
            await run_in_threadpool(self._open_store)
        except TapError as error:
            self._note(str(error))
            return False
        self._note(None)
        return True

    def _note(self, reason: str | None) -> None:
        """Log a change for the operator, not each question."""
        if reason is not None and reason != self._reason:
            logger.error("Not ready, the token store cannot be used: %s", reason)
        elif reason is None and self._reason is not None:
            logger.info("Ready again, the token store can be used")
        self._reason = reason
