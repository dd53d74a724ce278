"""The dbt package over what each target has loaded: the current rows of every stream, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import snapshots
from tests.warehouse.account import KINDS
from tests.warehouse.transform import Built

if TYPE_CHECKING:
    from tests.warehouse.account import Account
    from tests.warehouse.conftest import Loaded

_PLAIN = [(kind, "plain") for kind in KINDS]
# A user who was deleted is gone from the plans of jobs, too, without a change of these.
_QUIET = "job_visit_schedule_users"


@pytest.fixture(scope="module")
def builds() -> dict[str, Built]:
    """Return what has been built, by what it was loaded with."""
    return {}


@pytest.fixture
def built(loaded: Loaded, builds: dict[str, Built]) -> Built:
    """Return what the package has made of one warehouse."""
    name = loaded.target.name
    if name not in builds:
        builds[name] = Built(loaded.target)
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
