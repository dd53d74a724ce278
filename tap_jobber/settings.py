"""The tap's settings: what they are, and what is wrong with those given."""

from __future__ import annotations

import datetime as dt
import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dotenv import find_dotenv
from singer_sdk import typing as th
from singer_sdk.configuration._dict_config import parse_environment_config

from tap_jobber.errors import TapError
from tap_jobber.extraction.moments import parse_bound

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from jsonschema import ValidationError

API_URL = "https://api.getjobber.com/api"
API_VERSION = "2023-08-18"
REDIRECT_URI = "http://localhost:8765/callback"
CREDENTIAL_TEST_QUERY = "query { account { id name } }"

SETTINGS = th.PropertiesList(
    th.Property(
        "client_id",
        th.StringType(min_length=1),
        required=True,
        title="Client ID",
        description="The client ID of your app in Jobber's Developer Center.",
    ),
    th.Property(
        "client_secret",
        th.StringType(min_length=1),
        required=True,
        secret=True,
        title="Client secret",
        description="The client secret of your app; Jobber shows it once, when it is made.",
    ),
    th.Property(
        "refresh_token",
        th.StringType(min_length=1),
        secret=True,
        title="Refresh token",
        description=(
            "The refresh token of the user who authorised the app; not needed after tap-jobber --login. It is "
            "redeemed once; its successors are kept in "
            "the token store. Set a new one only after authorising the app again."
        ),
    ),
    th.Property(
        "account_id",
        th.StringType(min_length=1),
        title="Account ID",
        description=(
            "The ID of the Jobber account to read, as the API gives it; tap-jobber --credentials lists those in the "
            "token store. Needed once the store holds several."
        ),
    ),
    th.Property(
        "redirect_uri",
        th.StringType(min_length=1),
        default=REDIRECT_URI,
        title="Redirect URI",
        description=(
            "The address that Jobber leads the browser back to, as registered for your app in the Developer Center. "
            "--login listens there, so it must be one of this machine, unless with --no-browser."
        ),
    ),
    th.Property(
        "api_version",
        th.StringType(min_length=1),
        default=API_VERSION,
        title="API version",
        description="A version from Jobber's API changelog, as YYYY-MM-DD, sent as X-JOBBER-GRAPHQL-VERSION.",
    ),
    th.Property(
        "credential_test_query",
        th.StringType(min_length=1),
        default=CREDENTIAL_TEST_QUERY,
        title="Credential test query",
        description="The GraphQL query that --test runs to see that the credential works.",
    ),
    th.Property(
        "api_url",
        th.StringType(min_length=1),
        default=API_URL,
        title="API URL",
        description="Where Jobber's API is; /graphql, /oauth/token and /oauth/authorize are below it.",
    ),
    th.Property(
        "start_date",
        th.DateTimeType(),
        title="Start date",
        description="The earliest change, creation or entry to read, as ISO 8601. Unset, the first run reads all.",
    ),
    th.Property(
        "token_store",
        th.StringType(min_length=1),
        title="Token store",
        description=(
            "What keeps the current tokens: a file, an SQLAlchemy URL (postgresql+psycopg://...), or command: and a "
            "program. By default the file tap-jobber/tokens.json in your user state directory."
        ),
    ),
    th.Property(
        "budget_share",
        th.CustomType({"type": ["number"], "minimum": 0.05, "maximum": 1}),
        default=1,
        title="Budget share",
        description=(
            "The part of Jobber's limits (points and requests) to use, from 0.05 to 1. The rest stays to whatever "
            "else uses the same app on the account."
        ),
    ),
    th.Property(
        "page_size",
        th.IntegerType(minimum=1, maximum=100),
        default=100,
        title="Page size",
        description=(
            "The most rows to ask for in a page, from 1 to 100; the price of a row may make it fewer. A page repeats "
            "the last row of the page before it, so 1 asks for 2."
        ),
    ),
    th.Property(
        "request_timeout",
        th.CustomType({"type": ["number"], "exclusiveMinimum": 0, "maximum": 3600}),
        default=60,
        title="Request time-out",
        description="How long Jobber may stay silent before a request counts as failed, in seconds, up to 3600.",
    ),
    th.Property(
        "on_missing_permission",
        th.StringType(),
        default="skip",
        allowed_values=["skip", "fail"],
        title="On missing permission",
        description="What to do with a stream that the app or its user may not read: skip it with a warning, or fail.",
    ),
    th.Property(
        "visit_lookback_days",
        th.IntegerType(minimum=0, maximum=36500),
        title="Visit look-back",
        description=(
            "Once all visits have been read, read only those that start within this many days before the last run or "
            "later, and those created or completed since. By default all are read each time, because the API "
            "does not tell which visits have changed."
        ),
    ),
    th.Property(
        "custom_streams",
        th.ArrayType(
            th.ObjectType(
                th.Property(
                    "name",
                    th.StringType(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,62}$(?!\n)"),
                    required=True,
                    description="The stream's name: letters, digits and underscores, a letter first, 63 at the most.",
                ),
                th.Property(
                    "query",
                    th.StringType(min_length=1),
                    required=True,
                    description="A GraphQL query with the variables $first and $after, or the path of a file with it.",
                ),
                th.Property(
                    "primary_keys",
                    th.CustomType(
                        {
                            "type": ["array"],
                            "items": {"type": ["string"], "minLength": 1},
                            "minItems": 1,
                            "uniqueItems": True,
                        }
                    ),
                    required=True,
                    description='A list of the columns that tell rows apart, such as ["id"].',
                ),
                th.Property(
                    "replication_key",
                    th.StringType(min_length=1),
                    description="The column with the time at which Jobber says that a row was changed.",
                ),
                th.Property(
                    "records_path",
                    th.StringType(min_length=1),
                    description="The list to read, such as client.jobs, where the query pages several.",
                ),
                additional_properties=False,
            )
        ),
        title="Custom streams",
        description=(
            "A list of streams of your own, each an object with a name, a GraphQL query, its primary_keys, and if "
            "need be a replication_key and a records_path."
        ),
    ),
    th.Property(
        "user_agent",
        th.StringType(min_length=1, pattern=r"^[!-~]([ -~]*[!-~])?$(?!\n)"),
        title="User agent",
        description="The User-Agent header of all requests; by default tap-jobber and its version.",
    ),
    th.Property(
        "emit_activate_version_messages",
        th.BooleanType(),
        default=False,
        title="Emit ACTIVATE_VERSION messages",
        description="Emit ACTIVATE_VERSION after each complete read of a full table, so that targets drop the rest.",
    ),
    additional_properties=False,
).to_dict()
"""JSON Schema of the settings."""

CUSTOM_STREAMS = SETTINGS["properties"]["custom_streams"]
"""JSON Schema of the setting of that name."""

SECRETS = frozenset(name for name, each in SETTINGS["properties"].items() if each.get("secret"))
_ENV_PREFIX = "TAP_JOBBER_"
_FLAGS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
_KINDS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "an object",
    "string": "text",
}


def from_environment(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The settings found in `TAP_JOBBER_*` variables and in a `.env` file.

    A variable that is set to nothing counts as not set.

    Args:
        schema: JSON Schema of the settings, the SDK's own included.
    """
    properties = schema["properties"]
    texts = {name: {"type": "string"} for name in properties}
    found = parse_environment_config({"properties": texts}, _ENV_PREFIX, dotenv_path=dotenv_path())
    return {name: _read(value, _types(properties[name])) for name, value in found.items() if value.strip()}


def trimmed(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings without the white space that copying leaves around a text, such as the end of a line."""
    own = SETTINGS["properties"]
    return {
        name: value.strip() if isinstance(value, str) and "string" in _types(own.get(name, {})) else value
        for name, value in config.items()
    }


def _read(text: str, types: Collection[str]) -> object:
    """What a text says, by the types of its setting; one that does not fit stays text, so that checking names it."""
    if "boolean" in types:
        return _FLAGS.get(text.strip().lower(), text)
    if "integer" in types or "number" in types:
        return _number(text)
    return listed(text) if "array" in types or "object" in types else text


def dotenv_path() -> str:
    """The `.env` file in or above the working directory, or a file that is always empty.

    The SDK looks for one above its own installation; people keep it where they run the tap.

    Raises:
        TapError: It cannot be read.
    """
    path = find_dotenv(usecwd=True) or os.devnull
    try:
        Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise TapError(f"{path} cannot be read ({reason})", "save it as UTF-8 text that you may read") from error
    return path


def listed(value: object) -> object:
    """A list or an object, where one may come as its JSON text; what is no JSON stays text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _types(described: Mapping[str, Any]) -> set[str]:
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


def complaints(config: Mapping[str, Any], errors: Iterable[ValidationError]) -> list[str]:
    """What is wrong with settings: a line each that names the remedy and shows no secret.

    Args:
        config: The settings.
        errors: What their JSON Schema finds.
    """
    missing = [name for name in SETTINGS["required"] if name not in config]
    remedy = "set it in the config file, or with --config ENV as"
    lines = [f"{name} is missing: {remedy} {_ENV_PREFIX}{name.upper()}" for name in missing]
    lines += [line for error in errors if (line := _complaint(error)) is not None]
    return list(dict.fromkeys(lines)) or list(_further_complaints(config))


def _complaint(error: ValidationError) -> str | None:
    given: Any = error.instance
    if not error.path:
        if error.validator != "additionalProperties":
            return None
        names = ", ".join(sorted(set(given) - set(SETTINGS["properties"])))
        return f"unknown setting {names}: remove it, or see tap-jobber --about for the settings there are"
    name = str(error.path[0])
    if name == "custom_streams":
        # What is wrong with them is said when they are made.
        return None
    wanted = SETTINGS["properties"].get(name, {}).get("description", error.message)
    if name in SECRETS:
        return f"{name} is not usable: {wanted}"
    types = _types({"type": error.validator_value}) - {"null"} if error.validator == "type" else set()
    kind = " or ".join(sorted(_KINDS[each] for each in types)) or "usable"
    if isinstance(given, str) and not isinstance(_read(given, types), str):
        wanted = "write it without quotation marks"
    return f"{name} is {shown(given)}, which is not {kind}: {wanted}"


def shown(value: object) -> str:
    """A value on one line, cut to a readable length."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else text[:79] + "…"  # noqa: PLR2004 - what fits a line


def _further_complaints(config: Mapping[str, Any]) -> Iterable[str]:
    """What JSON Schema cannot see in settings that it accepts."""
    version = config["api_version"]
    if not _is_date(version):
        yield f"api_version is {shown(version)}, which is not a date: write it as YYYY-MM-DD, such as {API_VERSION}"
    redirect = config["redirect_uri"]
    if not _is_url(redirect):
        yield f"redirect_uri is {shown(redirect)}, which is not an address: write it as {REDIRECT_URI}, or remove it"
    start = config.get("start_date")
    if start is not None and not _is_moment(start):
        yield f"start_date is {shown(start)}, which is not a time: write it as ISO 8601, such as 2024-01-01T00:00:00Z"
    url = config["api_url"]
    if not _is_url(url):
        yield f"api_url is {shown(url)}, which is not an address: write it as {API_URL}, or remove it"
    elif urlsplit(url).path.rstrip("/").endswith("/graphql"):
        yield f"api_url is {shown(url)}, which is not where the API begins: leave out /graphql, as in {API_URL}"


def remarks(config: Mapping[str, Any], now_seconds: float) -> Iterable[str]:
    """What is usable and yet hardly meant.

    Args:
        config: The settings, checked.
        now_seconds: The time, in seconds since 1970.
    """
    start = config.get("start_date")
    if start is not None and parse_bound(start) > now_seconds:
        yield (
            f"start_date is {shown(start)}, which is still to come: streams with a bookmark bring nothing until then; "
            "once it is corrected, run without the state of this run"
        )


def _is_date(value: str) -> bool:
    try:
        return dt.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_moment(value: str) -> bool:
    try:
        dt.datetime.fromisoformat(value.replace("Z", "+00:00"))
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
