"""Reads the files that the command line names: config, catalog and state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from singer_sdk.singerlib import Catalog

from tap_jobber.errors import TapError
from tap_jobber.state import STATE_REMEDY, check_state

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import click
    from singer_sdk import Stream

_METHODS = ("INCREMENTAL", "FULL_TABLE")
_MOST_SIGNS = 1 << 26
_CATALOG = "tap_jobber.catalog"
_DISCOVER = "make it again with tap-jobber --discover"


def read_config(paths: Collection[str]) -> tuple[dict[str, Any], bool]:
    """Read and merge config files, later ones over earlier ones.

    Args:
        paths: Paths, or `ENV` to read the environment.

    Returns:
        The settings found, and True if the environment is to be read too.
    """
    config: dict[str, Any] = {}
    for path in paths:
        if path != "ENV":
            config |= _read_object(path, f"config file {path}")
    return config, "ENV" in paths


def note_catalog(ctx: click.Context, path: str | None) -> None:
    """Note the catalog of the command line for `--test`, which runs before all options are parsed."""
    ctx.meta[_CATALOG] = path


def given_catalog(ctx: click.Context) -> IO[str] | None:
    """Return the file that was noted; None if there is none.

    Raises:
        BadParameter: If it cannot be opened.
    """
    path = ctx.meta.get(_CATALOG)
    if path is None:
        return None
    option = next(each for each in ctx.command.params if each.name == "catalog")
    file: IO[str] = option.type_cast_value(ctx, path)
    return file


def read_catalog(file: IO[str] | None) -> Catalog | None:
    """Read a catalog.

    Args:
        file: The file; None if there is none.

    Raises:
        TapError: If it is not a Singer catalog.
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
    """Check that a catalog selects only known streams, some of their columns, and a replication method that Jobber has.

    Args:
        name: The file that the catalog comes from.
        catalog: The catalog.
        known: All streams, by name.

    Raises:
        TapError: If it does not.
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
    what = f"state file {file.name}"
    state = _parse(_text(file, what, STATE_REMEDY), what, STATE_REMEDY)
    check_state(state, what)
    return state


def _read_object(path: str, what: str) -> dict[str, Any]:
    try:
        with Path(path).open(encoding="utf-8-sig") as file:
            text = _bounded(file, what, "check --config")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(what, error, "check --config") from error
    return _parse(text, what, "correct it; config.sample.json shows the form")


def _text(file: IO[str], what: str, remedy: str) -> str:
    try:
        return _bounded(file, what, remedy).removeprefix("\ufeff")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(what, error, remedy) from error


def _bounded(file: IO[str], what: str, remedy: str) -> str:
    """Return the text of a file; a device may have no end."""
    text = file.read(_MOST_SIGNS + 1)
    if len(text) > _MOST_SIGNS:
        raise TapError(f"{what} is longer than any such file ({_MOST_SIGNS >> 20} MiB)", remedy)
    return text


def _unreadable(what: str, error: OSError | UnicodeDecodeError, remedy: str) -> TapError:
    reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
    return TapError(f"{what} cannot be read ({reason})", remedy)


def _parse(text: str, what: str, remedy: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TapError(f"{what} is not JSON ({error})", remedy) from error
    if not isinstance(content, dict):
        raise TapError(f"{what} is not a JSON object", remedy)
    return content
