"""Settings from the environment, to which a `.env` file adds what it lacks."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dotenv import find_dotenv, load_dotenv

from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

PREFIX = "TAP_JOBBER_"
_FLAGS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def variables() -> Mapping[str, str]:
    """The environment, with what a `.env` file in or above the working directory adds.

    It is added to the process, since the key that seals tokens is looked for there, by refreshes too.

    Raises:
        TapError: The file cannot be read.
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
    """The settings found in `TAP_JOBBER_*` variables; one that is set to nothing counts as not set.

    Args:
        schema: JSON Schema of the settings, the SDK's own included.
    """
    given = variables()
    texts = {name: given.get(PREFIX + name.upper(), "") for name in schema["properties"]}
    return {name: read(text, types_of(schema["properties"][name])) for name, text in texts.items() if text.strip()}


def read(text: str, types: Collection[str]) -> object:
    """What a text says, by the types of its setting; one that does not fit stays text, so that checking names it."""
    if "boolean" in types:
        return _FLAGS.get(text.strip().lower(), text)
    if "integer" in types or "number" in types:
        return _number(text)
    return listed(text) if "array" in types or "object" in types else text


def listed(value: object) -> object:
    """A list or an object, where one may come as its JSON text; what is no JSON stays text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def types_of(described: Mapping[str, Any]) -> set[str]:
    """The types that a JSON Schema allows."""
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
