"""The account that is loaded, and the warehouses that it is loaded into."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.warehouse.account import KINDS, SHAPES, Account, Messages, captured
from tests.warehouse.targets import DuckDB, JsonLines, Postgres, Target

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgresql import PostgreSQL
    from tests.warehouse.targets import Table

# Without targets there is nothing to test: `make warehouses` installs them and says where they are.
collect_ignore_glob = [] if "WAREHOUSE_TARGETS" in os.environ else ["test_*.py"]


class Loaded(NamedTuple):
    """A warehouse, and its tables by stream and key.

    Attributes:
        shape: How their rows are shaped.
        target: What has loaded them.
        runs: What was loaded.
        before: The tables after the first load.
        after: The tables after the second.
    """

    shape: str
    target: Target
    runs: tuple[Messages, Messages]
    before: dict[str, Table]
    after: dict[str, Table]


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Account:
    """Return an account, read before and after some of its rows have changed."""
    return captured(tmp_path_factory.mktemp("account") / "home")


@pytest.fixture(scope="session")
def warehouses(
    account: Account, postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], Loaded]:
    """Each kind of warehouse in each shape, loaded twice; in PostgreSQL what is gone from the flat one is removed."""
    home = tmp_path_factory.mktemp("warehouses")

    def load(kind: str, shape: str) -> Loaded:
        target = _target(home / f"{kind}_{shape}", kind, shape, postgresql)
        first, second = account.runs[shape]
        target.load(first)
        before = target.tables(first)
        target.load(second)
        return Loaded(shape, target, (first, second), before, target.tables(second))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        loads = {(kind, shape): pool.submit(load, kind, shape) for kind in KINDS for shape in SHAPES}
        return {which: each.result() for which, each in loads.items()}


def _target(home: Path, kind: str, shape: str, server: PostgreSQL) -> Target:
    if kind == "postgres":
        return Postgres(home, server, hard_delete=shape == "flat")
    return DuckDB(home) if kind == "duckdb" else JsonLines(home)


@pytest.fixture(params=[(kind, shape) for kind in KINDS for shape in SHAPES], ids="-".join)
def loaded(request: pytest.FixtureRequest, warehouses: dict[tuple[str, str], Loaded]) -> Loaded:
    """One warehouse."""
    return warehouses[request.param]


@pytest.fixture
def target(request: pytest.FixtureRequest, postgresql: PostgreSQL, tmp_path: Path) -> Target:
    """Return an empty target of a kind, in a database of its own."""
    return _target(tmp_path / tmp_path.name.replace("-", "_"), request.param, "plain", postgresql)
