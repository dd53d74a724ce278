"""A mass edit does not make the account dearer to read: rows of one second are paid for once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tap_jobber.timestamps import format_timestamp, parse_timestamp
from tests.e2e.harness import Bench, bench
from tests.effort import effort

if TYPE_CHECKING:
    from pathlib import Path

CLIENTS = 1_012
BEGIN = parse_timestamp("2024-05-05T12:00:00Z")
YEAR_SECONDS = 365 * 86_400


def points_of_read(one: Bench, spread_seconds: int) -> int:
    """Return what a first read costs if all clients were edited within so many seconds."""
    with one.sandbox.lock:
        world = one.sandbox.world()
        for number, row in enumerate(world.tables["Client"].rows):
            moment = BEGIN + number * spread_seconds // CLIENTS
            world.edit(row, {"updatedAt": format_timestamp(moment)}, touch=False)
    one.log.clear()
    outcome = one.tap(streams=["clients", "client_notes"]).checked()
    assert len(set(outcome.ids("clients"))) == len(outcome.ids("clients")) == CLIENTS
    return sum(entry.actual for entry in one.log)


@pytest.mark.parametrize("bounds", effort(["inclusive"], ["inclusive", "exclusive"]))
def test_a_mass_edit_costs_what_its_rows_cost(tmp_path: Path, bounds: str) -> None:
    with bench(tmp_path, bounds=bounds) as one:
        one.change(op="create", type="Client", count=CLIENTS - len(one.sandbox.world().tables["Client"].rows))
        even, dense = points_of_read(one, YEAR_SECONDS), points_of_read(one, 1)
    assert dense <= 1.1 * even
