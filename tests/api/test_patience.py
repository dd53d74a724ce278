"""Time limit on failures that say nothing about the query."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.api.patience import LEAST_SECONDS, PATIENCE_SECONDS, Attempts, Patience
from tap_jobber.api.verdict import Action, Verdict

BUSY = Verdict(Action.RETRY, "Jobber answered 503", "run again later")


def fail_for_good(patience: Patience, begin: float) -> float:
    """Fail until the patience is used up; how long that took."""
    attempts, now = Attempts(lambda bound: bound), begin
    while (pause := attempts.pause_seconds(BUSY, now, patience.left_seconds(begin))) is not None:
        now += pause
    patience.give_up(now)
    return now - begin


def test_a_quarter_of_an_hour_is_spent_once() -> None:
    patience = Patience()
    first = fail_for_good(patience, 0.0)
    assert PATIENCE_SECONDS - 60 <= first <= PATIENCE_SECONDS
    second = fail_for_good(patience, first + 1.0)
    assert 0 < second <= LEAST_SECONDS + 1.0


def test_what_goes_well_in_between_earns_patience() -> None:
    patience = Patience()
    now = fail_for_good(patience, 0.0)
    assert fail_for_good(patience, now + 120) > LEAST_SECONDS
    assert fail_for_good(patience, now + 10_000) > PATIENCE_SECONDS - 60


def test_a_query_that_comes_through_costs_nothing() -> None:
    patience, attempts = Patience(), Attempts(lambda bound: bound)
    for now in range(0, 600, 60):
        assert attempts.pause_seconds(BUSY, now, patience.left_seconds(0)) is not None
    assert patience.left_seconds(700) == PATIENCE_SECONDS


@given(st.lists(st.floats(0, 4_000), min_size=2, max_size=40))
def test_failures_take_little_longer_than_reading_does(gaps: list[float]) -> None:
    patience, now, failing = Patience(), 0.0, 0.0
    for gap in gaps:
        now += gap
        lasted = fail_for_good(patience, now)
        now += lasted
        failing += lasted
    assert failing <= PATIENCE_SECONDS + sum(gaps[1:]) + LEAST_SECONDS * (len(gaps) - 1)


@pytest.mark.parametrize(("pause", "is_borne"), [(19.0, True), (21.0, False)])
def test_a_pause_that_the_server_asks_for_counts(pause: float, *, is_borne: bool) -> None:
    asked = Verdict(Action.RETRY, "busy", "wait", pause_seconds=pause)
    assert (Attempts(lambda _: 0.0).pause_seconds(asked, 5.0, 20.0) is not None) is is_borne
