"""Estimate what a user's query costs, by its first few rows.

Nothing but an answer tells how long the lists in its rows are, so the price of a row is that of those few.
They are asked for in pages so small that not even full lists would cost more than may be spent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_jobber.errors import StreamError
from tap_jobber.extraction.connection_reader import FIRST_LOOK_ROWS
from tap_jobber.extraction.estimate import Spending, WalkEstimate
from tap_jobber.extraction.list_survey import NoPointsLeftError
from tap_jobber.extraction.page_size import PageSizer
from tap_jobber.extraction.row_count import COUNT_POINTS, counted_in, row_count_query
from tap_jobber.extraction.windows import MOST_ROWS, TARGET_ROWS, Window

if TYPE_CHECKING:
    from tap_jobber.extraction.list_survey import SurveyTerms
    from tap_jobber.extraction.query_fetcher import QueryFetcher

_MOST_ROWS = 20


@dataclass
class QuerySurvey:
    """The survey of one query.

    Args:
        fetcher: Asks for its pages.
        terms: What holds for all surveys of the estimate.
        start: The timestamp that a read begins with; None for the very beginning.
        is_read_twice: True if what comes in more than one answer is read a second time.
    """

    fetcher: QueryFetcher
    terms: SurveyTerms
    start: int | None
    is_read_twice: bool

    def estimate(self, most_points: float) -> WalkEstimate:
        """Ask for the first rows, and how many there are, and return what a read costs.

        Args:
            most_points: The most points that this may cost.

        Raises:
            StreamError: If that cannot be told.
        """
        rows, row_points = self._surveyed(most_points)
        source, extraction = self.fetcher.source, self.fetcher.extraction
        limits, price = extraction.rate_limiter, source.row_points(source.part.node)
        sizer = PageSizer(price, extraction.page_size, source.fixed_points, margin=1.0)
        page_rows = sizer.rows(limits.ceiling_points, limits.restore_points_per_second)
        windows = rows / TARGET_ROWS if source.stamp is not None and rows > MOST_ROWS else 1.0
        further = windows * math.ceil(max(0.0, rows / windows - page_rows) / max(1, page_rows - 1))
        repeated = further + (FIRST_LOOK_ROWS if further and source.order is None else 0)
        pages = windows + further
        once = Spending(pages * source.fixed_points + (rows + repeated) * row_points, pages)
        whole = once.times(2) if self.is_read_twice and pages > 1 else once
        return WalkEstimate(whole, row_points, {source.name: 1.0}, {source.name: rows})

    def _surveyed(self, most_points: float) -> tuple[int, float]:
        """Return the number of rows, and the price of one."""
        usage, begun = self.fetcher.usage, self.fetcher.usage.points
        seen, seen_points, cursor = 0, 0.0, None
        while True:
            source = self.fetcher.source
            price, fixed = source.row_points(source.part.node), source.fixed_points
            affordable = int((most_points - (usage.points - begun) - fixed) / max(1.0, price))
            if seen and affordable < 1:
                break
            looked = max(1, min(_MOST_ROWS - seen, affordable))
            self._check(fixed + looked * price)
            before = usage.points
            page = self.fetcher.page([source.part], self._window, cursor, looked)
            if page is None:  # it is read otherwise from now on
                seen, seen_points, cursor = 0, 0.0, None
                continue
            seen, seen_points = seen + page.size, seen_points + max(0.0, usage.points - before - fixed)
            if not page.has_next_page:
                return seen, seen_points / seen if seen else price
            cursor = page.end_cursor
            if seen >= _MOST_ROWS or cursor is None:
                break
        self.terms.check(COUNT_POINTS + 1, usage)
        answer = self.fetcher.extraction.execute(row_count_query(self.fetcher.source, self._window), usage)
        return counted_in(answer, self.fetcher.source), seen_points / max(1, seen)

    @property
    def _window(self) -> Window | None:
        return None if self.fetcher.source.stamp is None or self.start is None else Window(self.start, None)

    def _check(self, points: float) -> None:
        try:
            self.terms.check(points, self.fetcher.usage)
        except NoPointsLeftError:
            cause = f"a row of it may cost {points:,.0f} points, more than are left for the estimate"
            raise StreamError(cause, "ask for shorter lists in it") from None
