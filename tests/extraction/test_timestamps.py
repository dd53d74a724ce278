"""Moments as text, and the server's clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.extraction.timestamps import (
    SAFETY_MARGIN_SECONDS,
    ServerClock,
    format_timestamp,
    parse_clamped_timestamp,
    parse_timestamp,
)

NOON = 1_769_860_800  # 2026-01-31T12:00:00Z
OWN_MARGIN_SECONDS = 900


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-31T12:00:00Z", NOON),
        ("2026-01-31T12:00:00+00:00", NOON),
        ("2026-01-31T12:00:00", NOON),
        (" 2026-01-31T12:00:00Z ", NOON),
        ("2026-01-31T05:00:00-07:00", NOON),
        ("2026-01-31T12:00:00.999000+00:00", NOON),
        ("2026-01-31", NOON - 43_200),
        ("1969-12-31T23:59:59.500000+00:00", -1),
    ],
)
def test_the_second_that_a_stamp_falls_in(text: str, seconds: int) -> None:
    assert parse_timestamp(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "1769860800"])
def test_what_is_no_stamp(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_timestamp(text)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("0001-01-01", "1970-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00+05:00", "1970-01-01T00:00:00Z"),
        ("2026-01-31", "2026-01-31T00:00:00Z"),
        ("9999-12-31T23:59:59-05:00", "9000-01-01T00:00:00Z"),
    ],
)
def test_a_bound_is_one_that_can_be_reckoned_with(text: str, written: str) -> None:
    assert format_timestamp(parse_clamped_timestamp(text)) == written


@given(st.integers(-(10**9), 4 * 10**9))
def test_a_moment_survives_its_text(seconds: int) -> None:
    text = format_timestamp(seconds)
    assert parse_timestamp(text) == seconds
    assert text.endswith("Z")
    assert len(text) == 20


def test_texts_of_moments_sort_as_the_moments_do() -> None:
    assert format_timestamp(NOON) == "2026-01-31T12:00:00Z"
    assert format_timestamp(NOON - 1) < format_timestamp(NOON) < format_timestamp(NOON + 1)


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
