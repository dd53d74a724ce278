"""Chooses how many children to read with each parent, by how many parents are seen to have."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

# Sizes to choose from: few, so that the text of a query, and its price, changes seldom.
_SIZES = (1, 2, 3, 5, 8, 13, 20, 35, 60, 100)
_FIRST_SIZE = 5
# So many parents in a hundred may have more: their rest is read afterwards, several at once.
_REST_SHARE = 0.05
_REMEMBERED_PARENTS = 300


@dataclass
class InlineSizer:
    """The size of one kind of child list."""

    _most: int = field(default=_SIZES[-1], init=False)
    _counts: deque[int] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_PARENTS), repr=False)

    @property
    def rows(self) -> int:
        """How many children to ask for with each parent."""
        if not self._counts:
            return min(_FIRST_SIZE, self._most)
        ranked = sorted(self._counts)
        wanted = ranked[min(len(ranked) - 1, int(len(ranked) * (1 - _REST_SHARE)))]
        return min(self._most, next((size for size in _SIZES if size >= wanted), _SIZES[-1]))

    def shrink(self) -> bool:
        """Ask for fewer from now on; tell whether that was possible."""
        smaller = [size for size in _SIZES if size < self.rows]
        self._most = max(smaller, default=self._most)
        return bool(smaller)

    def learn(self, rows: int, *, has_more: bool) -> None:
        """A parent was seen to have so many children, or more than that."""
        self._counts.append(rows * 2 if has_more else rows)
