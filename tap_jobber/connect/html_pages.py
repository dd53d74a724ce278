"""Render the pages as HTML from the templates of the package, with all values escaped."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        is_good: True if it is not an error.
        status: The HTTP status.
    """

    title: str
    line: str
    link: str | None = None
    label: str | None = None
    is_good: bool = False
    status: int = 400


class HtmlPages:
    """Render templates as responses.

    Args:
        name: Name of the app on the pages.
    """

    def __init__(self, name: str) -> None:
        self._environment = Environment(
            loader=PackageLoader("tap_jobber.connect"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["app_name"] = name
        self._environment.filters.update(
            readable_time=_readable_time, iso_time=_iso_time, count=_count, duration=_duration
        )

    def page(self, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """Return the page of a template."""
        return HTMLResponse(self._environment.get_template(template).render(values), status)

    def notice(self, notice: Notice, headers: Mapping[str, str] | None = None) -> HTMLResponse:
        """Return the page of a notice."""
        response = self.page("notice.html", status=notice.status, notice=notice)
        response.headers.update(headers or {})
        return response


def _readable_time(seconds: float) -> str:
    """Return a time for people."""
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%d %b %Y, %H:%M} UTC"


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
