"""An hour later, with nothing changed: what a run with a rolling resync spends."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from tests.e2e.harness import bench

if TYPE_CHECKING:
    from pathlib import Path

SMALL = {"products", "users", "custom_field_configurations", "vehicles", "tax_rates", "request_settings", "account"}
"""Operations that read a list of a few pages, which is read whole each time however small the account is."""
MOST_REQUESTS = 40


def test_an_idle_run_costs_a_hundredth_of_a_full_one(tmp_path: Path) -> None:
    with bench(tmp_path, scale=0.2) as one:
        first = one.tap(resync_days=7).checked()
        full = sum(entry.actual for entry in one.log)
        # The tap tells the time by the dates of answers.
        one.sandbox.clock = lambda: time.time() + 3_600
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
