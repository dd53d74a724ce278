"""The bucket and the limit of requests, each alone."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tap_jobber.api.rate_limits import Bucket, RequestLimiter

TIMES = st.floats(0.0, 1e5)


def test_the_documented_limits_are_the_defaults() -> None:
    bucket = Bucket()
    assert bucket.available_points(0.0) == 10_000.0
    bucket.take(10_000.0, 0.0)
    assert bucket.available_points(1.0) == 500.0
    limiter = RequestLimiter()
    for _ in range(2_500):
        assert limiter.delay_seconds(0.0) == 0.0
        limiter.sent(0.0)
    assert limiter.delay_seconds(1.0) == 299.0
    assert limiter.delay_seconds(300.0) == 0.0


@given(points=st.floats(0.0, 10_000.0), spent=st.floats(0.0, 20_000.0), now=TIMES)
def test_the_wait_is_exactly_until_the_price_fits(points: float, spent: float, now: float) -> None:
    bucket = Bucket()
    bucket.take(spent, now)
    delay = bucket.delay_seconds(points, now)
    assert bucket.available_points(now + delay) >= points - 1e-6
    if delay > 0.01:
        assert bucket.available_points(now + delay - 0.01) < points


@given(taken=st.lists(st.floats(-20_000.0, 20_000.0), max_size=10), gap=st.floats(0.0, 100.0))
def test_it_never_holds_more_than_its_maximum(taken: list[float], gap: float) -> None:
    bucket = Bucket()
    for step, points in enumerate(taken):
        bucket.take(points, step * gap)
        assert bucket.available_points(step * gap + 1e6) == 10_000.0
        assert bucket.available_points(step * gap) <= 10_000.0


@given(points=st.floats(0.0, 10_000.0), later=st.floats(0.0, 100.0))
def test_it_fills_steadily(points: float, later: float) -> None:
    bucket = Bucket(level_points=0.0, at_seconds=0.0)
    bucket.take(-points, 0.0)
    assert bucket.available_points(later) == pytest.approx(min(10_000.0, points + 500.0 * later))


@given(
    maximum=st.integers(1, 12),
    window=st.floats(0.5, 60.0),
    gaps=st.lists(st.floats(0.0, 20.0), max_size=80),
)
@example(maximum=1, window=1.0, gaps=[1.7427151422393596, 0.0, 0.0]).via("the end of the window, rounded")
def test_never_more_requests_than_allowed_in_any_window(maximum: int, window: float, gaps: list[float]) -> None:
    limiter = RequestLimiter(maximum, window)
    now = 0.0
    sent: list[float] = []
    for gap in gaps:
        now += gap
        delay = limiter.delay_seconds(now)
        surely, perhaps = (sum(at > now - window + rounding for at in sent) for rounding in (1e-6, -1e-6))
        assert delay > 0 or surely < maximum
        assert delay == 0 or perhaps >= maximum, "it waits though it need not"
        now += delay
        limiter.sent(now)
        sent.append(now)
    for earlier, later in zip(sent, sent[maximum:], strict=False):
        assert later - earlier >= window - 1e-6
