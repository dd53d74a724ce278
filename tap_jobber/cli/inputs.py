"""The command line: every error that a user can mend ends as one line on stderr and the exit status of its kind."""

from __future__ import annotations

import json
import logging
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click
from singer_sdk.exceptions import ConfigValidationError, MapExpressionError, StreamMapConfigError
from singer_sdk.plugin_base import SingerCommand
from singer_sdk.singerlib import Catalog

from tap_jobber.errors import ExitStatus, TapError
from tap_jobber.state import ACCOUNTS
from tap_jobber.wording import sentence

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from singer_sdk import Stream

_ONLY_WITH_LOGIN = ("no_browser", "replace_installer", "name", "description")


def login_options() -> list[click.Option]:
    """The options of what a person does about the connection."""
    return [
        click.Option(["--login"], is_flag=True, help="Connect to a Jobber account by logging in with a browser."),
        click.Option(
            ["--no-browser"], is_flag=True, help="With --login: print the page's address, and paste where it ends."
        ),
        click.Option(
            ["--replace-installer"], is_flag=True, help="With --login: let this user take the installer's place."
        ),
        click.Option(["--name"], help="With --login: a name for the connection."),
        click.Option(["--description"], help="With --login: a short description of the connection."),
        click.Option(
            ["--login-timeout"],
            type=click.IntRange(min=1, max=86400),
            default=300,
            show_default=True,
            help="With --login: seconds to wait for the browser to come back.",
        ),
        click.Option(["--credentials"], is_flag=True, help="List what the token store holds, without a token."),
    ]


def check_login_words(words: Mapping[str, Any], *, is_login: bool, is_listing: bool) -> None:
    """Check that nothing is said of a log-in that does not take place.

    Args:
        words: The options of a log-in.
        is_login: Whether one was asked for.
        is_listing: Whether the listing of the token store was asked for.

    Raises:
        TapError: If something is.
    """
    if is_login and is_listing:
        raise TapError("--login and --credentials are two things", "run one after the other")
    given = [f"--{name.replace('_', '-')}" for name in _ONLY_WITH_LOGIN if words[name]]
    if given and not is_login:
        raise TapError(f"{', '.join(given)} without --login means nothing", "add --login, or leave it out")


class JobberCommand(SingerCommand):
    """The SDK's command, without tracebacks for what a user can mend."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Parse the command line, which also runs --test and --discover."""
        with _one_line(self.logger):
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - as click declares it
        """Run the tap."""
        logging.captureWarnings(capture=True)
        warnings.formatwarning = _as_line
        sys.excepthook = self.excepthook
        with _one_line(self.logger):
            # Not the SDK's own, which adds lines to what is wrong with the settings.
            return click.Command.invoke(self, ctx)


def _as_line(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
) -> str:
    """A warning of a library, without the place and the line of code that Python adds."""
    del filename, lineno, line
    return f"{category.__name__}: {message}"


@contextmanager
def _one_line(logger: logging.Logger) -> Iterator[None]:
    status = ExitStatus.MEND
    try:
        with _flushed():
            yield
    except TapError as error:
        lines, status = list(error.lines), error.exit_status
    except ConfigValidationError as error:
        lines = error.errors
    except (MapExpressionError, StreamMapConfigError) as error:
        lines = [f"stream_maps cannot be used ({error}): correct them"]
    except click.BadParameter as error:
        lines = [error.format_message()]
    else:
        return
    for line in lines:
        logger.error("%s", sentence(line))
    raise click.exceptions.Exit(status)


@contextmanager
def _flushed() -> Iterator[None]:
    """Write what was printed while there is someone to tell that it cannot be written."""
    try:
        yield
    finally:
        sys.stdout.flush()


def read_config(paths: Collection[str]) -> tuple[dict[str, Any], bool]:
    """Read and merge config files, later ones over earlier ones.

    Args:
        paths: Paths, or `ENV` to read the environment.

    Returns:
        The settings found, and whether to read the environment too.
    """
    config: dict[str, Any] = {}
    for path in paths:
        if path != "ENV":
            config |= _read_object(path, f"config file {path}")
    return config, "ENV" in paths


_METHODS = ("INCREMENTAL", "FULL_TABLE")
_DISCOVER = "make it again with tap-jobber --discover"


def read_catalog(file: IO[str] | None) -> Catalog | None:
    """Read a catalog.

    Args:
        file: Where it is.

    Raises:
        TapError: If it is not a catalog.
    """
    if file is None:
        return None
    content = _parse(_text(file, f"catalog file {file.name}", _DISCOVER), f"catalog file {file.name}", _DISCOVER)
    if not isinstance(content.get("streams"), list):
        raise TapError(f"catalog file {file.name} is not a Singer catalog (it has no list of streams)", _DISCOVER)
    try:
        return Catalog.from_dict(content)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        cause = f"catalog file {file.name} is not a Singer catalog ({type(error).__name__}: {error})"
        raise TapError(cause, _DISCOVER) from error


def check_catalog(name: str, catalog: Catalog, known: Mapping[str, Stream]) -> None:
    """Check that a catalog selects only streams that there are, columns of them, and a way to read them.

    Args:
        name: The file that it comes from.
        catalog: The catalog.
        known: The streams by name.

    Raises:
        TapError: If it selects another, none of its columns, or wants it read otherwise than it can be.
    """
    strange = [entry for entry in catalog.streams if entry.tap_stream_id not in known]
    unknown = ", ".join(sorted({each.tap_stream_id for each in strange if each.metadata.resolve_selection()[()]}))
    if unknown:
        raise TapError(f"catalog file {name} selects unknown streams ({unknown})", f"{_DISCOVER}, or deselect them")
    without = [entry.tap_stream_id for entry in catalog.streams if not entry.schema.properties]
    bare = ", ".join(sorted(each for each in without if each in known and known[each].selected))
    if bare:
        raise TapError(f"catalog file {name} has no columns of {bare} (no properties in its schema)", _DISCOVER)
    odd = [each for each in known.values() if each.selected and each.replication_method not in _METHODS]
    if odd:
        cause = f"catalog file {name} wants {odd[0].name} read by {odd[0].replication_method}, which Jobber has not"
        raise TapError(cause, f"set its replication-method to {' or '.join(_METHODS)}")


def read_state(file: IO[str] | None) -> dict[str, Any] | None:
    """Read a state file and check it.

    Raises:
        TapError: If it is not a Singer state.
    """
    if file is None:
        return None
    remedy = "give the last state that a run wrote, or none to read everything again"
    state = _parse(_text(file, f"state file {file.name}", remedy), f"state file {file.name}", remedy)
    if state and "bookmarks" not in state:
        raise TapError(f"state file {file.name} is not a Singer state (it has no bookmarks)", remedy)
    bookmarks = state.get("bookmarks", {})
    if not isinstance(bookmarks, dict) or not all(isinstance(each, dict) for each in bookmarks.values()):
        cause = f"state file {file.name} is not a Singer state (bookmarks must be an object of objects)"
        raise TapError(cause, remedy)
    if not all(_is_partitioned(each.get("partitions", [])) for each in bookmarks.values()):
        cause = f"state file {file.name} is not a Singer state (partitions must be a list of objects with a context)"
        raise TapError(cause, remedy)
    if not isinstance(state.get(ACCOUNTS, {}), dict):
        raise TapError(f"state file {file.name} does not name its account ({ACCOUNTS} must be an object)", remedy)
    return state


def _is_partitioned(partitions: object) -> bool:
    return isinstance(partitions, list) and all(
        isinstance(each, dict) and isinstance(each.get("context"), dict) for each in partitions
    )


def _read_object(path: str, what: str) -> dict[str, Any]:
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(what, error, "check --config") from error
    return _parse(text, what, "correct it; config.sample.json shows the form")


def _text(file: IO[str], what: str, remedy: str) -> str:
    try:
        return file.read().removeprefix("\ufeff")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(what, error, remedy) from error


def _unreadable(what: str, error: OSError | UnicodeDecodeError, remedy: str) -> TapError:
    reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
    return TapError(f"{what} cannot be read ({reason})", remedy)


def _parse(text: str, what: str, remedy: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise TapError(f"{what} is not JSON ({error})", remedy) from error
    if not isinstance(content, dict):
        raise TapError(f"{what} is not a JSON object", remedy)
    return content
