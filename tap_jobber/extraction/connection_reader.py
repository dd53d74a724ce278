"""Reads a connection page by page, for all streams that are read from it, and goes on without one that fails."""

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
from tap_jobber.extraction.portion import SHORT_LIST_ROWS, Portion
from tap_jobber.extraction.walk_events import Found, SourceChangedError, TooDenseError
from tap_jobber.extraction.windows import MOST_ROWS, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tap_jobber.extraction.overlap import Page
    from tap_jobber.extraction.page_fetcher import PageFetcher
    from tap_jobber.extraction.source import Part

logger = logging.getLogger("tap-jobber.extraction")

# Mostly little has changed, so the first page is short.
FIRST_LOOK_ROWS = 5
_LONGER_LOOK = 4
# The first page of a window that may turn out to hold too many, and the page with it to be of no use.
_FIRST_PAGE_ROWS = 20
# Long lists are collected until so many are there, because one query reads the rest of several.
_MOST_LONG_LISTS = 50


@dataclass
class ConnectionReader:
    """Reads one connection, for as many of its streams as do not fail.

    Args:
        fetcher: Asks for its pages.
        root: What the root stream asks for of each node; None if it is not selected.
        bare: The least that can be asked for of a node: its key, its stamp and its place.
        lists: What the child streams ask for.
        also: What further streams ask for of each node, to make rows of it themselves.
        on_loss: Takes the name of a stream that reading goes on without, and why.
    """

    fetcher: PageFetcher
    root: Part | None
    bare: Part
    lists: tuple[Part, ...] = ()
    also: tuple[Part, ...] = ()
    on_loss: Callable[[str, StreamError], None] = lambda _name, _error: None
    begin_seconds: int | None = field(default=None, init=False)
    """The timestamp that history begins with: nodes that lie before it are left out; None for the very beginning."""
    lost: set[str] = field(default_factory=set, init=False)
    """The streams that reading goes on without."""
    _long_lists: list[LongList] = field(default_factory=list, init=False)
    _odd_stamps: set[str] = field(default_factory=set, init=False)

    def lose(self, name: str, error: StreamError) -> None:
        """Go on without a stream."""
        if name not in self.lost:
            self.lost.add(name)
            self.on_loss(name, error)

    def left(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of some streams that are not lost."""
        return tuple(name for name in names if name not in self.lost)

    @property
    def names(self) -> tuple[str, ...]:
        """The streams that are read."""
        return tuple(part.name for part in ((self.root,) if self.root else ()) + self.also + self.lists)

    def read(
        self,
        names: Sequence[str],
        window: Window | None,
        reader: Reader | None = None,
        *,
        most_rows: int | None = None,
        portion: Portion | None = None,
    ) -> Iterator[Found]:
        """Read the connection to its end.

        Args:
            names: The streams to read it for.
            window: The window of time to read; None for all there is.
            reader: Where the read has got to; None for one that begins.
            most_rows: How many rows it may hold; None for any number.
            portion: How much of its lists to read; None for all of them.

        Raises:
            SourceChangedError: If the server does not know an argument, or does not heed the filter.
            TooDenseError: If it holds more rows than it may.
        """
        reader = reader or self.new_reader()
        kept = window or Window(self.begin_seconds, None)
        rows = MAXIMUM_ROWS if most_rows is None else _FIRST_PAGE_ROWS
        is_stable, strays = True, 0
        while not reader.is_done:
            certain = 0 if kept.hi is None else self.fetcher.extraction.certain_seconds(self.fetcher.usage)
            page = self.page(names, window, reader, rows)
            if is_stable and reader.is_volatile:
                is_stable = False
                logger.warning(VOLATILE, self.fetcher.source.name)
            if most_rows is not None and not reader.is_done:
                self.refuse_dense(window, most_rows, reader)
            most_rows = None
            rows = next_look(rows) if reader.is_rereading else MAXIMUM_ROWS
            for node, lists in page:
                moment = self.place(node)
                strays += window is not None and window.is_wide_of(moment)
                if moment is None or kept.holds(moment):
                    if portion is not None:
                        portion.meet(node["id"], moment)
                    yield from self.hand_on(node, lists, names, portion)
                elif moment >= certain and kept.is_left_by(moment):
                    # The filter for the window that it is in by now may not show it yet, and then it would be missed.
                    yield from self.hand_on(node, lists, names)
            if strays > MOST_ROWS:
                self._refuse_filter()
            if len(self._long_lists) >= _MOST_LONG_LISTS:
                yield from self.read_rest(portion)
        yield from self.read_rest(portion)

    def page(
        self, names: Sequence[str], window: Window | None, reader: Reader, most_rows: int = MAXIMUM_ROWS
    ) -> list[tuple[Node, dict[str, Node]]]:
        """Return the fresh nodes of the next page, each with its lists."""
        names = self.left(names)
        if not names:
            reader.stop()
            return []
        page = self._asked(names, window, reader, most_rows)
        if page is None:
            raise SourceChangedError
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
            self.count(None)
        return [(node, lists[node["id"]]) for node in fresh]

    def _asked(self, names: Sequence[str], window: Window | None, reader: Reader, most_rows: int) -> Page | None:
        """Return the next page; where it cannot be had for all streams, for those that do not make it fail.

        Raises:
            StreamError: If it cannot be had at all.
        """

        def page_of(parts: Sequence[Part]) -> Page | None:
            return self.fetcher.page(parts, window, reader.after, most_rows, reader.least_rows)

        try:
            return page_of(self.parts(names))
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
                    page = page_of(self.parts(self.left(names[:number])))
            return page if self.fetcher.source == before else None

    def parts(self, names: Sequence[str]) -> list[Part]:
        """Return the parts to ask for, the nodes first."""
        nodes = self.root if self.root is not None and self.root.name in names else self.bare
        for part in self.also:
            if part.name in names:
                nodes = replace(nodes, node=nodes.node.with_fields_of(part.node))
        return [nodes, *(part for part in self.lists if part.name in names)]

    def hand_on(
        self, node: Node, lists: Mapping[str, Node], names: Sequence[str], portion: Portion | None = None
    ) -> Iterator[Found]:
        """Hand on the rows that some streams make of a node and its lists."""
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
                    yield _counted(Found(part.name, child, parent), portion)
            if part.name in self.lost:
                continue
            if list_.reader.is_done:
                self.fetcher.learn_list(part, list_.length)
            else:
                self._long_lists.append(list_)

    def read_rest(self, portion: Portion | None = None) -> Iterator[Found]:
        """Read the lists to their ends that go on beyond what came with their nodes."""
        left = [each for each in self._long_lists if each.part.name not in self.lost]
        self._long_lists = []
        if portion is not None and portion.heaviest:
            # Nearly all lists are short, and a few rows tell which are.
            yield from self._read_lists(left, portion, SHORT_LIST_ROWS)
        for group in [left] if portion is None else portion.groups(left):
            yield from self._read_lists(group, portion)

    def _read_lists(
        self, lists: Sequence[LongList], portion: Portion | None, most_rows: int | None = None
    ) -> Iterator[Found]:
        for list_, child in read_child_pages(self.fetcher, lists, self.lose, most_rows):
            yield _counted(Found(list_.part.name, child, list_.parent), portion)

    def new_reader(self, handed_on: Mapping[str, int] | None = None) -> Reader:
        """Return a read that has not begun, without the rows that an earlier one has handed on."""
        source = self.fetcher.source
        return Reader(
            rereads_head=source.order is None,
            is_known_by_content=not source.has_id,
            place_field=source.order.place if source.order is not None else None,
            content_field=source.content,
            is_blind=source.is_blind,
            handed_on=handed_on or {},
        )

    def place(self, node: Node) -> int | None:
        """Return where in history a node lies; None if it does not show it."""
        column = self.fetcher.source.stamp.column if self.fetcher.source.stamp is not None else None
        return None if column is None else self.timestamp(node, column)

    def timestamp(self, node: Node, column: str = "updatedAt") -> int | None:
        """Return a timestamp of a node; None if it is none, so that the node is handed on as if it were new."""
        try:
            return self.fetcher.source.stamp_of(node, column)
        except StreamError as error:
            if column in node and column not in self._odd_stamps:
                self._odd_stamps.add(column)
                logger.warning("%s; it is written all the same, like any other such row", error.cause)
            return None

    def count(self, window: Window | None) -> None:
        """Ask how many rows a window holds, to tell how far reading has come."""
        fetcher = self.fetcher
        fetcher.row_count.ask(fetcher.extraction, fetcher.source, window, fetcher.usage)

    def refuse_dense(self, window: Window | None, most_rows: int, reader: Reader | None = None) -> None:
        """Refuse a window that is seen to hold more rows than it may.

        Raises:
            TooDenseError: If it does.
        """
        if reader is not None and not reader.has_offsets:
            return
        row: Node | None = None
        moment: int | None = None
        column = self.fetcher.source.stamp.column if self.fetcher.source.stamp is not None else None
        with suppress(StreamError):  # only a look ahead: what cannot be read shows when it is asked for
            row = self.fetcher.row_beyond(most_rows, window, " ".join(filter(None, ("id", column))))
            moment = self.timestamp(row, column) if row and column is not None else None
        if row is not None:
            raise TooDenseError(moment)

    def _refuse_filter(self) -> None:
        """Read all rows after all, if they show that the filter is not heeded: each window would show as many.

        Raises:
            SourceChangedError: If they do.
        """
        source = self.fetcher.source
        if source.stamp is None or source.stamp.column is None or source.stamp.span_seconds is not None:
            # What lasts into a window of a calendar may have begun long before it.
            return
        logger.warning(
            "%s: Jobber does not filter by %s, as it was asked to; reading all", source.name, source.stamp.filter
        )
        self.fetcher.read_without_windows()
        raise SourceChangedError


def _counted(found: Found, portion: Portion | None) -> Found:
    if portion is not None:
        portion.take(found)
    return found


def next_look(rows: int) -> int:
    """How far to look next, after a look at so many rows where mostly little has changed."""
    return FIRST_LOOK_ROWS if rows >= MAXIMUM_ROWS else longer_look(rows)


def longer_look(rows: int) -> int:
    """How far to look after a look at so many rows did not suffice."""
    return min(MAXIMUM_ROWS, rows * _LONGER_LOOK)


def _taken_out(lists: Iterable[Part], node: Node) -> dict[str, Node]:
    """Take the lists of a node out of it, so that its row is left."""
    taken = dict.fromkeys(node.pop(UNREAD, ()), UNREAD_LIST)
    for part in lists:
        if part.path is None:
            continue
        is_unread = part.path.is_oddly_null_in(node)
        connection = part.path.take_from(node)
        if connection is not None or is_unread:
            # What is null for no reason may be had apart from its node; if not, it is missed by name.
            taken[part.name] = UNREAD_LIST if is_unread else connection
    return taken
