"""Days and times of day where the business is."""

from __future__ import annotations

import calendar
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

WEEKDAYS = 5
_MORNING_SECONDS = 7 * 3_600
_OPENING_MINUTE, _CLOSING_MINUTE = 8 * 60, 17 * 60
_HOLIDAYS = frozenset({(1, 1), (12, 25)})


class Month(NamedTuple):
    """A month of a year."""

    year: int
    month: int

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    @property
    def days(self) -> int:
        """Its number of days."""
        return calendar.monthrange(self.year, self.month)[1]

    def after(self, months: int) -> Month:
        """Return the month so many months later."""
        index = self.year * 12 + self.month - 1 + months
        return Month(index // 12, index % 12 + 1)

    def since(self, earlier: Month) -> int:
        """Return the number of months from an earlier month to this one."""
        return (self.year - earlier.year) * 12 + self.month - earlier.month


class Calendar:
    """The calendar of a time zone.

    Args:
        zone: The zone's name, such as America/Edmonton.
    """

    def __init__(self, zone: str) -> None:
        self.zone = zone
        self._zone = ZoneInfo(zone)

    def at(self, day: date, minute: int = 0) -> int:
        """Return the epoch seconds of a minute of a day; minute 0 is midnight."""
        return int(datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=self._zone).timestamp())

    def awake(self, moment: int) -> int:
        """Return a moment, or one later in the morning if it is at night."""
        night = moment - self.at(self.day_of(moment))
        return moment + _MORNING_SECONDS if night < _MORNING_SECONDS else moment

    def in_office(self, moment: int) -> int:
        """Return a moment, or the next one at which the office is open."""
        day = self.day_of(moment)
        minute = (moment - self.at(day)) // 60
        if minute > _CLOSING_MINUTE:
            day, minute = day + timedelta(days=1), 0
        open_day = workday(day)
        is_open = open_day == day and minute >= _OPENING_MINUTE
        return self.at(open_day, minute if is_open else _OPENING_MINUTE + minute % 60)

    def day_of(self, seconds: int) -> date:
        """Return the day that a moment falls on."""
        return datetime.fromtimestamp(seconds, self._zone).date()

    def month_of(self, seconds: int) -> Month:
        """Return the month that a moment falls in."""
        day = self.day_of(seconds)
        return Month(day.year, day.month)

    def months(self, first: Month, last: Month) -> Iterator[Month]:
        """Yield the months from the first to the last."""
        for index in range(last.since(first) + 1):
            yield first.after(index)


@cache
def calendar_of(zone: str) -> Calendar:
    """Return the calendar of a time zone."""
    return Calendar(zone)


def workday(day: date) -> date:
    """Return a day, or the first working day after it if it is none."""
    while day.weekday() >= WEEKDAYS or (day.month, day.day) in _HOLIDAYS:
        day += timedelta(days=1)
    return day


def workdays_after(day: date, count: int) -> date:
    """Return the working day that comes so many working days after a day."""
    for _ in range(count):
        day = workday(day + timedelta(days=1))
    return day
