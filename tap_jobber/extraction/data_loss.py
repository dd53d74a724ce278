"""Remembers columns and rows that fail on Jobber's side: they are not asked for again, and their streams are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tap_jobber.extraction.missing_rows import MOST_LOST, Missing, MissingRowError, too_many_lost
from tap_jobber.graphql.answer_keys import columns_at, may_be_null, without

if TYPE_CHECKING:
    from collections.abc import Hashable

    from tap_jobber.api.client import FieldsFailedError
    from tap_jobber.extraction.partial_answers import FailedValue, Findings, Keys
    from tap_jobber.extraction.source import Part

Lose = Callable[["str | None", str, str, int], None]
"""A function that is told of a loss: the stream (None for all of a walk), the column or row, the cause, the count."""


def lose_nothing(name: str | None, what: str, cause: str, count: int) -> None:
    """Ignore a loss, in reads whose rows nobody keeps."""
    del name, what, cause, count


class Losses:
    """The losses of one source.

    Args:
        lose: The function that is told of each loss as soon as it is known.
        keeps_columns: True if a column is asked for however often it fails.
    """

    def __init__(self, lose: Lose, *, keeps_columns: bool = False) -> None:
        self.lose = lose
        self._keeps_columns = keeps_columns
        self._told: set[tuple[str, Keys, Hashable]] = set()
        self._left_out: set[tuple[str, Keys]] = set()
        self._rows: set[Hashable] = set()

    @property
    def rows(self) -> int:
        """Number of rows that could not be read."""
        return len(self._rows)

    def applied(self, part: Part) -> Part:
        """Return a part without the columns that fail."""
        for name, keys in self._left_out:
            if name == part.name:
                part = replace(part, node=without(part.node, keys))
        return part

    def leave_out(self, part: Part, keys: Keys, cause: str) -> None:
        """Ask for a column no more.

        Args:
            part: The part of the query that asks for it.
            keys: The path to it in a row.
            cause: The server's message.
        """
        self._left_out.add((part.name, keys))
        self.lose(part.name, _column(part, keys), cause, 1)

    def leave_out_spreading(self, found: Findings, failure: FieldsFailedError | None) -> bool:
        """Ask no more for columns whose failure leaves nothing of the rows around them; return True if there are any.

        Raises:
            FieldsFailedError: If such a column is none that was asked for.
        """
        columns = {(keys, part): cause for (_name, keys), (part, cause) in found.columns.items()}
        # What may be null itself leaves the rest alone, so that it is another that does not.
        spreading = [each for each in columns if not may_be_null(each[1].node, each[0])]
        for keys, part in spreading or columns:
            if failure is not None and without(part.node, keys) == part.node:
                raise failure
            self.leave_out(part, keys, columns[keys, part])
        return bool(columns)

    def take_out(self, values: list[FailedValue], rows: int) -> None:
        """Take values that failed out of their rows, so that none passes for one that is null.

        Args:
            values: The values.
            rows: Number of rows in the page: a column that fails in all of them is asked for no more.
        """
        counts: dict[tuple[str, Keys], int] = {}
        for value in values:
            column = (value.part.name, value.keys)
            value.holder.pop(value.key, None)
            counts[column] = counts.get(column, 0) + 1
            if rows > 1 and counts[column] == rows and not self._keeps_columns:
                self._left_out.add(column)
            known = (*column, value.row.get("id"))
            if known[2] is None or known not in self._told:
                self._told.add(known)
                self.lose(value.part.name, _column(value.part, value.keys), value.cause, 1)

    def lose_row(self, place: int, error: MissingRowError, window: Hashable) -> None:
        """Note that a row, with all its lists, cannot be read.

        Args:
            place: Its place in the list.
            error: The reason.
            window: Tells lists apart.

        Raises:
            StreamError: If it is one too many.
        """
        if error.why is Missing.HIDDEN or (window, place) in self._rows:
            return
        self._rows.add((window, place))
        if len(self._rows) > MOST_LOST:
            raise too_many_lost(error.cause)
        self.lose(None, f"the row at place {place + 1} of its list", error.cause, 1)

    def lose_of_list(self, part: Part, what: str, cause: str) -> None:
        """Note that a row of a list, or all that is left of one, cannot be read."""
        self.lose(part.name, what, cause, 1)


def _column(part: Part, keys: Keys) -> str:
    return ".".join(columns_at(part.node, keys))
