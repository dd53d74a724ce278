"""The code location of the dbt package: an asset for each model, built for one account from the tables that it has.

It is one of its own, so that the many runs that sync accounts do not load dbt. See README.md for the variables.
"""

import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, DbtProject, dbt_assets

from jobber_fleet.accounts import file_name
from jobber_fleet.tables import ACCOUNT_TAG, BUILD, PARTITIONS, POOL, SYNC, account_of, sensor_seconds

_POSTGRES = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "DATABASE"}


@dg.definitions
def definitions() -> dg.Definitions:
    """Return the definitions."""
    get = os.environ.get
    project = dbt_project(get("JOBBER_DBT", "transform"), get("JOBBER_DBT_PROFILE", "postgres"))
    models = models_asset(project, get("JOBBER_SCHEMA_PREFIX", "jobber_"), get("JOBBER_DBT_SELECT", "fqn:*"))
    sensor = build_sensor(models, sensor_seconds(os.environ))
    return dg.Definitions(assets=[models], sensors=[sensor], executor=dg.in_process_executor)


class _Names(DagsterDbtTranslator):
    """Names of assets: a source is the table that a sync materialises, a model stands beside it."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return super().get_asset_key(dbt_resource_props)
        return dg.AssetKey(["jobber", _folder(dbt_resource_props), dbt_resource_props["name"]])

    def get_asset_check_spec(self, *args: Any, **given: Any) -> dg.AssetCheckSpec | None:
        """Return the check that a test becomes, of which each account has a result, as of the checks of tables."""
        found = super().get_asset_check_spec(*args, **given)
        if found is None:
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", dg.PreviewWarning)
            return dg.AssetCheckSpec(
                found.name,
                asset=found.asset_key,
                description=found.description,
                additional_deps=found.additional_deps,
                blocking=found.blocking,
                metadata=found.metadata,
                partitions_def=PARTITIONS,
            )

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return f"jobber_{_folder(dbt_resource_props)}"


def dbt_project(folder: str, profile: str) -> DbtProject:
    """Return the dbt package, parsed if that has not been done since it was changed.

    Args:
        folder: The folder of the package.
        profile: The output of its `profiles.yml` that is built on.
    """
    target = Path(os.environ.get("DBT_TARGET_PATH", "target"))
    if not Path(folder, "dbt_project.yml").is_file():
        raise dg.Failure(f"no dbt package is in {folder}: set JOBBER_DBT to the folder of its dbt_project.yml")
    project = DbtProject(folder, target=profile, target_path=target)
    if is_stale(project.manifest_path, project.project_dir):
        _dbt(project).cli(["parse", "--quiet"], target_path=project.target_path).wait()
    return project


def models_asset(project: DbtProject, schema_prefix: str, select: str) -> dg.AssetsDefinition:
    """Return the assets of the models.

    Args:
        project: The dbt package.
        schema_prefix: How the schemas begin that accounts are loaded into.
        select: The models to take, as `dbt build --select` has it.
    """

    @dbt_assets(
        manifest=project.manifest_path,
        name="models",
        select=select,
        partitions_def=PARTITIONS,
        dagster_dbt_translator=_Names(),
        pool=POOL,
    )
    def models(context: dg.AssetExecutionContext) -> Iterator[Any]:
        account = file_name(account_of(context))
        # Left to itself, each build parses the package anew, and leaves a folder of some megabytes behind.
        folder = project.target_path / account
        (project.project_dir / folder / "dbt.log").unlink(missing_ok=True)
        with _variables(model_variables(os.environ, schema_prefix + account)):
            invocation = _dbt(project).cli(["build"], context=context, target_path=folder)
        yield from invocation.stream()

    return models


def model_variables(environment: Mapping[str, str], schema: str) -> dict[str, str]:
    """Return the variables of dbt for an account.

    Args:
        environment: The environment, in which the target's variables say where the database is, or those of PostgreSQL.
        schema: The schema that the account is loaded into; what is made of it goes into one of its own.
    """
    known = {name: environment.get(f"TARGET_POSTGRES_{setting}") for name, setting in _POSTGRES.items()}
    place = {name: value for name, value in known.items() if value is not None and name not in environment}
    return {**place, "JOBBER_SCHEMA": schema, "JOBBER_TARGET_SCHEMA": f"{schema}_marts"}


def build_sensor(models: dg.AssetsDefinition, seconds: int) -> dg.SensorDefinition:
    """Return the sensor that builds an account's models when a sync of it has succeeded.

    Args:
        models: The assets of the models.
        seconds: Seconds between two looks at what has been synced.
    """
    job = dg.define_asset_job(BUILD, selection=[models], description="Builds the models of one account.")

    @dg.run_status_sensor(
        name=BUILD,
        run_status=dg.DagsterRunStatus.SUCCESS,
        request_job=job,
        monitor_all_code_locations=True,
        minimum_interval_seconds=seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Builds the models of an account that a schedule, or the sensor of the accounts, has synced.",
    )
    def build_models(context: dg.RunStatusSensorContext) -> dg.RunRequest | dg.SkipReason:
        run = context.dagster_run
        if run.job_name != SYNC:
            return dg.SkipReason(f"{run.job_name} was no sync")
        tags = {ACCOUNT_TAG: run.tags[ACCOUNT_TAG]} if ACCOUNT_TAG in run.tags else {}
        return dg.RunRequest(run.run_id, partition_key=run.tags["dagster/partition"], tags=tags)

    return build_models


def _dbt(project: DbtProject) -> DbtCliResource:
    """Return dbt, which is installed beside Dagster, also where that folder is not on the PATH."""
    beside = Path(sys.executable).with_name("dbt")
    return DbtCliResource(project_dir=project, dbt_executable=str(beside) if beside.is_file() else "dbt")


@contextmanager
def _variables(changed: Mapping[str, str]) -> Iterator[None]:
    """Have variables in this process's environment, of which dbt is given a copy."""
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _folder(properties: Mapping[str, Any]) -> str:
    """Return the folder of a model in the package: `staging` or `marts`."""
    return str(properties["fqn"][1])


def is_stale(manifest: Path, folder: Path) -> bool:
    """Return True if there is no manifest of a package, or one from before the package was changed.

    Args:
        manifest: The manifest.
        folder: The folder of the package.
    """
    files = [path for pattern in ("*.yml", "models/**/*", "macros/**/*", "tests/**/*") for path in folder.glob(pattern)]
    changed = max(path.stat().st_mtime_ns for path in files)
    return not manifest.is_file() or manifest.stat().st_mtime_ns < changed
