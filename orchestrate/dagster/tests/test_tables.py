"""One run of an account: what is materialised, what its checks say, what is tried again."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from conftest import TABLES, Fleet, ending, table
from jobber_fleet.catalog import selected_tables
from jobber_fleet.tables import wait_seconds


def _rows(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    events = result.get_asset_materialization_events()
    return {each.materialization.asset_key.path[-1]: each.materialization.metadata["rows"].value for each in events}


def _failed_checks(result: dg.ExecuteInProcessResult) -> dict[tuple[str, str], str | None]:
    checks = result.get_asset_check_evaluations()
    return {(each.asset_key.path[-1], each.check_name): each.description for each in checks if not each.passed}


def test_a_run_materialises_what_is_selected(fleet: Fleet) -> None:
    fleet.endings(ending())
    result = fleet.sync()
    assert result.success
    assert _rows(result) == dict.fromkeys(TABLES, 3)
    assert _failed_checks(result) == {}
    assert len(result.get_asset_check_evaluations()) == 2 * len(TABLES)
    (asked,) = fleet.asked
    assert asked["schema"] == "jobber_1001"
    given = dict(zip(asked["words"], asked["words"][1:], strict=False))
    assert given["--account"] == "1001"
    assert given["--state"] == f"{fleet.home}/state/1001.json"
    assert given["--config"] == "ENV"
    assert "--full-refresh" not in asked["words"]
    event = result.get_asset_materialization_events()[0].materialization
    assert event.partition == "1001"
    assert event.metadata["waited_seconds"].value == 1.5
    assert event.metadata["bookmark_after"].value == "2026-03-02T00:00:00Z"
    assert event.metadata["dagster/relation_identifier"].value == "jobber_1001.clients"
    run = fleet.instance.get_run_by_id(result.run_id)
    assert run is not None
    assert run.tags["account"] == "Maple Ridge Plumbing"
    assert run.tags["outcome"] == "complete"


def test_some_tables_and_everything_again(fleet: Fleet) -> None:
    fleet.endings(ending(0, table("jobs")))
    result = fleet.sync(selection=[dg.AssetKey(["jobber", "jobs"])], full_refresh=True)
    assert result.success
    assert _rows(result) == {"jobs": 3}
    (asked,) = fleet.asked
    assert "--full-refresh" in asked["words"]
    assert list(selected_tables(asked["catalog"])) == ["jobs"]


def test_what_is_set_aside_stays_as_it_was_and_is_named(fleet: Fleet) -> None:
    left_out = [{"column": "phones", "cause": "hidden", "failed_values": None}]
    fleet.endings(
        ending(
            4,
            table("clients", status="partial", columns_left_out=left_out),
            table("jobs", status="set_aside", problem="time-outs: run again later"),
            table("users", rows=0, status="not_permitted", problem="no scope: grant read_users"),
        )
    )
    result = fleet.sync()
    assert result.success
    assert _rows(result) == {"clients": 3}
    assert _failed_checks(result) == {
        ("clients", "nothing_set_aside"): "columns left out: phones (hidden)",
        ("jobs", "nothing_set_aside"): "time-outs: run again later",
        ("users", "nothing_set_aside"): "no scope: grant read_users",
    }
    assert all(each.severity is dg.AssetCheckSeverity.WARN for each in result.get_asset_check_evaluations())
    run = fleet.instance.get_run_by_id(result.run_id)
    assert run is not None
    assert run.tags["outcome"] == "partial: clients, jobs, users"


def test_a_table_that_was_full_and_is_empty(fleet: Fleet) -> None:
    fleet.endings(ending(0, *(table(name, rows=7) for name in TABLES)))
    assert fleet.sync().success
    incremental = {"bookmark": {"before": "2026-03-01T00:00:00Z", "after": "2026-03-02T00:00:00Z"}}
    fleet.endings(ending(0, table("clients", 0), table("jobs", 0, **incremental), table("users", 0, resync={})))
    assert _failed_checks(fleet.sync()) == {("clients", "rows_came"): "none came, where the last run read 7"}
    assert _failed_checks(fleet.sync("2001")) == {}


def test_later_is_tried_again_in_the_same_run(fleet: Fleet) -> None:
    fleet.endings(ending(75), ending(143), ending())
    result = fleet.sync()
    assert result.success
    assert [result.retry_attempts_for_node("sync"), len(fleet.asked)] == [2, 3]
    assert _rows(result) == dict.fromkeys(TABLES, 3)
    fleet.endings(ending(75, errors=("the database is down: start it",)))
    result = fleet.sync()
    assert _failure(result) == "the database is down: start it"
    assert result.retry_attempts_for_node("sync") == 5
    assert [wait_seconds(number) for number in range(6)] == [60, 120, 240, 480, 960, 1800]


@pytest.mark.parametrize("status", [1, 2, 77])
def test_what_needs_a_person_is_not_tried_again(fleet: Fleet, status: int) -> None:
    log = "2026-03-02 02:04:10,118 | CRITICAL | tap-jobber-pipeline  | See the log of the target"
    fleet.endings(ending(status, errors=("the app was disconnected: connect it again",), log=log))
    result = fleet.sync()
    assert _failure(result) == "the app was disconnected: connect it again; See the log of the target"
    assert len(fleet.asked) == 1
    assert _rows(result) == {}


def test_a_run_without_an_account_says_what_to_do(fleet: Fleet) -> None:
    job = dg.define_asset_job("sync_account", selection="*")
    definitions = dg.Definitions([fleet.tables], jobs=[job], resources={"jobber": fleet.jobber})
    result = definitions.resolve_job_def("sync_account").execute_in_process(
        instance=fleet.instance, raise_on_error=False
    )
    (failed,) = result.get_step_failure_events()
    assert failed.step_failure_data.user_failure_data.description == (
        "the run has no partition: start it for one, the number of an account"
    )
    assert fleet.asked == []


def test_what_both_report_and_log_say_is_said_once(fleet: Fleet) -> None:
    log = "2026-03-02 02:04:10,118 | CRITICAL | tap-jobber           | The app was disconnected: connect it again"
    fleet.endings(ending(77, errors=("the app was disconnected: connect it again",), log=log))
    assert _failure(fleet.sync()) == "the app was disconnected: connect it again"


def test_without_a_report(fleet: Fleet) -> None:
    fleet.endings({"status": 0, "report": None, "log": ""})
    result = fleet.sync()
    assert result.success
    assert len(result.get_asset_materialization_events()) == len(TABLES)
    fleet.endings({"status": 1, "report": None, "log": ""})
    assert _failure(fleet.sync()) == "ended with status 1: see the log"


def _failure(result: dg.ExecuteInProcessResult) -> str | None:
    assert not result.success
    data = result.failure_data_for_node("sync")
    assert data is not None
    assert data.user_failure_data is not None
    return data.user_failure_data.description


# Where a shell has started the tests in the background, they ignore SIGINT; for Dagster's sake then SIGTERM, too.
_WORKER = """
import signal, sys
signal.signal(signal.SIGTERM, signal.SIG_DFL)
from jobber_fleet.programs import Jobber
Jobber(bin=sys.argv[1]).sync("1001", None, full_refresh=False)
"""
_SLOW = """#!{python} -IS
import os, pathlib, signal, sys, time
home = pathlib.Path({home!r})
def end(*_):
    (home / "ended").touch()
    sys.exit(143)
signal.signal(signal.SIGTERM, end)
(home / "began").touch()
time.sleep(60)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a child of its parent's end")
@pytest.mark.parametrize("signal_name", ["kill", "terminate"])
def test_the_pipeline_ends_with_its_worker(tmp_path: Path, signal_name: str) -> None:
    program = tmp_path / "tap-jobber-pipeline"
    program.write_text(_SLOW.format(python=sys.executable, home=str(tmp_path)), encoding="utf-8")
    program.chmod(0o755)
    folder = Path(__file__).parents[1]
    with subprocess.Popen([sys.executable, "-c", _WORKER, str(tmp_path)], cwd=folder) as worker:
        _wait_for(tmp_path / "began")
        getattr(worker, signal_name)()
    _wait_for(tmp_path / "ended")


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline, path.name
        time.sleep(0.05)
