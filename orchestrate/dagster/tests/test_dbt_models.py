"""The models of a dbt package: their assets, where they are built, and when."""

import os
from pathlib import Path

import dagster as dg
import pytest
from dagster_dbt import DbtProject

from conftest import Fleet, ending
from jobber_fleet.dbt_models import build_sensor, dbt_project, is_stale, model_variables, models_asset

_PACKAGE = {
    "dbt_project.yml": "{name: little, version: 0.1.0, config-version: 2, profile: little}",
    "profiles.yml": "{little: {outputs: {postgres: {type: postgres, host: 127.0.0.1, port: 1, user: u, password: p, "
    "dbname: d, schema: \"{{ env_var('JOBBER_TARGET_SCHEMA', 's') }}\", threads: 1}}}}",
    "models/staging/sources.yml": "{sources: [{name: jobber, tables: [{name: clients}]}]}",
    "models/staging/stg_clients.sql": "select * from {{ source('jobber', 'clients') }}",
    "models/marts/dim_clients.sql": "select * from {{ ref('stg_clients') }}",
    "models/marts/marts.yml": "{models: [{name: dim_clients, columns: [{name: id, data_tests: [not_null]}]}]}",
}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a small package."""
    folder = tmp_path_factory.mktemp("dbt") / "package"
    for name, text in _PACKAGE.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def project(package: Path) -> DbtProject:
    """Return the small package, parsed."""
    return dbt_project(str(package), "postgres")


def test_models_stand_below_the_tables_that_a_sync_materialises(project: DbtProject) -> None:
    models = models_asset(project, "jobber_", "fqn:*")
    staging, mart = dg.AssetKey(["jobber", "staging", "stg_clients"]), dg.AssetKey(["jobber", "marts", "dim_clients"])
    depends = {spec.key: [each.asset_key for each in spec.deps] for spec in models.specs}
    assert depends == {staging: [dg.AssetKey(["jobber", "clients"])], mart: [staging]}
    assert {spec.group_name for spec in models.specs} == {"jobber_staging", "jobber_marts"}
    assert models.partitions_def is not None
    assert models.partitions_def.name == "jobber_accounts"
    assert {each.asset_key for each in models.check_specs} == {mart}
    assert [spec.key for spec in models_asset(project, "jobber_", "stg_clients").specs] == [staging]


def test_a_package_is_parsed_again_only_after_a_change(package: Path, project: DbtProject) -> None:
    moment = project.manifest_path.stat().st_mtime_ns
    assert dbt_project(str(package), "postgres").manifest_path.stat().st_mtime_ns == moment
    model = package / "models" / "marts" / "dim_clients.sql"
    for later_ns, is_changed in ((0, False), (1, True)):
        os.utime(model, ns=(moment, moment + later_ns))
        assert is_stale(project.manifest_path, package) == is_changed
    os.utime(model, ns=(moment, moment))
    assert is_stale(package / "nothing.json", package)


def test_a_folder_without_a_package_is_named_with_its_variable(tmp_path: Path) -> None:
    with pytest.raises(dg.Failure, match=f"in {tmp_path}: set JOBBER_DBT"):
        dbt_project(str(tmp_path), "postgres")


def test_builds_of_an_account_share_a_folder(package: Path, project: DbtProject, fleet: Fleet) -> None:
    models = models_asset(project, "jobber_", "fqn:*")
    fleet.instance.add_dynamic_partitions("jobber_accounts", ["1001"])
    log = package / "target" / "1001" / "dbt.log"
    log.parent.mkdir()
    log.write_text("the build before", encoding="utf-8")
    # There is no database to build in, which dbt finds out after it has parsed the package.
    assert not dg.materialize([models], partition_key="1001", instance=fleet.instance, raise_on_error=False).success
    assert [path.name for path in (package / "target").iterdir() if path.is_dir()] == ["1001"]
    assert (log.parent / "partial_parse.msgpack").is_file()
    assert "the build before" not in log.read_text(encoding="utf-8")


def test_dbt_finds_the_database_where_the_target_has_it() -> None:
    target = {"TARGET_POSTGRES_HOST": "db", "TARGET_POSTGRES_PASSWORD": "secret", "TARGET_POSTGRES_DATABASE": "w"}
    assert model_variables({**target, "PGHOST": "replica", "PATH": "/bin"}, "jobber_1001") == {
        "PGPASSWORD": "secret",
        "PGDATABASE": "w",
        "JOBBER_SCHEMA": "jobber_1001",
        "JOBBER_TARGET_SCHEMA": "jobber_1001_marts",
    }


@pytest.mark.parametrize("job", ["sync_account", "another"])
def test_what_was_synced_is_built(fleet: Fleet, job: str) -> None:
    fleet.endings(ending())
    fleet.instance.add_dynamic_partitions("jobber_accounts", ["1001"])
    resources = {"jobber": fleet.jobber}
    definitions = dg.Definitions([fleet.tables], jobs=[dg.define_asset_job(job, selection="*")], resources=resources)
    result = definitions.resolve_job_def(job).execute_in_process(instance=fleet.instance, partition_key="1001")
    run = fleet.instance.get_run_by_id(result.run_id)
    assert run is not None
    sensor = build_sensor(fleet.tables, seconds=30)
    event = next(each for each in result.all_events if each.event_type is dg.DagsterEventType.RUN_SUCCESS)
    asked = sensor(dg.build_run_status_sensor_context("build_models", event, fleet.instance, run))
    if job == "another":
        assert isinstance(asked, dg.SkipReason)
        return
    assert isinstance(asked, dg.RunRequest)
    assert (asked.run_key, asked.partition_key) == (result.run_id, "1001")
    assert asked.tags["account"] == "Maple Ridge Plumbing"
