"""Chooses how many rows to ask for in a page, by their price."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_jobber.schema.price import PAGE_POINTS, page_points

if TYPE_CHECKING:
    from tap_jobber.api.cost import Cost

# Jobber answers at most 100 rows, whatever is asked for.
MAXIMUM_ROWS = 100
# A page must hold the row that it shares with the page before it, and one more.
MINIMUM_ROWS = 2
# What refills while a page is asked for and answered must still fit the bucket, or it is lost.
_ROUND_TRIP_SECONDS = 1.0
_LARGEST_RESERVE = 0.2


def room_for_query(ceiling_points: float, restore_points_per_second: float) -> float:
    """How expensive a query should be, so that what refills while it is answered still finds room in the bucket."""
    refill = min(restore_points_per_second * _ROUND_TRIP_SECONDS, ceiling_points * _LARGEST_RESERVE)
    return ceiling_points - refill


@dataclass
class PageSizer:
    """Sizes the pages of one read.

    Args:
        estimate_points: The price of one row as computed beforehand.
        page_size: The most rows to ask for.
        fixed_points: The price of what is asked for once, beside the rows.
    """

    estimate_points: float
    page_size: int = MAXIMUM_ROWS
    fixed_points: float = PAGE_POINTS
    _row_points: float = field(init=False)
    _limit_rows: int = field(init=False)

    def __post_init__(self) -> None:
        """Begin with the estimate."""
        self._row_points = self.estimate_points
        self._limit_rows = max(MINIMUM_ROWS, min(self.page_size, MAXIMUM_ROWS))

    def rows(self, ceiling_points: float, restore_points_per_second: float) -> int:
        """How many rows to ask for.

        Args:
            ceiling_points: The highest price that a query should have.
            restore_points_per_second: How fast the bucket fills.
        """
        room_points = room_for_query(ceiling_points, restore_points_per_second)
        fitting = math.floor((room_points - self.fixed_points) / max(self._row_points, 1e-9))
        return max(MINIMUM_ROWS, min(self._limit_rows, fitting))

    def points(self, rows: int) -> float:
        """The price that a page of so many rows is expected to be checked at."""
        return page_points(self._row_points, rows, self.fixed_points)

    def learn(self, rows: int, cost: Cost) -> None:
        """Take over the price that the server computed for a page of so many rows."""
        if cost.requested_points > self.fixed_points:
            self._row_points = (cost.requested_points - self.fixed_points) / rows

    def shrink(self, rows: int, cost: Cost | None) -> bool:
        """Make pages smaller after one that can never fit.

        Returns:
            Whether that was possible.
        """
        if cost is not None:
            self.learn(rows, cost)
        if rows <= MINIMUM_ROWS:
            return False
        fitting = rows // 2
        if cost is not None and cost.requested_points > 0:
            fitting = min(rows - 1, math.floor(rows * cost.maximum_points / cost.requested_points))
        self._limit_rows = max(MINIMUM_ROWS, fitting)
        return True
