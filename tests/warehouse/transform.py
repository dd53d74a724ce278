"""The dbt package, built over what a target has loaded."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.e2e.harness import environment
from tests.warehouse.targets import DuckDB, JsonLines, Postgres

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.warehouse.targets import Target

TRANSFORM = Path(__file__).parents[2] / "transform"
_LIMIT_SECONDS = 600.0
_POSTGRES = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password", "PGDATABASE": "database"}
_ASK = """
import json, os, sys
statements = json.load(sys.stdin)
if "JOBBER_DUCKDB" in os.environ:
    import duckdb
    connection = duckdb.connect(os.environ["JOBBER_DUCKDB"], read_only=True)
    cursor = connection
else:
    import psycopg2
    connection = psycopg2.connect(options="-c search_path=" + os.environ["JOBBER_TARGET_SCHEMA"])
    cursor = connection.cursor()
found = {}
for name, sql in statements.items():
    cursor.execute(sql)
    found[name] = [list(row) for row in cursor.fetchall()]
json.dump(found, sys.stdout, default=str)
"""


class Built:
    """A loaded account, and the tables that the package makes of it.

    Args:
        target: What has loaded the tables, or the files.
        words: The command of dbt, such as `build` with the package's tests, or `run` without, and its options.
        settings: Variables of the environment beside those that lead to the target.

    Attributes:
        log: What dbt has said.
    """

    def __init__(self, target: Target, *words: str, **settings: str) -> None:
        self._home = target.home
        self._settings = {**_settings(target), **settings}
        self.log = self._run("dbt", *(words or ("build",)), "--profiles-dir", str(TRANSFORM))

    def ask(self, statements: Mapping[str, str]) -> dict[str, list[list[Any]]]:
        """Return the rows that each of some statements brings; values that JSON does not have come as text."""
        found: dict[str, list[list[Any]]] = json.loads(self._run("python", "-c", _ASK, given=json.dumps(statements)))
        return found

    @property
    def schema(self) -> str:
        """The schema that the numbers are in."""
        return self._settings["JOBBER_TARGET_SCHEMA"]

    def table(self, name: str) -> str:
        """Return the name of a staging table with its schema."""
        return f"{self.schema}_staging.stg_jobber__{name}"

    def _run(self, program: str, *words: str, given: str | None = None) -> str:
        done = _done(self._home, self._settings, program, *words, given=given)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout


def freshness(target: Target, **settings: str) -> dict[str, str]:
    """Return how fresh dbt finds each source that has a limit: `pass`, `warn` or `error`."""
    given = {**_settings(target), **settings}
    done = _done(target.home, given, "dbt", "source", "freshness", "--profiles-dir", str(TRANSFORM))
    results = json.loads((target.home / "target" / "sources.json").read_text(encoding="utf-8"))["results"]
    found = {each["unique_id"].rpartition(".")[2]: each["status"] for each in results}
    assert done.returncode == int("error" in found.values()), done.stdout
    return found


def refusal(target: Target, *words: str, status: int = 1, **settings: str) -> str:
    """Return what dbt says of a load, or of settings, that the package cannot take.

    Args:
        target: What has loaded the tables, or the files.
        words: The command of dbt and its options.
        status: The exit status, 2 if dbt builds nothing at all.
        settings: As for `Built`.
    """
    done = _done(target.home, {**_settings(target), **settings}, "dbt", *words, "--profiles-dir", str(TRANSFORM))
    assert done.returncode == status, done.stdout
    return " ".join(done.stdout.split())


def _done(
    home: Path, settings: Mapping[str, str], program: str, *words: str, given: str | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(os.environ["WAREHOUSE_DBT"]) / program, *words],
        cwd=TRANSFORM,
        env=environment(home, settings),
        input=given,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=_LIMIT_SECONDS,
        check=False,
    )


def _settings(target: Target) -> dict[str, str]:
    home = target.home
    settings = {"DBT_TARGET_PATH": str(home / "target"), "DBT_LOG_PATH": str(home / "logs"), "NO_COLOR": "1"}
    if isinstance(target, Postgres):
        named = {name: str(target.settings[setting]) for name, setting in _POSTGRES.items()}
        return {**settings, **named, "JOBBER_TARGET": "postgres", "JOBBER_TARGET_SCHEMA": "jobber"}
    settings |= {"JOBBER_DUCKDB": str(home / "answers.duckdb"), "JOBBER_TARGET_SCHEMA": "main"}
    if isinstance(target, DuckDB):
        return {**settings, "JOBBER_LOADED": target.settings["path"]}
    assert isinstance(target, JsonLines)
    return {**settings, "JOBBER_SOURCE": "files", "JOBBER_FILES": target.settings["destination_path"]}
