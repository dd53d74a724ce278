"""Reads a source to its end: asks for pages of the right size and hands on their fresh nodes."""

from __future__ import annotations

import logging
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tap_jobber.api.client import Client, DriftError, NotPermittedError, TooExpensiveError
from tap_jobber.api.transport import Query
from tap_jobber.errors import TapError
from tap_jobber.extraction.overlap import Node, Page, Reader
from tap_jobber.extraction.sizing import PageSizer
from tap_jobber.extraction.source import Drift
from tap_jobber.schema.price import node_points

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_jobber.api.client import Answer, Usage
    from tap_jobber.extraction.pacing import Governor
    from tap_jobber.extraction.source import Source

logger = logging.getLogger("tap-jobber.extraction")


@dataclass
class Extraction:
    """One run's reading of one account.

    Args:
        client: Jobber's API.
        governor: The pace, which also knows how large a query should be.
        page_size: The most rows to ask for in a page.
    """

    client: Client
    governor: Governor
    page_size: int
    drift: Drift = field(default_factory=Drift)

    def nodes(self, source: Source, usage: Usage, limit_rows: int | None = None) -> Iterator[Node]:
        """Read a source.

        Args:
            source: What to read.
            usage: Where to add what it costs.
            limit_rows: How many rows are wanted, if not all.

        Yields:
            Each node, and again each that changed meanwhile.

        Raises:
            NotPermittedError: If the app may not read it.
            UnknownRootError: If the served version does not have it.
            TapError: If it cannot be read to its end.
        """
        source = self.drift.applied(source)
        hidden: Counter[str] = Counter()
        try:
            pages = self._pages if source.is_connection else self._single
            for nodes in pages(source, usage, limit_rows, hidden):
                yield from nodes
        finally:
            for column, count in hidden.items():
                logger.warning(
                    "%s: %d values of %s are null because the app or its user may not see them",
                    source.name,
                    count,
                    column,
                )

    def _single(
        self, source: Source, usage: Usage, _limit_rows: int | None, hidden: Counter[str]
    ) -> Iterator[list[Node]]:
        while True:
            query = Query(source.name, source.query_text, {}, 1 + node_points(source.node))
            try:
                answer = self.client.execute(query, usage)
            except DriftError as error:
                source = self.drift.learn(source, error.strikes)
                continue
            hidden.update(_columns(answer))
            yield [_root(source, answer)]
            return

    def _pages(
        self, source: Source, usage: Usage, limit_rows: int | None, hidden: Counter[str]
    ) -> Iterator[list[Node]]:
        sizer = PageSizer(node_points(source.node), min(self.page_size, (limit_rows or self.page_size) + 1))
        reader = _reader(source)
        while not reader.is_done:
            rows = sizer.rows(self.governor.ceiling_points, self.governor.restore_points_per_second)
            variables = {"first": rows, "after": reader.after}
            try:
                answer = self.client.execute(
                    Query(source.name, source.query_text, variables, sizer.points(rows)), usage
                )
            except DriftError as error:
                changed = self.drift.learn(source, error.strikes)
                if changed.order != source.order:
                    reader = _reader(changed)
                source, sizer = changed, replace(sizer, estimate_points=node_points(changed.node))
                continue
            except TooExpensiveError as error:
                if not sizer.shrink(rows, error.cost):
                    raise _too_wide(source, error) from None
                continue
            if answer.cost is not None:
                sizer.learn(rows, answer.cost)
            hidden.update(_columns(answer))
            yield _accepted(source, reader, _page(source, answer))


def _reader(source: Source) -> Reader:
    return Reader(rereads_head=source.order is None, place_field=source.order.place if source.order else None)


def _accepted(source: Source, reader: Reader, page: Page) -> list[Node]:
    try:
        return reader.accept(page)
    except TapError as error:
        raise TapError(f"{source.name}: {error.cause}", error.remedy) from error


def _root(source: Source, answer: Answer) -> Node:
    value: Node | None = answer.data.get(source.root)
    if value is None:
        raise _nothing(source)
    return value


def _nothing(source: Source) -> NotPermittedError:
    """A null is not "no rows": a list without rows is an empty list."""
    cause = f"Jobber answered null for {source.root} and gave no reason"
    return NotPermittedError(cause, "check in Jobber that the account has this feature and the app its scope")


def _too_wide(source: Source, error: TooExpensiveError) -> TapError:
    return TapError(f"{source.name}: even the smallest page is too expensive: {error.cause}", error.remedy)


def _page(source: Source, answer: Answer) -> Page:
    connection = _root(source, answer)
    info = connection["pageInfo"]
    return Page(connection["nodes"], info["hasNextPage"], info["endCursor"])


def _columns(answer: Answer) -> list[str]:
    """Of each hidden value its path without the root, its list and the numbers in it."""
    return [re.sub(r"^\w+\.?(nodes\.?)?|\b\d+\.?", "", path) or path for path in answer.hidden]
