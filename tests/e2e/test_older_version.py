"""An authentic schema of 2022: each root and list that it has is read to its end, and the rest costs itself only."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from jobber_sandbox.schemas import schema_file
from tests.e2e import older, truth
from tests.e2e.harness import Bench, Outcome, bench

if TYPE_CHECKING:
    from collections.abc import Iterator

SCALE = 0.05
DERIVED = (*truth.IDS, *truth.SUMS, "custom_field_values")
NOT_ALL = "does not know all that is asked for"
ASIDE = " was set aside, "


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("old"), schema=schema_file("2022-06"), scale=SCALE) as one:
        yield one


@pytest.fixture(scope="module")
def synced(old: Bench) -> Outcome:
    outcome = old.tap(streams=truth.EVERY)
    assert outcome.status == 4, outcome.stderr
    return outcome


@pytest.fixture(scope="module")
def names(old: Bench) -> list[str]:
    return list(older.readable(old.sandbox.engine.schema))


@pytest.mark.stress
def test_all_that_the_version_has_is_read_row_by_row(old: Bench, synced: Outcome, names: list[str]) -> None:
    compared = [name for name in names if name not in DERIVED]
    assert len([name for name in compared if name in truth.TABLES]) == 15
    assert len([name for name in compared if name in truth.CHILDREN]) >= 20
    for name in compared:
        expected, brought = truth.lines(older.rows(old, name)), truth.lines(synced.rows(name))
        assert brought == expected, f"{name}: missing {expected - brought}, too many {brought - expected}"
    assert len([name for name in compared if synced.rows(name)]) >= 34
    for name in truth.IDS:
        if name in names:
            table = truth.TABLES[name].of  # type: ignore[attr-defined]  # of those of ids
            assert sorted(synced.ids(name)) == sorted(row["id"] for row in older.rows(old, table.name)), name


def test_rows_are_as_their_schema_says(synced: Outcome) -> None:
    truth.assert_valid(synced)


def test_what_the_version_does_not_have_is_set_aside_and_nothing_else(synced: Outcome, names: list[str]) -> None:
    aside = {text.split(ASIDE)[0] for text in synced.errors if ASIDE in text}
    assert aside == set(truth.EVERY) - set(names)
    assert len(synced.errors) == len(aside)


def test_one_line_says_what_each_stream_comes_without(synced: Outcome) -> None:
    said = Counter(text.split(":")[0] for text in synced.warnings if NOT_ALL in text)
    assert max(said.values()) == 1
    assert {"account", "clients", "jobs", "job_notes", "time_sheet_entries"} <= set(said)
    assert not [text for text in synced.warnings if len(text) > 600]
    (entries,) = (text for text in synced.warnings if text.startswith("time_sheet_entries") and NOT_ALL in text)
    assert "updatedAt" in entries
    assert entries.endswith("so its bookmark stays, and without one all is read each time")


def test_few_requests_are_refused(old: Bench, synced: Outcome) -> None:
    refused = Counter(entry.operation for entry in old.log if entry.errors)
    assert synced.streams
    assert max(refused.values()) <= 4
    assert sum(refused.values()) < len(truth.EVERY)


def test_a_second_run_goes_on_from_the_first(old: Bench, synced: Outcome) -> None:
    job = older.rows(old, "jobs")[1]["id"]
    client = older.rows(old, "clients")[1]["id"]
    old.change(op="edit", type="Job", id=job, set={"title": "mended"})
    old.change(op="edit", type="Client", id=client, set={"companyName": "Mended Inc"})
    second = old.tap("--state", old.write("state.json", synced.states[-1]), streams=truth.EVERY)
    assert second.status == 4
    assert [row["title"] for row in second.rows("jobs") if row["id"] == job] == ["mended"]
    assert [row["companyName"] for row in second.rows("clients") if row["id"] == client] == ["Mended Inc"]
    assert len(second.rows("jobs")) < len(older.rows(old, "jobs"))
    for name in ("time_sheet_entries", "visits", "users", "products"):
        assert truth.lines(second.rows(name)) == truth.lines(older.rows(old, name)), name
    assert "replication_key_value" not in second.states[-1]["bookmarks"]["time_sheet_entries"]


@pytest.mark.stress
def test_the_default_streams_alone(old: Bench, names: list[str]) -> None:
    outcome = old.tap(streams=truth.NAMES)
    assert outcome.status == 4
    for name in truth.NAMES:
        if name in names:
            assert truth.lines(outcome.rows(name)) == truth.lines(older.rows(old, name)), name


def test_a_state_of_an_older_version_loses_nothing_on_a_newer_one(
    old: Bench, synced: Outcome, names: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Read whole what the older version lacked or gave no timestamps for, and only changes of the rest."""
    del old
    with bench(tmp_path_factory.mktemp("new"), scale=SCALE) as new:
        entry = truth.rows(new, "jobs")[1]["id"]
        new.change(op="edit", type="Job", id=entry, set={"title": "mended"})
        outcome = new.tap("--state", new.write("state.json", synced.states[-1]), streams=truth.EVERY).checked()
        whole = [name for name in truth.EVERY if name not in names and name not in DERIVED]
        for name in (*whole, "time_sheet_entries", "visits", "users", "products"):
            assert truth.lines(outcome.rows(name)) == truth.lines(truth.rows(new, name)), name
        assert [row["title"] for row in outcome.rows("jobs") if row["id"] == entry] == ["mended"]


@pytest.mark.stress
def test_a_state_of_a_newer_version_loses_nothing_on_an_older_one(
    old: Bench, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with bench(tmp_path_factory.mktemp("new"), scale=SCALE) as new:
        state = new.tap(streams=truth.EVERY).checked().states[-1]
    job = older.rows(old, "jobs")[2]["id"]
    old.change(op="edit", type="Job", id=job, set={"title": "mended again"})
    outcome = old.tap("--state", old.write("newer.json", state), streams=truth.EVERY)
    assert outcome.status == 4
    assert [row["title"] for row in outcome.rows("jobs") if row["id"] == job] == ["mended again"]
    entries = older.rows(old, "time_sheet_entries")
    assert truth.lines(outcome.rows("time_sheet_entries")) == truth.lines(entries)
    before, after = (each["bookmarks"]["time_sheet_entries"] for each in (state, outcome.states[-1]))
    assert before == after
