"""The server's clock, known from the dates of its answers or not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.extraction.server_clock import SAFETY_MARGIN_SECONDS, ServerClock

NOON = 1_769_860_800  # 2026-01-31T12:00:00Z
OWN_MARGIN_SECONDS = 900


@given(offset=st.floats(-600.0, 600.0), later=st.floats(0.0, 100_000.0))
def test_only_the_servers_time_counts_once_it_is_known(offset: float, later: float) -> None:
    monotonic = [50.0]
    clock = ServerClock(now=lambda: monotonic[0], own_time=lambda: NOON + offset)
    clock.learn(NOON)
    monotonic[0] += later
    assert clock.is_known
    assert clock.certain_seconds() == pytest.approx(NOON + later - SAFETY_MARGIN_SECONDS, abs=1)


def test_the_last_answer_counts() -> None:
    clock = ServerClock(now=lambda: 7.0, own_time=lambda: 0.0)
    clock.learn(NOON)
    clock.learn(NOON + 5)
    assert clock.certain_seconds() == NOON + 5 - SAFETY_MARGIN_SECONDS


def test_without_an_answer_our_own_clock_counts_with_a_wide_margin() -> None:
    clock = ServerClock(now=lambda: 7.0, own_time=lambda: NOON + 0.9)
    assert not clock.is_known
    assert clock.certain_seconds() == NOON - OWN_MARGIN_SECONDS
