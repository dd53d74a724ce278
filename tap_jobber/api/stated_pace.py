"""The pace of a few queries, such as those of a log-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_jobber.api.stated_cost import Cost


class StatedPace:
    """Send at once; once an answer states that the bucket holds too few points, wait until it holds enough."""

    def __init__(self) -> None:
        self._free_at = float("-inf")

    def delay_seconds(self, points: float, now: float) -> float:
        """Return the time to wait before the next query."""
        del points
        return max(0.0, self._free_at - now)

    def is_short_of_points(self, points: float, now: float) -> bool:
        """Return True if the next query has to wait."""
        return self.delay_seconds(points, now) > 0

    def sent(self, points: float, now: float) -> None:
        """Do nothing: only answers count."""

    def answered(self, points: float, cost: Cost | None, *, free_points: float, now: float) -> None:
        """Note when the bucket holds enough points for the same query."""
        del free_points
        if cost is not None and cost.available_points < points:
            self._free_at = now + (points - cost.available_points) / max(1.0, cost.restore_points_per_second)
