"""Reads the rows of a user's query, as its stream does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_jobber.api.client import Usage
from tap_jobber.extraction.data_loss import lose_nothing
from tap_jobber.extraction.query_fetcher import QueryFetcher
from tap_jobber.extraction.query_source import ROW, query_source
from tap_jobber.extraction.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_jobber.extraction.data_loss import Lose
    from tap_jobber.extraction.extraction_run import ExtractionRun
    from tap_jobber.extraction.overlap import Node
    from tap_jobber.graphql.document import UserQuery


class QueryReading:
    """One read of one query.

    Args:
        extraction: The run.
        query: The query.
        limit_rows: How many rows are wanted, if not all.
        lose: Told what cannot be had.
    """

    def __init__(
        self, extraction: ExtractionRun, query: UserQuery, limit_rows: int | None = None, lose: Lose = lose_nothing
    ) -> None:
        source = query_source(query)
        self._fetcher = QueryFetcher(extraction, source, Usage(), limit_rows, lose)
        self._walk = Walk(self._fetcher, source.part, source.part)

    def rows(self) -> Iterator[Node]:
        """Yield all rows, and again each that has changed meanwhile, with what was added to them."""
        for found in self._walk.whole():
            yield found.node[ROW]

    def report_hidden(self) -> None:
        """Say how much could not be seen, and what the served version does not know."""
        self._fetcher.report_hidden()
