"""Stopped runs and pipelines with several accounts, as docs/warehouses.md describes them."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from jobber_sandbox.oauth import Person
from tests import snapshots
from tests.e2e import truth
from tests.e2e.harness import Bench, bench
from tests.e2e.processes import needs_proc
from tests.warehouse.pipeline import Pipeline, kill, terminate, terminate_tap
from tests.warehouse.targets import DuckDB, JsonLines, Postgres, Target

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgresql import PostgreSQL

STREAMS = ("clients", "client_tags", "invoices", "users")
# What a loader of the SDK does every five minutes, every third of a second.
_HASTY_POSTGRES = """#!{python}
from target_postgres.target import TargetPostgres
assert TargetPostgres._MAX_RECORD_AGE_IN_MINUTES == 5.0
TargetPostgres._MAX_RECORD_AGE_IN_MINUTES = 0.005
TargetPostgres.cli()
"""


def _target(kind: str, home: Path, postgresql: PostgreSQL) -> Target:
    if kind == "postgres":
        return Postgres(home / "stops", postgresql, hard_delete=False)
    return DuckDB(home / "stops") if kind == "duckdb" else JsonLines(home / "stops")


def _program(target: Target) -> Path:
    if not isinstance(target, Postgres):
        return target.folder / target.name
    program = target.home / target.name
    program.write_text(_HASTY_POSTGRES.format(python=target.folder / "python"), encoding="utf-8")
    program.chmod(0o755)
    return program


@needs_proc
@pytest.mark.parametrize(("kind", "keeps_state"), [("jsonl", False), ("duckdb", True), ("postgres", True)])
def test_the_run_after_one_that_was_stopped(
    tmp_path: Path, postgresql: PostgreSQL, kind: str, *, keeps_state: bool
) -> None:
    with bench(tmp_path, scale=1.0) as one:
        target = _target(kind, tmp_path, postgresql)
        pipeline = Pipeline(one, target, _program(target), STREAMS)

        def has_come_far() -> bool:
            if keeps_state:
                # Meltano empties the file before it writes it anew.
                with suppress(json.JSONDecodeError):
                    return "replication_key_value" in pipeline.bookmarks().get("clients", {})
                return False
            return (target.home / "invoices.jsonl").is_file()

        pipeline.stop(terminate, "users", has_come_far)
        first = _points_of_clients(one)
        assert ("clients" in pipeline.bookmarks()) == keeps_state
        pipeline.stop(kill, "users", has_come_far)
        assert (_points_of_clients(one) < first / 4) == keeps_state
        assert ("clients" in pipeline.bookmarks()) == keeps_state
        pipeline.stop(terminate_tap, "users", has_come_far)
        assert all("replication_key_value" in pipeline.bookmarks()[name] for name in STREAMS[:-1])
        one.log.clear()
        outcome = pipeline.run("--force")
        assert outcome.status == 0, outcome.stderr
        assert _points_of_clients(one) < first / 4
        _assert_complete(one, target)


def _points_of_clients(one: Bench) -> int:
    """Return what the run so far has spent on clients; the next one counts anew."""
    points = sum(entry.actual for entry in one.log if (entry.operation or "").startswith("clients"))
    one.log.clear()
    return points


def _assert_complete(one: Bench, target: Target) -> None:
    """Nothing was lost; what was read twice is there once, but for the files of JSON Lines."""
    loaded = target.answers({name: f'select * from "{name}"' for name in STREAMS})  # noqa: S608 - our own names
    for name in STREAMS:
        columns = [target.column(key) for key in snapshots.keys(name)]
        keys = [tuple(row[column] for column in columns) for row in loaded[name]]
        assert set(keys) == {tuple(row[key] for key in snapshots.keys(name)) for row in truth.rows(one, name)}, name
        assert isinstance(target, JsonLines) or len(keys) == len(set(keys)), name


def test_several_accounts_need_several_states(tmp_path: Path) -> None:
    with bench(tmp_path, accounts=2) as one:
        target = JsonLines(tmp_path / "files")
        pipeline = Pipeline(one, target, target.folder / target.name, ("clients", "users"))
        first, second = ({"refresh_token": _token(one, number), "account_id": _id(one, number)} for number in (1, 2))

        def clients(*words: str, **settings: str) -> int:
            """Return how many rows of clients a run brings."""
            before = len(target.answers({"clients": ""})["clients"])
            outcome = pipeline.run(*words, **settings)
            assert outcome.status == 0, outcome.stderr
            return len(target.answers({"clients": ""})["clients"]) - before

        def assert_refused(**settings: str) -> None:
            outcome = pipeline.run(**settings)
            assert outcome.status == 1
            assert "state has bookmarks of" in outcome.stderr
            assert "--state-id-suffix" in outcome.stderr

        whole = clients(**first)
        assert whole > 0
        assert_refused(**second)
        assert clients("--state-id-suffix=second", **second) == whole
        assert clients("--state-id-suffix=second", **second) == clients(**first) == 0
        # Meltano does not show the state to the run, and merges the one that it leaves into it.
        assert clients("--full-refresh", **second) == whole
        assert_refused(**first)
        assert_refused(**second)


def _token(one: Bench, account: int) -> str:
    return str(one.sandbox.credentials.connect(Person(account, 1))["refresh_token"])


def _id(one: Bench, account: int) -> str:
    return str(one.sandbox.world(account).tables["Account"].rows[0].id)
