"""Reads settings from the environment, and from a `.env` file where the environment lacks them."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dotenv import find_dotenv, load_dotenv

from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

PREFIX = "TAP_JOBBER_"
_NEARLY = 0.9
_FLAGS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def variables() -> Mapping[str, str]:
    """Return the environment, with what a `.env` file in or above the working directory adds.

    The file's variables are added to the process, because the key that encrypts tokens is looked for there, also by
    the process that refreshes them.

    Raises:
        TapError: If the file cannot be read.
    """
    path = find_dotenv(usecwd=True)
    if path:
        try:
            Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise TapError(f"{path} cannot be read ({reason})", "save it as UTF-8 text that you may read") from error
        load_dotenv(path, encoding="utf-8-sig")
    return os.environ


def from_environment(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings found in `TAP_JOBBER_*` variables; a blank one counts as not set.

    Args:
        schema: JSON Schema of the settings, the SDK's own included.
    """
    given = variables()
    texts = {name: given.get(PREFIX + name.upper(), "") for name in schema["properties"]}
    return {name: parsed(text, types_of(schema["properties"][name])) for name, text in texts.items() if text.strip()}


def misspelt(schema: Mapping[str, Any], given: Mapping[str, str]) -> Iterator[str]:
    """Yield a warning for each variable that is no setting's but nearly has the name of one.

    Args:
        schema: JSON Schema of the settings, the SDK's own included.
        given: The environment.
    """
    names = {PREFIX + name.upper() for name in schema["properties"]}
    others = sorted(name for name in set(given) - names if name.startswith(PREFIX))
    if not others:
        return
    from difflib import get_close_matches

    for name in others:
        if near := get_close_matches(name, names, n=1, cutoff=_NEARLY):
            yield f"{name} is no setting and is not read: if {near[0]} is meant, write it so"


def parsed(text: str, types: Collection[str]) -> object:
    """Return a text as a value of its setting's types; one that does not fit stays text, for validation to name."""
    if "boolean" in types:
        return _FLAGS.get(text.strip().lower(), text)
    if "integer" in types or "number" in types:
        return _number(text)
    return parsed_json(text) if "array" in types or "object" in types else text


def parsed_json(value: object) -> object:
    """Return a value that may come as its JSON text; text that is not JSON stays as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def types_of(described: Mapping[str, Any]) -> set[str]:
    """Return the types that a JSON Schema allows."""
    types = described.get("type", ())
    return {types} if isinstance(types, str) else set(types)


def _number(text: str) -> object:
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return int(number) if number.is_integer() else number
