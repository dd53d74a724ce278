"""Every stream there is, also those that are not selected by default, against what the account holds."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests import snapshots
from tests.e2e import truth
from tests.e2e.harness import Bench, Outcome, bench

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPARED = [name for name in truth.EVERY if name not in truth.SUMS + truth.IDS]
INCREMENTAL = [name for name in COMPARED if snapshots.replication_key(name) and name != "custom_field_values"]
VALUES = "custom_field_values"


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, Outcome]]:
    with bench(tmp_path_factory.mktemp("home"), scale=0.1) as one:
        yield one, one.tap(streams=truth.EVERY).checked()


def test_brings_exactly_the_rows_there_are(synced: tuple[Bench, Outcome]) -> None:
    truth.assert_complete(*synced, COMPARED)


def test_rows_are_as_their_schema_says(synced: tuple[Bench, Outcome]) -> None:
    truth.assert_valid(synced[1])
    assert synced[1].streams == set(truth.EVERY)


def test_keys_tell_rows_apart(synced: tuple[Bench, Outcome]) -> None:
    for name in truth.EVERY:
        keys = Counter(truth.key(row, name) for row in synced[1].rows(name))
        assert {key: count for key, count in keys.items() if count > 1} == {}, name


def test_hours_are_those_of_the_entries(synced: tuple[Bench, Outcome]) -> None:
    one, outcome = synced
    entries: Counter[str] = Counter()
    for entry in truth.rows(one, "time_sheet_entries"):
        if entry["userId"] is not None:
            entries[entry["userId"]] += entry["finalDuration"]
    for name in truth.SUMS:
        sums: Counter[str] = Counter()
        for row in outcome.rows(name):
            sums[row["userId"]] += row["totalDuration"]
        assert +sums == +entries, name


def test_a_second_run_brings_what_has_changed_and_nothing_else(synced: tuple[Bench, Outcome]) -> None:
    one, first = synced
    job = truth.rows(one, "jobs")[3]["id"]
    one.change(op="edit", type="Job", id=job, set={"title": "mended"})
    state = one.write("state.json", first.states[-1])
    second = one.tap("--state", state, streams=truth.EVERY).checked()
    assert [row["title"] for row in second.rows("jobs") if row["id"] == job] == ["mended"]
    for name in INCREMENTAL:
        since = first.states[-1]["bookmarks"][name]["replication_key_value"]
        assert all(row[str(snapshots.replication_key(name))] >= since for row in second.rows(name)), name
    of_jobs = {row["ownerId"] for row in second.rows(VALUES) if row["ownerType"] == "Job"}
    assert job in of_jobs
    assert len(of_jobs) < len(truth.rows(one, "jobs")) / 2
    owners = Counter(row["ownerType"] for row in truth.rows(one, VALUES))
    again = Counter(row["ownerType"] for row in second.rows(VALUES))
    assert all(again[each] == owners[each] for each in ("Property", "ProductOrService", "User"))
