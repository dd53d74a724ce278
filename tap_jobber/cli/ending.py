"""Tells for each error that ends the command the exit status, and the lines that name cause and remedy."""

from __future__ import annotations

import signal
from dataclasses import dataclass

import click
from singer_sdk.exceptions import ConfigValidationError, MapExpressionError, StreamMapConfigError

from tap_jobber.errors import ExitStatus, TapError
from tap_jobber.process.termination import status_of

MENDABLE = (TapError, ConfigValidationError, MapExpressionError, StreamMapConfigError, click.BadParameter)
"""The errors that a user can mend; all others come with a traceback."""


@dataclass(frozen=True)
class Ending:
    """The end of a command.

    Attributes:
        exit_status: The exit status.
        lines: The lines that name cause and remedy.
    """

    exit_status: int
    lines: tuple[str, ...] = ()


def ending_of(error: BaseException | None) -> Ending:
    """Return the end that an error leads to.

    Args:
        error: What ended the command; None if it came to its end.
    """
    if error is None:
        return Ending(ExitStatus.COMPLETE)
    if isinstance(error, SystemExit):
        return _exit(error.code)
    if isinstance(error, click.exceptions.Exit):
        return _exit(error.exit_code)
    return Ending(_status(error), _lines(error))


def _status(error: BaseException) -> int:
    if isinstance(error, TapError):
        return error.exit_status
    is_usage = isinstance(error, click.UsageError) and not isinstance(error, click.BadParameter)
    return click.UsageError.exit_code if is_usage else ExitStatus.MEND


def _lines(error: BaseException) -> tuple[str, ...]:
    if isinstance(error, TapError):
        return error.lines
    if isinstance(error, ConfigValidationError):
        return tuple(error.errors)
    if isinstance(error, MapExpressionError | StreamMapConfigError):
        return (f"stream_maps cannot be used ({error}): correct them",)
    if isinstance(error, click.UsageError):
        return (error.format_message(),)
    return (" ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":"),)


def _exit(code: object) -> Ending:
    """Return the end of a process that ends by itself, or with the status of a signal."""
    if not isinstance(code, int):
        return Ending(ExitStatus.COMPLETE) if code is None else Ending(ExitStatus.MEND, (str(code),))
    names = {status_of(each): each.name for each in signal.Signals}
    if code in names:
        return Ending(code, (f"stopped by {names[code]}",))
    return Ending(code, (f"it ended with status {code}",) if code else ())
