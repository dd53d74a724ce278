"""Rounds of a resync: they end once all has been read in them, whatever the clock does between runs."""

from __future__ import annotations

from typing import Any

import pytest

from tap_jobber.extraction.resync import Coverage, Span
from tap_jobber.streams.rolling_resync import RollingResync

THEN = 1_767_225_600
DAY = 86_400


def began(state: dict[str, Any], now: int) -> RollingResync:
    """Return the resync of a run that has just begun."""
    resync = RollingResync(state, 7.0)
    resync.set_clock(now)
    resync.begin(1, None, [state])
    return resync


@pytest.mark.parametrize("later", [-2 * DAY, -DAY, -3_600, -900, -1, 0, 1, 3_600])
@pytest.mark.parametrize("later_still", [-3_600, 0, 900])
def test_a_round_is_not_over_before_anything_was_read_in_it(later: int, later_still: int) -> None:
    state: dict[str, Any] = {}
    first = began(state, THEN)
    first.coverage = Coverage((Span(THEN - DAY, THEN, 5), Span(THEN, THEN, 5)))
    assert first.is_round_over
    assert first.end_round([state]) == [True]
    now = THEN + later
    second = began(state, now)
    assert second.version > first.version
    assert not second.is_round_over, "a target would drop all that this round has not read"
    second.save()
    assert not began(state, now + later_still).is_round_over
    whole = began(state, THEN + DAY)
    whole.coverage = Coverage((Span(THEN, THEN + DAY, 10),))
    assert whole.is_round_over
