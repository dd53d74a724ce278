"""Fill an account with the rows of a field-service business: how many of each type, and created when.

Most parents have few children and some have hundreds, and an import has left many rows with one and the same
`updatedAt`; both are what a reader of the account must live with.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, NamedTuple

from jobber_sandbox.fields.billing import BALANCE_TYPES, PAYMENT_MEMBERS
from jobber_sandbox.fields.catalog import APPLIES_TO, KINDS
from jobber_sandbox.fields.clients import EMAILS_SALT, PHONES_SALT
from jobber_sandbox.timestamps import DAY_SECONDS
from jobber_sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobber_sandbox.registry import Registry
    from jobber_sandbox.world import Row, Table

HISTORY_SECONDS = 5 * 365 * DAY_SECONDS
IMPORTED_SHARE = 0.45
PARENTS_PER_GIANT = 500
FIRST_GIANT = 2


class Staff(NamedTuple):
    """A table whose size hardly grows with the business."""

    type_name: str
    rows: int
    rows_per_scale: float = 0.0


class Main(NamedTuple):
    """A table that makes the history of the business."""

    type_name: str
    rows_per_scale: int
    parent_name: str | None = None
    imported: bool = False
    kind: str | None = None
    members: tuple[str, ...] = ()


class Children(NamedTuple):
    """A table whose rows hang from others, skewed: many parents with few, some with very many."""

    type_name: str
    parent_name: str
    rows_per_parent: float
    giant_rows: int = 0
    within_days: int = 20
    members: tuple[str, ...] = ()
    kind: str | None = None


class Rolled(NamedTuple):
    """A table with none to a few rows below each row of another, and of a third; how many follows from that row."""

    type_name: str
    parent_name: str
    other_parent: str
    salt: int
    most: int
    members: tuple[str, ...] = ()
    kind: str | None = None


class One(NamedTuple):
    """A table with at most one row below each row of another."""

    type_name: str
    parent_name: str
    one_in: int
    members: tuple[str, ...] = ()
    kind: str | None = None


Shape = Main | Children | Rolled | One

STAFF = (
    Staff("User", 12, 1.5),
    Staff("Vehicle", 6, 0.4),
    Staff("TaxRate", 8),
    Staff("ProductOrService", 70, 2.0),
    Staff("Tag", 24),
    Staff("Application", 6, 0.3),
    Staff("ExpenseSuggestion", 14, 1.0),
    Staff("OnlineBookingConfiguration", 1),
    Staff("RequestSettings", 3, 0.2),
)
HISTORY: tuple[Shape, ...] = (
    Main("Client", 450, imported=True),
    Children("ContactModel", "Client", 0.4),
    Children("ClientNote", "Client", 0.7, giant_rows=150, within_days=600),
    Main("Property", 520, "Client"),
    Main("Request", 220, "Property", imported=True),
    Children("RequestLineItem", "Request", 0.8, giant_rows=110),
    Children("RequestNote", "Request", 0.3),
    Children("Assessment", "Request", 0.4),
    Main("Quote", 300, "Property", imported=True),
    Children("QuoteLineItem", "Quote", 2.0, giant_rows=220),
    Children("QuoteNote", "Quote", 0.3),
    Main("Job", 420, "Property", imported=True),
    Children("JobLineItem", "Job", 2.2, giant_rows=300),
    Children("JobNote", "Job", 0.5, giant_rows=120, within_days=200),
    Children("Visit", "Job", 1.9, giant_rows=140, within_days=500),
    Children("TimeSheetEntry", "Visit", 0.5, within_days=2),
    Main("Task", 70, "Property"),
    Main("Event", 30, "Property"),
    Main("Invoice", 400, "Client", imported=True),
    Children("InvoiceLineItem", "Invoice", 1.8, giant_rows=260),
    Children("InvoiceNote", "Invoice", 0.15),
    Children("PaymentRecordInterface", "Invoice", 0.7, members=PAYMENT_MEMBERS, kind="PaymentRecord"),
    Children(
        "PaymentRecordAllocationInterface",
        "PaymentRecordInterface",
        0.9,
        members=(*("InvoicePaymentRecordAllocation",) * 3, "QuotePaymentRecordAllocation"),
        kind="PaymentRecordAllocation",
    ),
    Children("PaymentRecordRefund", "PaymentRecordInterface", 0.1),
    Main("PayoutRecord", 90),
    Children(
        "BalanceTransactionInterface",
        "PayoutRecord",
        2.5,
        giant_rows=130,
        members=tuple(BALANCE_TYPES),
        kind="BalanceTransaction",
    ),
    Main("Expense", 160),
    # What follows was added later: a row of what stands above is the same without it.
    One("AppAlert", "Application", 2),
    Rolled("Email", "Client", "ContactModel", EMAILS_SALT, 2),
    Rolled("ClientPhoneNumber", "Client", "ContactModel", PHONES_SALT, 3),
    Children("ClientNoteFile", "ClientNote", 0.2, giant_rows=115),
    Children("RequestNoteFile", "RequestNote", 0.2),
    Children("QuoteNoteFile", "QuoteNote", 0.2),
    Children("JobNoteFile", "JobNote", 0.2, giant_rows=105),
    Children("InvoiceNoteFile", "InvoiceNote", 0.2),
    Main("JobberPaymentsCapitalLoan", 12, kind="CapitalLoan"),
    Main("ExternalReminder", 30),
    Main("ExpenseUpload", 20),
    Children("ExpenseUploadDocument", "ExpenseUpload", 1.3, within_days=2),
    Main("SupplierInvoiceBatch", 12),
    Children("SupplierInvoiceDocument", "SupplierInvoiceBatch", 3.0, giant_rows=130, within_days=2),
    Main("MarketingItemType", 36, kind="MarketingItem"),
    Children("MarketingPostImage", "MarketingItemType", 1.2, giant_rows=110, within_days=2),
    Main("MarketingTask", 36),
)


def build_world(seed: int, number: int, scale: float, clock: Callable[[], float], registry: Registry) -> World:
    """Return an account with all its rows."""
    now = int(clock())
    world = World(seed, number, now, clock, registry)
    chance = random.Random(f"{seed} {number}")  # noqa: S311 it has to be repeatable, not secret
    start = now - HISTORY_SECONDS
    add_tables(world)
    world.tables["Account"].last_number = 1_000 * number
    world.tables["Account"].add(start, start)
    for staff in STAFF:
        _evenly(world.tables[staff.type_name], staff.rows + int(staff.rows_per_scale * scale), start, now)
    _evenly(world.tables["CustomFieldConfiguration"], len(APPLIES_TO), start, now)
    for shape in HISTORY:
        table = world.tables[shape.type_name]
        if isinstance(shape, Main):
            _main(table, shape, scale, chance)
        elif isinstance(shape, Children):
            _children(table, shape, chance)
        elif isinstance(shape, Rolled):
            _rolled(table, shape)
        else:
            _one_each(table, shape)
    return world


def add_tables(world: World) -> None:
    """Make all tables of an account, without rows."""
    world.add_table("Account")
    for staff in STAFF:
        world.add_table(staff.type_name)
    world.add_table("CustomFieldConfiguration", members=tuple(f"CustomFieldConfiguration{kind}" for kind in KINDS))
    for shape in HISTORY:
        other_parent = shape.other_parent if isinstance(shape, Rolled) else None
        world.add_table(shape.type_name, shape.parent_name, shape.members, shape.kind, other_parent)


def _evenly(table: Table, rows: int, start: int, now: int) -> None:
    step = (now - start) // (rows + 1)
    for index in range(rows):
        created = start + index * step
        table.add(created, created + step // 2)


def _main(table: Table, shape: Main, scale: float, chance: random.Random) -> None:
    world = table.world
    parents = world.tables[shape.parent_name].rows if shape.parent_name else None
    rows = max(3, round(shape.rows_per_scale * scale))
    start, now, roll = world.now - HISTORY_SECONDS, world.now, chance.random
    stamps = sorted(start + int(roll() ** 0.7 * HISTORY_SECONDS) for _ in range(rows))
    imported = int(rows * IMPORTED_SHARE) if shape.imported else 0
    import_stamp = stamps[imported] if imported else 0
    for index, stamp in enumerate(stamps):
        parent = _parent(parents, roll()) if parents else None
        created = max(stamp, parent.created) if parent is not None else stamp
        if index < imported:
            table.add(min(created, import_stamp), import_stamp, parent)
        else:
            table.add(created, created + int(roll() ** 3 * (now - created)), parent)


def _parent(parents: list[Row], roll: float) -> Row:
    """Return some parent, the first ones far more often."""
    return parents[int(roll**1.6 * len(parents))]


def _children(table: Table, shape: Children, chance: random.Random) -> None:
    world = table.world
    now, roll, within = world.now, chance.random, shape.within_days * DAY_SECONDS
    for index, parent in enumerate(world.tables[shape.parent_name].rows):
        is_giant = shape.giant_rows and index % PARENTS_PER_GIANT == FIRST_GIANT
        count = shape.giant_rows if is_giant else skewed(roll(), shape.rows_per_parent)
        for _ in range(count):
            created = min(now, parent.created + int(roll() * within))
            table.add(created, max(created, min(now, parent.updated)), parent)


def _rolled(table: Table, shape: Rolled) -> None:
    for parent_name in (shape.parent_name, shape.other_parent):
        for parent in table.world.tables[parent_name].rows:
            for _ in range(parent.roll(shape.salt) % (shape.most + 1)):
                table.add(parent.created, parent.updated, parent)


def _one_each(table: Table, shape: One) -> None:
    for index, parent in enumerate(table.world.tables[shape.parent_name].rows):
        if index % shape.one_in == 0:
            table.add(parent.created, parent.updated, parent)


def skewed(roll: float, mean: float) -> int:
    """Return a number of children with about the given mean: mostly few, seldom many times the mean."""
    return int(mean * 0.42 / (1.0 - roll * 0.98) ** 0.74 + (roll * 7.0) % 1.0)
