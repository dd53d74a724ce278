"""A table of which the last row is deleted: its list of ids is empty then, so that no row of that tells of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.harness import bench
from tests.warehouse.account import KINDS, Messages
from tests.warehouse.transform import Built

if TYPE_CHECKING:
    from pathlib import Path

    from tests.warehouse.targets import Target

_STREAMS = ("expenses", "expense_ids", "tax_rates")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[list[dict[str, Any]]]:
    """Return what the tap has said of an account's expenses before and after all of these are deleted."""
    home = tmp_path_factory.mktemp("empty_lists") / "home"
    home.mkdir()
    settings: dict[str, Any] = {"add_read_times": True, "emit_activate_version_messages": True}
    with bench(home, scale=0.02, world="business") as one:
        first = one.tap(streams=_STREAMS, **settings).checked().messages
        for row in list(one.sandbox.world().tables["Expense"].rows):
            one.change(op="delete", type="Expense", id=row.id)
        state = one.write("state.json", next(each["value"] for each in reversed(first) if each["type"] == "STATE"))
        second = one.tap("--state", state, streams=_STREAMS, **settings).checked().messages
    assert any(each.get("stream") == "expense_ids" for each in first if each["type"] == "RECORD")
    assert not any(each.get("stream") in _STREAMS[:2] for each in second if each["type"] == "RECORD")
    return [first, second]


@pytest.mark.parametrize("target", KINDS, indirect=True)
def test_no_row_is_left_of_a_table_whose_list_of_ids_is_empty(runs: list[list[dict[str, Any]]], target: Target) -> None:
    counts = []
    for number, messages in enumerate(runs):
        target.load(_said(target.home / f"{number}.messages", messages, has_reads=target.name != "target-postgres"))
        built = Built(target, "run", "--select", "+stg_jobber__expenses", "+stg_jobber__tax_rates")
        tables = (built.table("expenses"), built.table("tax_rates"))
        counts.append([built.ask({"": f"select count(*) from {table}"})[""][0][0] for table in tables])  # noqa: S608 - our own
    assert counts[0][0] > 0
    assert counts[1] == [0, counts[0][1]]


def _said(path: Path, messages: list[dict[str, Any]], *, has_reads: bool) -> Messages:
    """Return some messages, without the table of complete reads for a target that marks what is gone by itself."""
    kept = (each for each in messages if has_reads or each.get("stream") != "complete_reads")
    path.write_text("".join(f"{json.dumps(each)}\n" for each in kept), encoding="utf-8")
    return Messages(path)
