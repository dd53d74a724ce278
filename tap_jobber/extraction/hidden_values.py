"""Counts values and rows that the app or its user may not see, and logs them once."""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING

from tap_jobber.extraction.answer_paths import found_at, read_path
from tap_jobber.extraction.page_parsing import HOLES
from tap_jobber.wording import are, counted

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from tap_jobber.extraction.answer_paths import Steps
    from tap_jobber.graphql.text import ListPath

logger = logging.getLogger("tap-jobber.extraction")


class HiddenValues:
    """Counts of a stream's values that are null because of permissions, or partly unreadable."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._replaced = 0
        self._rows: Counter[str] = Counter()
        self._places: set[Hashable] = set()

    def add_replaced(self, count: int) -> None:
        """Count characters that could not be read."""
        self._replaced += count

    def add(self, column: str) -> None:
        """Count a hidden value of a column."""
        self._counts[column] += 1

    def add_row(self, name: str, place: Hashable = None) -> None:
        """Count a hidden row of a stream; one with a place is counted once, however often it is met."""
        if place is None or (name, place) not in self._places:
            self._places.add((name, place))
            self._rows[name] += 1

    def report(self, name: str) -> None:
        """Log how much of a stream could not be seen."""
        for column, count in self._counts.items():
            values = f"{counted(count, 'value')} of {column} {are(count)}"
            logger.warning("%s: %s null because the app or its user may not see them", name, values)
        for stream, count in self._rows.items():
            rows = f"{counted(count, 'row')} {are(count)}"
            logger.warning("%s: %s missing because the app or its user may not see them", stream, rows)
        self._counts.clear()
        if self._replaced:
            logger.warning(
                "%s: %d characters or numbers of Jobber's answers could not be read: U+FFFD or null stands for each",
                name,
                self._replaced,
            )
            self._replaced = 0
        self._rows.clear()


def is_hidden_list(data: object, node: str, hidden: str, path: ListPath) -> bool:
    """Return True if a list is null because it is hidden, or something around or in it is.

    Args:
        data: The data of the answer.
        node: The path of the node that it is a list of.
        hidden: The path below the node of what is hidden.
        path: The path from the node to the list.
    """
    # Where a value may not be null, what is around it is null instead.
    return any(
        hidden == step or (hidden.startswith(f"{step}.") and found_at(data, read_path(f"{node}.{step}")) is None)
        for step in path.steps
    )


def without_null_rows(data: object, paths: Iterable[Steps]) -> int:
    """Take null rows out of their lists, and leave their positions with the list.

    Args:
        data: The data of the answer; it is changed in place, and the positions stay with the list.
        paths: The paths of what cannot be read.

    Returns:
        Number of rows that were taken out.
    """
    taken = 0
    for path in dict.fromkeys(path[:-1] for path in paths if path):
        holder, rows = found_at(data, path[:-1]), found_at(data, path)
        if not isinstance(rows, list) or None not in rows:
            continue
        holes = [position for position, row in enumerate(rows) if row is None]
        taken += len(holes)
        rows[:] = [row for row in rows if row is not None]
        if isinstance(holder, dict) and path[-1] == "nodes":
            holder[HOLES] = holes
    return taken
