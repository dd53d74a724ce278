"""Streams of the API's root fields: each walks its field once, for itself and for the lists of its rows."""

from __future__ import annotations

import time
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from singer_sdk.exceptions import SingerSDKError
from typing_extensions import override

from tap_jobber.api.client import NotPermittedError
from tap_jobber.errors import Contained
from tap_jobber.extraction.connection_reader import FIRST_LOOK_ROWS
from tap_jobber.extraction.page_fetcher import PageFetcher
from tap_jobber.extraction.row_count import RowCount
from tap_jobber.extraction.single import read_single
from tap_jobber.extraction.source import Mode, Part, Source
from tap_jobber.extraction.walk import Walk
from tap_jobber.extraction.walk_events import Found, Reached
from tap_jobber.graphql.navigation import listed_type, lookup_of, needs_filter
from tap_jobber.graphql.sdl import all_types
from tap_jobber.graphql.tree import among, columns
from tap_jobber.streams.jobber_stream import JobberStream
from tap_jobber.streams.reading_modes import read_changed, read_history, read_newest_first
from tap_jobber.streams.resynced_walk import ResyncedWalk
from tap_jobber.streams.rolling_resync import RollingResync, forget
from tap_jobber.streams.walk_losses import is_lost, leave_out

if TYPE_CHECKING:
    from collections.abc import Container, Hashable, Iterable, Iterator, Mapping, Sequence

    from singer_sdk.helpers.types import Context, Record

    from tap_jobber.errors import StreamError, TapError
    from tap_jobber.extraction.data_loss import Lose
    from tap_jobber.extraction.overlap import Node
    from tap_jobber.extraction.source import Order, Recency, Stamp
    from tap_jobber.streams.protocols import Row, StreamTap, WalkedStream

_CHANGE = "updatedAt"


class RootStream(JobberStream):
    """One root field of the API.

    A subclass states what the schema does not know. Its docstring says what a row is.

    Args:
        tap: The tap.
    """

    root: ClassVar[str]
    """The root field of the API."""
    scope: ClassVar[str | None] = None
    """The scope that the app needs, as far as it is known."""
    order: ClassVar[Order | None] = None
    """An order that rows keep; None where the API offers none, which means most recent first."""
    mode: ClassVar[Mode] = Mode.WHOLE
    """The way in which the stream finds new rows."""
    stamp: ClassVar[Stamp | None] = None
    """The timestamp that history can be cut into windows by."""
    fixed_filter: ClassVar[str] = ""
    """The fixed part of the filter, as GraphQL text."""
    scheduled_filter: ClassVar[str] = ""
    """The fixed part for windows of a calendar that leave out unscheduled items."""
    needed_filters: ClassVar[tuple[str, ...]] = ()
    """Keys of the filter without which rows of other streams would come."""
    former_root: ClassVar[str | None] = None
    """The root field that older versions of the API have instead."""
    key: ClassVar[str] = "id"
    """The field that tells rows apart."""
    may_be_absent: ClassVar[bool] = False
    """True if the root field is a single object that an account can be without."""
    alike: ClassVar[tuple[str, str] | None] = None
    """A reference of the rows, and the list of them that its object has: those in one have lists of like lengths."""
    has_second_look: ClassVar[bool] = True
    """True if a second look at its ids can tell that a row was missed because an edit had moved it."""
    recency: ClassVar[Recency | None] = None
    """How to ask for the rows that have changed most recently, where none shows when it did."""
    lookback_filters: ClassVar[tuple[str, ...]] = ()
    """Keys of the filter on timestamps around which a row without a time of change may well change."""
    can_be_resynced: ClassVar[bool] = True
    """True if a rolling resync may read a part of the rows; false if each run has to read them all."""

    def __init__(self, tap: StreamTap) -> None:
        super().__init__(tap)
        self._resynced: ResyncedWalk | None = None
        self._row_count = RowCount()
        self.primary_keys = (self.key_column(),)
        self.replication_key = None if self.mode is Mode.WHOLE else _CHANGE

    @property
    def round_version(self) -> int | None:
        """The version to write the rows of a round with that begins now; None if rows have none."""
        return self.tap.read_version if self.tap.settings.tells_what_is_gone else None

    @property
    def is_resynced(self) -> bool:
        """True if a rolling resync reads the stream."""
        return self._resynced is not None

    @property
    @override
    def is_read_whole(self) -> bool:
        """True if each run reads all rows, of which one with `resync_days` would read a share."""
        has_lookback = bool(self.lookback_filters) and self.lookback_days is not None
        return self.mode is Mode.WHOLE and self.can_be_resynced and self.source.is_connection and not has_lookback

    @property
    def rows_of_first_look(self) -> int | None:
        """Rows that a run looks at to learn that nothing has changed; None if it does not ask for changes only."""
        finds_changes = self.source.is_connection and self.is_incremental and self.stamp is not None
        return {Mode.CHANGED: 0, Mode.NEWEST_FIRST: FIRST_LOOK_ROWS}.get(self.mode) if finds_changes else None

    @property
    def lookback_days(self) -> int | None:
        """The configured look-back."""
        return self.tap.settings.visit_lookback_days

    @override
    def rows_reached(self) -> tuple[int, int | None]:
        """Return the rows of the walk so far, and about how many it will have; None if that is not known."""
        count = self._row_count
        return max(self.usage.rows, count.rows) if count.expected_rows is None else count.rows, count.expected_rows

    @classmethod
    @override
    def node_type(cls) -> str:
        """Return the type of the root field's nodes."""
        return listed_type("Query", cls.root)[0]

    @classmethod
    @override
    def derived_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema of a row."""
        return cls.described(cls.full_selection(), (cls.key_column(),))

    @classmethod
    @override
    def types_referred_to(cls) -> tuple[str, ...]:
        """Return the types whose ids lead to rows of this stream: none if its key is another field."""
        if "name" not in vars(cls) or cls.key != "id" or not cls._has_id():
            return ()
        return all_types(cls.node_type()) if cls.home_of is None else cls.home_of

    @classmethod
    def key_column(cls) -> str:
        """Return the column of its key."""
        fields = cls.full_selection().every_field()
        return next(field.column for field in fields if field.name == cls.key)

    @classmethod
    def _has_id(cls) -> bool:
        return "id" in columns(cls.full_selection())

    @cached_property
    def required(self) -> tuple[str, ...]:
        """Fields of the node that reading cannot do without."""
        names = [self.key]
        if self.order is not None and self.order.place is not None:
            names.append(self.order.place)
        if self.stamp is not None and self.stamp.column is not None:
            names.append(self.stamp.column)
        if _CHANGE in columns(self.full_selection()) and (self.mode is not Mode.WHOLE or self.children):
            names.append(_CHANGE)
        return tuple(dict.fromkeys(names))

    @cached_property
    def children(self) -> list[WalkedStream]:
        """Selected streams that are read in the same walk: of lists of its rows, or of more in them."""
        children = cast("list[JobberStream]", self.child_streams)
        return [child.in_walk_of(self) for child in children if child.selected]

    @cached_property
    @override
    def part(self) -> Part:
        """The stream's part of the walk."""
        return Part(self.name, self.selected_of(self.full_selection(), self.required))

    @cached_property
    def source(self) -> Source:
        """The root field, as the walk reads it."""
        return Source(
            name=self.name,
            root=self.root,
            type_name=self.node_type(),
            is_connection=listed_type("Query", self.root)[1],
            order=self.order,
            stamp=self.stamp,
            required=self.required,
            fixed_filter=self.fixed_filter,
            scheduled_filter=self.scheduled_filter,
            needs_filter=needs_filter(self.root),
            has_id=self._has_id(),
            lookup=lookup_of(self.node_type()),
            needed_filters=self.needed_filters,
            former_root=self.former_root,
        )

    def _resynced_walk(self, walk: Walk, streams: Sequence[WalkedStream]) -> ResyncedWalk | None:
        """Return the walk as it reads with a rolling resync; None where everything is to be read each time."""
        days = self.tap.settings.resync_days
        is_whole_wanted = self.mode is not Mode.WHOLE and not self.is_incremental
        if days is None or is_whole_wanted or not self.can_be_resynced or not self.source.is_connection:
            forget(self.stream_state, [stream.stream_state for stream in streams])
            return None
        return ResyncedWalk(self, walk, streams, RollingResync(self.stream_state, float(days)))

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        """Walk the root field, and hand on the rows of all streams that are read from it.

        Args:
            context: Not used: no stream is partitioned.

        Yields:
            Each row of this stream, and again each that changed meanwhile.
        """
        started, self.tap.reading = time.monotonic(), self.name
        streams: list[WalkedStream] = [self, *self.children] if self.selected else self.children
        for stream in self.children:
            stream.write_schema()
        lose = partial(leave_out, streams)
        fetcher = self.fetcher(lose)
        self._row_count = fetcher.row_count
        self._row_count.wants_total = self.tap.settings.progress != "off"
        by_name = {stream.name: stream for stream in streams}
        walk = self.walk(fetcher, by_name)
        self._resynced = self._resynced_walk(walk, streams)
        met: set[Hashable] | None = set() if self.looks_twice else None
        # A read that was stopped before it came to anything begins anew.
        reads = [stream.bookmark.progress for stream in streams]
        is_whole = all(read is None or read.until is None for read in reads)
        try:
            with Contained(lambda error: self._lose([by_name[name] for name in walk.left(by_name)], error)):
                yield from self._handed_on(self.events(walk, fetcher, by_name), walk, by_name, met)
        finally:
            fetcher.report_hidden()
        if fetcher.hidden.rows:
            # Hidden and gone look the same.
            for stream in streams:
                stream.begin_partial()
        left = [stream for stream in streams if not is_lost(stream)]
        sees_all = any(stream in left and self._sees_each_node(stream) for stream in streams)
        is_certain = self._has_read_all(fetcher, walk.bare, met if is_whole and sees_all else None)
        complete = left if is_certain else []
        if self._resynced is not None:
            complete = self._resynced.end([] if fetcher.hidden.rows else complete)
        for stream in complete:
            stream.complete()
        for stream in left:
            stream.log_end(time.monotonic() - started)
        self.write_state()

    def fetcher(self, lose: Lose) -> PageFetcher:
        """Return what asks for the pages of the root field.

        Args:
            lose: Told what cannot be had.
        """
        return PageFetcher(self.tap.extraction, self.source, self.usage, self.ABORT_AT_RECORD_COUNT, lose)

    @cached_property
    def bare(self) -> Part:
        """The least that can be asked for of a row."""
        return Part(self.name, self.full_selection().where(among(self.required)))

    def walk(self, fetcher: PageFetcher, by_name: Mapping[str, WalkedStream]) -> Walk:
        """Return the walk over the root field for some streams."""
        parts = [stream.part for stream in self.children]
        return Walk(
            fetcher,
            self.part if self.selected else None,
            self.bare,
            lists=tuple(part for part in parts if part.path is not None),
            also=tuple(part for part in parts if part.path is None),
            on_loss=lambda name, error: self._lose([by_name[name]], error),
        )

    def _handed_on(
        self,
        events: Iterable[Found | Reached],
        walk: Walk,
        by_name: Mapping[str, WalkedStream],
        met: set[Hashable] | None,
    ) -> Iterator[Record]:
        """Make the rows of all streams and hand them on: the one way out of a walk.

        Args:
            events: The events of the walk.
            walk: The walk.
            by_name: The streams.
            met: The set to add ids of the root stream's rows to; None if they are not needed.

        Yields:
            The root stream's own rows, which the SDK writes; those of the others are written here.
        """
        guards = {name: Contained(partial(walk.lose, name), SingerSDKError) for name in by_name}
        for event in events:
            if isinstance(event, Reached) or event.name in walk.lost:
                continue
            stream = by_name[event.name]
            if met is not None and self._sees_each_node(stream):
                met.add((event.parent or event.node)["id"])
            with guards[event.name]:
                for row in stream.rows_of(event.node, event.parent):
                    if stream is self:
                        self.usage.rows += 1
                        yield row
                    else:
                        stream.hand_on(row)

    def _sees_each_node(self, stream: WalkedStream) -> bool:
        """Return True if the walk hands each of its nodes to a stream, whatever is in them."""
        return stream is self or stream.part.path is None

    def _has_read_all(self, fetcher: PageFetcher, bare: Part, met: Container[Hashable] | None) -> bool:
        """Return True if no row can have been missed; take a second look where that does not follow from the order.

        Args:
            fetcher: The reader of the rows.
            bare: The least that can be asked for of a row.
            met: The ids that were met; None where a second look would tell nothing.
        """
        if not self.looks_twice or (self._resynced is not None and not self._resynced.is_whole):
            # In the order that is left where the wanted one is unknown, an edit can move a row to where the read was.
            return fetcher.source.order == self.source.order
        is_certain = False
        if met is not None:
            with Contained(self.set_aside):
                is_certain = self.has_met_all(met, self.ids_again(fetcher, bare))
        return is_certain

    @override
    def rows_of(self, node: Node, parent: Node | None) -> tuple[Row]:
        """Return the one row that a node makes."""
        if not self._is_known_by_id:
            # Its place in the list has served as its id.
            node.pop("id", None)
        return (self.selected_of_row(self.shape(node)),)

    @cached_property
    def _is_known_by_id(self) -> bool:
        return self._has_id()

    @property
    def looks_twice(self) -> bool:
        """True if it is to be known what is gone, and an edit can move a row to where the walk has been."""
        if not self.tap.settings.tells_what_is_gone or self.is_incremental:
            return False
        if not (self.has_second_look and self.source.is_connection and self.source.has_id):
            return False
        return not self._is_order_kept or (self.stamp is not None and self.stamp.may_go_back)

    @property
    def _is_order_kept(self) -> bool:
        """True if no edit can move a row within the list."""
        return self.order is not None and self.order.place is None

    @property
    def may_miss_moved_rows(self) -> bool:
        """True if an edit can move a row to where the walk has been, and nothing else would bring it in that run."""
        return self.looks_twice and not self._is_order_kept

    def ids_again(self, fetcher: PageFetcher, bare: Part) -> Iterator[Hashable]:
        """Yield the ids that a second look shows."""
        look = Walk(fetcher, bare, bare)
        events = look.whole() if self.stamp is None else look.windows({self.name: self.start_seconds})
        yield from (event.node["id"] for event in events if isinstance(event, Found))

    def events(
        self, walk: Walk, fetcher: PageFetcher, streams: Mapping[str, WalkedStream]
    ) -> Iterator[Found | Reached]:
        """Yield what the walk finds that the stream's mode asks for, and move bookmarks on the way."""
        if self._resynced is not None:
            yield from self._resynced.events()
            return
        for stream in streams.values():
            stream.begin()
        if not self.source.is_connection:
            node = read_single(fetcher, self.part, may_be_absent=self.may_be_absent)
            if node is not None:
                yield Found(self.name, node)
        elif self.stamp is None:
            yield from walk.whole()
        elif self.mode is Mode.CHANGED and self.is_incremental:
            yield from read_changed(walk, streams, self.write_state)
        elif self.mode is Mode.NEWEST_FIRST and self.is_incremental:
            yield from read_newest_first(walk, streams, self)
        else:
            yield from self.history(walk, streams)

    def history(self, walk: Walk, streams: Mapping[str, WalkedStream]) -> Iterator[Found | Reached]:
        """Read all of history in windows, from where a stopped run has come to."""
        yield from read_history(walk, streams, self.write_state)

    def _lose(self, streams: Sequence[WalkedStream], error: StreamError) -> None:
        """Go without streams that are read in one walk, or without what is left of them."""
        if isinstance(error, NotPermittedError) and not any(stream.usage.rows for stream in streams):
            self.skip(streams, NotPermittedError(error.cause, self._remedy(error)))
            return
        # What has been handed on is not all, and a skipped stream has none.
        for stream in streams:
            stream.set_aside(error)

    def _remedy(self, refusal: TapError) -> str:
        if self.scope is None:
            return refusal.remedy
        return f"give the app the scope {self.scope} and its user the permission, then authorise again"
