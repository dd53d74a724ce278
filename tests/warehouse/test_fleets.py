"""Meltano with a job and a schedule, and with several accounts at once, as docs/orchestrators.md describes them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from jobber_sandbox.oauth import Person
from tap_jobber.credentials.encoded_ids import account_number
from tests.e2e.harness import bench
from tests.warehouse.pipeline import Pipeline
from tests.warehouse.targets import DuckDB, Postgres

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.harness import Bench, Outcome
    from tests.postgresql import PostgreSQL

ACCOUNTS = (1, 2, 3)
STREAMS = ("clients", "users")


def test_the_schedule_of_the_project_runs(tmp_path: Path) -> None:
    with bench(tmp_path) as one:
        target = DuckDB(tmp_path / "nightly")
        pipeline = Pipeline(one, target, target.folder / target.name, STREAMS)
        outcome = pipeline.meltano("schedule", "run", "jobber-nightly")
        assert outcome.status == 0, outcome.stderr
        (found,) = target.query("select count(*) as clients from clients")
        assert found["clients"] == _clients(one, 1)


def test_accounts_run_side_by_side_in_one_project(tmp_path: Path, postgresql: PostgreSQL) -> None:
    with bench(tmp_path, accounts=len(ACCOUNTS)) as one:
        target = Postgres(tmp_path / "fleet", postgresql, hard_delete=False)
        pipeline = Pipeline(one, target, target.folder / target.name, STREAMS)
        numbers = {_connect(one, account): account for account in ACCOUNTS}
        pipeline.include(one.tap("--credentials", "--format", "meltano", refresh_token=None).stdout)

        # The first command in a project makes Meltano's own database, as `meltano install` does.
        listed = pipeline.meltano("schedule", "list")
        assert all(f"jobber-{number}" in listed.stdout for number in numbers), listed.stdout

        def load(number: str) -> Outcome:
            return pipeline.meltano("run", f"jobber-{number}", refresh_token=None)

        with ThreadPoolExecutor(len(ACCOUNTS)) as pool:
            outcomes = list(pool.map(load, numbers))
        assert [each.status for each in outcomes] == [0, 0, 0], outcomes[0].stderr
        for number, account in numbers.items():
            (found,) = target.query(f"select count(*) as clients from jobber_{number}.clients")  # noqa: S608 - a number
            assert found["clients"] == _clients(one, account)
            assert pipeline.bookmarks(f"-{number}")["clients"]["replication_key_value"]


def _connect(one: Bench, account: int) -> str:
    """Let the token store hold an account; return its number."""
    (row,) = one.sandbox.world(account).tables["Account"].rows
    token = str(one.sandbox.credentials.connect(Person(account, 1))["refresh_token"])
    assert one.tap("--test=credentials", refresh_token=token, account_id=row.id).status == 0
    return str(account_number(row.id))


def _clients(one: Bench, account: int) -> int:
    return len(one.sandbox.world(account).tables["Client"].rows)
