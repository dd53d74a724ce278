"""Look at one small page of a user's query, to know how many rows it brings and what one of them costs.

Nothing but an answer tells how long the lists in its rows are, so the price of a row is that of those in the page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_jobber.api.client import DriftError
from tap_jobber.api.transport import Query
from tap_jobber.errors import StreamError
from tap_jobber.extraction.list_survey import COUNT, NoPointsLeftError
from tap_jobber.extraction.overlap import Page
from tap_jobber.extraction.page_size import UNKNOWN_MARGIN
from tap_jobber.extraction.partial_answers import found_at
from tap_jobber.extraction.windows import Window

if TYPE_CHECKING:
    from tap_jobber.api.client import Answer
    from tap_jobber.extraction.list_survey import SurveyTerms
    from tap_jobber.extraction.query_fetcher import QueryFetcher
    from tap_jobber.extraction.query_source import QuerySource

_MOST_ROWS = 20


@dataclass
class QuerySurvey:
    """The survey of one query.

    Args:
        fetcher: Asks for it.
        terms: What holds for all surveys of the estimate.
    """

    fetcher: QueryFetcher
    terms: SurveyTerms
    rows: int | None = field(default=None, init=False)
    """Number of rows; None if that is not known."""
    row_points: float = field(default=0.0, init=False)
    """The mean price of those rows that have been looked at."""
    page_rows: float = field(default=0.0, init=False)
    """The most rows that a page can have, by the price that the server checks."""

    def look(self, start: int | None, most_points: float) -> None:
        """Ask for the page, and for the number of rows where it is not all of them.

        Args:
            start: The timestamp that the read begins with; None for the very beginning.
            most_points: The most points that the page may cost.

        Raises:
            StreamError: If the query cannot be read.
        """
        while True:
            self.fetcher.adapt(self.fetcher.source.part)
            try:
                answer, count
"""
