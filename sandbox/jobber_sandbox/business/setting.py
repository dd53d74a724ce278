"""A business before anything happens: its trade, its region, its size, and how much is asked of it when."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobber_sandbox.business.calendar import Calendar, Month, calendar_of
from jobber_sandbox.business.places import REGIONS, Region
from jobber_sandbox.business.trades import Trade, all_trades

if TYPE_CHECKING:
    from datetime import date

HISTORY_MONTHS = 36
_DEALS_A_MONTH = 14.5
_MONTHLY_GROWTH, _LATER_GROWTH = 1.02, 1.006


@dataclass(frozen=True)
class Setting:
    """A business and where it works.

    Args:
        seed: Everything follows from it.
        number: The account's number.
        scale: Its size; 1 is about 15,000 rows.
        trade: Its trade.
        region: Where it works.
        begin: The first month of its history.
    """

    seed: int
    number: int
    scale: float
    trade: Trade
    region: Region
    begin: Month

    @property
    def calendar(self) -> Calendar:
        """The calendar of its region."""
        return calendar_of(self.region.zone)

    @property
    def began(self) -> int:
        """The first morning of its history, in epoch seconds."""
        return self.calendar.at(self.begin.first, 7 * 60)

    def chance(self, purpose: str, month: Month | None = None) -> random.Random:
        """Return the chance of one pass in one month, apart from all others."""
        when = f"{month.year}-{month.month:02}" if month is not None else ""
        return random.Random(f"{self.seed} {self.number} {purpose} {when}")  # noqa: S311 it has to be repeatable, not secret

    def demand(self, month: Month) -> float:
        """Return how many deals a month brings on average: by season, and more from year to year."""
        age = month.since(self.begin)
        growth = _MONTHLY_GROWTH ** min(age, HISTORY_MONTHS) * _LATER_GROWTH ** max(0, age - HISTORY_MONTHS)
        return _DEALS_A_MONTH * self.scale * self.trade.season[month.month - 1] * growth

    def midnight_utc(self, day: date) -> str:
        """Return a date as expenses write it: midnight by UTC, whatever the zone."""
        return f"{day.isoformat()}T00:00:00Z"


def setting_of(seed: int, number: int, scale: float, now: int) -> Setting:
    """Return the business of an account whose history ends now."""
    trades = all_trades()
    trade = trades[(seed + number + 1) % len(trades)]
    regions = [region for region in REGIONS if region.has_snow or not trade.needs_snow]
    region = regions[(seed + number - 2) % len(regions)]
    begin = calendar_of(region.zone).month_of(now).after(-HISTORY_MONTHS)
    return Setting(seed, number, scale, trade, region, begin)
