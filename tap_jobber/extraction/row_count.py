"""Counts the rows that a walk meets, of about how many there are, so that a person sees how far a long read is.

Jobber charges a point for `totalCount`, and warns that it makes throttling likelier. So it is asked for once in a walk,
by a query of its own that may fail, and only of a list that has turned out to be long.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_jobber.api.transport import Query
from tap_jobber.errors import StreamError
from tap_jobber.graphql.text import Form

if TYPE_CHECKING:
    from tap_jobber.api.client import Usage
    from tap_jobber.extraction.extraction_run import ExtractionRun
    from tap_jobber.extraction.source import Source
    from tap_jobber.extraction.windows import Window

LONG_ROWS = 300
"""Rows after which a list that is not at its end counts as long."""
_POINTS = 5.0


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
        total = count_rows(extraction, source, window, usage)
        if total is not None:
            self.expected_rows = (self._begun_at or 0) + total


def count_rows(extraction: ExtractionRun, source: Source, window: Window | None, usage: Usage) -> int | None:
    """Return about how many rows a list has, or None if the server does not tell; never fails for that.

    Args:
        extraction: The run.
        source: The list.
        window: The window of it to count; None for all of it.
        usage: The usage to add the cost to.
    """
    is_cut = window is not None and source.stamp is not None and source.stamp.span_seconds is not None
    if source.form is Form.PLAIN or is_cut:
        return None
    arguments = source.arguments(window)
    name = f"{source.name}_count"
    text = f"query {name} {{ {source.root}(first: 1{f', {arguments}' if arguments else ''}) {{ totalCount }} }}"
    with suppress(StreamError):
        answer = extraction.execute(Query(name, text, {}, _POINTS, label=source.name), usage, most_failures=1)
        found = answer.data.get(source.root)
        total = found.get("totalCount") if isinstance(found, dict) else None
        if isinstance(total, int) and total > 0:
            return total
    return None
