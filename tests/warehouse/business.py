"""Changes of a business that is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.e2e.harness import Bench


def leave_uninvoiced(one: Bench) -> None:
    """Take some visits off their invoices: all of a job, and one of a job that recurs."""
    world = one.sandbox.world()
    billed = [row for row in world.tables["Visit"].rows if world.registry.read(row, "invoice") is not None]
    for kind in ("ONE_OFF", "RECURRING"):
        visit = next(row for row in billed if world.registry.read(row.parent, "jobType") == kind)
        one.change(op="edit", type="Visit", id=visit.id, set={"invoice": None})
