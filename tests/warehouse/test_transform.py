"""The dbt package over what each target has loaded: the current rows of every stream, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import snapshots
from tests.e2e.harness import environment
from tests.warehouse.account import KINDS
from tests.warehouse.targets import DuckDB, JsonLines, Postgres

if TYPE_CHECKING:
    from tests.warehouse.account import Account
    from tests.warehouse.conftest import Loaded

TRANSFORM = Path(__file__).parents[2] / "transform"
_PLAIN = [(kind, "plain") for kind in KINDS]
_LIMIT_SECONDS = 300.0
# A user who was deleted is gone from the plans of jobs, too, without a change of these.
_QUIET = "job_visit_schedule_users"
_ASK = """
import json, os, sys
statements = json.load(sys.stdin)
if "JOBBER_DUCKDB" in os.environ:
    import duckdb
    connection = duckdb.connect(os.environ["JOBBER_DUCKDB"], read_only=True)
    cursor = connection
else:
    import psycopg2
    connection = psycopg2.connect("")
    cursor = connection.cursor()
found = {}
for name, sql in statements.items():
    cursor.execute(sql)
    found[name] = [list(row) for row in cursor.fetchall()]
json.dump(found, sys.stdout, default=str)
"""


class Built:
    """What the package has made of a loaded account.

    Args:
        loaded: The tables, or the files.
    """

    def __init__(self, loaded: Loaded) -> None:
        self.home = loaded.target.home
        self.settings = _settings(loaded)
        self.log = self._run("dbt", "build", "--no-partial-parse", "--profiles-dir", str(TRANSFORM))

    def ask(self, statements: dict[str, str]) -> dict[str, list[list[Any]]]:
        """Return the rows that each of some statements brings."""
        found: dict[str, list[list[Any]]] = json.loads(self._run("python", "-c", _ASK, given=json.dumps(statements)))
        return found

    def table(self, name: str) -> str:
        """Return the name of a staging table with its schema."""
        return f"{self.settings['JOBBER_TARGET_SCHEMA']}_staging.stg_jobber__{name}"

    def _run(self, program: str, *words: str, given: str | None = None) -> str:
        done = subprocess.run(
            [Path(os.environ["WAREHOUSE_DBT"]) / program, *words],
            cwd=TRANSFORM,
            env=environment(self.home, self.settings),
            input=given,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_LIMIT_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout


def _settings(loaded: Loaded) -> dict[str, str]:
    target, home = loaded.target, loaded.target.home
    settings = {"DBT_TARGET_PATH": str(home / "target"), "DBT_LOG_PATH": str(home / "logs"), "NO_COLOR": "1"}
    if isinstance(target, Postgres):
        names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "database": "PGDATABASE"}
        named = {names[name]: str(value) for name, value in target.settings.items() if name in names}
        return {**settings, **named, "JOBBER_TARGET": "postgres", "JOBBER_TARGET_SCHEMA": "jobber"}
    settings |= {"JOBBER_DUCKDB": str(home / "answers.duckdb"), "JOBBER_TARGET_SCHEMA": "main"}
    if isinstance(target, DuckDB):
        return {**settings, "JOBBER_LOADED": target.settings["path"]}
    assert isinstance(target, JsonLines)
    return {**settings, "JOBBER_SOURCE": "files", "JOBBER_FILES": target.settings["destination_path"]}


@pytest.fixture(scope="module")
def builds() -> dict[str, Built]:
    """Return what has been built, by what it was loaded with."""
    return {}


@pytest.fixture
def built(loaded: Loaded, builds: dict[str, Built]) -> Built:
    """What the package has made of one warehouse."""
    name = loaded.target.name
    if name not in builds:
        builds[name] = Built(loaded)
    return builds[name]


@pytest.mark.parametrize("loaded", _PLAIN, indirect=True, ids="-".join)
def test_staging_holds_the_current_rows_of_every_stream(built: Built, account: Account) -> None:
    keys = {name: ", ".join(_snake(key) for key in snapshots.keys(name)) for name in account.every if name != _QUIET}
    found = built.ask({name: f"select {keys[name]} from {built.table(name)}" for name in keys})  # noqa: S608 - our own
    wrong = {}
    for name, rows in found.items():
        there = [tuple(str(value) for value in row) for row in rows]
        if sorted(there) != sorted(account.every[name]):
            wrong[name] = (len(there), len(account.every[name]))
    assert not wrong


@pytest.mark.parametrize("loaded", _PLAIN, indirect=True, ids="-".join)
def test_a_build_has_nothing_to_warn_of(built: Built) -> None:
    assert "WARN=0 ERROR=0 SKIP=0" in built.log
    assert "[WARNING]" not in built.log


def _snake(name: str) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name)
