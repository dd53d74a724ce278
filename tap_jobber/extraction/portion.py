"""Ends a window of a resync early, where the lists of its nodes are longer than was thought.

How many rows the lists of a node have shows only once it is there: a job of a thousand line items lies beside jobs
of two. So the lists that go on far beyond what came with their nodes are read in the order of these, and once enough
has been read, the window ends before the first node whose list is left. Rows of later nodes that came with the same
page have been handed on already; they come once more with the next window, which does no harm.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from tap_jobber.extraction.child_pages import LongList
    from tap_jobber.extraction.walk_events import Found

SHORT_LIST_ROWS = 20
"""Rows that a list may have beyond those that came with its node without being put off."""


@dataclass
class Portion:
    """How much to read of a window, and how much has been.

    Attributes:
        wanted: Rows after which the window may end.
        heaviest: Rows that a node has at most, as far as is known, those of its lists counted.
        end: The timestamp that the window ends before, early; None if it has been read whole.
    """

    wanted: float
    heaviest: float = 0.0
    end: int | None = field(default=None, init=False)
    _moments: dict[Hashable, int | None] = field(default_factory=dict, init=False)
    _list_rows: Counter[Hashable] = field(default_factory=Counter, init=False)

    def meet(self, key: Hashable, moment: int | None) -> None:
        """Note where in history a node lies; None if it does not show it."""
        self._moments[key] = moment

    def take(self, found: Found) -> None:
        """Count a row."""
        if found.parent is not None:
            self._list_rows[found.parent["id"]] += 1

    @property
    def rows(self) -> int:
        """The rows that lie before the end, those of lists counted."""
        return sum(self._rows_of(key) for key in self._keys())

    @property
    def heaviest_rows(self) -> int:
        """The rows of the heaviest node that lies before the end."""
        return max((self._rows_of(key) for key in self._keys()), default=0)

    def groups(self, lists: Sequence[LongList]) -> Iterator[list[LongList]]:
        """Yield the lists to read next, until enough has been read.

        Args:
            lists: Lists that go on beyond what came with their nodes.
        """
        first = min((moment for moment in self._moments.values() if moment is not None), default=None)
        # One whose place is not known is read in any case.
        left = sorted((each for each in lists if not each.reader.is_done), key=self._sort_key)
        while left:
            moment = self._moments.get(left[0].parent["id"])
            rows_left = self.wanted - len(self._moments) - sum(self._list_rows.values())
            is_enough = rows_left <= 0 or rows_left < min(self.heaviest, self.wanted / 2)
            if (is_enough or self.end is not None) and first is not None and moment is not None and moment > first:
                self.end = moment if self.end is None else min(moment, self.end)
                return
            most = max(1, int(rows_left / self.heaviest)) if self.heaviest else len(left)
            last = self._sort_key(left[min(most, len(left)) - 1])
            group = [each for each in left if self._sort_key(each) <= last]
            left = left[len(group) :]
            yield group

    def _keys(self) -> Iterator[Hashable]:
        for key, moment in self._moments.items():
            if self.end is None or moment is None or moment < self.end:
                yield key

    def _rows_of(self, key: Hashable) -> int:
        return 1 + self._list_rows[key]

    def _sort_key(self, list_: LongList) -> float:
        moment = self._moments.get(list_.parent["id"])
        return float("-inf") if moment is None else moment
