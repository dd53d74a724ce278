"""The pages as HTML: templates of the package, filled in with everything escaped."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_MANY = 2


@dataclass(frozen=True)
class Notice:
    """One thing to tell in a few words, and what to do about it.

    Args:
        title: What has happened.
        line: Why, and what to do.
        link: Where that is done.
        label: What the link says.
        is_good: Whether it is no error.
        status: The HTTP status.
    """

    title: str
    line: str
    link: str | None = None
    label: str | None = None
    is_good: bool = False
    status: int = 400


class HtmlPages:
    """Makes responses of templates.

    Args:
        name: What the pages call the app.
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
        self._environment.filters.update(moment=_moment, stamp=_stamp, count=_count, duration=_duration)

    def page(self, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """A page."""
        return HTMLResponse(self._environment.get_template(template).render(values), status)

    def notice(self, notice: Notice, headers: Mapping[str, str] | None = None) -> HTMLResponse:
        """A page that tells one thing."""
        response = self.page("notice.html", status=notice.status, notice=notice)
        response.headers.update(headers or {})
        return response


def _moment(seconds: float) -> str:
    """A time for people."""
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%d %b %Y, %H:%M} UTC"


def _stamp(seconds: float) -> str:
    """A time for machines."""
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="seconds")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun if number == 1 else f'{noun}s'}"


def _duration(seconds: float) -> str:
    """How long something took, to the unit that tells."""
    whole = max(0, math.floor(seconds))
    if whole < 1:
        return "less than a second"
    for unit_seconds, unit in ((_DAY, "day"), (_HOUR, "h"), (_MINUTE, "min")):
        if whole >= _MANY * unit_seconds:
            number = whole // unit_seconds
            return f"{number} {unit}s" if unit == "day" else f"{number} {unit}"
    return f"{whole} s"
