"""Makes a failing standard output end the run with one line, and lets no failing log delay or end it."""

from __future__ import annotations

import io
import os
import select
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_jobber.errors import OutputError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_OUTPUT, _LOG = 1, 2

LOG_PATIENCE_SECONDS = 5.0
"""Seconds that a line of the log waits for a stalled reader, before it and the lines after it are dropped."""

_LOST = b"[lines of the log are missing here, since nothing read them]\n"
# A pipe that is said to be writable takes this much without blocking.
_CHUNK_BYTES = 4096


class _Descriptor(io.RawIOBase):
    """A file descriptor to write to.

    Args:
        number: The descriptor, which is left open at the end.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    @override
    def writable(self) -> bool:
        """Return True."""
        return True

    @override
    def fileno(self) -> int:
        """Return the descriptor."""
        return self._number

    @override
    def isatty(self) -> bool:
        """Return True if it is a terminal."""
        return os.isatty(self._number)


class Output(_Descriptor):
    """Standard output whose first failure is a `TapError`, and which takes nothing after it.

    So no message follows one that was cut, and the flush at the end of the process has nothing to complain of.
    """

    _is_gone = False

    @override
    def write(self, content: ReadableBuffer, /) -> int:
        """Write some bytes.

        Raises:
            OutputError: If they cannot be written, the first time.
        """
        if self._is_gone:
            return len(memoryview(content))
        try:
            while (written := self._take(content)) is None:
                select.select([], [self._number], [])
        except OSError as error:
            self._is_gone = True
            raise OutputError(error) from None
        return written

    def _take(self, content: ReadableBuffer) -> int | None:
        """Return how much was written, or None if the reader's end makes writers wait by themselves."""
        try:
            return os.write(self._number, content)
        except BlockingIOError:
            return None


class Log(_Descriptor):
    """Standard error whose writes never fail, because a run is worth more than its log.

    Args:
        number: The descriptor.
        patience_seconds: How long to wait for a reader that has stopped.
    """

    def __init__(self, number: int, patience_seconds: float = LOG_PATIENCE_SECONDS) -> None:
        super().__init__(number)
        self._patience_seconds = patience_seconds
        self._has_lost = False

    @override
    def write(self, content: ReadableBuffer, /) -> int:
        """Write some bytes, or drop them if nothing takes them."""
        whole = bytes(memoryview(content))
        with suppress(OSError):
            self._put(whole)
        return len(whole)

    def _put(self, content: bytes) -> None:
        deadline = time.monotonic() + (0.0 if self._has_lost else self._patience_seconds)
        left = _LOST + content if self._has_lost else content
        while left:
            if not self._is_ready(max(0.0, deadline - time.monotonic())):
                self._has_lost = True
                return
            with suppress(BlockingIOError):
                left = left[os.write(self._number, left[:_CHUNK_BYTES]) :]
        self._has_lost = False

    def _is_ready(self, seconds: float) -> bool:
        # Windows can only tell of sockets.
        return os.name == "nt" or bool(select.select([], [self._number], [], seconds)[1])


def prepare() -> None:
    """Make the standard streams safe to write to, whatever they lead to.

    A descriptor that is closed is opened first: the next file or connection would take its number, and what is meant
    for the stream would end up there.
    """
    # It gets the lowest number that is free. Read only, so that writing to it fails as to one that is closed.
    while (spare := os.open(os.devnull, os.O_RDONLY)) <= _LOG:
        pass
    os.close(spare)
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    errors = getattr(sys.stdout, "errors", None) or "strict"
    output = Output(_OUTPUT)
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(output), encoding=encoding, errors=errors, line_buffering=output.isatty()
    )
    log_encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    # Straight through, so that a signal handler may log while a line is being written.
    sys.stderr = io.TextIOWrapper(
        Log(_LOG),
        encoding=log_encoding,
        errors="backslashreplace",
        line_buffering=True,
        write_through=True,
    )
