"""Counts the rows that a walk meets, of about how many there are, so that a person sees how far a long read is.

Jobber charges a point for `totalCount`, and warns that it makes throttling likelier. So it is asked for once in a walk,
by a query of its own that may fail, and only of a list that has turned out to be long.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeGuard

from tap_jobber.api.transport import Query
from tap_jobber.errors import StreamError
from tap_jobber.extraction.page_size import UNKNOWN_MARGIN
from tap_jobber.graphql.text import Form

if TYPE_CHECKING:
    from tap_jobber.api.client import Answer, Usage
    from tap_jobber.extraction.extraction_run import ExtractionRun
    from tap_jobber.extraction.source import Source
    from tap_jobber.extraction.windows import Window

LONG_ROWS = 300
"""Rows after which a list that is not at its end counts as long."""
# No account has so many, and a number of any size is more than statistics can reckon with.
_MOST_ROWS = 10**12
COUNT_POINTS = 2
"""The price of a count."""


@dataclass
class RowCount:
    """The rows that a walk has met.

    Args:
        wants_total: True if somebody wants to know of how many.
    """

    wants_total: bool = False
    rows: int = 0
    expected_rows: int | None = field(default=None, init=False)
    """About how many it will have met at its end; None if that is not known."""
    _begun_at: int | None = field(default=None, init=False)
    _is_asked: bool = field(default=False, init=False)

    def begin(self) -> None:
        """Note that a whole list is read from now on."""
        self._begun_at = self.rows

    @property
    def is_long(self) -> bool:
        """True if so much of a whole list has been read that it is worth knowing how much is left."""
        return self._begun_at is not None and self.rows - self._begun_at >= LONG_ROWS

    def ask(self, extraction: ExtractionRun, source: Source, window: Window | None, usage: Usage) -> None:
        """Ask how many rows a list has, if that is wanted and has not been asked.

        Args:
            extraction: The run.
            source: The list.
            window: The window that is to be read of it from now on; None for all of it.
            usage: The usage to add the cost to.
        """
        if not self.wants_total or self._is_asked:
            return
        self._is_asked = True
        is_cut = window is not None and source.stamp is not None and source.stamp.span_seconds is not None
        if source.form is Form.PLAIN or is_cut:
            return
        with suppress(StreamError):
            answer = extraction.execute(row_count_query(source, window), usage, most_failures=1)
            self.expected_rows = (self._begun_at or 0) + counted_in(answer, source) or None


def row_count_query(source: Source, window: Window | None) -> Query:
    """Return the query for the number of rows of a list.

    Args:
        source: The list.
        window: The window of it to count; None for all of it.
    """
    variables = {"first": 1, "after": None, **source.variables}
    return Query(source.name, source.count_text(window), variables, UNKNOWN_MARGIN * COUNT_POINTS, label=source.name)


def counted_in(answer: Answer, source: Source) -> int:
    """Return the number of rows that an answer states.

    Raises:
        StreamError: If it states none.
    """
    found = source.count_in(answer.data)
    if not is_count(found):
        raise StreamError(f"{source.name}: Jobber does not count the rows", "see what a sync costs")
    return found


def is_count(value: object) -> TypeGuard[int]:
    """Return True if a value can be the number of rows of a list."""
    return type(value) is int and 0 <= value <= _MOST_ROWS
