"""The pace: as fast as the bucket allows, never faster, whatever the prices and whoever else draws from it."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e import truth
from tests.e2e.harness import Bench, bench
from tests.effort import some

if TYPE_CHECKING:
    from pathlib import Path

MAXIMUM_POINTS = 10_000
RESTORE_POINTS_PER_SECOND = 500
# All but what only takes more requests of the same kind.
SOME = [name for name in truth.NAMES if name not in {"assessments", "events", "visit_line_items"}]
EXPENSIVE = {"Client.balance": 40, "Job.title": 25, "Visit.title": 3}

VARIETIES: dict[str, dict[str, Any]] = {
    "documented and expensive": {"price": "documented", "expensive": EXPENSIVE},
    "stock": {},
    "documented": {"price": "documented"},
    "expensive": {"expensive": EXPENSIVE},
    "small bucket": {"bucket": 1_500},
    "small bucket and expensive": {"bucket": 3_000, "expensive": EXPENSIVE},
    "opaque cursors": {"cursor": "opaque"},
    "latency": {"latency": 0.02},
}


@pytest.mark.parametrize("variety", some(list(VARIETIES)))
def test_no_query_is_refused(tmp_path: Path, variety: str) -> None:
    with bench(tmp_path, scale=0.03, **{"speed": 100, **VARIETIES[variety]}) as one:
        outcome = one.tap(streams=SOME).checked()
        truth.assert_complete(one, outcome, SOME)
        assert one.sandbox.refusals == 0


def test_waits_exactly_as_long_as_the_bucket_needs(tmp_path: Path) -> None:
    # Slow enough that there is something left to wait for on a slow machine.
    speed = 15
    with bench(tmp_path, scale=0.06, speed=speed) as one:
        outcome = one.tap().checked()
        truth.assert_complete(one, outcome)
        assert one.sandbox.refusals == 0
        spent = one.log[-1].at - one.log[0].at
        points = sum(entry.actual for entry in one.log)
    waited = float(outcome.summary()["all"][-1])
    least_seconds = (points - MAXIMUM_POINTS) / (speed * RESTORE_POINTS_PER_SECOND)
    assert least_seconds > 1.5
    assert waited > 1.0
    assert spent < least_seconds + 3


@pytest.mark.parametrize("share", some([0.1, 0.5]))
def test_budget_share_leaves_the_rest_to_others(tmp_path: Path, share: float) -> None:
    speed = 60
    with bench(tmp_path, scale=0.3 * share, speed=speed / share) as one:
        outcome = one.tap(streams=["clients", "jobs", "invoices"], budget_share=share).checked()
        truth.assert_complete(one, outcome, ["clients", "jobs", "invoices"])
        log = one.log
    assert one.sandbox.refusals == 0
    assert max(entry.requested for entry in log) <= MAXIMUM_POINTS * share
    assert min(entry.available or 0 for entry in log) >= MAXIMUM_POINTS * (1 - share) - 50
    rate = speed * RESTORE_POINTS_PER_SECOND
    for begin, first in enumerate(log):
        spent = 0
        for last in log[begin:]:
            spent += last.actual
            assert spent <= MAXIMUM_POINTS * share + rate * (last.at - first.at) * 1.1 + 100


def test_another_client_that_drains_the_bucket_is_waited_for(tmp_path: Path) -> None:
    with bench(tmp_path, scale=0.05, speed=80) as one:

        def drain(number: int) -> None:
            if number % 4 == 0:
                one.sandbox.bucket().drain()

        one.sandbox.before_request = drain
        outcome = one.tap(streams=SOME).checked()
        truth.assert_complete(one, outcome, SOME)
        refused = [entry for entry in one.log if entry.throttled]
    assert 0 < len(refused) <= len(one.log) // 4 + 1
    assert outcome.errors == []


def test_the_limit_of_requests_is_waited_out(tmp_path: Path) -> None:
    """The sandbox's own limiter counts in fixed windows, so this one is made to refuse a few by hand."""
    with bench(tmp_path) as one:
        one.arm(kind="rate_limited", retry_after="1", times=2, after=3)
        began = time.monotonic()
        outcome = one.tap(streams=["clients", "jobs"], page_size=5).checked()
        assert time.monotonic() - began > 2
        truth.assert_complete(one, outcome, ["clients", "jobs"])
    assert len([text for text in outcome.warnings if "429" in text]) == 2


def test_a_page_that_can_never_fit_is_made_smaller(tmp_path: Path) -> None:
    with bench(tmp_path, scale=0.1, expensive={"Client.name": 2_000}, speed=1_000) as one:
        outcome = one.tap(streams=["clients"]).checked()
        truth.assert_complete(one, outcome, ["clients"])
    throttled = [entry for entry in one.log if entry.throttled]
    assert len(throttled) <= 1


def test_a_row_that_can_never_fit_is_named(tmp_path: Path) -> None:
    with bench(tmp_path, expensive={"Client.name": 20_000}) as one:
        one.tap(streams=["clients"]).assert_refused("clients", "too expensive", "deselect columns", status=4)


def test_requests_are_not_wasted(shared: Bench) -> None:
    names = ["expenses", "payout_records", "tasks", "tax_rates", "users", "vehicles", "payout_balance_transactions"]
    outcome = shared.tap(streams=names).checked()
    assert shared.log.pop(0).operation == "whose"
    assert int(outcome.summary()["all"][1]) == len(shared.log)
    asked = Counter(entry.operation for entry in shared.log)
    # The first page of an untried window is a short one, and a look beyond follows: a long one might be lost.
    assert asked["expenses_beyond"] == 1
    assert {name: asked[name] for name in names[:-1]} == {**dict.fromkeys(names[:-1], 1), "expenses": 2}
    # One list is as long as two pages, all others are read in one request.
    assert asked["payout_records_rest"] <= 2
    assert set(asked) <= {*names, "payout_records_rest", "expenses_beyond", "clock"}
