"""Loads that the dbt package refuses, and which ones it takes beside the usual."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from typing_extensions import override

from tests.warehouse.account import KINDS
from tests.warehouse.targets import DuckDB, Postgres
from tests.warehouse.transform import Built, refusal

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgresql import PostgreSQL
    from tests.warehouse.account import Account, Messages
    from tests.warehouse.conftest import Loaded

_FLAT = [(kind, "flat") for kind in KINDS]


class _AppendOnly(Postgres):
    """A database to which every load adds its rows."""

    @property
    @override
    def settings(self) -> dict[str, Any]:
        return {**super().settings, "load_method": "append-only"}


@pytest.mark.parametrize("loaded", _FLAT, indirect=True, ids="-".join)
def test_flattened_loads_are_refused_by_the_name_of_the_setting(loaded: Loaded) -> None:
    said = refusal(loaded.target, "run", "--select", "stg_jobber__invoices")
    assert "invoices was loaded flattened, with amounts__" in said
    assert "in place of amounts: load it anew without the setting flattening_enabled" in said


def test_of_a_table_with_all_rows_that_ever_came_the_last_count(
    account: Account, postgresql: PostgreSQL, tmp_path: Path
) -> None:
    target = _AppendOnly(tmp_path / "append_only", postgresql, hard_delete=False)
    first, second = account.runs["plain"]
    for messages in (first, first, second, second):
        target.load(messages)
    built = Built(target, "run", "--select", "+stg_jobber__invoices", JOBBER_APPEND_ONLY="true")
    assert _subjects(built) == _last_subjects(first, second, account)


def test_target_and_dbt_write_one_file_in_turn(account: Account, tmp_path: Path) -> None:
    target = DuckDB(tmp_path / "one_file")
    first, second = account.runs["plain"]
    file = {"JOBBER_DUCKDB": target.settings["path"], "JOBBER_LOADED": ""}
    for messages in (first, second):
        target.load(messages)
        built = Built(target, "run", "--select", "+stg_jobber__invoices", **file)
    assert _subjects(built) == _last_subjects(first, second, account)
    assert target.tables(second).keys() == second.schemas.keys()


def _subjects(built: Built) -> dict[str, str]:
    found = built.ask({"": f"select id, subject from {built.table('invoices')}"})[""]  # noqa: S608 - our own name
    subjects = {row[0]: row[1] for row in found}
    assert len(subjects) == len(found)
    return subjects


def _last_subjects(first: Messages, second: Messages, account: Account) -> dict[str, str]:
    rows = {**first.rows["invoices"], **second.rows["invoices"]}
    return {key[0]: row["subject"] for key, row in rows.items() if key in account.every["invoices"]}
