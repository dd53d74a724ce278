"""The leaky bucket of points that one app may spend on one account."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

MAXIMUM_POINTS = 10_000
RESTORE_POINTS_PER_SECOND = 500


class ThrottleStatus(NamedTuple):
    """State of a bucket, which every answer tells."""

    maximum_points: int
    available_points: int
    restore_rate: int


class Bucket:
    """Points that drain when spent and come back with time.

    Args:
        clock: Seconds from any fixed moment; only differences count.
        speed: Factor on the restore rate.
        maximum_points: Size of the bucket, which starts full.
    """

    def __init__(self, clock: Callable[[], float], speed: float = 1.0, maximum_points: int = MAXIMUM_POINTS) -> None:
        self._clock = clock
        self._maximum_points = maximum_points
        self._restore_rate = RESTORE_POINTS_PER_SECOND * speed
        self._available_points = float(maximum_points)
        self._read_at = clock()

    def status(self) -> ThrottleStatus:
        """Return the points that are available now."""
        self._restore()
        return ThrottleStatus(self._maximum_points, int(self._available_points), round(self._restore_rate))

    def fits(self, requested_points: int) -> bool:
        """Return True if a query of this price may run now."""
        self._restore()
        return requested_points <= self._available_points

    def charge(self, actual_points: int) -> None:
        """Take the actual cost of a query."""
        self._restore()
        self._available_points = max(0.0, self._available_points - actual_points)

    def pace(self, speed: float) -> None:
        """Restore at another speed from now on."""
        self._restore()
        self._restore_rate = RESTORE_POINTS_PER_SECOND * speed

    def drain(self, left_points: int = 0) -> None:
        """Leave only so many points, as another app on the same account would."""
        self._restore()
        self._available_points = float(min(left_points, self._maximum_points))

    def _restore(self) -> None:
        now = self._clock()
        restored = max(0.0, now - self._read_at) * self._restore_rate
        self._available_points = min(float(self._maximum_points), self._available_points + restored)
        self._read_at = now
