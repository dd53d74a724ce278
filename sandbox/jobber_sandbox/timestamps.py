"""Timestamps as the API writes and reads them: ISO 8601 in UTC with whole seconds."""

from __future__ import annotations

import re
import time
from datetime import datetime, timezone
from functools import lru_cache

DAY_SECONDS = 86_400
_ISO = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}(?::\d{2})?)(\.\d+)?(Z|[+-]\d{2}:?\d{2})?)?",
    re.IGNORECASE,
)


@lru_cache(maxsize=65_536)
def iso(seconds: int) -> str:
    """Return epoch seconds as a timestamp, such as 2026-01-31T23:59:59Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def iso_date(seconds: int) -> str:
    """Return the date of epoch seconds."""
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))


def seconds_of(text: str) -> float:
    """Return the epoch seconds of a date or a timestamp in ISO 8601; UTC if no zone is named.

    Raises:
        ValueError: The text is no ISO 8601, such as one with a blank for the T.
    """
    match = _ISO.fullmatch(text)
    if match is None:
        msg = f"{text!r} is not ISO 8601"
        raise ValueError(msg)
    day, clock, fraction, zone = match.groups()
    zone = "+00:00" if zone in {None, "Z", "z"} else f"{zone[:3]}:{zone[-2:]}"
    moment = datetime.fromisoformat(f"{day}T{clock or '00:00:00'}{zone}")
    return moment.astimezone(timezone.utc).timestamp() + float(fraction or 0)


def end_of_day(day: str) -> int:
    """Return the last second of a day, in UTC."""
    return int(seconds_of(day)) + DAY_SECONDS - 1
