"""Draws the progress of a run in one line of a terminal, again and again.

The line is drawn by tqdm: one package without dependencies, which knows the width of characters, hides no cursor that a
kill would leave hidden, and takes nothing but the stream that it is given. (`rich` was the other choice: it brings
three more packages, hides the cursor, and redirects the standard output unless told not to.)
"""

from __future__ import annotations

import logging
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

from tqdm import tqdm

if TYPE_CHECKING:
    from tap_jobber.progress.snapshot import Snapshot

_EVERY_SECONDS = 0.5
_USUAL_COLUMNS = 80


class _FromItsBeginning:
    """A terminal whose cursor is left at the beginning of the line, so that a target's log is written over the line.

    Args:
        terminal: The terminal.
    """

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal

    def write(self, text: str) -> None:
        """Write something in one go."""
        if text:
            self._terminal.write(f"{text}\r" if text[-1:] != "\r" else text)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever tqdm asks a stream for
        """Be the terminal in all else."""
        return getattr(self._terminal, name)


class LiveLine:
    """One line of a terminal that is drawn again and again, below the lines of the log.

    Args:
        terminal: The terminal, which handlers of the log write to as well.
    """

    every_seconds = _EVERY_SECONDS

    def __init__(self, terminal: TextIO) -> None:
        tqdm.monitor_interval = 0  # no thread of its own
        self._lock = threading.RLock()
        tqdm.set_lock(self._lock)
        self._terminal = terminal
        self._bar: Any = tqdm(
            file=_FromItsBeginning(terminal), total=1, leave=False, bar_format=" ", ncols=_USUAL_COLUMNS
        )
        self._handlers = [
            handler
            for handler in logging.getLogger().handlers
            if isinstance(handler, logging.StreamHandler) and handler.stream is terminal
        ]
        for handler in self._handlers:
            handler.setStream(self)

    def show(self, snapshot: Snapshot) -> None:
        """Draw the line."""
        columns = self._columns()
        begin, width, end = snapshot.live_line(columns)
        bar = f" [{{bar:{width}}}] " if width else "  "
        self._bar.ncols = columns
        self._bar.n = (snapshot.stream.share if snapshot.stream else None) or 0
        self._bar.bar_format = f"{begin}{bar}{end}"
        self._bar.refresh()

    def write(self, text: str) -> None:
        """Write lines of the log above the line."""
        with self._lock:
            self._bar.clear()
            self._terminal.write(text)
            self._bar.refresh()

    def flush(self) -> None:
        """Do nothing: the terminal holds nothing back."""

    def close(self) -> None:
        """Take the line away."""
        for handler in self._handlers:
            handler.setStream(self._terminal)
        self._bar.close()

    def _columns(self) -> int:
        columns = 0
        with suppress(OSError, ValueError):
            columns = os.get_terminal_size(self._terminal.fileno()).columns
        # The last column stays free: some terminals begin a new line there.
        return (columns or _USUAL_COLUMNS) - 1
