"""Bounds how long the process goes on after a signal, whatever it is waiting for.

A signal handler of Python runs in the main thread, once that is done with the call it is in. That may be never: the
target may have stopped reading, so that a message is not taken; a name server or a database may keep a library waiting
that takes no notice of signals. So a thread is told of each signal as it comes, and ends the process when the main
thread has not done so in time, or when a second signal says that it need not try. Nothing is lost but time: messages
end with the last one that was written, and tokens are refreshed in a process of their own.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

logger = logging.getLogger("tap-jobber")

GRACE_SECONDS = 5.0
"""Seconds that a run may take to end: half of what Docker gives before it kills, a sixth of what Kubernetes gives."""

SAME_SECONDS = 0.25
"""Signals this close together count as one: a terminal signals all processes, and so may the tap's parent."""

_FAREWELL_SECONDS = 1.0

SIGNALS: tuple[signal.Signals, ...] = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""The signals that ask a process to end."""


_at_forced_end: list[Callable[[int], None]] = []


def at_forced_end(action: Callable[[int], None]) -> None:
    """Have something done before the process is ended from outside the main thread.

    Args:
        action: Takes the exit status; it runs in a thread, and a second later the process ends whatever it does.
    """
    _at_forced_end.append(action)


def status_of(number: int) -> int:
    """Return the exit status of a process that a signal ended."""
    return 128 + number


@contextmanager
def bounded() -> Iterator[None]:
    """End the process within seconds of a signal that comes inside the block, and at once with the second one."""
    _watch()
    try:
        yield
    except SystemExit as end:
        end_if_stopped(end.code)
        raise


def end_if_stopped(status: object) -> None:
    """End the process at once if its exit status is that of a signal.

    Python gives signals back to the system while it ends, so the next one would change the status.
    """
    if isinstance(status, int) and status > status_of(0):
        os._exit(status)


def _watch() -> None:
    received, told = socket.socketpair()
    told.settimeout(0)
    signal.set_wakeup_fd(told.detach(), warn_on_full_buffer=False)
    threading.Thread(target=_bound, args=(received,), name="signals", daemon=True).start()
    handle(_end)


def handle(handler: Callable[[int, FrameType | None], None]) -> None:
    """Let a handler take the signals that ask for an end; a hang-up only if it is not ignored, as under nohup."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in SIGNALS:
        if number.name != "SIGHUP" or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    """End before there is anything to finish.

    At once, because an exception may come to light as another: Python 3.11 and before make a RuntimeError of one that
    is raised while a class is made, as modules do when they are imported.
    """
    del frame
    _force(number)


def _bound(received: socket.socket) -> None:
    """Wait for a signal, then for a second one or the end of the grace period, and end the process."""
    first = _next(received, None)
    began = time.monotonic()
    while (left_seconds := began + GRACE_SECONDS - time.monotonic()) > 0:
        number = _next(received, left_seconds)
        if number is not None and time.monotonic() - began > SAME_SECONDS:
            _force(number)
    if first is not None:
        _say(first)
        _force(first)


def _force(number: int) -> NoReturn:
    """End the process without its main thread."""
    status = status_of(number)

    def act() -> None:
        for action in _at_forced_end:
            action(status)

    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    thread.join(_FAREWELL_SECONDS)
    os._exit(status)


def _next(received: socket.socket, seconds: float | None) -> int | None:
    """Return the next signal that asks for an end, or None if none comes in time."""
    deadline = None if seconds is None else time.monotonic() + seconds
    while deadline is None or (seconds := deadline - time.monotonic()) > 0:
        received.settimeout(seconds)
        try:
            number = received.recv(1)[0]
        except TimeoutError:
            return None
        if number in SIGNALS:
            return number
    return None


def _say(number: int) -> None:
    """Log what is left undone, without waiting for a main thread that holds the log."""
    words = (
        "Stopped by %s; within %.0f s nothing took the last message or the state",
        signal.Signals(number).name,
        GRACE_SECONDS,
    )
    line = threading.Thread(target=logger.warning, args=words, daemon=True)
    line.start()
    line.join(_FAREWELL_SECONDS)
