"""The pace: never refused when alone, never slower than it must be, and within the share."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tap_jobber.api.rate_limits import RateLimiter
from tap_jobber.api.stated_cost import Cost
from tests.effort import effort
from tests.extraction.simulated_account import MAXIMUM, RESTORE, Account, Run

LATENCIES = st.floats(0.001, 1.0)
PRICES = st.floats(10.0, 9_000.0)


@settings(max_examples=effort(75, 1_500), deadline=None)
@given(
    prices=st.lists(st.tuples(PRICES, st.floats(0.05, 1.0)), max_size=60), latency=LATENCIES, share=st.floats(0.9, 1.0)
)
def test_alone_it_is_never_refused(prices: list[tuple[float, float]], latency: float, share: float) -> None:
    run = Run(RateLimiter(share), Account(), latency)
    for requested, part in prices:
        run.query(min(requested, MAXIMUM * share), requested * part)
    assert run.account.refusals == 0


@settings(max_examples=effort(75, 1_500), deadline=None)
@given(price=PRICES, pages=st.integers(20, 150), latency=LATENCIES)
def test_it_waits_no_longer_than_the_bucket_makes_it(price: float, pages: int, latency: float) -> None:
    run = Run(RateLimiter(), Account(), latency)
    for _ in range(pages):
        run.query(price, price)
    round_trips = pages * 2 * latency
    floor = max((pages * price - MAXIMUM) / RESTORE, round_trips)
    assert run.now <= floor * 1.01 + price / RESTORE + 4 * latency


def test_a_full_bucket_is_used_at_once() -> None:
    rate_limiter = RateLimiter()
    assert rate_limiter.delay_seconds(MAXIMUM, 0.0) == 0.0
    rate_limiter.sent(MAXIMUM, 0.0)
    assert rate_limiter.delay_seconds(500.0, 0.0) == 1.0
    assert rate_limiter.delay_seconds(500.0, 0.5) == 0.5


def test_a_cheap_answer_gives_back_what_was_reserved() -> None:
    rate_limiter = RateLimiter(0.5)
    rate_limiter.sent(5_000.0, 0.0)
    rate_limiter.answered(5_000.0, Cost(5_000.0, 100.0, MAXIMUM, 9_900.0, RESTORE), free_points=0.0, now=0.0)
    assert rate_limiter.delay_seconds(4_900.0, 0.0) == 0.0
    assert rate_limiter.delay_seconds(5_000.0, 0.0) == pytest.approx(100.0 / 250.0)


@settings(max_examples=effort(75, 1_500), deadline=None)
@given(
    share=st.floats(0.05, 0.9),
    parts=st.lists(st.floats(0.01, 1.0), min_size=5, max_size=60),
    latency=LATENCIES,
)
def test_it_keeps_to_its_share_at_any_time(share: float, parts: list[float], latency: float) -> None:
    rate_limiter = RateLimiter(share)
    run = Run(rate_limiter, Account(), latency)
    for part in parts:
        price = part * rate_limiter.ceiling_points
        run.query(price, price)
    assert rate_limiter.ceiling_points == pytest.approx(share * MAXIMUM)
    for at, promised in zip(run.sent_at, run.promised, strict=True):
        assert promised <= share * (MAXIMUM + RESTORE * at) + 0.01


@settings(max_examples=effort(50, 1_000), deadline=None)
@given(share=st.floats(0.05, 0.9), part=st.floats(0.1, 1.0), latency=st.floats(0.001, 0.05))
def test_it_uses_the_whole_of_its_share(share: float, part: float, latency: float) -> None:
    rate_limiter = RateLimiter(share)
    run = Run(rate_limiter, Account(), latency)
    price = part * rate_limiter.ceiling_points
    for _ in range(60):
        run.query(price, price)
    floor = max((60 * price - share * MAXIMUM) / (share * RESTORE), 120 * latency)
    assert run.now <= floor * 1.01 + price / (share * RESTORE) + 4 * latency


@settings(max_examples=effort(75, 1_500), deadline=None)
@given(
    queries=st.lists(st.tuples(PRICES, st.lists(st.floats(0.0, 10_000.0), max_size=3)), min_size=1, max_size=30),
    latency=LATENCIES,
)
def test_others_who_spend_cost_one_refusal_each_at_the_most(
    queries: list[tuple[float, list[float]]], latency: float
) -> None:
    run = Run(RateLimiter(), Account(), latency)
    for price, others in queries:
        run.query(price, price, others)
    assert run.account.refusals <= sum(len(others) for _price, others in queries)


@given(price=PRICES, spent=PRICES, later=st.floats(0.0, 30.0))
def test_what_was_certainly_free_is_given_back(price: float, spent: float, later: float) -> None:
    def rate_limiter() -> RateLimiter:
        fresh = RateLimiter(0.95)
        fresh.sent(spent, 0.0)
        return fresh

    untouched, refused, lost = rate_limiter(), rate_limiter(), rate_limiter()
    for each, free_points in ((refused, price), (lost, 0.0)):
        each.sent(price, 0.0)
        each.answered(price, None, free_points=free_points, now=0.0)
    assert refused.delay_seconds(price, later) == pytest.approx(untouched.delay_seconds(price, later), abs=1e-9)
    assert lost.delay_seconds(9_500.0, 0.0) > untouched.delay_seconds(9_500.0, 0.0)


def test_the_servers_word_replaces_the_model() -> None:
    rate_limiter = RateLimiter()
    rate_limiter.sent(10.0, 0.0)
    rate_limiter.answered(10.0, Cost(10.0, 10.0, 2_000.0, 0.0, 100.0), free_points=0.0, now=0.0)
    assert rate_limiter.restore_points_per_second == 100.0
    assert rate_limiter.ceiling_points == 2_000.0
    assert rate_limiter.delay_seconds(1_000.0, 0.0) == 10.0


def test_a_price_above_the_bucket_waits_for_a_full_one() -> None:
    rate_limiter = RateLimiter()
    rate_limiter.sent(1_000.0, 0.0)
    assert rate_limiter.delay_seconds(50_000.0, 0.0) == 2.0


@settings(max_examples=effort(10, 100), deadline=None)
@given(share=st.floats(0.05, 0.1), latency=st.floats(0.0, 0.01))
@example(share=0.1, latency=0.0)
def test_the_limit_of_requests_is_shared_too(share: float, latency: float) -> None:
    run = Run(RateLimiter(share), Account(), latency)
    for _ in range(600):
        run.query(1.0, 1.0)
    allowed = int(2_500 * share)
    gaps = [later - earlier for earlier, later in zip(run.sent_at, run.sent_at[allowed:], strict=False)]
    assert gaps
    assert min(gaps) >= 300.0 - 1e-6
