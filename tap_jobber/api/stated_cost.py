"""Reads the price of a query and the state of the account's bucket from an answer."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# More than any query can cost whose lists are nested three deep; what is reckoned from it has to stay a number.
_HIGHEST_PRICE_POINTS = 1e12


@dataclass(frozen=True)
class Cost:
    """`extensions.cost` of an answer.

    Attributes:
        requested_points: The price that the server checked before it ran the query.
        actual_points: The points that it charged.
        maximum_points: The most points that the bucket can hold.
        available_points: Points that the bucket held after the query.
        restore_points_per_second: Points that the bucket gains each second.
    """

    requested_points: float
    actual_points: float
    maximum_points: float
    available_points: float
    restore_points_per_second: float

    @property
    def never_fits(self) -> bool:
        """True if even a full bucket does not hold the price."""
        return self.requested_points > self.maximum_points


def points_in(data: object) -> int:
    """Return the points that an answer costs by the stock rule: one a field."""
    if isinstance(data, dict):
        return len(data) + sum(map(points_in, data.values()))
    return sum(map(points_in, data)) if isinstance(data, list) else 0


def read_cost(body: Mapping[str, Any]) -> Cost | None:
    """Return the cost that an answer states, or None if it does not state all of it."""
    extensions = body.get("extensions")
    cost = extensions.get("cost") if isinstance(extensions, dict) else None
    if not isinstance(cost, dict) or not isinstance(cost.get("throttleStatus"), dict):
        return None
    status = cost["throttleStatus"]
    try:
        stated = Cost(
            requested_points=float(cost["requestedQueryCost"]),
            actual_points=float(cost.get("actualQueryCost") or 0),
            maximum_points=float(status["maximumAvailable"]),
            available_points=float(status["currentlyAvailable"]),
            restore_points_per_second=float(status["restoreRate"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return stated if all(map(math.isfinite, astuple(stated))) and _is_usable(stated) else None


def _is_usable(stated: Cost) -> bool:
    """Return True if numbers can be those of a bucket; others would have the run wait for hours, or for ever.

    No bucket restores less than a point a second, is charged more than it can hold, or is as far below zero.
    """
    most = stated.maximum_points
    return (
        most > 0
        and abs(stated.requested_points) <= _HIGHEST_PRICE_POINTS
        and stated.restore_points_per_second >= 1
        and abs(stated.actual_points) <= most
        and stated.available_points >= -most
    )
