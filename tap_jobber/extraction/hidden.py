"""Counts what the app or its user may not see, and says so once."""

from __future__ import annotations

import logging
from collections import Counter

logger = logging.getLogger("tap-jobber.extraction")


class HiddenValues:
    """The values that were null because of permissions, by column."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

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
