"""Versions of reads: each is above those before it, whatever the clock of the machine says."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.streams.versions import take_version
from tap_jobber.streams.writing import time_text
from tests.truth.groups import GROUPS
from tests.truth.histories import History
from tests.truth.reading import Server, run, small_sizes

NOW = 1_795_000_000
_DAY_SECONDS = 86_400


@given(seconds=st.lists(st.integers(NOW, NOW + _DAY_SECONDS // 2), min_size=2))
def test_each_is_above_those_before_it_when_the_clock_goes_back_within_a_day(seconds: list[int]) -> None:
    state: dict[str, Any] = {}
    versions = [take_version(state, moment * 1_000) for moment in seconds]
    assert versions == sorted(set(versions))
    assert all(version >= moment for version, moment in zip(versions, seconds, strict=True))


@pytest.mark.parametrize(("milliseconds", "seconds"), [(5_000, 5), (5_001, 6), (5_999, 6)])
def test_the_first_is_no_second_before_the_run(milliseconds: int, seconds: int) -> None:
    assert take_version({}, milliseconds) == seconds


@pytest.mark.parametrize("kept", [NOW + _DAY_SECONDS + 1, 10**30, -5, "1795000001", None, [NOW]])
def test_what_can_be_no_version_of_a_read_counts_for_nothing(kept: object) -> None:
    assert take_version({"version": kept}, NOW * 1_000) == NOW


@pytest.mark.parametrize("version", ["x", 10**13, -1, 1.5])
@pytest.mark.parametrize("name", ["visits", "clients"])
def test_an_odd_version_in_a_state_costs_nothing(name: str, version: object) -> None:
    history = History(name, "odd", 6)
    with small_sizes(5):
        history.sync(resync_days=2)
        for bookmark in history.state["bookmarks"].values() if history.state else ():
            bookmark.get("resync", {})["version"] = version
            if name == "visits":
                bookmark["read"] = {"began": "2026-01-01T00:00:00Z", "version": version}
        history.sync(resync_days=2)
    assert history.target.rows.keys() == history.truth.keys()


def test_rows_of_one_walk_are_no_older_than_those_they_belong_to() -> None:
    """Tables show a row of a list only if it has come with its parent, or after it."""
    history = History("visits", "walk", 6)
    time = history.account.time
    time.skew_seconds = datetime.now(timezone.utc).timestamp() - time.server()
    catalogs = [history.catalog(["visits"]), history.catalog()]
    state: dict[str, Any] | None = None
    for catalog in catalogs:
        settings: dict[str, Any] = {"add_read_times": True}
        outcome = run(Server(history.account), history.streams, catalog, state, **settings)
        state = outcome.states[-1]
        time.skew_seconds -= 3_600
    dates = {name: {row["_sdc_extracted_at"] for row in outcome.rows(name)} for name in history.group.names}
    assert all(dates.values())
    assert all(min(dates["visits"]) <= min(each) for each in dates.values())


@pytest.mark.parametrize("back_seconds", [0, 3_600])
@pytest.mark.parametrize("name", [name for name, group in GROUPS.items() if not group.is_incremental])
def test_a_read_of_all_tells_what_is_gone_since_one_in_the_same_second(name: str, back_seconds: int) -> None:
    history = History(name, "second", 6)
    time = history.account.time
    began = time.own()
    with small_sizes(5):
        history.sync()
        _delete_one(history)
        time.skew_seconds = began - back_seconds - time.server()
        history.sync()
    assert history.target.rows.keys() == history.truth.keys()
    assert history.target.dropped


def test_no_row_is_older_than_its_read_where_the_clock_has_gone_back() -> None:
    """Some targets put the time of a message into their tables, and what is older than a complete read is gone."""
    history = History("users", "back", 6)
    history.account.time.skew_seconds = datetime.now(timezone.utc).timestamp() + 3_600 - history.account.time.server()
    written = run(Server(history.account), history.streams, history.catalog(), add_read_times=True).messages
    rows = [each for each in written if each["type"] == "RECORD"]
    read_from = {each["record"]["readFrom"] for each in rows if each["stream"] == "complete_reads"}
    assert {time_text(each["time_extracted"]) for each in rows} == read_from
    assert {each["record"]["_sdc_extracted_at"] for each in rows} == read_from
    assert {row["stream"] for row in rows} > {"complete_reads"}


def _delete_one(history: History) -> None:
    history.account.delete(history.account.world.tables[history.group.type_name].rows[0])
