"""Reads what is left of long child lists: further pages of many parents in one query, each by an alias."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_jobber.api.client import TooExpensiveError
from tap_jobber.api.transport import Query
from tap_jobber.errors import TapError
from tap_jobber.extraction.overlap import Page, Reader
from tap_jobber.extraction.sizing import MAXIMUM_ROWS, MINIMUM_ROWS
from tap_jobber.schema.price import PAGE_POINTS, node_points
from tap_jobber.schema.query import RestPart, rest_query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_jobber.extraction.asking import Asker
    from tap_jobber.extraction.overlap import Node
    from tap_jobber.extraction.source import Part

_MOST_ALIASES = 50


@dataclass
class LongList:
    """A child list that goes on after the page that came with its parent.

    Attributes:
        part: What is read of it.
        parent: The node it belongs to.
        reader: How far it has been read.
    """

    part: Part
    parent: Node
    reader: Reader = field(default_factory=Reader)

    def take(self, connection: Node) -> list[Node]:
        """The rows of a page that are new. Rows without an id are known by their position."""
        nodes, info = connection["nodes"], connection["pageInfo"]
        if "id" not in self.part.required:
            for position, node in enumerate(nodes, start=self.reader.start):
                node["id"] = position
        return self.reader.accept(Page(nodes, info["hasNextPage"], info["endCursor"]))


def read_rest(asker: Asker, pending: list[LongList]) -> Iterator[tuple[LongList, Node]]:
    """Read lists to their ends.

    Args:
        asker: The source they belong to.
        pending: The lists, each read as far as it came with its parent; emptied.

    Yields:
        Each further row with its list.
    """
    rows = MAXIMUM_ROWS
    while pending:
        ceiling = asker.extraction.governor.ceiling_points
        batch, points = _batch(pending, rows, ceiling)
        try:
            connections = _ask(asker, batch, rows, points)
        except TooExpensiveError as error:
            if rows <= MINIMUM_ROWS:
                raise TapError(f"{asker.source.name}: {error.cause}", error.remedy) from None
            rows = max(MINIMUM_ROWS, rows // 2)
            continue
        for each, connection in zip(batch, connections, strict=True):
            if connection is None:
                # The parent has been deleted meanwhile, and its list with it.
                each.reader.stop()
                continue
            for node in each.take(connection):
                yield each, node
        pending[:] = [each for each in pending if not each.reader.is_done]


def _batch(pending: list[LongList], rows: int, ceiling_points: float) -> tuple[list[LongList], float]:
    """As many lists as one query can ask for, and its price."""
    batch: list[LongList] = []
    total = 0.0
    for each in pending[:_MOST_ALIASES]:
        points = 1 + PAGE_POINTS + rows * node_points(each.part.node)
        if batch and total + points > ceiling_points:
            break
        batch.append(each)
        total += points
    return batch, total


def _ask(asker: Asker, batch: list[LongList], rows: int, points: float) -> list[Node | None]:
    """The next page of each list; None for those whose parent is gone."""
    source = asker.source
    if source.lookup is None:
        raise TapError(f"{source.name}: long lists of single rows cannot be read", "report this as a defect of the tap")
    lookup, key = source.lookup
    parts = [
        RestPart(each.parent["id"], each.part.list_field or "", rows, each.reader.after, each.part.node)
        for each in batch
    ]
    query = Query(f"{source.name}_rest", rest_query(f"{source.name}_rest", lookup, key, parts), {}, points)
    try:
        answer = asker.extraction.execute(query, asker.usage)
    except TooExpensiveError:
        raise
    except TapError as error:
        if "not found" not in str(error).lower():
            raise
        if len(batch) == 1:
            return [None]
        # One of them is gone, and the answer does not say which.
        return [_ask(asker, [each], rows, points / len(batch))[0] for each in batch]
    found = [answer.data.get(f"p{index}") for index in range(len(batch))]
    return [None if one is None else one.get(part.field) for one, part in zip(found, parts, strict=True)]
