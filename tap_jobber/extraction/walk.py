"""Walks a root field once for all streams that are read from it: its own rows and the lists of each.

Each stream has its own bookmark, so history is walked in windows that no bookmark lies inside of, and in each
window only those streams are asked for that have not been there.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from tap_jobber.api.client import NotPermittedError
from tap_jobber.errors import Contained, StreamError
from tap_jobber.extraction.child_pages import UNREAD_LIST, LongList, read_child_pages
from tap_jobber.extraction.drift import UnknownRootError
from tap_jobber.extraction.overlap import VOLATILE, Node, Reader
from tap_jobber.extraction.page_fetcher import UNREAD
from tap_jobber.extraction.page_size import MAXIMUM_ROWS
from tap_jobber.extraction.recency_head import RecencyHead
from tap_jobber.extraction.source import Order, Part
from tap_jobber.extraction.windows import HORIZON_SECONDS, TARGET_ROWS, Window, WindowPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence

    from tap_jobber.extraction.overlap import Page
    from tap_jobber.extraction.page_fetcher import PageFetcher
    from tap_jobber.extraction.resync import Stretch

logger = logging.getLogger("tap-jobber.extraction")

# Mostly little has changed, so the first page is short.
_FIRST_LOOK_ROWS = 5
_LONGER_LOOK = 4
_FIRST_ESTIMATE_ROWS = 64
# The first page of a window that may turn out to hold too many, and the page with it to be of no use.
_FIRST_PAGE_ROWS = 20
# Long lists are collected until so many are there, because one query reads the rest of several.
_MOST_LONG_LISTS = 50
_NEWEST_FIRST = Order("sort: {key: UPDATED_AT, direction: DESCENDING}", place="updatedAt")


@dataclass(frozen=True)
class Found:
    """A row of a stream.

    Attributes:
        name: The stream.
        node: The row's node.
        parent: The node that it is in a list of, or of which further rows are made; None for the node's own row.
    """

    name: str
    node: Node
    parent: Node | None = None


@dataclass(frozen=True)
class Reached:
    """All rows of some streams up to a moment have been handed on.

    Attributes:
        names: The streams.
        moment: Up to when, in seconds since 1970.
        is_end: True if nothing is left of this walk.
        rows: Nodes of the root field that this took.
    """

    names: tuple[str, ...]
    moment: int
    is_end: bool = False
    rows: int = 0


class _TooDenseError(Exception):
    """A window holds too many rows to be read in one go.

    Attributes:
        moment: Timestamp of one of them; None if rows do not show it.
    """

    def __init__(self, moment: int | None) -> None:
        super().__init__(moment)
        self.moment = moment


class _SourceChangedError(Exception):
    """The server does not know an argument, so what has been read so far cannot be gone on with."""


@dataclass
class Walk:
    """One walk over a root field.

    Args:
        fetcher: Asks for its pages.
        root: What the root stream asks for of each node; None if it is not selected.
        bare: The least that can be asked for of a node: its key, its stamp and its place.
        lists: What the child streams ask for.
        also: What further streams ask for of each node, to make rows of it themselves.
        on_loss: Takes the name of a stream that the walk goes on without, and why.
    """

    fetcher: PageFetcher
    root: Part | None
    bare: Part
    lists: tuple[Part, ...] = ()
    also: tuple[Part, ...] = ()
    on_loss: Callable[[str, StreamError], None] = lambda _name, _error: None
    lost: set[str] = field(default_factory=set, init=False)
    """The streams that the walk goes on without."""
    repeated_rows: int = field(default=0, init=False)
    """How many rows of the next window may not be its own: they overlap into it from the last, or come with each."""
    _long_lists: list[LongList] = field(default_factory=list, init=False)
    _odd_stamps: set[str] = field(default_factory=set, init=False)

    def lose(self, name: str, error: StreamError) -> None:
        """Go on without a stream."""
        if name not in self.lost:
            self.lost.add(name)
            self.on_loss(name, error)

    def left(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of some streams that the walk has not lost."""
        return tuple(name for name in names if name not in self.lost)

    @property
    def names(self) -> tuple[str, ...]:
        """The streams of the walk."""
        return tuple(part.name for part in ((self.root,) if self.root else ()) + self.also + self.lists)

    def whole(self) -> Iterator[Found]:
        """Read everything, without windows."""
        while True:
            self.fetcher.row_count.begin()
            try:
                yield from self._read(self.names, None)
            except _SourceChangedError:
                continue
            return

    def windows(self, starts: Mapping[str, int | None]) -> Iterator[Found | Reached]:
        """Read history in windows, from each stream's own start to the present.

        Args:
            starts: Where each stream begins; None for the very beginning.
        """
        begun = [start for start in starts.values() if start is not None]
        plan = WindowPlan(None if len(begun) < len(starts) else min(begun), begun, self._longest_seconds)
        yield from self._planned(plan, starts)

    def stretch(self, stretch: Stretch, names: Iterable[str]) -> Iterator[Found | Reached]:
        """Read a part of history again, in windows.

        Args:
            stretch: Where it begins and ends, and after how many rows to stop.
            names: The streams to read it for.
        """
        plan = WindowPlan(
            stretch.lo,
            span_seconds=self._longest_seconds,
            end=stretch.hi,
            target_rows=min(stretch.rows, TARGET_ROWS),
            rows=stretch.of_rows,
        )
        rows = 0
        for event in self._planned(plan, dict.fromkeys(names)):
            yield event
            if isinstance(event, Reached):
                rows += event.rows
                if rows >= stretch.rows:
                    return

    @property
    def _longest_seconds(self) -> float:
        span = self.fetcher.source.stamp.span_seconds if self.fetcher.source.stamp else None
        return span or float("inf")

    def _planned(self, plan: WindowPlan, starts: Mapping[str, int | None]) -> Iterator[Found | Reached]:
        handed_on: dict[str, int] = {}
        is_wary = False
        while not plan.is_done and self.left(starts):
            if self._longest_seconds == float("inf"):
                certain = self.fetcher.extraction.certain_seconds(self.fetcher.usage)
            else:
                certain = self.fetcher.extraction.latest_seconds(self.fetcher.usage) + HORIZON_SECONDS
            window = plan.next(certain)
            is_narrow = plan.is_narrow(window, certain)
            if self.fetcher.source.stamp is None:
                yield from self._without_filter(starts, certain)
                return
            names = tuple(name for name, start in starts.items() if _is_due(start, window))
            reader = self._reader(handed_on)
            most_rows = plan.most_rows + self.repeated_rows
            rows_before = self.fetcher.row_count.rows
            try:
                if is_wary and not is_narrow:
                    self._refuse_dense(window, most_rows)
                yield from self._read(names, window, reader, most_rows=None if is_narrow or is_wary else most_rows)
            except _TooDenseError as error:
                self.fetcher.row_count.rows = rows_before
                if plan.end is None:
                    self._count(Window(window.lo, None))
                plan.narrow(window, certain, error.moment)
                # From now on the tap looks before it reads, since the page that was read is lost.
                is_wary = True
                continue
            except _SourceChangedError:
                continue
            new_rows = sum(each not in handed_on for each in reader.digests)
            if self.fetcher.source.stamp.column is None:
                # Where a node does not show its stamp, the rows on the seam of two windows come in both.
                handed_on |= reader.digests
                self.repeated_rows = len(reader.digests)
            plan.finished(window, new_rows, len(reader.digests) - new_rows)
            reached = certain if window.hi is None else min(window.hi, certain)
            yield Reached(self.left(names), reached, is_end=plan.is_done, rows=new_rows)

    def look(self, window: Window) -> dict[str, Node]:
        """Return the nodes that a window shows, by id."""
        while True:
            with suppress(_SourceChangedError):
                return {found.node["id"]: found.node for found in self._read(self.names, window)}

    def within(self, window: Window, names: Iterable[str]) -> Iterator[Found]:
        """Read one window, whatever it holds."""
        wanted, reader = tuple(names), self._reader()
        while not reader.is_done:
            reader = self._reader()
            with suppress(_SourceChangedError):
                yield from self._read(wanted, window, reader)

    def newest_first(self, starts: Mapping[str, int]) -> Iterator[Found | Reached]:
        """Read what has changed, most recently changed first, down to each stream's own start.

        If the API cannot list rows in that order, all are looked at.

        Args:
            starts: Down to when each stream reads, in seconds since 1970.
        """
        certain = self.fetcher.extraction.certain_seconds(self.fetcher.usage)
        given = self.fetcher.source.order
        self.fetcher.order_by(_NEWEST_FIRST)
        is_done = False
        while self.fetcher.source.order == _NEWEST_FIRST and not is_done:
            with suppress(_SourceChangedError):
                yield from self._down_to(starts)
                is_done = True
        self.fetcher.order_by(given)
        if is_done:
            yield Reached(self.left(starts), certain, is_end=True)
        else:
            yield from self._without_filter(starts, certain)

    def certain_seconds(self) -> int:
        """Return the time of the server before which nothing can change any more; ask the server if need be."""
        return self.fetcher.extraction.certain_seconds(self.fetcher.usage)

    def timestamp(self, node: Node, column: str) -> int | None:
        """Return a timestamp of a node, in seconds since 1970; None if it is none."""
        return self._moment(node, column)

    def estimated_rows(self, window: Window) -> int:
        """Return about how many rows a window holds, from above by a quarter at the most, by looking for a last one."""
        known, rows = 0, _FIRST_ESTIMATE_ROWS
        while self.fetcher.holds_more_than(rows, window):
            known, rows = rows, rows * 4
        while rows - known > max(1, rows // 4):
            middle = (known + rows) // 2
            if self.fetcher.holds_more_than(middle, window):
                known = middle
            else:
                rows = middle
        return rows

    def recent(self, filters: Sequence[str], names: Iterable[str] | None = None) -> Iterator[Found]:
        """Read what any of some filters finds, each row once.

        Args:
            filters: Each a filter as GraphQL text.
            names: The streams to read it for; all if not given.
        """
        wanted = self.names if names is None else tuple(names)
        given = self.fetcher.source
        handed_on: dict[str, int] = {}
        for text in filters:
            self.fetcher.filter_by(text)
            reader: Reader | None = None
            while reader is None or not reader.is_done:
                reader = self._reader(handed_on)
                with suppress(_SourceChangedError):
                    yield from self._read(wanted, None, reader)
            handed_on |= reader.digests
            if text and self.fetcher.source.is_unfiltered:
                # The server does not know what was filtered by, so that all there is has been read.
                break
        self.fetcher.filter_by(given.fixed_filter)

    def head(self, order: Order | None, known: Sequence[int]) -> Generator[Found, None, tuple[int, ...]]:
        """Read the rows that have changed most recently, down to those that are known.

        If the API cannot list rows in that order, all are read.

        Args:
            order: The order that has them first; None for the list's own.
            known: Digests of the rows that stood first when this was last read; where there are none, it reads just
                as many rows as it takes to remember some.

        Returns:
            The digests of those that stand first now.
        """
        given = self.fetcher.source.order
        self.fetcher.order_by(order)
        while True:
            head = RecencyHead(known)
            reader = self._reader()
            try:
                yield from self._down_to_known(head, reader)
            except _SourceChangedError:
                continue
            finally:
                if reader.is_done:
                    self.fetcher.order_by(given)
            return head.remembered()

    def _down_to_known(self, head: RecencyHead, reader: Reader) -> Iterator[Found]:
        rows = _FIRST_LOOK_ROWS
        while not reader.is_done:
            page = self._page(self.names, None, reader, rows)
            rows = min(MAXIMUM_ROWS, rows * _LONGER_LOOK)
            for node, lists in page:
                if not head.is_done:
                    head.accept(node)
                    yield from self._handed_on(node, lists, self.names)
            yield from self._rest()
            if head.is_done:
                reader.stop()

    def _without_filter(self, starts: Mapping[str, int | None], certain: int) -> Iterator[Found | Reached]:
        """Read everything, and keep what a filter on the time of change would have found."""
        for found in self.whole():
            start = starts[found.name]
            node = found.parent or found.node
            moment = self._moment(node)
            if start is None or moment is None or moment >= start:
                yield found
        yield Reached(self.left(starts), certain, is_end=True)

    def _down_to(self, starts: Mapping[str, int]) -> Iterator[Found]:
        names = tuple(starts)
        # What is asked for changes on the way, so rows are compared by what they are sorted by.
        reader = Reader(place_field="updatedAt", content_field="updatedAt")
        most_rows = self._newer_rows(min(starts.values()))
        if most_rows == 0:
            return
        oldest: int | None = None
        is_ordered = False
        while not reader.is_done:
            page = self._page(names, None, reader, most_rows)
            most_rows = min(MAXIMUM_ROWS, most_rows * _LONGER_LOOK)
            for node, lists in page:
                moment = self._moment(node)
                if moment is not None:
                    newer, oldest = oldest, moment
                    if newer is not None and oldest > newer:
                        self._refuse_order()
                    is_ordered = is_ordered or (newer is not None and oldest < newer)
                wanting = tuple(name for name in names if moment is None or moment >= starts[name])
                yield from self._handed_on(node, lists, wanting)
            yield from self._rest()
            if oldest is not None and is_ordered:
                # Rows that all changed at once show no order.
                # Those whose start lies behind are done, and no longer asked for.
                names = tuple(name for name in names if starts[name] <= oldest)
            if not names:
                reader.stop()

    def _newer_rows(self, start: int) -> int:
        """Return how many rows to read first, up to one that is older; 0 if not even the newest has changed since.

        Mostly nothing has, and then a look at the keys of a few is a fraction of the price of their rows.

        Args:
            start: When the earliest of the bookmarks is, in seconds since 1970.
        """
        for rows in (_FIRST_LOOK_ROWS, MAXIMUM_ROWS):
            page = self.fetcher.page([self.bare], None, None, rows)
            if page is None:
                raise _SourceChangedError
            moments = [self._moment(node) for node in page.nodes]
            known = [moment for moment in moments if moment is not None]
            if known != sorted(known, reverse=True):
                self._refuse_order()
            newer = sum(moment >= start for moment in known)
            if page.holes or len(known) < len(moments) or newer == len(known) > 0:
                return _FIRST_LOOK_ROWS
            if newer:
                return newer + 1
            if not page.has_next_page or known[:1] != known[-1:]:
                return 0
        # Rows that all changed at once show no order.
        return _FIRST_LOOK_ROWS

    def _refuse_order(self) -> None:
        """Look at all rows after all: behind one that is old there may be others that are not.

        Raises:
            _SourceChangedError: Always.
        """
        name = self.fetcher.source.name
        logger.warning("%s: Jobber does not list rows by their last change, as it was asked to; reading all", name)
        self.fetcher.order_by(None)
        raise _SourceChangedError

    def _read(
        self,
        names: Sequence[str],
        window: Window | None,
        reader: Reader | None = None,
        *,
        most_rows: int | None = None,
    ) -> Iterator[Found]:
        reader = reader or self._reader()
        stamp = self.fetcher.source.stamp
        rows = MAXIMUM_ROWS if most_rows is None else _FIRST_PAGE_ROWS
        is_stable = True
        while not reader.is_done:
            page = self._page(names, window, reader, rows)
            if is_stable and reader.is_volatile:
                is_stable = False
                logger.warning(VOLATILE, self.fetcher.source.name)
            if most_rows is not None and not reader.is_done:
                self._refuse_dense(window, most_rows, reader)
            most_rows = None
            rows = next_look(rows) if reader.is_rereading else MAXIMUM_ROWS
            for node, lists in page:
                moment = None if stamp is None or stamp.column is None else self._moment(node, stamp.column)
                if window is None or moment is None or window.holds(moment):
                    yield from self._handed_on(node, lists, names)
            if len(self._long_lists) >= _MOST_LONG_LISTS:
                yield from self._rest()
        yield from self._rest()

    def _page(
        self, names: Sequence[str], window: Window | None, reader: Reader, most_rows: int = MAXIMUM_ROWS
    ) -> list[tuple[Node, dict[str, Node]]]:
        """Return the fresh nodes of the next page, each with its lists."""
        names = self.left(names)
        if not names:
            reader.stop()
            return []
        page = self._asked(names, window, reader, most_rows)
        if page is None:
            raise _SourceChangedError
        for part in (*self.also, *self.lists):
            refusal = self.fetcher.extraction.drift.refusal(self.fetcher.source, part) if part.name in names else None
            if refusal is not None:
                self.lose(part.name, refusal)
        if not self.fetcher.source.has_id:
            for position, node in zip(page.positions, page.nodes, strict=True):
                node["id"] = reader.place + position
        # One that has just turned out to be hidden is in the answer all the same.
        asked = {part.name: part for part in self.fetcher.left_of(self.lists)}
        parts = [asked.get(part.name, part) for part in self.lists]
        lists = {node["id"]: _taken_out(parts, node) for node in page.nodes}
        try:
            fresh = reader.accept(page)
        except StreamError as error:
            raise StreamError(f"{self.fetcher.source.name}: {error.cause}", error.remedy) from error
        self.fetcher.row_count.rows += len(fresh)
        if self.fetcher.row_count.is_long and not reader.is_done:
            self._count(None)
        return [(node, lists[node["id"]]) for node in fresh]

    def _asked(self, names: Sequence[str], window: Window | None, reader: Reader, most_rows: int) -> Page | None:
        """Return the next page; where it cannot be had for all streams, for those that do not make it fail.

        Raises:
            StreamError: If it cannot be had at all.
        """

        def page_of(parts: Sequence[Part]) -> Page | None:
            return self.fetcher.page(parts, window, reader.after, most_rows, reader.least_rows)

        try:
            return page_of(self._parts(names))
        except (NotPermittedError, UnknownRootError):
            raise
        except StreamError:
            if len(names) == 1:
                raise
            # Nothing in the answer tells which part it is, so each is tried in turn, after the least there is.
            before = self.fetcher.source
            page = page_of([self.bare])
            for number, name in enumerate(names, start=1):
                with Contained(partial(self.lose, name)):
                    page = page_of(self._parts(self.left(names[:number])))
            return page if self.fetcher.source == before else None

    def _parts(self, names: Sequence[str]) -> list[Part]:
        """Return the parts to ask for, the nodes first."""
        nodes = self.root if self.root is not None and self.root.name in names else self.bare
        for part in self.also:
            if part.name in names:
                nodes = replace(nodes, node=nodes.node.with_fields_of(part.node))
        return [nodes, *(part for part in self.lists if part.name in names)]

    def _handed_on(self, node: Node, lists: Mapping[str, Node], names: Sequence[str]) -> Iterator[Found]:
        # The row is changed on its way out, so what its lists need of it is taken first.
        parent: Node = {name: node[name] for name in ("id", "updatedAt") if name in node}
        names = self.left(names)
        for part in self.also:
            if part.name in names:
                yield Found(part.name, node, parent)
        if self.root is not None and self.root.name in names:
            yield Found(self.root.name, node)
        for part in self.lists:
            if part.name not in names or part.name not in lists:
                continue
            list_ = LongList(part, parent)
            with Contained(partial(self.lose, part.name)):
                for child in list_.take(lists[part.name], self.fetcher.losses):
                    yield Found(part.name, child, parent)
            if part.name in self.lost:
                continue
            if list_.reader.is_done:
                self.fetcher.learn_list(part, list_.length)
            else:
                self._long_lists.append(list_)

    def _rest(self) -> Iterator[Found]:
        """Read the lists to their ends that go on beyond what came with their nodes."""
        left = [each for each in self._long_lists if each.part.name not in self.lost]
        self._long_lists = []
        for list_, child in read_child_pages(self.fetcher, left, self.lose):
            yield Found(list_.part.name, child, list_.parent)

    def _reader(self, handed_on: Mapping[str, int] | None = None) -> Reader:
        source = self.fetcher.source
        return Reader(
            rereads_head=source.order is None,
            is_known_by_content=not source.has_id,
            place_field=source.order.place if source.order is not None else None,
            content_field=source.content,
            is_blind=source.is_blind,
            handed_on=handed_on or {},
        )

    def _moment(self, node: Node, column: str = "updatedAt") -> int | None:
        """Return a timestamp of a node; None if it is none, so that the node is handed on as if it were new."""
        try:
            return self.fetcher.source.stamp_of(node, column)
        except StreamError as error:
            if column in node and column not in self._odd_stamps:
                self._odd_stamps.add(column)
                logger.warning("%s; it is written all the same, like any other such row", error.cause)
            return None

    def _count(self, window: Window | None) -> None:
        fetcher = self.fetcher
        fetcher.row_count.ask(fetcher.extraction, fetcher.source, window, fetcher.usage)

    def _refuse_dense(self, window: Window | None, most_rows: int, reader: Reader | None = None) -> None:
        if reader is not None and not reader.has_offsets:
            return
        row: Node | None = None
        moment: int | None = None
        column = self.fetcher.source.stamp.column if self.fetcher.source.stamp is not None else None
        with suppress(StreamError):  # only a look ahead: what cannot be read shows when it is asked for
            row = self.fetcher.row_beyond(most_rows, window, " ".join(filter(None, ("id", column))))
            moment = self._moment(row, column) if row and column is not None else None
        if row is not None:
            raise _TooDenseError(moment)


def next_look(rows: int) -> int:
    """How far to look next, after a look at so many rows where mostly little has changed."""
    return _FIRST_LOOK_ROWS if rows >= MAXIMUM_ROWS else min(MAXIMUM_ROWS, rows * _LONGER_LOOK)


def _taken_out(lists: Iterable[Part], node: Node) -> dict[str, Node]:
    """Take the lists of a node out of it, so that its row is left."""
    taken = dict.fromkeys(node.pop(UNREAD, ()), UNREAD_LIST)
    for part in lists:
        connection = part.path.take_from(node) if part.path is not None else None
        if connection is not None:
            taken[part.name] = connection
    return taken


def _is_due(start: int | None, window: Window) -> bool:
    """Return True if a stream that begins at a moment is to be asked for in a window."""
    return start is None or (window.lo is not None and start <= window.lo)
