"""Tell what `resync_days` would save where a run spends most of its points on tables that are read whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tap_jobber.extraction.resync import SMALL_ROWS
from tap_jobber.wording import enumerated

if TYPE_CHECKING:
    from collections.abc import Sequence

_DAYS = 7
_WORTHWHILE_POINTS = 10_000


class ReadCost(NamedTuple):
    """The cost of one stream in a run.

    Attributes:
        name: The stream.
        rows: Rows that it brought.
        points: Points that it cost.
        can_be_shared: True if it was read whole, and with `resync_days` a run would read a share of it.
    """

    name: str
    rows: int
    points: float
    can_be_shared: bool


def resync_advice(costs: Sequence[ReadCost]) -> str | None:
    """Return one line on what daily runs would save; None if whole tables are not most of what a run costs.

    Args:
        costs: The cost of each stream.
    """
    whole = [each for each in costs if each.can_be_shared and each.rows > SMALL_ROWS]
    points, total = sum(each.points for each in whole), sum(each.points for each in costs)
    if points < _WORTHWHILE_POINTS or points <= total / 2:
        return None
    dearest = [each.name for each in sorted(whole, key=lambda each: each.points, reverse=True)]
    return (
        f"{points:,.0f} of {total:,.0f} points went to tables that each run reads whole "
        f"({enumerated(dearest)}): with resync_days: {_DAYS} a daily run reads a seventh of them, "
        f"which saves about {points * (1 - 1 / _DAYS):,.0f} points"
    )
