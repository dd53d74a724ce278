"""Chooses how many rows to ask for in a page, by their price.

What a row costs is reckoned by a rule before it is asked for, and known once the server has stated the price of a
page. Some fields cost more than the rule says, and the first page of a read must not be refused for it: it is sized,
and waited for, as if it might cost a few times as much.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_jobber.graphql.cost import PAGE_POINTS, page_points

if TYPE_CHECKING:
    from tap_jobber.api.stated_cost import Cost

# Jobber answers at most 100 rows, whatever is asked for.
MAXIMUM_ROWS = 100
# A page must hold the row that it shares with the page before it, and one more.
MINIMUM_ROWS = 2
# What refills while a page is asked for and answered must still fit the bucket, or it is lost.
_ROUND_TRIP_SECONDS = 1.0
_LARGEST_RESERVE = 0.2
# How many times the reckoned price a query may turn out to cost whose like has not been answered yet.
UNKNOWN_MARGIN = 4.0
# A page fails so often before a smaller one is asked for: the first, which may be weather, and those after it. A single
# row is given up instead, which costs more than another try.
_FAILURES_OF_FIRST, _FAILURES_OF_SMALLER, _FAILURES_OF_ROW = 3, 2, 4
# A page of more rows than these is asked for again with a quarter of them, one of fewer with half.
_FEW_ROWS = 10
# So many smaller pages are served before a larger one is tried: at first, and after many that failed.
_FIRST_SUCCESSES, _MOST_SUCCESSES = 4, 256


def room_for_query(ceiling_points: float, restore_points_per_second: float) -> float:
    """Return the highest price that leaves room in the bucket for the points that refill while a query is answered."""
    refill = min(restore_points_per_second * _ROUND_TRIP_SECONDS, ceiling_points * _LARGEST_RESERVE)
    return ceiling_points - refill


def margin_of(ratio: float | None) -> float:
    """Return the most times its computed price that a new query may cost.

    Args:
        ratio: Ratio of the stated to the computed price of a query for the same rows in another shape; None if unknown.
            The part that has grown may be the one that the rule underrates.
    """
    return UNKNOWN_MARGIN if ratio is None else min(max(1.0, ratio) ** 2, UNKNOWN_MARGIN * max(1.0, ratio))


@dataclass
class ServedRows:
    """Number of rows in a page that the server has proved to serve, whatever their price.

    A page that fails is asked for again much smaller. After some that do not, a larger one is tried once, which is
    tried the less often the more often it fails.

    Args:
        most: Number of rows to begin with, and to come back to.
    """

    most: int = MAXIMUM_ROWS
    rows: int = field(init=False)
    """The most rows to ask for."""
    _good_rows: int = field(default=0, init=False)
    _successes: int = field(default=0, init=False)
    _needed_successes: int = field(default=_FIRST_SUCCESSES, init=False)

    def __post_init__(self) -> None:
        """Begin with as many as possible."""
        self.rows = self.most

    @property
    def is_trial(self) -> bool:
        """True if more rows are asked for than have been served since the last failure."""
        return 0 < self._good_rows < self.rows

    def most_failures(self, rows: int) -> int:
        """Return the number of failures after which a page is asked for again with fewer rows, or its one row given up.

        Args:
            rows: Number of rows that it is asked for with.
        """
        if rows <= 1:
            return _FAILURES_OF_ROW
        if self.is_trial:
            return 1
        return _FAILURES_OF_FIRST if self.rows == self.most else _FAILURES_OF_SMALLER

    def failed(self, rows: int) -> bool:
        """Ask for fewer rows after a page of so many has failed; return True if that is possible."""
        if self.is_trial and rows > self._good_rows:
            self.rows = self._good_rows
            self._needed_successes = min(_MOST_SUCCESSES, 2 * self._needed_successes)
        elif rows <= 1:
            return False
        else:
            self.rows = max(1, rows // (4 if rows > _FEW_ROWS else 2))
        self._good_rows = 0
        self._successes = 0
        return True

    def succeeded(self, rows: int) -> None:
        """Ask for more once enough pages of as many rows as may be asked for were served."""
        if rows < self.rows:
            return
        self._good_rows = 0
        if self.rows >= self.most:
            return
        self._successes += 1
        if self._successes >= self._needed_successes:
            self._good_rows, self.rows = self.rows, min(self.most, 2 * self.rows)
            self._successes = 0


@dataclass
class PageSizer:
    """PagePlanner the pages of one read.

    Args:
        estimate_points: The price of one row as computed beforehand.
        page_size: The most rows to ask for.
        fixed_points: The price of what is asked for once, beside the rows.
        margin: How many times its estimate the first page may cost.
    """

    estimate_points: float
    page_size: int = MAXIMUM_ROWS
    fixed_points: float = PAGE_POINTS
    margin: float = UNKNOWN_MARGIN
    _row_points: float = field(init=False)
    _limit_rows: int = field(init=False)
    _learnt_rows: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Begin with the estimate."""
        self._row_points = self.estimate_points
        self._limit_rows = max(MINIMUM_ROWS, min(self.page_size, MAXIMUM_ROWS))

    def rows(self, ceiling_points: float, restore_points_per_second: float) -> int:
        """Return how many rows to ask for.

        Args:
            ceiling_points: The highest price that a query should have.
            restore_points_per_second: Points that the bucket gains each second.
        """
        room_points = room_for_query(ceiling_points, restore_points_per_second) / self.margin
        fitting = math.floor((room_points - self.fixed_points) / max(self._row_points, 1e-9))
        if 0 < self._learnt_rows < fitting:
            fitting = max(self._learnt_rows, math.floor(room_points / self._whole_row_points))
        return max(MINIMUM_ROWS, min(self._limit_rows, fitting))

    def points(self, rows: int) -> float:
        """Return the highest price that a page of so many rows is expected to be checked at."""
        if 0 < self._learnt_rows < rows:
            return rows * self._whole_row_points
        return self.margin * page_points(self._row_points, rows, self.fixed_points)

    def ratio_of(self, rows: int, cost: Cost | None) -> float:
        """Return how the price that the server states for a page of so many rows compares with the computed one."""
        if cost is None or cost.requested_points <= self.fixed_points:
            return 1.0
        return cost.requested_points / page_points(self.estimate_points, rows, self.fixed_points)

    def learn(self, rows: int, cost: Cost | None) -> None:
        """Take over the price that the server stated for a page of so many rows; it has been answered, or refused."""
        self.margin = 1.0
        if cost is not None and cost.requested_points > 0:
            self._row_points = max(0.0, cost.requested_points - self.fixed_points) / rows
            self._learnt_rows = rows

    @property
    def _whole_row_points(self) -> float:
        """The price of a row with its share of the page: what is asked for once may cost less than is reckoned."""
        return page_points(self._row_points, self._learnt_rows, self.fixed_points) / self._learnt_rows

    def shrink(self, rows: int, cost: Cost | None) -> bool:
        """Make pages smaller after one that can never fit.

        Returns:
            True if that was possible.
        """
        self.learn(rows, cost)
        if rows <= MINIMUM_ROWS:
            return False
        fitting = rows // 2
        if cost is not None and cost.requested_points > 0:
            fitting = min(rows - 1, math.floor(rows * cost.maximum_points / cost.requested_points))
        self._limit_rows = max(MINIMUM_ROWS, fitting)
        return True
