"""Keeps what a run is waiting for in sight of whatever tells of its progress."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_jobber.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Wait:
    """A wait that is under way.

    Attributes:
        cause: The end that is waited for, as in `Jobber's answer`.
        began: Time at which it began, in seconds of the run's clock.
        seconds: How long it takes; None if that is not known.
    """

    cause: str
    began: float
    seconds: float | None = None

    def spent_seconds(self, now: float) -> float:
        """Return the seconds that it has taken so far."""
        return now - self.began

    def left_seconds(self, now: float) -> float | None:
        """Return the seconds until it ends; None if that is not known."""
        return None if self.seconds is None else max(0.0, self.seconds - self.spent_seconds(now))


@dataclass
class Waits:
    """The waits of a run, one at a time.

    Args:
        clock: The time, and a way to wait.
        present: The wait that is under way, for another thread to see.
    """

    clock: Clock = field(default_factory=Clock)
    present: Wait | None = None

    @contextmanager
    def show(self, cause: str, seconds: float | None = None) -> Iterator[None]:
        """Show a wait for as long as the block lasts."""
        self.present = Wait(cause, self.clock.now(), seconds)
        try:
            yield
        finally:
            self.present = None

    def sleep(self, cause: str, seconds: float) -> None:
        """Wait, and show why."""
        with self.show(cause, seconds):
            self.clock.sleep(seconds)
