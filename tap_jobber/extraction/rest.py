"""Reads what is left of long child lists: further pages of many parents in one query, each by an alias."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from tap_jobber.api.client import DriftError, TooExpensiveError
from tap_jobber.api.transport import Query
from tap_jobber.errors import Contained, StreamError
from tap_jobber.extraction.overlap import Reader
from tap_jobber.extraction.pages import read_page
from tap_jobber.extraction.sizing import MAXIMUM_ROWS, MINIMUM_ROWS, UNKNOWN_MARGIN, room_for_query
from tap_jobber.schema.price import PAGE_POINTS, node_points
from tap_jobber.schema.query import ChildList, RestPart, page_query, rest_query
from tap_jobber.schema.selection import Field, Kind, Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tap_jobber.api.client import Answer
    from tap_jobber.extraction.asking import Asker
    from tap_jobber.extraction.overlap import Node
    from tap_jobber.extraction.source import Part
    from tap_jobber.schema.query import ListPath

_MOST_ALIASES = 50
# The object that a list is of, and the page.
_LOOKUP_POINTS = 1 + PAGE_POINTS


@dataclass
class LongList:
    """A child list, which may go on after the page that came with its parent.

    Attributes:
        part: What is read of it.
        parent: The id and the time of change of the node it belongs to.
        reader: How far it has been read.
    """

    part: Part
    parent: Node
    reader: Reader = field(init=False)

    def __post_init__(self) -> None:
        """Rows without an id are known by their position, where any other may have moved to."""
        self.reader = Reader(is_known_by_content="id" not in self.part.required)

    @property
    def length(self) -> int:
        """How many rows have been read."""
        return len(self.reader.digests)

    def take(self, connection: Node) -> list[Node]:
        """The rows of a page that are new."""
        has_id = "id" in self.part.required
        page = read_page(connection, self.part.name, has_id=has_id)
        if not has_id:
            for position, node in enumerate(page.nodes, start=self.reader.place):
                node["id"] = position
        return self.reader.accept(page)


@dataclass(frozen=True)
class _Asked:
    """A further page of one list: how many of its rows to ask for, and at which price."""

    long_list: LongList
    part: Part
    rows: int
    points: float


def read_rest(
    asker: Asker, pending: Iterable[LongList], lose: Callable[[str, StreamError], None]
) -> Iterator[tuple[LongList, Node]]:
    """Read lists to their ends.

    Args:
        asker: The source they belong to.
        pending: The lists, each read as far as it came with its parent.
        lose: Takes the name of a stream of which a list cannot be read to its end, and why.

    Yields:
        Each further row with its list.
    """
    return _Rest(asker, list(pending), lose).read()


@dataclass
class _Rest:
    """What is left of some lists, and how much of it to ask for at once."""

    asker: Asker
    pending: list[LongList]
    lose: Callable[[str, StreamError], None]
    most_rows: int = MAXIMUM_ROWS
    most_lists: int = _MOST_ALIASES

    def read(self) -> Iterator[tuple[LongList, Node]]:
        while self._has_more():
            batch = _batch(self.asker, self.pending[: self.most_lists], self.most_rows)
            for asked, connection in zip(batch, self._answered(batch), strict=False):
                if connection is None:
                    # The parent has been deleted meanwhile, and its list with it.
                    asked.long_list.reader.stop()
                    continue
                with Contained(partial(self._give_up, asked.part.name)):
                    for node in asked.long_list.take(connection):
                        yield asked.long_list, node
            for each in self.pending:
                if each.reader.is_done:
                    self.asker.learn_list(each.part, each.length)
            self.pending = [each for each in self.pending if not each.reader.is_done]

    def _has_more(self) -> bool:
        """Go without lists that the server has come to refuse; True if others are left."""
        for name, part in {each.part.name: each.part for each in self.pending}.items():
            refusal = self.asker.extraction.drift.refusal(self.asker.source, part)
            if refusal is not None:
                self._give_up(name, refusal)
        return bool(self.pending)

    def _answered(self, batch: list[_Asked]) -> list[Node | None]:
        """The next page of each list, or nothing if another batch is to be asked for."""
        name = batch[0].part.name
        try:
            return _ask(self.asker, batch)
        except DriftError as error:
            with Contained(partial(self._give_up, name)):
                parts = [asked.part for asked in batch]
                self.asker.source = self.asker.extraction.drift.learn(self.asker.source, parts, error.strikes)
        except StreamError as error:
            if isinstance(error, TooExpensiveError) and self.most_rows > MINIMUM_ROWS:
                self.most_rows = max(MINIMUM_ROWS, self.most_rows // 2)
            elif len(batch) > 1:
                # Nothing tells which list it is, so each is asked for alone.
                self.most_lists = 1
            else:
                self._give_up(name, error)
        return []

    def _give_up(self, name: str, error: StreamError) -> None:
        self.pending = [each for each in self.pending if each.part.name != name]
        self.lose(name, error)


def _batch(asker: Asker, pending: list[LongList], most_rows: int) -> list[_Asked]:
    """Return as many lists as one query can ask for without its price exceeding what is to be spent at once.

    A kind of list whose price the server has not stated yet is asked for without others.
    """
    governor = asker.extraction.governor
    room_points = room_for_query(governor.ceiling_points, governor.restore_points_per_second)
    batch: list[_Asked] = []
    total_points = 0.0
    for each in pending[:_MOST_ALIASES]:
        part = asker.left_of([each.part])[0]
        ratio = asker.rest_price_ratios.get(part.name, UNKNOWN_MARGIN)
        row_points = node_points(part.node) * len(_path(part).owners) * ratio
        page_points = _LOOKUP_POINTS * ratio
        fitting = math.floor((room_points - page_points) / max(row_points, 1e-9))
        rows = max(MINIMUM_ROWS, min(most_rows, fitting))
        points = page_points + rows * row_points
        kinds = {part.name, *(asked.part.name for asked in batch)}
        is_mixed = len(kinds) > 1 and not kinds <= asker.rest_price_ratios.keys()
        if batch and (is_mixed or total_points + points > room_points):
            break
        batch.append(_Asked(each, part, rows, points))
        total_points += points
    return batch


def _ask(asker: Asker, batch: list[_Asked]) -> list[Node | None]:
    """The next page of each list; None for those whose parent is gone."""
    source = asker.source
    if source.lookup is None:
        return [_search(asker, asked) for asked in batch]
    lookup, key = source.lookup
    parts = [
        RestPart(
            parent_id=asked.long_list.parent["id"],
            path=_path(asked.part),
            first=asked.rows,
            after=asked.long_list.reader.after,
            node=asked.part.node,
        )
        for asked in batch
    ]
    points = sum(asked.points for asked in batch)
    name = f"{source.name}_rest"
    query = Query(name, rest_query(name, lookup, key, parts), {}, points)
    try:
        answer = asker.extraction.execute(query, asker.usage)
    except (TooExpensiveError, DriftError):
        raise
    except StreamError as error:
        if "not found" not in error.cause.lower():
            raise
        if len(batch) == 1:
            return [None]
        # One of them is gone, and the answer does not say which.
        return [_ask(asker, [asked])[0] for asked in batch]
    asker.note_hidden(answer)
    _learn_price(asker, batch, answer)
    found = [answer.data.get(f"p{index}") for index in range(len(batch))]
    return [None if one is None else part.path.found_in(one) for one, part in zip(found, parts, strict=True)]


def _learn_price(asker: Asker, batch: list[_Asked], answer: Answer) -> None:
    """Remember how the stated price of lists of one kind compares with the computed one, where it is the higher."""
    names = {asked.part.name for asked in batch}
    if len(names) > 1:
        return
    (name,) = names
    computed = sum(asked.points for asked in batch) / asker.rest_price_ratios.get(name, UNKNOWN_MARGIN)
    stated = computed if answer.cost is None else answer.cost.requested_points
    asker.rest_price_ratios[name] = max(1.0, stated / computed)


def _search(asker: Asker, asked: _Asked) -> Node | None:
    """The next page of a list whose node no root field finds: the root list is searched for it.

    A second time, because a node that is edited can move to where the first search has been.
    """
    source, governor = asker.source, asker.extraction.governor
    path = _path(asked.part)
    list_ = ChildList(path, asked.rows, asked.part.node, asked.long_list.reader.after)
    bare = Selection(source.type_name, (Field(source.type_name, "id", "id", "id", Kind.VALUE, "EncodedId!", "ID"),))
    text = page_query(f"{source.name}_rest", source.root, source.arguments(None), bare, [list_])
    room_points = room_for_query(governor.ceiling_points, governor.restore_points_per_second)
    rows = max(1, min(MAXIMUM_ROWS, math.floor(room_points / (asked.points + 1))))
    for _ in range(2):
        after, has_next_page = None, True
        while has_next_page:
            points = PAGE_POINTS + rows * (asked.points + 1)
            query = Query(f"{source.name}_rest", text, {"first": rows, "after": after}, points)
            answer = asker.extraction.execute(query, asker.usage)
            asker.note_hidden(answer)
            page = read_page(asker.root_of(answer), source.name)
            for node in page.nodes:
                if node["id"] == asked.long_list.parent["id"]:
                    return path.found_in(node)
            has_next_page = page.has_next_page and page.end_cursor not in {None, after}
            after = page.end_cursor
    return None


def _path(part: Part) -> ListPath:
    """The way to a part that is a list."""
    if part.path is None:
        message = f"{part.name} is not read from a list of each node"
        raise TypeError(message)
    return part.path
