"""An hour later, with nothing changed: what a run with a rolling resync spends."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from jobber_sandbox.options import Options
from jobber_sandbox.server import running
from tests.e2e.harness import TINY, Bench, bench

if TYPE_CHECKING:
    from pathlib import Path

DUE_SHARE = 1 / (7 * 24)
SMALL = {"products", "users", "custom_field_configurations", "vehicles", "tax_rates", "request_settings", "account"}
"""Operations that read a list of a few pages, which is read whole each time however small the account is."""
MOST_REQUESTS = 40
_HOUR_SECONDS = 3_600.0
VISITS = ("visits", "visit_assigned_users", "visit_line_items")


def test_an_idle_run_costs_a_hundredth_of_a_full_one(tmp_path: Path) -> None:
    with bench(tmp_path, scale=0.2, clock_offset=-_HOUR_SECONDS) as one:
        first = one.tap(resync_days=7).checked()
        full = sum(entry.actual for entry in one.log)
        # The tap tells the time by the dates of answers.
        one.sandbox.clock = lambda: time.time() + _HOUR_SECONDS
        one.log.clear()
        second = one.tap("--state", one.write("state.json", first.states[-1]), resync_days=7).checked()
        points: Counter[str] = Counter()
        for entry in one.log:
            points[str(entry.operation)] += entry.actual
        assert len(one.log) <= MOST_REQUESTS
    around_now = {"visits", "visits_rest", "assessments", "events"}
    assert sum(points[name] for name in points if name not in SMALL | around_now) <= 0.01 * full, points
    ids = second.ids("visits")
    assert 0 < len(ids) < len(set(first.ids("visits"))) / 2, "those around now"
    assert points["jobs"] <= 0.001 * full
    assert second.ids("jobs") == second.ids("clients") == second.ids("invoices") == []


@pytest.mark.stress
def test_visits_of_very_many_line_items_are_read_when_they_are_due(tmp_path: Path) -> None:
    """Ten of them would lie in the first window that is read again, and one is more than the share of an hour."""
    with running(Options(**{**TINY, "scale": 0.2}, clock_offset=-4 * _HOUR_SECONDS)) as server:
        one = Bench(server, tmp_path)
        last = one.tap(streams=VISITS, resync_days=7).checked()
        full = sum(entry.actual for entry in one.log)
        spent, due = 0.0, 0.0
        for _ in range(4):
            one.sandbox.advanced_seconds += _HOUR_SECONDS
            one.log.clear()
            last = one.tap("--state", one.write("state.json", last.states[-1]), streams=VISITS, resync_days=7).checked()
            spent, due = spent + sum(entry.actual for entry in one.log), due + DUE_SHARE * full
            assert spent <= due + 0.01 * full
            assert len(one.log) <= MOST_REQUESTS
        assert spent >= due / 2, "it was not read at all"
