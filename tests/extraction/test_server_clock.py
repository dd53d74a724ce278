"""The server's clock, known from the dates of its answers or not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.extraction.server_clock import SAFETY_MARGIN_SECONDS, ServerClock

NOON = 1_769_860_800  # 2026-01-31T12:00:00Z
OWN_MARGIN_SECONDS = 900


@given(offset=st.floats(-600.0, 600.0), later=st.floats(0.0, 100_000.0))
def test_the_earlier_of_both_clocks_counts(offset: float, later: float) -> None:
    monotonic = [50.0]
    clock = ServerClock(now=lambda: monotonic[0], own_time=lambda: NOON + offset)
    clock.learn(NOON)
    monotonic[0] += later
    assert clock.is_known
    assert clock.seconds() == pytest.approx(NOON + later, abs=1)
    assert clock.certain_seconds() == pytest.approx(NOON + min(0.0, offset) + later - SAFETY_MARGIN_SECONDS, abs=1)


def test_the_last_answer_counts() -> None:
    clock = ServerClock(now=lambda: 7.0, own_time=lambda: float(NOON + 9))
    clock.learn(NOON)
    clock.learn(NOON + 5)
    assert clock.certain_seconds() == NOON + 5 - SAFETY_MARGIN_SECONDS


def test_without_an_answer_our_own_clock_counts_with_a_wide_margin() -> None:
    clock = ServerClock(now=lambda: 7.0, own_time=lambda: NOON + 0.9)
    assert not clock.is_known
    assert clock.certain_seconds() == NOON - OWN_MARGIN_SECONDS


@pytest.mark.parametrize("days", [2, 10, 2_900_000])
def test_a_date_far_ahead_counts_for_no_bookmark(days: int, caplog: pytest.LogCaptureFixture) -> None:
    clock = ServerClock(now=lambda: 7.0, own_time=lambda: float(NOON))
    for _ in range(3):
        clock.learn(NOON + days * 86_400)
    assert clock.is_known
    assert clock.certain_seconds() == NOON - OWN_MARGIN_SECONDS
    (said,) = caplog.messages
    assert "set this machine's clock" in said
    clock.learn(NOON - 5)
    assert clock.certain_seconds() == NOON - 5 - SAFETY_MARGIN_SECONDS


def test_a_clock_that_was_never_set_does_not_count() -> None:
    clock = ServerClock(now=lambda: 7.0, own_time=lambda: 0.0)
    clock.learn(NOON)
    assert clock.certain_seconds() == NOON - SAFETY_MARGIN_SECONDS


@pytest.mark.parametrize(
    ("ahead", "certain"),
    [(900, -SAFETY_MARGIN_SECONDS), (901, -OWN_MARGIN_SECONDS), (43_200, -OWN_MARGIN_SECONDS)],
)
def test_a_date_minutes_or_hours_ahead_counts_for_reading_ahead_but_not_for_bookmarks(
    ahead: int, certain: int, caplog: pytest.LogCaptureFixture
) -> None:
    clock = ServerClock(now=lambda: 7.0, own_time=lambda: float(NOON))
    clock.learn(NOON + ahead)
    assert clock.certain_seconds() == NOON + certain
    assert clock.latest_seconds() == clock.seconds() == NOON + ahead
    assert not caplog.messages


def test_a_date_far_behind_counts_for_bookmarks_but_not_for_reading_ahead() -> None:
    clock = ServerClock(now=lambda: 7.0, own_time=lambda: float(NOON))
    clock.learn(0)
    assert clock.certain_seconds() == -SAFETY_MARGIN_SECONDS
    assert clock.latest_seconds() == NOON


def test_an_answer_without_a_date_is_not_waited_for_again() -> None:
    clock = ServerClock(now=lambda: 7.0, own_time=lambda: float(NOON))
    clock.learn(None)
    assert clock.is_known
    assert clock.certain_seconds() == NOON - OWN_MARGIN_SECONDS
    clock.learn(NOON - 5)
    clock.learn(None)
    assert clock.certain_seconds() == NOON - 5 - SAFETY_MARGIN_SECONDS


def test_only_what_no_clock_is_near_is_future() -> None:
    clock = ServerClock(now=lambda: 7.0, own_time=lambda: float(NOON))
    clock.learn(NOON + 80_000)
    assert not clock.is_future(NOON + 160_000)
    assert clock.is_future(NOON + 170_000)
    assert not ServerClock(now=lambda: 7.0, own_time=lambda: 0.0).is_future(NOON)
