"""Errors that a user is meant to read, the exit statuses they lead to, and how foreign text fits into a line."""

from __future__ import annotations

import enum
import errno
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

logger = logging.getLogger("tap-jobber")


class ExitStatus(enum.IntEnum):
    """Exit statuses of a run, for schedulers; a run that signal n stops ends with 128 + n."""

    COMPLETE = 0
    """All that is selected was read."""
    MEND = 1
    """Settings, catalog, state or the target: a person has to change something here."""
    PARTIAL = 4
    """Some streams could not be read; the others are complete."""
    TRY_LATER = 75
    """The network, Jobber or a busy store: the same run may work later."""
    RENEW = 77
    """The connection has to be renewed: tokens refused, app disconnected, account inactive."""


class TapError(Exception):
    """Something the user can mend: one line that names the cause and the remedy.

    Args:
        cause: The cause, without a trailing full stop and without any secret.
        remedy: The remedy, in the imperative, without a trailing full stop.
    """

    exit_status: ExitStatus = ExitStatus.MEND
    """Exit status of a run that this error stops."""

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(" ".join(f"{cause}: {remedy}".split()))
        self.cause = cause
        self.remedy = remedy
        self.lines: tuple[str, ...] = (str(self),)


class TryLaterError(TapError):
    """Jobber, the network or the token store is out of reach for now; nothing here has to change."""

    exit_status = ExitStatus.TRY_LATER


class RenewalError(TapError):
    """The connection to the account is over until a person authorises the app again or reactivates the account."""

    exit_status = ExitStatus.RENEW


class StreamError(TapError):
    """One stream cannot be read; the connection stands, so the others can."""

    exit_status = ExitStatus.PARTIAL


class PartialRunError(TapError):
    """The run has come to its end, but something of some streams is missing.

    Args:
        incomplete: A line for each of those streams, by its name, which names cause and remedy.
    """

    exit_status = ExitStatus.PARTIAL

    def __init__(self, incomplete: Mapping[str, str]) -> None:
        super().__init__(f"not complete: {', '.join(incomplete)}", "see what the log says of each")
        self.incomplete = dict(incomplete)
        self.lines = tuple(incomplete.values())


def ending_with(status: ExitStatus) -> type[TapError]:
    """Return the type of error that ends a run with a status."""
    kinds: dict[ExitStatus, type[TapError]] = {
        each.exit_status: each for each in (TapError, TryLaterError, RenewalError, StreamError)
    }
    return kinds[status]


def as_stream_error(error: Exception) -> StreamError | None:
    """Return an error as one of a single stream, or None if it concerns more than that.

    What nobody has foreseen is an odd answer, most likely, and so the matter of one stream. What the system says of
    files, pipes and memory is not.
    """
    if isinstance(error, StreamError):
        return error
    if isinstance(error, TapError | OSError | MemoryError):
        return None
    return StreamError(
        f"the tap does not understand an answer ({type(error).__name__}: {one_line(str(error), 100)})",
        "report this as a defect of the tap, with the traceback that TAP_JOBBER_LOGLEVEL=DEBUG shows",
    )


class Contained:
    """A block in which what concerns one stream is told to somebody, and goes no further.

    Args:
        lose: Takes what went wrong.
        passing: Kinds of errors that are nobody's here.
    """

    def __init__(self, lose: Callable[[StreamError], None], *passing: type[Exception]) -> None:
        self._lose = lose
        self._passing = passing

    def __enter__(self) -> None:
        """Begin the block."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        """End the block; True if an error ends with it."""
        if not isinstance(error, Exception) or isinstance(error, self._passing):
            return False
        failure = as_stream_error(error)
        if failure is None:
            return False
        if failure is not error:
            logger.debug("What the tap does not understand:", exc_info=error)
        self._lose(failure)
        return True


def one_line(text: str, limit: int = 300) -> str:
    """Return a foreign text on one line, cut to a readable length."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class OutputError(TapError):
    """The standard output cannot be written any more.

    Args:
        error: The operating system's error.
    """

    def __init__(self, error: OSError) -> None:
        super().__init__(*_explained(error))


def _explained(error: OSError) -> tuple[str, str]:
    if error.errno == errno.EPIPE:
        return "whatever reads the messages has ended", "look at its own log for the cause"
    if error.errno == errno.EBADF:
        return "the standard output is closed", "pipe it into a target, or redirect it into a file"
    cause = f"the standard output cannot be written ({error.strerror or error})"
    if error.errno in _FULL:
        return cause, "make room where it goes, then run again"
    return cause, "check where it goes, then run again"
