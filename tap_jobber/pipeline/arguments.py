"""The command line of a pipeline, and the command that runs the tap."""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Sequence

_DESCRIPTION = "Run tap-jobber and a target once, for one account, and keep the state that the target writes."
_EPILOG = """\
The exit status is the tap's: 0 complete, 1 a person has to change something, 4 complete but for some streams,
75 try again later, 77 the account has to be connected anew, 128+n stopped by signal n. A target that fails is 75.
The last line on the standard output is JSON; logs of tap and target go to the standard error.
"""


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """The command line.

    Attributes:
        target: The words of the target's command.
        state: Where the state is kept: a path, or a URL that fsspec understands.
        account: ID or number of the account; None for the one that the settings name.
        configs: Config files of the tap, or `ENV` for the environment.
        catalog: The catalog; None for the streams that are selected by default.
        report: Where to write the tap's report.
        is_full_refresh: True if everything is read again.
    """

    target: tuple[str, ...]
    state: str
    account: str | None = None
    configs: tuple[str, ...] = ("ENV",)
    catalog: str | None = None
    report: str | None = None
    is_full_refresh: bool = False


def parse(words: Sequence[str]) -> Arguments:
    """Return the command line; one that cannot be understood ends the process with status 2."""
    parser = _parser()
    given = parser.parse_args(words)
    try:
        target = tuple(shlex.split(given.target))
    except ValueError as error:
        parser.error(f"--target is no command ({error})")
    if not target:
        parser.error("--target is empty: name the command of a target")
    if not given.state:
        parser.error("--state is empty: name a file or a URL")
    return Arguments(
        target=target,
        state=given.state,
        account=given.account or None,
        configs=tuple(given.config or ["ENV"]),
        catalog=given.catalog,
        report=given.report,
        is_full_refresh=given.full_refresh,
    )


def tap_words(arguments: Arguments, account_file: str | None, state_file: str | None) -> list[str]:
    """Return the command that runs the tap.

    Args:
        arguments: The command line.
        account_file: A config file that names the account.
        state_file: The file of the state to begin with.
    """
    configs = [*arguments.configs, *([account_file] if account_file else [])]
    named = {"--catalog": arguments.catalog, "--report": arguments.report, "--state": state_file}
    words = [word for path in configs for word in ("--config", path)]
    return [tap_program(), *words, *(word for name, value in named.items() if value for word in (name, value))]


def tap_program() -> str:
    """Return the tap's program: the one that was installed with this one.

    Raises:
        TapError: If it is not there.
    """
    for folder in (Path(sys.argv[0]).parent, Path(sys.executable).parent):
        if (found := shutil.which("tap-jobber", path=str(folder))) is not None:
            return found
    if (found := shutil.which("tap-jobber")) is None:
        raise TapError("tap-jobber is not beside tap-jobber-pipeline, nor on the PATH", "install tap-jobber again")
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "tap-jobber-pipeline",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--target", required=True, metavar="COMMAND", help="the target's command, with its options")
    parser.add_argument(
        "--state",
        required=True,
        metavar="PATH|URL",
        help="where the account's state is kept, one for each account: a file, or a URL such as s3://bucket/1.json",
    )
    parser.add_argument("--account", metavar="ID|NUMBER", help="the account to read, instead of the setting account_id")
    parser.add_argument(
        "--config",
        action="append",
        metavar="FILE|ENV",
        help="a config file of the tap, or ENV for the environment, which is also what holds without this option",
    )
    parser.add_argument("--catalog", metavar="FILE", help="the tap's catalog")
    parser.add_argument("--report", metavar="FILE", help="write the tap's report to a file, as JSON")
    parser.add_argument(
        "--full-refresh", action="store_true", help="read everything again; the former state is left aside"
    )
    return parser
