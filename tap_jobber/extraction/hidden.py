"""Tells what the app or its user may not see: counts values, says so once, and knows when it is a whole list."""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_jobber.schema.query import ListPath

logger = logging.getLogger("tap-jobber.extraction")


class HiddenValues:
    """The values of a stream that could not be had as they are: null because of permissions, or partly unreadable."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._replaced = 0

    def add_replaced(self, count: int) -> None:
        """Count characters that could not be read."""
        self._replaced += count

    def add(self, column: str) -> None:
        """One more value of a column is hidden."""
        self._counts[column] += 1

    def report(self, name: str) -> None:
        """Say how much could not be seen of a stream."""
        for column, count in self._counts.items():
            logger.warning(
                "%s: %d values of %s are null because the app or its user may not see them", name, count, column
            )
        self._counts.clear()
        if self._replaced:
            logger.warning(
                "%s: %d characters or numbers of Jobber's answers could not be read: U+FFFD or null stands for each",
                name,
                self._replaced,
            )
            self._replaced = 0


def is_hidden_list(data: object, node: str, hidden: str, path: ListPath) -> bool:
    """Whether a list is null because of what is hidden: itself, what leads to it, or something in one of its rows.

    Args:
        data: What was answered.
        node: The path of the node that it is a list of.
        hidden: The path below the node of what is hidden.
        path: The way from the node to the list.
    """
    # Where a value may not be null, what is around it is null instead.
    return any(
        hidden == step or (hidden.startswith(f"{step}.") and _at(data, f"{node}.{step}") is None) for step in path.steps
    )


def without_hidden_rows(data: object, paths: Iterable[str]) -> int:
    """Take rows that are null because they are hidden out of their lists.

    Args:
        data: What was answered; changed in place.
        paths: The paths of what is hidden.

    Returns:
        How many were taken out.
    """
    lists = {id(rows): rows for path in paths if isinstance(rows := _at(data, path.rpartition(".")[0]), list)}
    before = sum(map(len, lists.values()))
    for rows in lists.values():
        rows[:] = [row for row in rows if row is not None]
    return before - sum(map(len, lists.values()))


def _at(data: object, path: str) -> object:
    """The value at a path, or None if something on the way to it is null."""
    for step in path.split("."):
        if isinstance(data, list):
            data = data[int(step)] if step.isdigit() and int(step) < len(data) else None
        else:
            data = data.get(step) if isinstance(data, dict) else None
    return data
