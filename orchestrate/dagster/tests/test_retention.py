"""Old runs are deleted, and what an account was last stays."""

from datetime import datetime, timedelta, timezone
from uuid import uuid4

import dagster as dg
import pytest

from conftest import Fleet
from jobber_fleet.retention import retention_schedule, runs_to_forget

_NOW = datetime.now(timezone.utc)
_SUCCESS, _FAILURE, _STARTED = (
    dg.DagsterRunStatus.SUCCESS,
    dg.DagsterRunStatus.FAILURE,
    dg.DagsterRunStatus.STARTED,
)


def _run(fleet: Fleet, job: str, account: str | None, status: dg.DagsterRunStatus) -> str:
    tags = {"dagster/partition": account} if account else {}
    run = dg.DagsterRun(job_name=job, run_id=str(uuid4()), status=status, tags=tags)
    return fleet.instance.add_run(run).run_id


def test_all_but_the_last_success_of_each_account_is_forgotten(fleet: Fleet) -> None:
    old = [_run(fleet, "sync_account", "1001", status) for status in (_SUCCESS, _FAILURE)]
    kept = [_run(fleet, "sync_account", "1001", _SUCCESS)]
    old += [_run(fleet, "sync_account", account, _FAILURE) for account in ("1001", None)]
    kept += [_run(fleet, "sync_account", "2001", _SUCCESS), _run(fleet, "sync_account", "1001", _STARTED)]
    kept += [_run(fleet, "build_models", "1001", _SUCCESS), _run(fleet, "of another", "1001", _FAILURE)]
    jobs = ["sync_account", "build_models"]
    assert list(runs_to_forget(fleet.instance, jobs, _NOW - timedelta(days=1))) == []
    assert {run.run_id for run in runs_to_forget(fleet.instance, jobs, _NOW + timedelta(days=1))} == {*old}


@pytest.mark.parametrize(("days", "expected"), [(1.0, 2), (-1.0, 1)])
def test_the_schedule_deletes_old_runs_with_their_events(fleet: Fleet, days: float, expected: int) -> None:
    first = _run(fleet, "sync_account", "1001", _FAILURE)
    _run(fleet, "sync_account", "1001", _SUCCESS)
    schedule = retention_schedule(["sync_account"], days, "UTC")
    definitions = dg.Definitions(schedules=[schedule])
    result = definitions.resolve_job_def("forget_runs").execute_in_process(instance=fleet.instance)
    assert result.success
    left = fleet.instance.get_runs(dg.RunsFilter(job_name="sync_account"))
    assert len(left) == expected
    assert (first in {run.run_id for run in left}) == (expected == 2)
