"""Time limit on failures that say nothing about the query."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.api.decision import Action, Decision
from tap_jobber.api.retries import LEAST_SECONDS, RETRY_SECONDS, QueryRetries, RetryBudget

BUSY = Decision(Action.RETRY, "Jobber answered 503", "run again later")


def fail_for_good(retry_budget: RetryBudget, begin: float) -> float:
    """Fail until the time is used up; return how long that took."""
    attempts, now = QueryRetries(lambda bound: bound), begin
    while (pause := attempts.pause_seconds(BUSY, now, retry_budget.left_seconds(begin))) is not None:
        now += pause
    retry_budget.give_up(now)
    return now - begin


def test_a_quarter_of_an_hour_is_spent_once() -> None:
    retry_budget = RetryBudget()
    first = fail_for_good(retry_budget, 0.0)
    assert RETRY_SECONDS - 60 <= first <= RETRY_SECONDS
    second = fail_for_good(retry_budget, first + 1.0)
    assert 0 < second <= LEAST_SECONDS + 1.0


def test_what_goes_well_in_between_earns_time() -> None:
    retry_budget = RetryBudget()
    now = fail_for_good(retry_budget, 0.0)
    assert fail_for_good(retry_budget, now + 120) > LEAST_SECONDS
    assert fail_for_good(retry_budget, now + 10_000) > RETRY_SECONDS - 60


def test_a_query_that_comes_through_costs_nothing() -> None:
    retry_budget, attempts = RetryBudget(), QueryRetries(lambda bound: bound)
    for now in range(0, 600, 60):
        assert attempts.pause_seconds(BUSY, now, retry_budget.left_seconds(0)) is not None
    assert retry_budget.left_seconds(700) == RETRY_SECONDS


@given(st.lists(st.floats(0, 4_000), min_size=2, max_size=40))
def test_failures_take_little_longer_than_reading_does(gaps: list[float]) -> None:
    retry_budget, now, failing = RetryBudget(), 0.0, 0.0
    for gap in gaps:
        now += gap
        lasted = fail_for_good(retry_budget, now)
        now += lasted
        failing += lasted
    assert failing <= RETRY_SECONDS + sum(gaps[1:]) + LEAST_SECONDS * (len(gaps) - 1)


@pytest.mark.parametrize(("pause", "is_borne"), [(19.0, True), (21.0, False)])
def test_a_pause_that_the_server_asks_for_counts(pause: float, *, is_borne: bool) -> None:
    asked = Decision(Action.RETRY, "busy", "wait", pause_seconds=pause)
    assert (QueryRetries(lambda _: 0.0).pause_seconds(asked, 5.0, 20.0) is not None) is is_borne
