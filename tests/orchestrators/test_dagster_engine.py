"""The example for Dagster on a real Dagster: day after day, a bad day among them."""

from __future__ import annotations

import os
import signal
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.e2e import truth
from tests.orchestrators.dagster_engine import (
    AT_ONCE,
    BUILD,
    MODEL,
    MODELS,
    Engine,
    engine,
)
from tests.orchestrators.processes import parent_of, pipelines_of, tap_of
from tests.orchestrators.world import ACCOUNTS, STREAMS, World, wait_for, world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.orchestrators.dagster_engine import Run

pytestmark = pytest.mark.skipif("DAGSTER_BIN" not in os.environ, reason="make orchestrators installs Dagster")

NEW = 12
DISCONNECTED, CRAWLING, REFUSING, KILLED, WITHOUT_DATABASE, WITHOUT_TAP = 1, 2, 3, 4, 5, 6
SYNCED_BY_HAND = (DISCONNECTED, 7, 8)
LATE = "users"
"""A root field that is read after others."""
_RUNS_SECONDS, _TICK_SECONDS = 900.0, 240.0


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[World]:
    """Provide a world in which no account is connected."""
    with world(tmp_path) as one:
        yield one


def test_day_after_day(fleet: World) -> None:
    fleet.connect(*(number for number in ACCOUNTS if number != NEW))
    with engine(fleet) as dagster:
        _first_day(fleet, dagster)
        _second_day(fleet, dagster)
        _bad_day(fleet, dagster)
        _day_after(fleet, dagster)
        _models_of_who_came_back(fleet, dagster)
        _assert_bounded(dagster.runs())


def _first_day(fleet: World, dagster: Engine) -> None:
    """Load all accounts as the sensor finds them, and one that connects meanwhile as well."""
    wait_for(lambda: len(dagster.syncs()) == len(ACCOUNTS) - 1, "each account has a run", _RUNS_SECONDS, 1.0)
    fleet.connect(NEW)
    _wait_for_runs(dagster, _number(fleet, NEW), 1)
    dagster.wait_for_end(_RUNS_SECONDS)
    assert sorted(dagster.partitions()) == sorted(_number(fleet, number) for number in ACCOUNTS)
    for number in ACCOUNTS:
        (run,) = dagster.syncs(_number(fleet, number))
        assert _outcome(run) == ("SUCCESS", "complete", fleet.account(number).name)
        fleet.assert_loaded(number)
    shown = dagster.materialised(run)
    assert set(shown) == set(STREAMS)
    assert shown["clients"]["rows"] == _rows_of_clients(fleet, NEW)
    assert dagster.failed_checks(run) == {}
    _wait_until_nobody_is_needed(dagster)


def _second_day(fleet: World, dagster: Engine) -> None:
    """Load changes alone, and fail for an account that has disconnected the app, as launched by a person."""
    changes = fleet.next_day()
    fleet.disconnect(DISCONNECTED)
    dagster.launch(*(_number(fleet, number) for number in SYNCED_BY_HAND))
    dagster.wait_for_end(_RUNS_SECONDS)
    for number in {*SYNCED_BY_HAND} - {DISCONNECTED}:
        _, run = dagster.syncs(_number(fleet, number))
        assert _outcome(run)[:2] == ("SUCCESS", "complete")
        fleet.assert_loaded(number)
    shown = dagster.materialised(run)["clients"]
    assert len(changes[number].edited["Client"]) <= shown["rows"] < _rows_of_clients(fleet, number)
    assert shown["bookmark_before"] < shown["bookmark_after"]
    _, run = dagster.syncs(_number(fleet, DISCONNECTED))
    assert _outcome(run)[:2] == ("FAILURE", "connect again")
    assert "disconnected" in dagster.failure(run)
    assert dagster.retries(run) == 0
    label = f"{fleet.account(DISCONNECTED).name} ({_number(fleet, DISCONNECTED)})"
    wait_for(lambda: not dagster.fleet_checks()["connected"][0], "who is disconnected is named", _TICK_SECONDS, 1.0)
    assert f"{label}: disconnected since" in str(dagster.fleet_checks()["connected"][1])


def _bad_day(fleet: World, dagster: Engine) -> None:
    """Leave out the disconnected account, as scheduled, and try again what was killed or lost its database."""
    fleet.next_day()
    fleet.throttle(CRAWLING)
    fleet.refuse(REFUSING, "invoices")
    # What is killed waits for it; what loses its database notices after it.
    for number, seconds in ((KILLED, 90.0), (WITHOUT_DATABASE, 30.0), (WITHOUT_TAP, 90.0)):
        fleet.arm(number, {"kind": "hang", "root": LATE, "seconds": seconds})
    before = {number: len(dagster.syncs(_number(fleet, number))) for number in ACCOUNTS}
    _tick(dagster, runs=len(ACCOUNTS) - 1)
    _wait_until_late(fleet, KILLED)
    (pipeline,) = pipelines_of(fleet.home, _number(fleet, KILLED))
    os.kill(parent_of(pipeline), signal.SIGKILL)
    wait_for(lambda: not pipelines_of(fleet.home, _number(fleet, KILLED)), "the pipeline has ended with its worker")
    _wait_until_late(fleet, WITHOUT_DATABASE)
    fleet.data.stop()
    (*_, run) = dagster.syncs(_number(fleet, WITHOUT_DATABASE))
    wait_for(lambda: dagster.retries(run) > 0, "what has lost its database tries again", _RUNS_SECONDS, 1.0)
    assert fleet.data.start()
    _wait_until_late(fleet, WITHOUT_TAP)
    (pipeline,) = pipelines_of(fleet.home, _number(fleet, WITHOUT_TAP))
    os.kill(tap_of(pipeline), signal.SIGKILL)
    dagster.wait_for_end(_RUNS_SECONDS, *(_number(fleet, number) for number in ACCOUNTS if number != CRAWLING))
    last = {number: dagster.syncs(_number(fleet, number))[before[number] :] for number in ACCOUNTS}
    assert last[DISCONNECTED] == []
    for number in {*ACCOUNTS} - {DISCONNECTED, CRAWLING}:
        assert last[number][-1].status == "SUCCESS"
        fleet.assert_loaded(number, [name for name in STREAMS if number != REFUSING or "invoice" not in name])
    (run,) = last[CRAWLING]
    assert run.status == "STARTED"
    (run,) = last[REFUSING]
    assert ("invoices", "nothing_set_aside") in dagster.failed_checks(run)
    assert "invoices" not in dagster.materialised(run)
    assert run.tags["outcome"] == "complete but for: invoice_line_items, invoices"
    label = f"{fleet.account(REFUSING).name} ({_number(fleet, REFUSING)})"
    wait_for(lambda: label in str(dagster.fleet_checks()["complete"][1]), "who lacks a table is named", _TICK_SECONDS)
    lost, again = last[KILLED]
    assert [lost.status, again.status, again.parent] == ["FAILURE", "SUCCESS", lost.id]
    assert any("terminated by signal 9" in (each.get("message") or "") for each in dagster.events(lost))
    for number in (WITHOUT_DATABASE, WITHOUT_TAP):
        (run,) = last[number]
        assert dagster.retries(run) >= 1


def _day_after(fleet: World, dagster: Engine) -> None:
    """Go on with what was stopped, and sync who connects again at once."""
    (*_, crawling) = dagster.syncs(_number(fleet, CRAWLING))
    dagster.terminate(crawling)
    dagster.wait_for_end(_RUNS_SECONDS)
    assert dagster.syncs(_number(fleet, CRAWLING))[-1].status == "CANCELED"
    assert not pipelines_of(fleet.home, _number(fleet, CRAWLING))
    for number in (CRAWLING, REFUSING):
        fleet.restore(number)
    gone_on = (DISCONNECTED, CRAWLING, REFUSING)
    before = {number: len(dagster.syncs(_number(fleet, number))) for number in gone_on}
    dagster.sensor(BUILD, MODELS, is_on=True)
    fleet.connect(DISCONNECTED)
    dagster.backfill(_number(fleet, CRAWLING), _number(fleet, REFUSING))
    for number in gone_on:
        _wait_for_runs(dagster, _number(fleet, number), before[number] + 1)
    dagster.wait_for_end(_RUNS_SECONDS)
    for number in ACCOUNTS:
        assert _outcome(dagster.syncs(_number(fleet, number))[-1])[:2] == ("SUCCESS", "complete")
        fleet.assert_loaded(number)
    _wait_until_nobody_is_needed(dagster)


def _models_of_who_came_back(fleet: World, dagster: Engine) -> None:
    """See that the models were built of an account that was synced for it has connected again."""
    wait_for(lambda: _builds(dagster) != [], "models are built", _TICK_SECONDS, 1.0)
    dagster.wait_for_end(_RUNS_SECONDS)
    (build,) = _builds(dagster)
    assert (build.status, build.account) == ("SUCCESS", _number(fleet, DISCONNECTED))
    assert set(dagster.materialised(build)) == {MODEL, "stg_jobber__invoices", "jobber_time_zones"}
    assert dagster.failed_checks(build) == {}
    schema = fleet.account(DISCONNECTED).schema
    made = fleet.destination.query(f'select invoice_id from "{schema}_marts"."{MODEL}"')  # noqa: S608 - our own
    assert sorted(row["invoice_id"] for row in made) == sorted(
        row["id"] for row in truth.rows(fleet.bench(DISCONNECTED), "invoices")
    )


def _builds(dagster: Engine) -> list[Run]:
    return [run for run in dagster.runs() if run.job == BUILD]


def _wait_for_runs(dagster: Engine, account: str, count: int) -> None:
    wait_for(lambda: len(dagster.syncs(account)) == count, f"{account} has {count} runs", _RUNS_SECONDS, 1.0)


def _wait_until_nobody_is_needed(dagster: Engine) -> None:
    """Wait until no check on the accounts names one."""
    wait_for(
        lambda: [is_passed for is_passed, _ in dagster.fleet_checks().values()] == [True] * 3,
        "nobody is needed",
        _TICK_SECONDS,
        1.0,
    )


def _rows_of_clients(fleet: World, number: int) -> int:
    return len(fleet.loaded(number, ["clients"])["clients"])


def _tick(dagster: Engine, runs: int) -> None:
    """Let the schedule tick once."""
    began = time.time()
    dagster.schedule("sync_accounts", is_on=True)
    wait_for(lambda: dagster.tick("sync_accounts", began) is not None, "the schedule ticks", _TICK_SECONDS, 1.0)
    # The daemon may be in the middle of a tick, after which it writes down that the schedule is on.
    dagster.schedule("sync_accounts", is_on=False)
    time.sleep(2)
    wait_for(lambda: dagster.is_off("sync_accounts"), "the schedule stays off", _TICK_SECONDS, 2.0)
    tick = dagster.tick("sync_accounts", began)
    assert tick is not None
    assert (tick["status"], len(tick["runIds"])) == ("SUCCESS", runs), tick


def _wait_until_late(fleet: World, number: int) -> None:
    """Wait until the tap of an account is in the middle of its work."""
    armed = fleet.server.sandbox.faults.armed
    (fault,) = (each for each in armed if each.account == number and each.kind == "hang")
    wait_for(lambda: fault.fired > 0, f"account {number} is read", _RUNS_SECONDS)


def _outcome(run: Run) -> tuple[str, str | None, str | None]:
    return run.status, run.tags.get("outcome"), run.tags.get("account")


def _number(fleet: World, number: int) -> str:
    return fleet.account(number).number


def _assert_bounded(runs: list[Run]) -> None:
    """Never were more runs under way than may be, nor two of an account."""
    changes = sorted(change for run in runs if run.began and run.ended for change in ((run.began, 1), (run.ended, -1)))
    under_way, most = 0, 0
    for _, change in changes:
        under_way += change
        most = max(most, under_way)
    assert most <= AT_ONCE
    for account in {run.account for run in runs}:
        ours = [run for run in runs if run.account == account]
        assert all((one.ended or 0) <= (other.began or 0) for one, other in pairwise(ours))
