"""The schedule that deletes old runs: Dagster keeps each with all its events, megabytes for a sync and its models."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone

import dagster as dg

FORGET = "forget_runs"
"""The job that deletes old runs."""
_FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


def runs_to_forget(instance: dg.DagsterInstance, jobs: Sequence[str], before: datetime) -> Iterator[dg.DagsterRun]:
    """Yield the finished runs of jobs that began before a time, but for the last success of each account.

    That is kept so that the tables of an account that is no longer read show what they were.

    Args:
        instance: Where runs are kept.
        jobs: Names of the jobs.
        before: The time, with its zone.
    """
    for job in jobs:
        kept: dict[str, str | None] = {}
        for run in instance.get_runs(dg.RunsFilter(job_name=job, statuses=_FINISHED, created_before=before)):
            # A run that was begun without a partition has failed, and is no account's.
            account = run.tags.get("dagster/partition", "")
            if account not in kept:
                kept[account] = _last_success(instance, job, account)
            if run.run_id != kept[account]:
                yield run


def retention_schedule(jobs: Sequence[str], days: float, zone: str) -> dg.ScheduleDefinition:
    """Return a schedule that deletes old runs each night.

    Args:
        jobs: Names of the jobs whose runs it deletes.
        days: Days after which a run is old.
        zone: Zone of the night.
    """

    @dg.op(description=f"Deletes finished runs of {', '.join(jobs)} that are older than {days:g} days.")
    def delete_old_runs(context: dg.OpExecutionContext) -> None:
        before = datetime.now(timezone.utc) - timedelta(days=days)
        old = list(runs_to_forget(context.instance, jobs, before))
        for run in old:
            context.instance.delete_run(run.run_id)
            context.instance.compute_log_manager.delete_logs(prefix=[run.run_id])
        context.log.info("%d runs that began before %s are deleted", len(old), before.isoformat(timespec="seconds"))

    @dg.job(name=FORGET, executor_def=dg.in_process_executor)
    def forget() -> None:
        delete_old_runs()

    return dg.ScheduleDefinition(
        name=FORGET,
        job=forget,
        cron_schedule="30 4 * * *",
        execution_timezone=zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def _last_success(instance: dg.DagsterInstance, job: str, account: str) -> str | None:
    asked = dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.SUCCESS], tags={"dagster/partition": account})
    found = instance.get_runs(asked, limit=1)
    return found[0].run_id if found else None
