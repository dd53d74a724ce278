"""The dbt package over what each target has loaded: the current rows of every stream, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from ruamel.yaml import YAML

from tests import snapshots
from tests.warehouse.account import KINDS
from tests.warehouse.transform import TRANSFORM, Built

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


@pytest.mark.parametrize("loaded", _PLAIN, indirect=True, ids="-".join)
def test_the_description_has_no_gap(built: Built) -> None:
    columns = "select table_name, column_name from information_schema.columns where table_schema in "
    schemas = f"('{built.schema}', '{built.schema}_staging')"
    found: dict[str, set[str]] = {}
    for table, column in built.ask({"": columns + schemas})[""]:
        found.setdefault(table, set()).add(column)
    assert found == _described()


def _described() -> dict[str, set[str]]:
    """Return the columns that the models' properties describe, by model."""
    described: dict[str, set[str]] = {}
    for path in (TRANSFORM / "models").rglob("*.yml"):
        for model in YAML(typ="safe").load(path.read_text(encoding="utf-8")).get("models", []):
            assert model["description"]
            described[model["name"]] = {each["name"] for each in model["columns"] if each["description"]}
    return described


def _snake(name: str) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name)
