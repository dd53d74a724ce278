"""The schedules: what is new, often, and everything, now and then."""

from collections.abc import Sequence

import dagster as dg

from jobber_fleet.fleet import run_request, under_way
from jobber_fleet.programs import Jobber
from jobber_fleet.tables import PARTITIONS, Sync


def accounts_schedule(
    name: str, job: str, cron: str, timezone: str, *, full_refresh: bool = False
) -> dg.ScheduleDefinition:
    """Return a schedule that syncs each connected account.

    Args:
        name: Its name.
        job: Name of the job that syncs an account.
        cron: When, as cron has it.
        timezone: Where.
        full_refresh: True to read everything again.
    """
    config = dg.RunConfig(ops={"sync": Sync(full_refresh=True)}) if full_refresh else None

    @dg.schedule(
        name=name,
        job_name=job,
        cron_schedule=cron,
        execution_timezone=timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Reads everything again." if full_refresh else "Reads what is new since the last run.",
    )
    def every_account(context: dg.ScheduleEvaluationContext, jobber: Jobber) -> Sequence[dg.RunRequest] | dg.SkipReason:
        found = jobber.accounts()
        # An account that the sensor has not seen yet has no partition.
        context.instance.add_dynamic_partitions(PARTITIONS.name or "", [each.key for each in found])
        connected = [each for each in found if each.is_connected]
        busy = under_way(context.instance, [each.key for each in connected])
        for each in found:
            if not each.is_connected:
                context.log.warning("%s is left out, since it is %s", each.label, each.state)
            elif each.key in busy:
                context.log.info("%s is left out, since a run of it is under way", each.label)
        at = context.scheduled_execution_time.isoformat()
        requests = [run_request(each, f"{each.key}:{at}", config) for each in connected if each.key not in busy]
        return requests or dg.SkipReason(
            f"{len(found)} accounts: {len(found) - len(connected)} not connected, the others under way"
        )

    return every_account
