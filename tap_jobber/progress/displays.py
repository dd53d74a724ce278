"""Decides how to show the progress of a run, and shows it from a thread of its own."""

from __future__ import annotations

import enum
import logging
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_jobber.progress.snapshot import Snapshot

logger = logging.getLogger("tap-jobber.progress")

PLAIN_SECONDS = 30.0
"""Seconds between two lines of the log."""
_PATIENCE_SECONDS = 1.0


class Mode(enum.Enum):
    """How to show progress."""

    LIVE = "one line of a terminal"
    PLAIN = "lines of the log"
    OFF = "not at all"


def choose(setting: str, environment: Mapping[str, str], *, is_terminal: bool, has_messages: bool) -> Mode:
    """Return how to show progress.

    Args:
        setting: The setting `progress`: auto, plain or off.
        environment: The environment variables.
        is_terminal: True if the log goes to a terminal.
        has_messages: True if messages go to a terminal, too, and would run through the line.
    """
    if setting == "off":
        return Mode.OFF
    is_dumb = environment.get("TERM", "dumb") == "dumb" or "SINGER_SDK_LOG_CONFIG" in environment
    return Mode.LIVE if setting == "auto" and is_terminal and not has_messages and not is_dumb else Mode.PLAIN


class Display(Protocol):
    """A place to show progress in."""

    every_seconds: float
    """Seconds between two looks at the run."""

    def show(self, snapshot: Snapshot) -> None:
        """Show the run as it is now."""

    def close(self) -> None:
        """End, and leave nothing behind but lines of the log."""


@dataclass
class LogLines:
    """Lines of the log, as rarely as they are wanted.

    Args:
        began: Time at which the run began, in seconds of its clock.
    """

    began: float
    every_seconds: float = 1.0
    _due: float = field(init=False)

    def __post_init__(self) -> None:
        """Leave short runs without a line."""
        self._due = self.began + PLAIN_SECONDS

    def show(self, snapshot: Snapshot) -> None:
        """Log a line if one is due."""
        if snapshot.now >= self._due:
            self._due = snapshot.now + PLAIN_SECONDS
            logger.info("%s", snapshot.line(), extra=snapshot.fields())

    def close(self) -> None:
        """Do nothing."""


class Reporter:
    """Shows progress from a thread of its own, so that reading pays nothing for it and long waits are seen, too.

    Args:
        look: Takes a snapshot of the run.
        display: Shows it.
    """

    def __init__(self, look: Callable[[], Snapshot], display: Display) -> None:
        self._look = look
        self._display = display
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)

    def __enter__(self) -> None:
        """Begin."""
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        """End."""
        self._end.set()
        self._thread.join(_PATIENCE_SECONDS)  # a log that nobody reads must not delay the end
        self._display.close()

    def _run(self) -> None:
        try:
            # At once, so that a person sees from the first moment that something runs.
            self._display.show(self._look())
            while not self._end.wait(self._display.every_seconds):
                self._display.show(self._look())
        except Exception:
            # What is only for show must not end a run.
            logger.debug("Progress cannot be shown any more:", exc_info=True)
