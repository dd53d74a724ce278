"""Ends the command with one line on stderr, and the exit status of its kind, for each error that a user can mend."""

from __future__ import annotations

import logging
import sys
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
from singer_sdk.plugin_base import SingerCommand
from typing_extensions import override

from tap_jobber.cli.ending import MENDABLE, ending_of
from tap_jobber.cli.inputs import note_catalog
from tap_jobber.errors import TapError
from tap_jobber.wording import sentence

_NO_RUNS = ("about", "credentials", "discover", "estimate", "login", "test")
_HAVE_FORMATS = ("about", "credentials", "estimate")
_NEED_NONE = ("discover", "version")

if TYPE_CHECKING:
    from collections.abc import Iterator


class OneLineCommand(SingerCommand):
    """The SDK's command, without tracebacks for errors that a user can mend."""

    @override
    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Parse the command line, which also runs --test and --discover."""
        with _one_line(self.logger):
            return super().make_context(*args, **kwargs)

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words, and report of a run that they have kept from beginning.

        Raises:
            TapError: If a report is wanted of what is no run, or a format of what has none.
        """
        given = self.make_parser(ctx).parse_args(list(args))[0]
        others = [f"--{name}" for name in _NO_RUNS if given.get(name)]
        if others and given.get("report"):
            raise TapError(f"--report is of a run, and {others[0]} is none", "leave out one of the two")
        has_use = any(given.get(name) for name in (*_HAVE_FORMATS, *_NEED_NONE)) or {*args} & {*ctx.help_option_names}
        if given.get("about_format") and not has_use:
            raise TapError(f"--format is for --{', --'.join(_HAVE_FORMATS)}", "add one of them, or leave it out")
        note_catalog(ctx, given.get("catalog"))
        try:
            return super().parse_args(ctx, args)
        except (*MENDABLE, click.UsageError) as error:
            if not others:
                from tap_jobber.cli.report import report_unbegun

                report_unbegun(given.get("report"), ctx.params.get("config"), error)
            raise

    @override
    def invoke(self, ctx: click.Context) -> Any:
        """Run the tap."""
        logging.captureWarnings(capture=True)
        warnings.formatwarning = _warning_line
        sys.excepthook = self.excepthook
        with _one_line(self.logger):
            # Not the SDK's own, which adds lines to each error in the settings.
            return click.Command.invoke(self, ctx)


def _warning_line(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
) -> str:
    """Return a library's warning without the place and the line of code that Python adds."""
    del filename, lineno, line
    return f"{category.__name__}: {message}"


@contextmanager
def _one_line(logger: logging.Logger) -> Iterator[None]:
    try:
        with _flushed():
            yield
    except MENDABLE as error:
        ending = ending_of(error)
    else:
        return
    for line in ending.lines:
        logger.error("%s", sentence(line))
    raise click.exceptions.Exit(ending.exit_status)


@contextmanager
def _flushed() -> Iterator[None]:
    """Flush the standard output while an error of that can still be reported."""
    try:
        yield
    finally:
        sys.stdout.flush()
