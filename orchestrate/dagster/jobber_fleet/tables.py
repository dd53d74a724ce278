"""An asset for each table, of which one run materialises all that an account has."""

import warnings
from collections.abc import Iterator, Mapping

import dagster as dg

from jobber_fleet.catalog import Catalog, selected_tables
from jobber_fleet.endings import READ_STATUSES, Ending, Verdict, is_read_whole, lacks, metadata
from jobber_fleet.programs import Jobber

PARTITIONS = dg.DynamicPartitionsDefinition(name="jobber_accounts")
"""One partition for each account: its number."""
FLEET = dg.AssetKey(["jobber", "accounts"])
POOL = "jobber"
SYNC = "sync_account"
"""The job that syncs an account."""
BUILD = "build_models"
"""The job, and the sensor, that builds the models of an account."""
ACCOUNT_TAG, OUTCOME_TAG = "account", "outcome"
LACKING = {"complete": "no"}
"""The tag of runs that ended well, and yet lack tables."""

_RETRIES = 5
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 60, 1800
_NOTHING_SET_ASIDE, _ROWS_CAME = "nothing_set_aside", "rows_came"


class Sync(dg.Config):
    """How to sync an account."""

    full_refresh: bool = False


def sensor_seconds(environment: Mapping[str, str]) -> int:
    """Return the seconds between two looks of a sensor."""
    return int(environment.get("JOBBER_SENSOR_SECONDS", "30"))


def wait_seconds(retry_number: int, first_seconds: float = _FIRST_WAIT_SECONDS) -> float:
    """Return how long to wait before the next try: twice as long each time."""
    return min(first_seconds * 2.0**retry_number, _LONGEST_WAIT_SECONDS)


def account_of(context: dg.AssetExecutionContext) -> str:
    """Return the account of a run: its partition."""
    if not context.has_partition_key:
        raise dg.Failure("the run has no partition: start it for one, the number of an account", allow_retries=False)
    return str(context.partition_key)


def tables_asset(catalog: Catalog, *, first_wait_seconds: float = _FIRST_WAIT_SECONDS) -> dg.AssetsDefinition:
    """Return the assets of the tables that a catalog selects.

    Args:
        catalog: The catalog.
        first_wait_seconds: How long to wait before the first of the retries.
    """
    columns = selected_tables(catalog)
    specs = [
        dg.AssetSpec(
            _key(name),
            deps=[FLEET],
            partitions_def=PARTITIONS,
            group_name="jobber",
            kinds={"jobber", "singer"},
            skippable=True,
            metadata={"dagster/column_schema": each},
        )
        for name, each in columns.items()
    ]

    @dg.multi_asset(
        name="sync",
        specs=specs,
        check_specs=[each for name in columns for each in _check_specs(name)],
        can_subset=True,
        pool=POOL,
    )
    def sync(context: dg.AssetExecutionContext, config: Sync, jobber: Jobber) -> Iterator[object]:
        account = account_of(context)
        names = sorted(key.path[-1] for key in context.selected_asset_keys)
        chosen = None if len(names) == len(columns) else names
        ending = jobber.sync(account, chosen, full_refresh=config.full_refresh)
        context.instance.add_run_tags(context.run.run_id, _tags(ending))
        _raise_unless_read(ending, context.retry_number, first_wait_seconds)
        for name in names:
            yield from _results(context, ending, name, jobber.schema_of(account))

    return sync


def _raise_unless_read(ending: Ending, retry_number: int, first_wait_seconds: float) -> None:
    """Raise what makes Dagster try again, or call a person."""
    if ending.verdict is Verdict.SUCCESS:
        return
    failure = dg.Failure(
        ending.words,
        metadata={"exit_status": ending.status, "report": dg.MetadataValue.json(ending.report or {})},
        allow_retries=False,
    )
    if ending.verdict is Verdict.CALL or retry_number >= _RETRIES:
        raise failure
    raise dg.RetryRequested(_RETRIES, wait_seconds(retry_number, first_wait_seconds)) from failure


def _results(
    context: dg.AssetExecutionContext, ending: Ending, name: str, schema: str
) -> Iterator[dg.MaterializeResult[object] | dg.AssetCheckResult]:
    """Yield what became of a table; one that was set aside stays as it was."""
    table = ending.tables.get(name)
    if table is None:  # no report could be written, and yet the run ended well
        yield dg.MaterializeResult(_key(name))
        return
    missing, is_read = lacks(table), table["status"] in READ_STATUSES
    if is_read:
        # What the table had before is looked up before it is replaced.
        former = _former_rows(context, name) if table["rows"] == 0 and is_read_whole(table) else 0
        yield dg.MaterializeResult(
            asset_key=_key(name), metadata={**metadata(table), "dagster/relation_identifier": f"{schema}.{name}"}
        )
        words = f"none came, where the last run read {former}" if former else ""
        yield _check_result(name, _ROWS_CAME, words, rows=table["rows"])
    yield _check_result(name, _NOTHING_SET_ASIDE, missing)


def _check_result(name: str, check: str, words: str, **facts: int) -> dg.AssetCheckResult:
    """Return what a check says of a table; it passes if there are no words."""
    return dg.AssetCheckResult(
        asset_key=_key(name),
        check_name=check,
        passed=not words,
        severity=dg.AssetCheckSeverity.WARN,
        description=words or None,
        metadata=facts,
    )


def _former_rows(context: dg.AssetExecutionContext, name: str) -> int:
    """Return how many rows the last run brought of a table of this account."""
    asked = dg.AssetRecordsFilter(asset_key=_key(name), asset_partitions=[context.partition_key])
    found = context.instance.fetch_materializations(asked, limit=1).records
    last = found[0].asset_materialization if found else None
    rows = last.metadata.get("rows") if last else None
    return int(rows.value) if isinstance(rows, dg.IntMetadataValue) and rows.value else 0


def _check_specs(name: str) -> list[dg.AssetCheckSpec]:
    """Return the checks of a table, of which each account has a result: to Dagster, a preview of a feature."""
    checks = {
        _NOTHING_SET_ASIDE: "The last run read the table to its end, with all its columns.",
        _ROWS_CAME: "A table that is read whole, and had rows, has rows.",
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return [
            dg.AssetCheckSpec(check, asset=_key(name), partitions_def=PARTITIONS, description=each)
            for check, each in checks.items()
        ]


def _tags(ending: Ending) -> dict[str, str]:
    name = {ACCOUNT_TAG: ending.account_name} if ending.account_name else {}
    return {**name, OUTCOME_TAG: ending.outcome, **(LACKING if ending.lacking else {})}


def _key(name: str) -> dg.AssetKey:
    return dg.AssetKey(["jobber", name])
