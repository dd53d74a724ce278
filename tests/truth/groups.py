"""The streams that are read in one walk, and how the rows of the account hang together for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tap_jobber.extraction.source import Mode
from tap_jobber.graphql.tree import columns
from tap_jobber.streams import STREAMS
from tap_jobber.streams.child_stream import ChildStream
from tap_jobber.streams.root_stream import RootStream
from tests.truth.account import MARKS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_jobber.streams.jobber_stream import JobberStream


def name_of(stream: Any) -> str:  # noqa: ANN401 - the SDK declares names of instances only
    """Return the name that a class of streams has."""
    return str(stream.name)


@dataclass(frozen=True)
class Child:
    """A list of each row of a group's root.

    Args:
        stream: Its stream.
    """

    stream: type[ChildStream]

    @property
    def name(self) -> str:
        """Its stream's name."""
        return name_of(self.stream)

    @property
    def field(self) -> str:
        """The connection's field."""
        return self.stream.list_field

    @property
    def type_name(self) -> str:
        """The type of its rows."""
        return self.stream.node_type()

    @cached_property
    def keys(self) -> tuple[str, str]:
        """The columns that tell its rows apart."""
        return self.stream._keys()  # noqa: SLF001 - what a made stream has as its primary keys

    @cached_property
    def has_id(self) -> bool:
        """True if its rows have ids."""
        return self.keys[1] != "position"

    @cached_property
    def mark(self) -> str | None:
        """The column that says which edit of a row it is, if it is not a mere link."""
        names = columns(self.stream.full_selection())
        known = (MARKS.get(self.type_name), "message", "description")
        return next((name for name in known if name in names), None)

    @cached_property
    def change(self) -> str | None:
        """The column with the time of change of the row it belongs to."""
        return self.stream._parent_change_column()  # noqa: SLF001 - as above


@dataclass(frozen=True)
class Group:
    """A root stream and its lists.

    Args:
        root: The root stream.
        above: Types of rows that rows of the root hang from, outermost first.
        hanging: Types of rows that hang from rows of the root.
        beside: Other types that its lists show.
        moves: A field that its list is sorted or cut by, and that an edit can change.
    """

    root: type[RootStream]
    above: tuple[str, ...] = ()
    hanging: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    moves: str | None = None

    @property
    def name(self) -> str:
        """The root stream's name."""
        return name_of(self.root)

    @cached_property
    def type_name(self) -> str:
        """The type of the root's rows, as a table has it."""
        return self.root.node_type()

    @cached_property
    def lists(self) -> tuple[Child, ...]:
        """The lists of the root's rows: of those that are read alike some, or each example would take too long."""
        found: list[Any] = [each for each in STREAMS if issubclass(each, ChildStream) and each.selected_by_default]
        return tuple(Child(each) for each in found if each.parent is self.root and each.node_type() in MARKS)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of its streams, the root first."""
        return (self.name, *(child.name for child in self.lists))

    @property
    def others(self) -> tuple[str, ...]:
        """The types of what its lists show."""
        return (*self.hanging, *self.beside)

    @cached_property
    def shows_change(self) -> bool:
        """True if a row has the time of its last change."""
        return "updatedAt" in columns(self.root.full_selection())

    @property
    def is_incremental(self) -> bool:
        """True if its streams have bookmarks."""
        return self.root.mode is not Mode.WHOLE

    @cached_property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """The columns of each stream that tests look at."""
        shown = {self.name: ("id", MARKS[self.type_name], *(["updatedAt"] if self.shows_change else []))}
        for child in self.lists:
            named = (*child.keys, child.mark, child.change)
            shown[child.name] = tuple(name for name in named if name is not None)
        return shown


_EVERY: tuple[type[JobberStream], ...] = STREAMS
_TABLES = [each for each in _EVERY if issubclass(each, RootStream)]


def _table(name: str) -> type[RootStream]:
    return next(each for each in _TABLES if name_of(each) == name)


_PLACE = ("Client", "Property")
GROUPS = {
    group.name: group
    for group in (
        Group(_table("clients"), hanging=("ContactModel", "ClientNote"), beside=("Tag",)),
        Group(_table("requests"), _PLACE, ("RequestLineItem", "RequestNote"), ("ClientNote",)),
        Group(_table("quotes"), _PLACE, ("QuoteLineItem", "QuoteNote"), ("ClientNote",)),
        Group(_table("jobs"), _PLACE, ("JobLineItem", "JobNote"), ("ClientNote",)),
        Group(_table("invoices"), ("Client",), ("InvoiceLineItem", "InvoiceNote"), ("ClientNote", "Job")),
        Group(
            _table("payment_records"),
            ("Client", "Invoice"),
            ("PaymentRecordAllocationInterface", "PaymentRecordRefund"),
            moves="entryDate",
        ),
        Group(_table("payout_records"), hanging=("BalanceTransactionInterface",), moves="arrivalDate"),
        Group(_table("visits"), (*_PLACE, "Job"), (), ("JobLineItem", "User")),
        Group(_table("tasks"), _PLACE, moves="startAt"),
        Group(_table("assessments"), (*_PLACE, "Request"), moves="startAt"),
        Group(_table("events"), _PLACE, moves="startAt"),
        Group(_table("expenses")),
        Group(_table("time_sheet_entries"), (*_PLACE, "Job", "Visit"), moves="startAt"),
        Group(_table("properties"), ("Client",)),
        Group(_table("users")),
        Group(_table("products"), moves="name"),
        Group(_table("vehicles")),
        Group(_table("tax_rates")),
        Group(_table("custom_field_configurations")),
    )
}
"""All streams but the account itself, by the name of the root."""
EACH_WAY = ("jobs", "properties", "visits", "assessments", "products")
"""A group of each way of reading."""
