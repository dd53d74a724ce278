"""Render the pages as HTML from the templates of the package, with all values escaped."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from tap_jobber.connect import customer_words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

_MINUTE_SECONDS, _HOUR_SECONDS, _DAY_SECONDS = 60, 3_600, 86_400
_FEWEST_UNITS = 2


@dataclass(frozen=True)
class Notice:
    """A short message of the page.

    Args:
        title: Its title.
        line: The reason, and what to do.
        link: Path of the page where to do it.
        label: Text of the link.
        is_good: True if it tells of a success.
        is_neutral: True if it tells of what the visitor has just decided.
        status: The HTTP status.
    """

    title: str
    line: str
    link: str | None = None
    label: str | None = None
    is_good: bool = False
    is_neutral: bool = False
    status: int = 400


class HtmlPages:
    """Render templates as responses.

    Args:
        name: Name of the app on the pages.
        contact_url: Address at which visitors find help.
        privacy_url: Address of the privacy policy.
    """

    def __init__(self, name: str, contact_url: str | None = None, privacy_url: str | None = None) -> None:
        self._environment = Environment(
            loader=PackageLoader("tap_jobber.connect"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(app_name=name, contact_url=contact_url, privacy_url=privacy_url)
        self._environment.filters.update(
            readable_time=_readable_time,
            iso_time=_iso_time,
            count=_count,
            duration=_duration,
            table_title=customer_words.title,
            ending=customer_words.ending,
            permissions_to_read=customer_words.permissions_to_read,
            further_permissions=customer_words.further_permissions,
        )

    def page(self, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """Return the page of a template."""
        return HTMLResponse(self._environment.get_template(template).render(values), status)

    def notice(self, notice: Notice, headers: Mapping[str, str] | None = None) -> HTMLResponse:
        """Return the page of a notice."""
        response = self.page("notice.html", status=notice.status, notice=notice)
        response.headers.update(headers or {})
        return response


def _readable_time(seconds: float, zone: str | None) -> str:
    """Return a time for people, in a zone that is named; in UTC if the zone is not known here."""
    try:
        place: tzinfo = ZoneInfo(zone) if zone else timezone.utc
    except (KeyError, OSError, ValueError):  # not in this machine's database, or no name of a zone at all
        place = timezone.utc
    return f"{datetime.fromtimestamp(seconds, place):%d %b %Y, %H:%M %Z}"


def _iso_time(seconds: float) -> str:
    """Return a time in ISO 8601."""
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="seconds")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun if number == 1 else f'{noun}s'}"


def _duration(seconds: float) -> str:
    """Return a duration in the largest unit of which there are at least two."""
    whole = max(0, math.floor(seconds))
    if whole < 1:
        return "less than a second"
    for unit_seconds, unit in ((_DAY_SECONDS, "day"), (_HOUR_SECONDS, "h"), (_MINUTE_SECONDS, "min")):
        if whole >= _FEWEST_UNITS * unit_seconds:
            number = whole // unit_seconds
            return f"{number} {unit}s" if unit == "day" else f"{number} {unit}"
    return f"{whole} s"
