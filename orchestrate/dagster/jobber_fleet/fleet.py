"""The accounts as an asset of their own: partitions for them, first syncs, and checks that name who needs a person."""

import json
import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from hashlib import sha256
from typing import Any

import dagster as dg

from jobber_fleet.accounts import Account, Finding, not_complete, not_connected, not_fresh, table
from jobber_fleet.programs import Jobber
from jobber_fleet.tables import ACCOUNT_TAG, FLEET, LACKING, OUTCOME_TAG, PARTITIONS

ACCOUNTS = dg.AssetSpec(
    FLEET,
    group_name="jobber",
    kinds={"jobber"},
    description="The accounts in the token store. Its checks name the accounts that need a person, and say why.",
)
_CHECKS = {
    "connected": "Each account can be read. One that cannot is left out of all runs until it is connected again.",
    "complete": "The last sync of each account brought everything.",
    "fresh": "Each account was synced lately.",
}
_RUNS_OF_EACH = 4
"""Runs to look through for each account, since one may have been run more often than another."""


def run_request(account: Account, run_key: str, config: dg.RunConfig | None = None) -> dg.RunRequest:
    """Return the run of an account; of two with the same key, Dagster starts one."""
    tags = {ACCOUNT_TAG: account.name or account.key}
    return dg.RunRequest(run_key, partition_key=account.key, tags=tags, run_config=config)


def under_way(instance: dg.DagsterInstance, keys: Sequence[str]) -> set[str]:
    """Return the accounts, of some, that a run is under way for or waits in the queue."""
    asked = dg.RunsFilter(
        statuses=[
            dg.DagsterRunStatus.QUEUED,
            dg.DagsterRunStatus.NOT_STARTED,
            dg.DagsterRunStatus.STARTING,
            dg.DagsterRunStatus.STARTED,
            dg.DagsterRunStatus.CANCELING,
        ]
    )
    return {*keys} & {run.tags.get("dagster/partition", "") for run in instance.get_runs(asked)}


def accounts_sensor(job: str, fresh_hours: float, seconds: int) -> dg.SensorDefinition:
    """Return the sensor on the token store.

    Args:
        job: Name of the job that syncs an account; an account that is new, or connected again, is synced at once.
        fresh_hours: Hours after which a sync is missing.
        seconds: Seconds between two looks.
    """

    @dg.sensor(
        name="accounts",
        job_name=job,
        minimum_interval_seconds=seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Makes a partition of each account in the token store, and syncs one that is new at once.",
    )
    def accounts(context: dg.SensorEvaluationContext, jobber: Jobber) -> dg.SensorResult:
        found = jobber.accounts()
        known = {*context.instance.get_dynamic_partitions(_partitions_name())}
        before = json.loads(context.cursor or "{}")
        back = {*before.get("away", [])}
        new = [each for each in found if each.is_connected and (each.key not in known or each.key in back)]
        findings = _findings(context.instance, found, known, fresh_hours)
        cursor = {"away": [each.key for each in found if not each.is_connected], "mark": _mark(found, findings)}
        requests = [run_request(each, each.connection) for each in new]
        return dg.SensorResult(
            run_requests=requests,
            skip_reason=None if requests else f"{len(found)} accounts, none of them new",
            dynamic_partitions_requests=[
                PARTITIONS.build_add_request([each.key for each in found if each.key not in known])
            ],
            asset_events=[] if before.get("mark") == cursor["mark"] else _events(found, findings),
            cursor=json.dumps(cursor),
        )

    return accounts


def accounts_checks(fresh_hours: float) -> dg.AssetChecksDefinition:
    """Return the checks of the accounts, for whoever wants to run them at once; the sensor keeps them current."""

    @dg.multi_asset_check(
        specs=[dg.AssetCheckSpec(name, asset=FLEET, description=each) for name, each in _CHECKS.items()]
    )
    def accounts_need_nobody(context: dg.AssetCheckExecutionContext, jobber: Jobber) -> Iterable[dg.AssetCheckResult]:
        known = context.instance.get_dynamic_partitions(_partitions_name())
        for name, findings in _findings(context.instance, jobber.accounts(), known, fresh_hours).items():
            yield dg.AssetCheckResult(asset_key=FLEET, check_name=name, **_evaluation(findings))

    return accounts_need_nobody


def _findings(
    instance: dg.DagsterInstance, accounts: Sequence[Account], known: Iterable[str], fresh_hours: float
) -> dict[str, list[Finding]]:
    return {
        "connected": not_connected(accounts, known),
        "complete": [*not_complete(accounts), *_lacking(instance, accounts)],
        "fresh": not_fresh(accounts, datetime.now(timezone.utc), fresh_hours),
    }


def _lacking(instance: dg.DagsterInstance, accounts: Sequence[Account]) -> list[Finding]:
    """Return the accounts whose last sync ended well, and yet lacks tables: the token store does not tell of it."""
    records = instance.get_run_records(dg.RunsFilter(tags=LACKING), limit=_RUNS_OF_EACH * len(accounts))
    latest = {record.dagster_run.tags.get("dagster/partition", ""): record for record in reversed(records)}
    return [
        Finding(each.label, f"{record.dagster_run.tags[OUTCOME_TAG]}: see the checks of these tables")
        for each in accounts
        if (record := latest.get(each.key)) and each.was_whole_until(record.end_time or math.inf)
    ]


def _events(
    accounts: Sequence[Account], findings: dict[str, list[Finding]]
) -> list[dg.AssetMaterialization | dg.AssetCheckEvaluation]:
    everyone = [each for some in findings.values() for each in some]
    return [
        dg.AssetMaterialization(
            FLEET,
            metadata={
                "who needs what": dg.MetadataValue.md(table(everyone)),
                "need a person": len({each.account for each in everyone}),
                "connected": sum(each.is_connected for each in accounts),
                "accounts": len(accounts),
            },
        ),
        *(dg.AssetCheckEvaluation(FLEET, name, **_evaluation(each)) for name, each in findings.items()),
    ]


def _evaluation(findings: Sequence[Finding]) -> dict[str, Any]:
    is_grave = any(each.is_grave for each in findings)
    return {
        "passed": not findings,
        "severity": dg.AssetCheckSeverity.ERROR if is_grave else dg.AssetCheckSeverity.WARN,
        "description": "; ".join(f"{each.account}: {each.words}" for each in findings[:3]) or None,
        "metadata": {"accounts": len(findings), "who": dg.MetadataValue.md(table(findings))},
    }


def _mark(accounts: Sequence[Account], findings: dict[str, list[Finding]]) -> str:
    """Return a text that changes when something is to be told: hours that go by are not."""
    told = [(name, each.account, name != "fresh" and each.words) for name, some in findings.items() for each in some]
    return sha256(repr((len(accounts), told)).encode()).hexdigest()


def _partitions_name() -> str:
    return PARTITIONS.name or ""
