"""The utilities of the project that make tables of what a loader has filled, as README runs them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.e2e.harness import bench
from tests.warehouse.pipeline import Pipeline
from tests.warehouse.targets import JsonLines, Postgres

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgresql import PostgreSQL

STREAMS = ("account", "users", "clients", "invoices", "jobs", "quotes", "time_sheet_entries")
WIDTH, MONTHS = 80, 13


def test_files_become_tables_and_answers(tmp_path: Path) -> None:
    with bench(tmp_path, world="business", scale=0.05) as one:
        target = JsonLines(tmp_path / "output")
        pipeline = Pipeline(one, target, target.folder / target.name, STREAMS, utility="dbt-duckdb")
        built = pipeline.meltano("run", "tap-jobber", target.name, "dbt-duckdb:build")
        assert built.status == 0, built.stderr
        assert " WARN=0 ERROR=0 " in built.stderr
        told = pipeline.meltano("invoke", "dbt-duckdb:answers")
        assert told.status == 0, told.stderr
        assert all(len(line) <= WIDTH for line in told.stdout.splitlines())
        issued = re.findall(r"│ (\d{4}-\d\d) │ +(\d+) │", told.stdout.split("Unpaid")[0])
        assert len({month for month, _ in issued}) == MONTHS
        assert any(int(amount) for _, amount in issued)


def test_a_schema_becomes_tables(tmp_path: Path, postgresql: PostgreSQL) -> None:
    with bench(tmp_path, world="business", scale=0.05) as one:
        target = Postgres(tmp_path / "warehouse", postgresql, hard_delete=False)
        pipeline = Pipeline(one, target, target.folder / target.name, STREAMS, utility="dbt-postgres")
        named = {name: str(target.settings[name]) for name in ("host", "port", "user", "password", "database")}
        built = pipeline.meltano(
            "run",
            "tap-jobber",
            target.name,
            "dbt-postgres:build",
            environment={f"TARGET_POSTGRES_{name.upper()}": value for name, value in named.items()}
            | {"DBT_POSTGRES_SCHEMA": "public"},
        )
        assert built.status == 0, built.stderr
        assert " WARN=0 ERROR=0 " in built.stderr
        (found,) = target.query("select count(*) as invoices from jobber_answers.fct_invoices")
        assert found["invoices"] == len(one.sandbox.world().tables["Invoice"].rows)
