"""Reads a connection whose most recently changed rows come first, down to those that are known.

Where the rows show when they changed, it reads down to a moment (`read_changed`), and where they do not, down to rows
that stood first before (`read_head`).
"""

from __future__ import annotations

import base64
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from tap_jobber.errors import StreamError
from tap_jobber.extraction.connection_reader import FIRST_LOOK_ROWS, longer_look
from tap_jobber.extraction.overlap import Reader
from tap_jobber.extraction.page_size import MAXIMUM_ROWS
from tap_jobber.extraction.recency_head import RecencyHead
from tap_jobber.extraction.source import Order, ascending
from tap_jobber.extraction.walk_events import SourceChangedError
from tap_jobber.extraction.windows import Window

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from tap_jobber.extraction.connection_reader import ConnectionReader
    from tap_jobber.extraction.overlap import Node
    from tap_jobber.extraction.walk_events import Found

logger = logging.getLogger("tap-jobber.extraction")

_NEWEST_FIRST = Order("sort: {key: UPDATED_AT, direction: DESCENDING}", place="updatedAt")
_OLDEST_FIRST = ascending("UPDATED_AT", place="updatedAt")


def read_changed(connection: ConnectionReader, starts: Mapping[str, int]) -> Generator[Found, None, bool]:
    """Read what has changed, most recently changed first, down to each stream's own start.

    Args:
        connection: Reads the connection.
        starts: Down to when each stream reads, in seconds since 1970.

    Returns:
        True if all that has changed has been read, False if the API cannot list rows in that order.
    """
    fetcher = connection.fetcher
    given = fetcher.source.order
    fetcher.order_by(_NEWEST_FIRST)
    is_done = False
    while fetcher.source.order == _NEWEST_FIRST and not is_done:
        with suppress(SourceChangedError):
            yield from _down_to(connection, starts)
            is_done = True
    fetcher.order_by(given)
    return is_done


def read_head(
    connection: ConnectionReader, order: Order | None, known: Sequence[int]
) -> Generator[Found, None, tuple[int, ...]]:
    """Read the rows that have changed most recently, down to those that are known.

    If the API cannot list rows in that order, all are read.

    Args:
        connection: Reads the connection.
        order: The order that has them first; None for the list's own.
        known: Digests of the rows that stood first when this was last read; where there are none, it reads just
            as many rows as it takes to remember some.

    Returns:
        The digests of those that stand first now.
    """
    given = connection.fetcher.source.order
    connection.fetcher.order_by(order)
    while True:
        head = RecencyHead(known)
        reader = connection.new_reader()
        try:
            yield from _down_to_known(connection, head, reader)
        except SourceChangedError:
            continue
        finally:
            if reader.is_done:
                connection.fetcher.order_by(given)
        return head.remembered()


def _down_to(connection: ConnectionReader, starts: Mapping[str, int]) -> Iterator[Found]:
    names = tuple(starts)
    # What is asked for changes on the way, so rows are compared by what they are sorted by.
    reader = Reader(place_field="updatedAt", content_field="updatedAt")
    settled_seconds = connection.fetcher.extraction.certain_seconds(connection.fetcher.usage)
    most_rows = _newer_rows(connection, min(starts.values()))
    if most_rows == 0:
        return
    oldest: int | None = None
    is_ordered = False
    place = -1
    while not reader.is_done:
        if reader.place <= place:
            # It looks again at where it has been, and what has changed meanwhile is newer than what it read last.
            oldest = None
        place = reader.place
        page = connection.page(names, None, reader, most_rows)
        most_rows = longer_look(most_rows)
        is_of_answer = False
        for node, lists in page:
            moment = connection.timestamp(node)
            if moment is not None:
                newer, oldest = oldest, moment
                if newer is not None and oldest > newer and (is_of_answer or oldest < settled_seconds):
                    # Between two answers, one that has just changed may have come between rows that have been read.
                    _refuse_order(connection)
                is_of_answer = True
                is_ordered = is_ordered or (newer is not None and oldest < newer)
            wanting = tuple(name for name in names if moment is None or moment >= starts[name])
            yield from connection.hand_on(node, lists, wanting)
        yield from connection.read_rest()
        if oldest is not None and is_ordered:
            # Rows that all changed at once show no order.
            # Those whose start lies behind are done, and no longer asked for.
            names = tuple(name for name in names if starts[name] <= oldest)
        if not names:
            reader.stop()


def _down_to_known(connection: ConnectionReader, head: RecencyHead, reader: Reader) -> Iterator[Found]:
    rows, kept = FIRST_LOOK_ROWS, Window(connection.begin_seconds, None)
    while not reader.is_done:
        page = connection.page(connection.names, None, reader, rows)
        rows = longer_look(rows)
        for node, lists in page:
            if head.is_done:
                continue
            head.accept(node)
            moment = connection.place(node)
            if moment is None or kept.holds(moment):
                yield from connection.hand_on(node, lists, connection.names)
        yield from connection.read_rest()
        if head.is_done:
            reader.stop()


def _newer_rows(connection: ConnectionReader, start: int) -> int:
    """Return how many rows to read first, up to one that is older; 0 if not even the newest has changed since.

    Mostly nothing has, and then a look at the keys of a few is a fraction of the price of their rows.

    Args:
        connection: Reads the connection.
        start: When the earliest of the bookmarks is, in seconds since 1970.
    """
    for rows in (FIRST_LOOK_ROWS, MAXIMUM_ROWS):
        page = connection.fetcher.page([connection.bare], None, None, rows)
        if page is None:
            raise SourceChangedError
        moments = [connection.timestamp(node) for node in page.nodes]
        known = [moment for moment in moments if moment is not None]
        if known != sorted(known, reverse=True):
            _refuse_order(connection)
        if page.has_next_page and known[:1] != known[-1:]:
            _refuse_order_if_not_heeded(connection, page.nodes)
        newer = sum(moment >= start for moment in known)
        if page.holes or len(known) < len(moments) or newer == len(known) > 0:
            return FIRST_LOOK_ROWS
        if newer:
            return newer + 1
        if not page.has_next_page or known[:1] != known[-1:]:
            return 0
    # Rows that all changed at once show no order.
    return FIRST_LOOK_ROWS


def _refuse_order_if_not_heeded(connection: ConnectionReader, newest: Sequence[Node]) -> None:
    """Look at all rows after all if the list begins with the same row whichever way it is to be sorted.

    A few rows in order prove nothing where they also stand as they were made: those that were made last have mostly
    changed last, and an older one that has changed since would never show.

    Args:
        connection: Reads the connection.
        newest: The rows that it begins with when the most recently changed are to come first.

    Raises:
        SourceChangedError: If it does, or if the API takes no other order.
    """
    places = [_place_by_id(node) for node in newest]
    if places != sorted(places) and places != sorted(places, reverse=True):
        return
    fetcher = connection.fetcher
    fetcher.order_by(_OLDEST_FIRST)
    try:
        page = fetcher.page([connection.bare], None, None, 1)
    except StreamError as error:
        logger.debug("%s: the row that changed first cannot be had: %s", fetcher.source.name, error)
        fetcher.order_by(_NEWEST_FIRST)
        return
    if fetcher.source.order == _OLDEST_FIRST:
        fetcher.order_by(_NEWEST_FIRST)
    if page is None:
        raise SourceChangedError
    if page.nodes and page.nodes[0]["id"] == newest[0]["id"]:
        _refuse_order(connection)


def _place_by_id(node: Node) -> tuple[int, str]:
    """Return what sorts nodes as they were made, since Jobber counts its ids up: longer numbers are larger."""
    text = str(node["id"])
    with suppress(ValueError):
        text = base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode("ascii")
    return len(text), text


def _refuse_order(connection: ConnectionReader) -> None:
    """Look at all rows after all: behind one that is old there may be others that are not.

    Raises:
        SourceChangedError: Always.
    """
    name = connection.fetcher.source.name
    logger.warning("%s: Jobber does not list rows by their last change, as it was asked to; reading all", name)
    connection.fetcher.order_by(None)
    raise SourceChangedError
