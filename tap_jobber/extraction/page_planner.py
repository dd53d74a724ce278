"""Plans the pages of one source: how many rows of each child list come with a node, and how the page is sized."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_jobber.extraction.child_page_size import ChildPageSizer
from tap_jobber.extraction.page_size import MINIMUM_ROWS, PageSizer, margin_of
from tap_jobber.graphql.cost import list_points, node_points
from tap_jobber.graphql.text import ChildList, page_query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_jobber.api.rate_limits import RateLimiter
    from tap_jobber.extraction.source import Part, Source


class PagePlanner:
    """Plans the pages of one source, and learns from their prices.

    Args:
        rate_limiter: Knows the highest price that a query should have, and can have.
        page_size: The most rows to ask for in a page.
    """

    def __init__(self, rate_limiter: RateLimiter, page_size: int) -> None:
        self._rate_limiter = rate_limiter
        self._page_size = page_size
        self._inline_sizers: dict[str, ChildPageSizer] = {}
        self._sizers: dict[str, PageSizer] = {}
        self.price_ratio: float | None = None
        """Ratio of the last stated price to the computed one; None before any."""

    def choose(self, source: Source, parts: Sequence[Part]) -> tuple[list[ChildList], PageSizer]:
        """Return the lists to ask for, short enough for the smallest page to fit the bucket, and the sizer of the page.

        Args:
            source: The source.
            parts: The parts to ask for: the nodes first, then lists of them.
        """
        self._choose_inline(parts)
        while True:
            lists = [ChildList(part.path, self._inline(part).rows, part.node) for part in parts if part.path]
            sizer = self._sizer(source, parts[0], lists)
            if sizer.points(MINIMUM_ROWS) <= self._rate_limiter.maximum_points:
                return lists, sizer
            # All of them, not just the first that can.
            reduced = [self._inline(part).reduce() for part in parts if part.path]
            if not any(reduced):
                return lists, sizer

    def shrink(self, parts: Sequence[Part]) -> bool:
        """Ask for shorter lists from now on; return True if that was possible."""
        # All of them, not just the first that can.
        shrunk = [self._inline(part).shrink() for part in parts if part.path]
        return any(shrunk)

    def learn_list(self, part: Part, rows: int) -> None:
        """Note that a list was read to its end, and had so many rows."""
        self._inline(part).learn(rows)

    def _choose_inline(self, parts: Sequence[Part]) -> None:
        """Decide how many rows of each list to read with each node."""
        points = {
            part.name: list_points(part.path, part.node, self._inline(part).rows) for part in parts[1:] if part.path
        }
        whole_points = node_points(parts[0].node) + sum(points.values())
        for part in parts[1:]:
            parent_points = whole_points - points[part.name]
            self._inline(part).choose(parent_points, node_points(part.node), self._rate_limiter.ceiling_points)

    def _inline(self, part: Part) -> ChildPageSizer:
        return self._inline_sizers.setdefault(part.name, ChildPageSizer())

    def _sizer(self, source: Source, nodes: Part, lists: Sequence[ChildList]) -> PageSizer:
        """Return the sizer of a shape of query, since each shape has its price."""
        shape = page_query("", "", "", nodes.node, lists)
        if shape not in self._sizers:
            points_of_lists = sum(list_points(each.path, each.node, each.first) for each in lists)
            points = source.row_points(nodes.node) + points_of_lists
            # What the server asked for the shape before tells how far the computed prices are off.
            margin = margin_of(self.price_ratio)
            self._sizers[shape] = PageSizer(points, self._page_size, source.fixed_points, margin)
        return self._sizers[shape]
