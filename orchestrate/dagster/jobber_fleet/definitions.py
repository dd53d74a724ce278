"""The code location: everything that Dagster loads, as the environment configures it.

See README.md for the variables.
"""

import os
from typing import Any

import dagster as dg

from jobber_fleet.alerts import alerts
from jobber_fleet.fleet import ACCOUNTS, accounts_checks, accounts_sensor
from jobber_fleet.programs import Jobber
from jobber_fleet.retention import retention_schedule
from jobber_fleet.schedules import accounts_schedule
from jobber_fleet.tables import BUILD, SYNC, sensor_seconds, tables_asset

_VARIABLES = {
    "bin": "JOBBER_BIN",
    "catalog": "JOBBER_CATALOG",
    "target": "JOBBER_TARGET",
    "state": "JOBBER_STATE",
    "schema_variable": "JOBBER_SCHEMA_VARIABLE",
    "schema_prefix": "JOBBER_SCHEMA_PREFIX",
}


@dg.definitions
def definitions() -> dg.Definitions:
    """Return the definitions."""
    get = os.environ.get
    given: dict[str, Any] = {name: os.environ[each] for name, each in _VARIABLES.items() if each in os.environ}
    jobber = Jobber(**given, config=get("JOBBER_CONFIG", "ENV").split())
    fresh_hours = float(get("JOBBER_FRESH_HOURS", "3"))
    zone = get("JOBBER_TIMEZONE", "UTC")
    tables = tables_asset(jobber.tables(), first_wait_seconds=float(get("JOBBER_RETRY_SECONDS", "60")))
    job = dg.define_asset_job(SYNC, selection=[tables], description="Syncs one account.")
    refresh, keep_days = get("JOBBER_REFRESH_CRON", "0 3 * * 0"), get("JOBBER_KEEP_DAYS", "7")
    return dg.Definitions(
        assets=[ACCOUNTS, tables],
        asset_checks=[accounts_checks(fresh_hours)],
        jobs=[job],
        schedules=[
            accounts_schedule("sync_accounts", job.name, get("JOBBER_SYNC_CRON", "0 * * * *"), zone),
            *([accounts_schedule("refresh_accounts", job.name, refresh, zone, full_refresh=True)] if refresh else []),
            *([retention_schedule([SYNC, BUILD], float(keep_days), zone)] if keep_days else []),
        ],
        sensors=[accounts_sensor(job.name, fresh_hours, sensor_seconds(os.environ)), *alerts(os.environ)],
        resources={"jobber": jobber},
        # A run is one step: a process of its own for that would only cost its start.
        executor=dg.in_process_executor,
    )
