"""`--estimate`: compared with what the runs after a full sync spend, and with what a column less saves."""

from __future__ import annotations

import json
from statistics import fmean
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.harness import Bench, bench, catalog

if TYPE_CHECKING:
    from pathlib import Path

# One of each way to find what is new: changes, the newest first, a head, a look-back, a calendar, and short lists.
STREAMS = ("assessments", "clients", "invoices", "jobs", "payment_records", "properties", "users", "visits")
DAYS = 2
DAY_SECONDS = 86_400
SHARE = 0.15


def spent(one: Bench, chosen: dict[str, Any], state: dict[str, Any] | None, **settings: Any) -> dict[str, Any]:
    """Sync; return the last state and the points."""
    words: list[Path | str] = ["--catalog", one.write("chosen.json", chosen)]
    words += [] if state is None else ["--state", one.write("state.json", state)]
    one.log.clear()
    outcome = one.tap(*words, **settings).checked()
    return {"state": outcome.states[-1], "points": sum(entry.actual for entry in one.log)}


@pytest.mark.stress
def test_comes_near_what_daily_runs_spend_and_a_column_saves(tmp_path: Path) -> None:
    with bench(tmp_path, scale=0.15, clock_offset=-9.0 * DAY_SECONDS) as one:
        one.sandbox.advanced_seconds += 300
        chosen = catalog(STREAMS)
        words = ("--catalog", one.write("chosen.json", chosen), "--estimate", "--format=json")
        said = json.loads(one.tap(*words, resync_days=DAYS).stdout)
        total = said["total"]
        whole = spent(one, chosen, None)
        assert total["full_sync"]["points"] == pytest.approx(whole["points"], rel=SHARE)

        column = said["dearest_columns"][0]
        thinner = spent(one, without(chosen, column["name"]), None)
        assert column["points"] == pytest.approx(whole["points"] - thinner["points"], rel=SHARE)

        days = [spent(one, chosen, None, resync_days=DAYS)]
        for _ in range(2 * DAYS):
            one.sandbox.advanced_seconds += DAY_SECONDS
            days.append(spent(one, chosen, days[-1]["state"], resync_days=DAYS))
        points = [day["points"] for day in days[1:]]
        assert total["next_run_with_resync"]["points"] == pytest.approx(fmean(points), rel=SHARE), points

        again = spent(one, chosen, whole["state"])
        assert total["next_run"]["points"] == pytest.approx(again["points"], rel=SHARE)


def without(chosen: dict[str, Any], column: str) -> dict[str, Any]:
    """Return a catalog without a column, given as `stream.column`."""
    stream, _, name = column.partition(".")
    found = json.loads(json.dumps(chosen))
    entry = next(each for each in found["streams"] if each["tap_stream_id"] == stream)
    (metadata,) = [each for each in entry["metadata"] if each["breadcrumb"] == ["properties", name]]
    metadata["metadata"]["selected"] = False
    return dict(found)
