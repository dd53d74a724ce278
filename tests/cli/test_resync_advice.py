"""When a run tells what `resync_days` would save."""

from __future__ import annotations

from tap_jobber.cli.resync_advice import ReadCost, resync_advice


def test_where_most_points_go_to_whole_tables_it_says_what_daily_runs_would_save() -> None:
    costs = [
        ReadCost("clients", 50, 4_000, can_be_shared=False),
        ReadCost("properties", 400, 7_000, can_be_shared=True),
        ReadCost("visits", 5_000, 63_000, can_be_shared=True),
    ]
    advice = resync_advice(costs)
    assert advice is not None
    assert advice.startswith("70,000 of 74,000 points went to tables that each run reads whole (visits")
    assert advice.endswith("saves about 60,000 points")
    assert "\n" not in advice


def test_where_changes_cost_more_it_says_nothing() -> None:
    whole = ReadCost("visits", 5_000, 63_000, can_be_shared=True)
    assert resync_advice([whole, ReadCost("jobs", 900, 64_000, can_be_shared=False)]) is None


def test_what_fits_a_few_pages_or_costs_little_does_not_count() -> None:
    assert resync_advice([ReadCost("users", 300, 90_000, can_be_shared=True)]) is None
    assert resync_advice([ReadCost("visits", 5_000, 9_000, can_be_shared=True)]) is None
    assert resync_advice([]) is None
