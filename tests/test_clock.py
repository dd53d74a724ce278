"""Durations in words."""

from __future__ import annotations

import pytest

from tap_jobber.clock import progress


@pytest.mark.parametrize(
    ("spent_seconds", "limit_seconds", "said"),
    [
        (0.0, 8.0, "0 of 8 s"),
        (2.6, 8.0, "3 of 8 s"),
        (90.0, 120.0, "90 of 120 s"),
        (0.2, 900.0, "0 s of 15 min"),
        (59.4, 900.0, "59 s of 15 min"),
        (59.9, 900.0, "1 of 15 min"),
        (182.0, 900.0, "3 of 15 min"),
        (899.0, 900.0, "15 of 15 min"),
    ],
)
def test_progress(spent_seconds: float, limit_seconds: float, said: str) -> None:
    assert progress(spent_seconds, limit_seconds) == said
