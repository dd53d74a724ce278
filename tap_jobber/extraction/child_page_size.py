"""Chooses how many child rows to read with each parent, so that reading them all costs least.

- The common case: a size fits most parents, and each page holds many of them.
- Too few: many parents have more children, and the rest of each list takes a query of its own.
- Too many: a page has room for few parents, so that the row that each page shares with the one before it weighs more.
- The result: the size with the least extra price a parent, computed from the lengths of the last 300 lists.

    lengths seen 1, 1, 2, 1, 40    a size of 2: the one long list is read further by itself
    lengths seen 30, 28, 33, 31    a size of 35: no list is read further
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from tap_jobber.extraction.page_size import MAXIMUM_ROWS, MINIMUM_ROWS
from tap_jobber.graphql.cost import PAGE_POINTS

# PagePlanner to choose from: few, so that the text of a query, and its price, changes seldom.
_SIZES = (1, 2, 3, 5, 8, 13, 20, 35, 60, 100)
_FIRST_SIZE = 5
_REMEMBERED_PARENTS = 300
# The choice is made anew after so many more parents.
_PATIENCE_PARENTS = 50
# The rest of a list is asked for under an alias of its own and repeats one row.
_REST_POINTS = 1 + PAGE_POINTS


@dataclass
class ChildPageSizer:
    """The size of one kind of child list."""

    rows: int = field(default=_FIRST_SIZE, init=False)
    """Number of children to ask for with each parent."""
    _most: int = field(default=_SIZES[-1], init=False)
    _counts: deque[int] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_PARENTS), init=False, repr=False)
    _since_choice: int = field(default=0, init=False)

    def learn(self, rows: int) -> None:
        """Note that a parent has so many children in all."""
        self._counts.append(rows)
        self._since_choice += 1

    def choose(self, parent_points: float, child_points: float, ceiling_points: float) -> None:
        """Choose the size anew, if enough parents have been seen since the last time.

        Args:
            parent_points: The price of a parent without this list.
            child_points: The price of one child.
            ceiling_points: The highest price that a query should have.
        """
        is_due = self._since_choice >= _PATIENCE_PARENTS or len(self._counts) == self._since_choice
        if not self._counts or not is_due:
            return
        self._since_choice = 0
        self.rows = min(
            (size for size in _SIZES if size <= self._most),
            key=lambda size: self._extra_points(size, parent_points, child_points, ceiling_points),
        )

    def reduce(self) -> bool:
        """Ask for fewer until the next choice; return True if that was possible."""
        smaller = [size for size in _SIZES if size < self.rows]
        self.rows = smaller[-1] if smaller else self.rows
        return bool(smaller)

    def shrink(self) -> bool:
        """Ask for fewer from now on; return True if that was possible."""
        is_possible = self.reduce()
        self._most = min(self._most, self.rows)
        return is_possible

    def _extra_points(self, size: int, parent_points: float, child_points: float, ceiling_points: float) -> float:
        """Return the points that a size costs per parent beyond the rows themselves."""
        fitting = ceiling_points / (parent_points + size * child_points)
        parents_in_page = max(MINIMUM_ROWS, min(MAXIMUM_ROWS, fitting))
        shared = sum(parent_points + min(count, size) * child_points for count in self._counts) / len(self._counts)
        with_rest = sum(count > size for count in self._counts) / len(self._counts)
        return shared / parents_in_page + with_rest * (_REST_POINTS + child_points)
