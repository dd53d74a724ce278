"""Streams of ids: all rows of a table that exist, so that rows that are gone can be told from unchanged ones."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from tap_jobber.extraction.id_list import read_ids, spool
from tap_jobber.extraction.source import Part
from tap_jobber.extraction.walk_events import Found
from tap_jobber.graphql.tree import among
from tap_jobber.streams.billing import Invoices, PaymentRecords
from tap_jobber.streams.catalog import Products
from tap_jobber.streams.clients import Clients, Properties
from tap_jobber.streams.root_stream import RootStream
from tap_jobber.streams.scheduling import Visits
from tap_jobber.streams.team import Expenses, TimeSheetEntries, Users
from tap_jobber.streams.work import Jobs, Quotes, Requests
from tap_jobber.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tap_jobber.extraction.page_fetcher import PageFetcher
    from tap_jobber.extraction.walk import Walk
    from tap_jobber.extraction.walk_events import Reached
    from tap_jobber.graphql.tree import Selection
    from tap_jobber.streams.protocols import WalkedStream

_READ = "readAt"
_COUNT = "readCount"


class IdStream(RootStream):
    """The ids of another stream's rows, all of them each time, whatever the start date.

    A subclass states its name and the table that it is of. Nothing is written before the last id has been read. All
    rows of one read carry the same moment and their number, so that rows with an older moment are known to be gone
    once as many as that have come with a newer one.
    """

    of: ClassVar[type[RootStream]]
    """The stream whose rows the ids are of."""
    selected_by_default = False
    has_second_look = False
    can_be_resynced = False
    comes_last = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Read what the table reads, in its order."""
        super().__init_subclass__(**kwargs)
        cls.root, cls.scope, cls.order, cls.fixed_filter = cls.of.root, cls.of.scope, cls.of.order, cls.of.fixed_filter
        cls.former_root = cls.of.former_root

    @classmethod
    @override
    def node_type(cls) -> str:
        """Return the type of the table's nodes."""
        return cls.of.node_type()

    @classmethod
    @override
    def types_referred_to(cls) -> tuple[str, ...]:
        """Return none: references lead to the rows themselves."""
        return ()

    @classmethod
    @override
    def full_selection(cls) -> Selection:
        """Return the id and, where an edit can move a row, its place."""
        place = cls.order.place if cls.order is not None else None
        return super().full_selection().where(among(["id", *([place] if place else [])]))

    @classmethod
    @override
    def derived_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema of a row."""
        ids = cls.described(super().full_selection().where(among(["id"])), ("id",))
        moment = {
            "type": "string",
            "format": "date-time",
            "description": "When the read that found the id began, by Jobber's clock.",
        }
        count = {"type": "integer", "description": "How many ids that read found."}
        return {**ids, "properties": {**ids["properties"], _READ: moment, _COUNT: count}}

    @cached_property
    @override
    def part(self) -> Part:
        """The stream's part of the walk: the least there is, whatever the catalog selects."""
        return Part(self.name, self.full_selection())

    @cached_property
    @override
    def shape(self) -> Callable[[dict[str, Any]], dict[str, Any]]:
        """A function that changes nothing: rows are made of ids, not of nodes."""
        return dict

    @override
    def events(
        self, walk: Walk, fetcher: PageFetcher, streams: Mapping[str, WalkedStream]
    ) -> Iterator[Found | Reached]:
        """Yield all ids once the last has been read."""
        is_trial = self.ABORT_AT_RECORD_COUNT is not None
        if is_trial:
            self.begin_partial()
        else:
            self.begin()
        with spool() as ids:
            began = fetcher.extraction.server_seconds(self.usage)
            if self.bookmark.read_at is not None:
                # The latest read is known by its moment, even if the server's clock has been set back.
                began = max(began, self.bookmark.read_at + 1)
            read_ids(fetcher, self.part, ids, is_trial=is_trial)
            moment, count = format_timestamp(began), len(ids)
            for each in ids:
                yield Found(self.name, {"id": each, _READ: moment, _COUNT: count})
        if not is_trial:
            self.bookmark.read_at = began


class ClientIds(IdStream):
    """The ids of clients."""

    name = "client_ids"
    of = Clients


class PropertyIds(IdStream):
    """The ids of properties."""

    name = "property_ids"
    of = Properties


class RequestIds(IdStream):
    """The ids of requests."""

    name = "request_ids"
    of = Requests


class QuoteIds(IdStream):
    """The ids of quotes."""

    name = "quote_ids"
    of = Quotes


class JobIds(IdStream):
    """The ids of jobs."""

    name = "job_ids"
    of = Jobs


class VisitIds(IdStream):
    """The ids of visits."""

    name = "visit_ids"
    of = Visits


class InvoiceIds(IdStream):
    """The ids of invoices."""

    name = "invoice_ids"
    of = Invoices


class ExpenseIds(IdStream):
    """The ids of expenses."""

    name = "expense_ids"
    of = Expenses


class TimeSheetEntryIds(IdStream):
    """The ids of time sheet entries."""

    name = "time_sheet_entry_ids"
    of = TimeSheetEntries


class PaymentRecordIds(IdStream):
    """The ids of payment records."""

    name = "payment_record_ids"
    of = PaymentRecords


class ProductIds(IdStream):
    """The ids of products and services."""

    name = "product_ids"
    of = Products


class UserIds(IdStream):
    """The ids of users."""

    name = "user_ids"
    of = Users
