"""Timestamps as text and as seconds."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tap_jobber.timestamps import format_timestamp, parse_clamped_timestamp, parse_timestamp

NOON = 1_769_860_800  # 2026-01-31T12:00:00Z


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
        ("1969-12-31T23:59:59.5Z", -1),
        ("2026-01-31T12:00:00.123456789Z", NOON),
        ("2026-01-31t12:00:00z", NOON),
        ("2026-01-31 12:00:00 UTC", NOON),
        ("2026-01-31T05:00:00-0700", NOON),
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


@given(st.integers(-62_135_596_800, 253_402_300_799))
@example(-62_135_596_800)
@example(-30_610_224_060)
def test_a_moment_survives_its_text(seconds: int) -> None:
    text = format_timestamp(seconds)
    assert parse_timestamp(text) == seconds
    assert text.endswith("Z")
    assert len(text) == 20


def test_texts_of_moments_sort_as_the_moments_do() -> None:
    assert format_timestamp(NOON) == "2026-01-31T12:00:00Z"
    assert format_timestamp(NOON - 1) < format_timestamp(NOON) < format_timestamp(NOON + 1)
