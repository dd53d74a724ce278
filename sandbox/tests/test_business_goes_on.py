"""A business stands still until the clock is moved, and then goes on the same way however it is moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asking import asking
from jobber_sandbox.business.truth import truth_of
from jobber_sandbox.options import Options, parse
from jobber_sandbox.sandbox import Sandbox
from jobber_sandbox.timestamps import DAY_SECONDS, seconds_of

if TYPE_CHECKING:
    from jobber_sandbox.world import World

BEGIN = seconds_of("2026-06-08T15:00:00Z")
DAYS = 40


def sandbox(seed: int = 1, scale: float = 0.1) -> Sandbox:
    return Sandbox(Options(seed=seed, scale=scale), clock=lambda: BEGIN)


def shown(world: World) -> list[tuple[object, ...]]:
    """Return of every row what tells it apart, and of those with a status or an amount that as well."""
    fields = ("jobStatus", "quoteStatus", "invoiceStatus", "visitStatus", "startAt", "amount", "quantity", "lastName")
    read, has = world.registry.read, world.registry.has
    return [
        (name, row.number, row.created, row.updated, *(read(row, each) for each in fields if has(row.typename, each)))
        for name, table in world.tables.items()
        for row in table.rows
    ]


def test_the_same_however_the_clock_is_moved() -> None:
    one, other = sandbox(), sandbox()
    one.move_clock(DAYS * DAY_SECONDS)
    for _ in range(DAYS):
        other.move_clock(DAY_SECONDS)
    assert shown(one.world()) == shown(other.world())
    assert truth_of(one.world()) == truth_of(other.world())


def test_the_same_seed_is_the_same_business() -> None:
    first, again, other = (shown(sandbox(seed).world()) for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_work_goes_on() -> None:
    one = sandbox(scale=0.3)
    world = one.world()
    before, counts = truth_of(world), world.counts()
    assert truth_of(world) == before
    one.move_clock(DAYS * DAY_SECONDS)
    after = truth_of(world)
    for table in ("Client", "Quote", "Job", "Visit", "Invoice", "PaymentRecordInterface", "TimeSheetEntry"):
        assert world.counts()[table] > counts[table], table
    assert any(
        after["invoices"][number]["balanceCents"] == 0 < invoice["balanceCents"]
        for number, invoice in before["invoices"].items()
    )
    assert max(row.updated for row in world.tables["Job"].rows) <= BEGIN + DAYS * DAY_SECONDS


def test_an_invoice_becomes_past_due_without_being_changed() -> None:
    one = sandbox(scale=0.3)
    world = one.world()
    read = world.registry.read

    def statuses() -> dict[str, tuple[str, int]]:
        return {row.id: (read(row, "invoiceStatus"), row.updated) for row in world.tables["Invoice"].rows}

    quiet = 0
    for _ in range(DAYS):
        before = statuses()
        one.move_clock(DAY_SECONDS)
        after = statuses()
        for number, (status, updated) in before.items():
            if status == "awaiting_payment" and after[number] == ("past_due", updated):
                quiet += 1
    assert quiet > 0


def test_what_was_deleted_stays_away() -> None:
    one = sandbox()
    world = one.world()
    client = next(
        row
        for row in world.tables["Client"].rows
        if any(world.registry.read(job, "completedAt") is None for job in world.children(row, "Job"))
    )
    world.delete(client)
    one.move_clock(DAYS * DAY_SECONDS)
    for table in world.tables.values():
        for row in table.rows:
            assert row.parent is None or row.parent.is_there, table.type_name
    assert truth_of(world)["issuedByMonth"]


def test_edits_by_hand_count() -> None:
    world = sandbox().world()
    line = world.tables["InvoiceLineItem"].rows[0]
    invoice = line.parent
    assert invoice is not None
    read = world.registry.read
    total = read(invoice, "amounts.total")
    world.edit(line, {"quantity": read(line, "quantity") + 1.0}, touch=False)
    assert read(invoice, "amounts.total") > total
    assert truth_of(world)["invoices"][invoice.id]["totalCents"] == round(read(invoice, "amounts.total") * 100)
    world.delete(line)
    assert truth_of(world)["invoices"][invoice.id]["totalCents"] == round(read(invoice, "amounts.total") * 100)


def test_the_endpoints_of_clock_and_truth() -> None:
    with asking(Options(scale=0.05, today="2026-05-20")) as asker:
        before = asker.admin("truth", method="GET")
        asker.admin("clock", {"seconds": 30 * DAY_SECONDS})
        after = asker.admin("truth", method="GET")
        assert after["today"] > before["today"]
        assert len(after["invoices"]) > len(before["invoices"])
    with asking(Options(world="hostile", scale=0.02)) as asker:
        assert "business" in asker.admin("truth", method="GET")["message"]


@pytest.mark.parametrize("today", ["2026-02-29", "today"])
def test_a_day_that_is_none_is_refused(today: str) -> None:
    with pytest.raises(SystemExit):
        parse(["--today", today])


def test_what_goes_on_is_stamped_after_the_time_that_the_server_told() -> None:
    one = Sandbox(Options(scale=0.05, today="2026-05-20"))
    told = one.clock()
    one.move_clock(30 * DAY_SECONDS)
    stamps = [row.created for row in one.world().tables["Quote"].rows]
    assert max(stamps) > told - DAY_SECONDS
    assert one.clock() >= max(stamps)
