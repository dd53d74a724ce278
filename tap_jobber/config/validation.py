"""Finds errors in settings, and settings that are valid but suspicious; each line names the remedy."""

from __future__ import annotations

import datetime as dt
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tap_jobber.config.environment import PREFIX, parsed, types_of
from tap_jobber.config.schema import API_URL, API_VERSION, BATCH_CONFIG, REDIRECT_URI, SECRETS, SETTINGS
from tap_jobber.errors import one_line
from tap_jobber.timestamps import parse_clamped_timestamp, parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jsonschema import ValidationError

    from tap_jobber.config.settings import Settings

_SHOWN_CHARACTERS = 80
_KINDS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "an object",
    "string": "text",
}


def config_errors(config: Mapping[str, Any], found: Iterable[ValidationError]) -> list[str]:
    """Return a line for each error in the settings, with its remedy and without any secret.

    Args:
        config: The settings, with defaults.
        found: The errors that validation by JSON Schema found.
    """
    missing = [name for name in SETTINGS["required"] if name not in config]
    remedy = "set it in the config file, or with --config ENV as"
    lines = [f"{name} is missing: {remedy} {PREFIX}{name.upper()}" for name in missing]
    lines += [line for error in found if (line := _error_line(error)) is not None]
    return list(dict.fromkeys(lines)) or [*_own_errors(config), *_sdk_errors(config)]


def _error_line(error: ValidationError) -> str | None:
    given: Any = error.instance
    if not error.path:
        if error.validator != "additionalProperties":
            return None
        names = ", ".join(sorted(set(given) - set(SETTINGS["properties"])))
        return f"unknown setting {names}: remove it, or see tap-jobber --about for the settings there are"
    name = str(error.path[0])
    if name == "custom_streams":
        # Their errors are named when they are made.
        return None
    wanted = SETTINGS["properties"].get(name, {}).get("description", error.message)
    if name in SECRETS:
        return f"{name} is not usable: {wanted}"
    if isinstance(error.schema, dict):
        wanted = error.schema.get("description", wanted)
    name = ".".join(map(str, error.path))
    if error.validator in {"additionalProperties", "required"}:
        return f"{name} is not usable ({one_line(error.message)}): {wanted}"
    types = types_of({"type": error.validator_value}) - {"null"} if error.validator == "type" else set()
    kind = " or ".join(sorted(_KINDS[each] for each in types)) or "usable"
    if isinstance(given, str) and not isinstance(parsed(given, types), str):
        wanted = "write it without quotation marks"
    return f"{name} is {shown(given)}, which is not {kind}: {wanted}"


def shown(value: object) -> str:
    """Return a value on one line, cut to a readable length."""
    return one_line(repr(value), _SHOWN_CHARACTERS)


def _own_errors(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield the errors that JSON Schema cannot find in the tap's own settings."""
    version = config["api_version"]
    if not _is_date(version):
        yield f"api_version is {shown(version)}, which is not a date: write it as YYYY-MM-DD, such as {API_VERSION}"
    redirect = config["redirect_uri"]
    if not _is_url(redirect):
        yield f"redirect_uri is {shown(redirect)}, which is not an address: write it as {REDIRECT_URI}, or remove it"
    start = config.get("start_date")
    if start is not None and not _is_timestamp(start):
        yield f"start_date is {shown(start)}, which is not a time: write it as ISO 8601, such as 2024-01-01T00:00:00Z"
    url = config["api_url"]
    if not _is_url(url):
        yield f"api_url is {shown(url)}, which is not an address: write it as {API_URL}, or remove it"
    elif urlsplit(url).path.rstrip("/").endswith("/graphql"):
        yield f"api_url is {shown(url)}, which is not where the API begins: leave out /graphql, as in {API_URL}"


def _sdk_errors(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield the errors that JSON Schema cannot find in the SDK's settings."""
    batches = config.get("batch_config")
    if batches:
        missing = [f"batch_config.{name}" for name in ("encoding", "storage") if not batches.get(name)]
        if missing:
            yield f"{' and '.join(missing)} is missing: {BATCH_CONFIG.description}"
    if batches and config["emit_activate_version_messages"]:
        # Existing targets take no version from a BATCH message, and then drop all rows without one.
        yield (
            "batch_config and emit_activate_version_messages do not go together, since rows in files carry no version "
            "and targets would drop them: remove one of the two"
        )
    if config.get("faker_config") and find_spec("faker") is None:
        yield "faker_config needs a library that is not installed: pip install faker, or remove the setting"
    depth = config.get("flattening_max_depth")
    if depth is not None and depth < 0:
        yield f"flattening_max_depth is {depth}, which is not a depth: write how many levels to flatten, such as 4"


def config_warnings(settings: Settings, now_seconds: float) -> Iterator[str]:
    """Yield warnings about settings that are valid but suspicious.

    Args:
        settings: The settings, validated.
        now_seconds: The time, in seconds since 1970.
    """
    start = settings.start_date
    if start is not None and parse_clamped_timestamp(start) > now_seconds:
        yield (
            f"start_date is {shown(start)}, which is still to come: streams with a bookmark bring nothing until then; "
            "once it is corrected, run without the state of this run"
        )


def _is_date(value: str) -> bool:
    try:
        return dt.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_timestamp(value: str) -> bool:
    try:
        parse_moment(value)
    except ValueError:
        return False
    return True


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        _ = parts.port, (parts.hostname or "").encode("idna")
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not (parts.query or parts.fragment)
