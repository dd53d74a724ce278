"""Timestamps as whole seconds since 1970, as all that compares or stores them takes them."""

from __future__ import annotations

import datetime as dt
import re

# The year 9000.
_LATEST_SECONDS = 221_845_392_000
# Older Pythons read neither fractions of any length nor zones without a colon.
_FRACTION = re.compile(r"(?<=:\d\d)[.,]\d+")
_ZONE = re.compile(r"([+-]\d\d)(\d\d)$")
_UTC_SUFFIXES = ("Z", "z", " UTC", "UTC")


def parse_moment(text: str) -> dt.datetime:
    """Return the moment that a text states; one without a zone is UTC.

    Args:
        text: An ISO 8601 timestamp, or the other form that Jobber's documentation shows, `2024-04-09 21:04:31 UTC`.

    Raises:
        ValueError: If it is neither.
    """
    text = text.strip()
    for suffix in _UTC_SUFFIXES:
        if text.endswith(suffix):
            text = text.removesuffix(suffix) + "+00:00"
            break
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        moment = dt.datetime.fromisoformat(_ZONE.sub(r"\1:\2", _FRACTION.sub("", text)))
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone.utc)


def seconds_or_none(value: object) -> float | None:
    """Return the seconds since 1970 of a timestamp, or None for any other value."""
    try:
        return parse_moment(value).timestamp() if isinstance(value, str) else None
    except ValueError:
        return None


def parse_timestamp(text: str) -> int:
    """Return the second that a timestamp falls in."""
    return int(parse_moment(text).timestamp() // 1)


def parse_clamped_timestamp(text: str) -> int:
    """Return the second from which to read, as a setting or a state has it.

    Nothing in Jobber is older than 1970, and what is near the ends of the calendar cannot be reckoned with.
    """
    return min(max(parse_timestamp(text), 0), _LATEST_SECONDS)


def format_timestamp(seconds: int) -> str:
    """Return a timestamp as Jobber writes and reads it."""
    # Unlike `strftime`, which writes the year 999 with three digits, as neither Jobber nor the next run reads it.
    return dt.datetime.fromtimestamp(seconds, dt.timezone.utc).isoformat().removesuffix("+00:00") + "Z"
