"""The two processes of a pipeline, connected by a pipe, and their end.

Each has a session of its own, so that a signal to the group of the pipeline, as terminals and engines send it, does not
end the target before it has loaded what it has been given. If the pipeline itself is killed, Linux ends the tap; the
target then loads what it has, and ends too. Elsewhere both end when the target writes its next state.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import Empty, Queue
from typing import TYPE_CHECKING, TypeAlias

from tap_jobber.errors import TapError
from tap_jobber.pipeline.target_lines import Lines

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

Process: TypeAlias = "subprocess.Popen[bytes]"

_PIECE_BYTES = 1 << 16
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Descriptors:
    """Descriptors that a process is given.

    Attributes:
        stdin: Its standard input.
        stdout: Its standard output.
        files: Files that it is to inherit.
    """

    stdin: int
    stdout: int
    files: Collection[int] = ()


@dataclass(frozen=True)
class Said:
    """Lines on the target's standard output; none at its end."""

    lines: tuple[bytes, ...]
    is_end: bool = False


@dataclass(frozen=True)
class Ended:
    """The end of a process."""

    process: Process


Event: TypeAlias = "Said | Ended"


class Children:
    """The tap and the target, and what happens to them.

    Args:
        tap: The words of the tap's command.
        target: The words of the target's command.
        files: Descriptors of files that the tap is to inherit.

    Raises:
        TapError: If one of them cannot be started.
    """

    def __init__(self, tap: Sequence[str], target: Sequence[str], files: Collection[int]) -> None:
        # A few states at most wait to be kept; then the target does.
        self._events: Queue[Event] = Queue(maxsize=16)
        with _pipe() as (messages, to_target), _pipe() as (states, to_us):
            self.target = _started("target command", target, Descriptors(messages, to_us))
            try:
                self.tap = _started("tap", tap, Descriptors(subprocess.DEVNULL, to_target, files), dies_with_us=True)
            except TapError:
                self.target.kill()
                self.target.wait()
                raise
            self._states = os.dup(states)
        for work in (self._read, lambda: self._wait(self.tap), lambda: self._wait(self.target)):
            threading.Thread(target=work, daemon=True).start()

    def next_events(self, limit_seconds: float) -> list[Event]:
        """Return what has happened since; none if nothing has within some time."""
        events: list[Event] = []
        with suppress(Empty):
            events.append(self._events.get(timeout=limit_seconds))
            while True:
                events.append(self._events.get_nowait())
        return events

    def _read(self) -> None:
        lines = Lines()
        while piece := os.read(self._states, _PIECE_BYTES):
            if found := lines.feed(piece):
                self._events.put(Said(tuple(found)))
        self._events.put(Said(tuple(lines.rest()), is_end=True))

    def _wait(self, process: Process) -> None:
        process.wait()
        self._events.put(Ended(process))


def send(process: Process, number: int) -> None:
    """Send a signal to a process and its group, unless it has ended."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)


@contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    """Provide a pipe; this process lets go of both ends once others have them."""
    ends = os.pipe()
    try:
        yield ends
    finally:
        for each in ends:
            os.close(each)


def _started(what: str, words: Sequence[str], descriptors: Descriptors, *, dies_with_us: bool = False) -> Process:
    try:
        return subprocess.Popen(  # noqa: S603 - the commands are the user's own, and no shell reads them
            list(words),
            stdin=descriptors.stdin,
            stdout=descriptors.stdout,
            start_new_session=True,
            pass_fds=tuple(descriptors.files),
            preexec_fn=_bound_to(os.getpid()) if dies_with_us else None,  # noqa: PLW1509 - there is no thread yet
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        cause = f"the {what} {words[0]} cannot be run ({reason})"
        raise TapError(cause, "check its path, and that it is installed") from error


def _bound_to(parent: int) -> Callable[[], None] | None:
    """Return what makes a new process get SIGTERM when its parent ends, in whatever way; None where nothing can."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl

    def bind() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)

    return bind
