"""Reads the further pages of child lists: those of many parents in one query, each under an alias.

- The problem: the first page of a child list comes with its parent, and some lists are longer.
- The common case: the lists are collected, and one query asks for the next page of as many as its price allows, each
  by the root field that finds the parent.
- The rare cases: a page that Jobber cannot serve is asked for with fewer rows, then with fewer lists, then around a
  row. A list that fails for good is given up alone. Where no root field finds the parent, the root list is searched.
- The result: each further row with its list, none twice, as the overlap of `overlap.py` sees to.

    query jobs_rest { p0: job(id: "a") { lineItems(first: 20, after: "NA") {...} }
                      p1: job(id: "b") { lineItems(first: 20, after: "NA") {...} } }
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from tap_jobber.api.client import (
    Answer,
    DriftError,
    FieldsFailedError,
    TooExpensiveError,
    UnservedError,
)
from tap_jobber.api.graphql_errors import REFUSED_QUERY
from tap_jobber.api.transport import Query
from tap_jobber.errors import Contained, StreamError
from tap_jobber.extraction.forms import failed_in_nodes, in_nodes, list_in_nodes
from tap_jobber.extraction.hidden_values import without_null_rows
from tap_jobber.extraction.missing_rows import Missing, MissingRowError, PageAssembler
from tap_jobber.extraction.overlap import Reader
from tap_jobber.extraction.page_parsing import NO_REASON, read_page
from tap_jobber.extraction.page_size import MAXIMUM_ROWS, MINIMUM_ROWS, UNKNOWN_MARGIN, room_for_query
from tap_jobber.extraction.partial_answers import Examiner, list_steps
from tap_jobber.graphql.cost import PAGE_POINTS, node_points
from tap_jobber.graphql.text import ROOT_QUERIES, ChildList, RestPart, rest_query
from tap_jobber.graphql.tree import Field, Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tap_jobber.api.decision import FailedField
    from tap_jobber.extraction.data_loss import Losses
    from tap_jobber.extraction.overlap import Node, Page
    from tap_jobber.extraction.page_fetcher import PageFetcher
    from tap_jobber.extraction.source import Part
    from tap_jobber.graphql.text import ListPath

# The object that a list is of, and the page.
_LOOKUP_POINTS = 1 + PAGE_POINTS
UNREAD_LIST: Node = {}
"""The list of a node that has not been read with it."""


@dataclass(eq=False)
class LongList:
    """A child list, of which the first page came with its parent.

    Attributes:
        part: The part that its rows are.
        parent: The id and the time of change of the node it belongs to.
        reader: The reader of its pages.
        assembler: The assembler of its next page, if one is begun.
    """

    part: Part
    parent: Node
    reader: Reader = field(init=False)
    assembler: PageAssembler | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Make a reader: rows without an id are known by their position, which another row may have taken."""
        self.reader = Reader(is_unordered=True, is_known_by_content="id" not in self.part.required)

    @property
    def length(self) -> int:
        """Number of rows read so far."""
        return len(self.reader.digests)

    def take(self, connection: Node, losses: Losses) -> list[Node]:
        """Return the new rows of the page that came with the parent."""
        return [] if connection is UNREAD_LIST else self.accept(self.page_of(connection, losses))

    def page_of(self, connection: Node, losses: Losses) -> Page:
        """Return the page that an answer holds, without rows of which nothing tells why they are not there."""

        def lose_row(_place: int) -> None:
            losses.lose_of_list(self.part, "a row of a list", NO_REASON)

        return read_page(connection, self.part.name, has_id=self._has_id, lose_row=lose_row)

    def accept(self, page: Page) -> list[Node]:
        """Return the new rows of a page."""
        self.assembler = None
        if not self._has_id:
            for position, node in zip(page.positions, page.nodes, strict=True):
                node["id"] = self.reader.place + position
        return self.reader.accept(page)

    @property
    def _has_id(self) -> bool:
        return "id" in self.part.required


@dataclass(frozen=True)
class _Asked:
    """A further page of one list: its cursor, its number of rows and its price."""

    long_list: LongList
    part: Part
    after: str | None
    rows: int
    points: float


def read_child_pages(
    fetcher: PageFetcher,
    pending: Iterable[LongList],
    lose: Callable[[str, StreamError], None],
    most_rows: int | None = None,
) -> Iterator[tuple[LongList, Node]]:
    """Read lists to their ends.

    Args:
        fetcher: The source they belong to.
        pending: The lists, each read as far as it came with its parent.
        lose: Takes the name of a stream of which a list cannot be read to its end, and the error.
        most_rows: Further rows after which a list is left as it is; None if each is read to its end.

    Yields:
        Each further row with its list.
    """
    lists = list(pending)
    if most_rows is None:
        return _FurtherPages(fetcher, lists, lose).read()
    # A page begins with the last row that is known.
    return _FurtherPages(fetcher, lists, lose, most_rows + 1, {each: each.length + most_rows for each in lists}).read()


@dataclass
class _FurtherPages:
    """The further pages of some lists, how much of them to ask for at once, and at which length each is left."""

    fetcher: PageFetcher
    pending: list[LongList]
    lose: Callable[[str, StreamError], None]
    most_rows: int = MAXIMUM_ROWS
    lengths: Mapping[LongList, int] = field(default_factory=dict)

    def read(self) -> Iterator[tuple[LongList, Node]]:
        while self._pending_without_refused():
            for long_list, page in self._pages(_batch(self.fetcher, self.pending, self.most_rows)):
                fresh: list[Node] = []
                with Contained(partial(self._abandon, long_list)):
                    fresh = long_list.accept(page)
                for node in fresh:
                    yield long_list, node
            for each in self.pending:
                if each.reader.is_done:
                    self.fetcher.learn_list(each.part, each.length)
            self.pending = [each for each in self.pending if not each.reader.is_done and not self._is_left(each)]

    def _is_left(self, long_list: LongList) -> bool:
        return long_list.length >= self.lengths.get(long_list, math.inf)

    def _abandon(self, long_list: LongList, error: StreamError) -> None:
        _abandon(self.fetcher, long_list, error.cause)

    def _pending_without_refused(self) -> list[LongList]:
        """Give up lists that the server has come to refuse, and return the others."""
        for name, part in {each.part.name: each.part for each in self.pending}.items():
            refusal = self.fetcher.extraction.drift.refusal(self.fetcher.source, part)
            if refusal is not None:
                self._give_up(name, refusal)
        return self.pending

    def _pages(self, batch: list[_Asked]) -> list[tuple[LongList, Page]]:
        """Return the next pages of some lists that can be read."""
        name = batch[0].part.name
        try:
            return _pages(self.fetcher, batch)
        except DriftError as error:
            with Contained(partial(self._give_up, name)):
                parts = [asked.part for asked in batch]
                self.fetcher.learn_of_lists(parts, error.strikes)
        except UnservedError as error:
            _ask_for_less(self.fetcher, batch, error)
        except StreamError as error:
            if isinstance(error, TooExpensiveError) and self.most_rows > MINIMUM_ROWS:
                self.most_rows = max(MINIMUM_ROWS, self.most_rows // 2)
            elif len(batch) > 1:
                # Nothing tells which list it is, so fewer are asked for at once.
                self.fetcher.served_lists.failed(len(batch))
            elif REFUSED_QUERY in error.cause and error.cause.lower().endswith("not found"):
                batch[0].long_list.reader.stop()
            else:
                self._give_up(name, error)
        return []

    def _give_up(self, name: str, error: StreamError) -> None:
        self.pending = [each for each in self.pending if each.part.name != name]
        self.lose(name, error)


def _batch(fetcher: PageFetcher, pending: list[LongList], most_rows: int) -> list[_Asked]:
    """Return as many lists as one query can ask for without its price exceeding what is to be spent at once.

    A kind of list whose price the server has not stated yet is asked for without others.
    """
    rate_limiter = fetcher.extraction.rate_limiter
    room_points = room_for_query(rate_limiter.ceiling_points, rate_limiter.restore_points_per_second)
    batch: list[_Asked] = []
    total_points = 0.0
    # Where no root field finds a node, each list is searched for by itself.
    most_lists = fetcher.served_lists.rows if fetcher.source.lookup is not None else 1
    for each in pending[:most_lists]:
        part = fetcher.left_of([each.part])[0]
        ratio = fetcher.rest_price_ratios.get(part.name, UNKNOWN_MARGIN)
        row_points = node_points(part.node) * len(_path(part).owners) * ratio
        page_points = _LOOKUP_POINTS * ratio
        fitting = math.floor((room_points - page_points) / max(row_points, 1e-9))
        each.assembler = each.assembler or PageAssembler(each.reader.after, MAXIMUM_ROWS, each.reader.least_rows)
        after, rows = each.assembler.ask(fetcher.served_rows_of_lists.rows)
        rows = min(rows, max(MINIMUM_ROWS, min(most_rows, fitting)))
        points = page_points + rows * row_points
        kinds = {part.name, *(asked.part.name for asked in batch)}
        is_mixed = len(kinds) > 1 and not kinds <= fetcher.rest_price_ratios.keys()
        if batch and (is_mixed or total_points + points > room_points):
            break
        batch.append(_Asked(each, part, after, rows, points))
        total_points += points
    return batch


def _pages(fetcher: PageFetcher, batch: list[_Asked]) -> list[tuple[LongList, Page]]:
    """Return the next pages of some lists; a failure costs the list that it is in."""
    answer, failed = _answer(fetcher, batch)
    answer = in_nodes(answer, fetcher.source)
    fetcher.served_lists.succeeded(len(batch))
    fetcher.served_rows_of_lists.succeeded(max(asked.rows for asked in batch))
    fetcher.note_hidden(answer)
    pages = []
    for index, asked in enumerate(batch):
        page = _page_of(fetcher, asked, f"p{index}", answer, failed)
        if page is not None:
            pages.append((asked.long_list, page))
    return pages


def _answer(fetcher: PageFetcher, batch: list[_Asked]) -> tuple[Answer, tuple[FailedField, ...]]:
    """Return the answer to one query for a batch, an alias each, and the fields that failed in it."""
    source = fetcher.source
    if source.lookup is None:
        return _searched(fetcher, batch[0]), ()
    lookup, key = source.lookup
    parts = [
        RestPart(asked.long_list.parent["id"], _path(asked.part), asked.rows, asked.after, asked.part.node)
        for asked in batch
    ]
    points = sum(asked.points for asked in batch)
    name = f"{source.name}_rest"
    query = Query(name, rest_query(name, lookup, key, parts), {}, points, label=source.name)
    try:
        most_failures = fetcher.most_failures_of_lists(len(batch), max(asked.rows for asked in batch))
        answer = fetcher.extraction.execute(query, fetcher.usage, most_failures)
    except FieldsFailedError as error:
        named = {each.path[:1] for each in error.failed}
        is_whole = all((f"p{index}",) in named or error.answer.data.get(f"p{index}") for index in range(len(batch)))
        if len(batch) > 1 and not is_whole and not any(error.answer.data.values()):
            # What failed has left nothing of the others, and may not even say which it was.
            raise UnservedError(error.cause, error.remedy) from None
        _learn_price(fetcher, batch, error.answer)
        return error.answer, error.failed
    _learn_price(fetcher, batch, answer)
    return answer, ()


def _learn_price(fetcher: PageFetcher, batch: list[_Asked], answer: Answer) -> None:
    """Remember how the stated price of lists of one kind compares with the computed one, where it is the higher."""
    names = {asked.part.name for asked in batch}
    if len(names) > 1:
        return
    (name,) = names
    computed = sum(asked.points for asked in batch) / fetcher.rest_price_ratios.get(name, UNKNOWN_MARGIN)
    stated = computed if answer.cost is None else answer.cost.requested_points
    fetcher.rest_price_ratios[name] = max(1.0, stated / computed)


def _page_of(
    fetcher: PageFetcher, asked: _Asked, alias: str, answer: Answer, failed: tuple[FailedField, ...]
) -> Page | None:
    """Return the page of one list of a batch; None if there is more to ask for, or nothing any more."""
    long_list, part, assembler = asked.long_list, asked.part, asked.long_list.assembler
    own = failed_in_nodes(each for each in failed if each.path[:1] in {(alias,), ()})
    node = answer.data.get(alias)
    list_in_nodes(node, part)
    found = Examiner(answer.data, (alias, *list_steps(part), "nodes"), part, (), part.required).findings(answer, own)
    connection = None if node is None else _path(part).found_in(node)
    error = found.first_missing
    try:
        if assembler is None or fetcher.losses.leave_out_spreading(found, None):
            return None
        if error is not None:
            assembler.miss(error)
            return assembler.apart
        if connection is None:
            if found.elsewhere is not None and not found.elsewhere.is_not_found:
                _abandon(fetcher, long_list, found.elsewhere.message)
            elif found.elsewhere is None and not answer.hidden and (node is not None or alias not in answer.data):
                _abandon(fetcher, long_list, "Jobber's answer lacks it")
            # Without an error the parent has been deleted meanwhile, and its list with it.
            long_list.reader.stop()
            return None
        fetcher.losses.take_out(found.values, 0)
        for _path_of_row, _part, cause in found.null_rows:
            fetcher.losses.lose_of_list(part, "a row of a list", cause)
        without_null_rows(answer.data, [path for path, _part, _cause in found.null_rows])
        page = assembler.take(long_list.page_of(connection, fetcher.losses))
    except StreamError as failure:
        _abandon(fetcher, asked.long_list, failure.cause)
        return None
    if page is not None:
        for missing in assembler.missing.values():
            fetcher.lose_of_list(part, missing)
    return page


def _ask_for_less(fetcher: PageFetcher, batch: list[_Asked], error: UnservedError) -> None:
    """Ask for fewer rows, then for fewer lists, then around a row, after a query that is not answered."""
    rows = max(asked.rows for asked in batch)
    if fetcher.served_rows_of_lists.failed(rows) or fetcher.served_lists.failed(len(batch)):
        return
    (asked,) = batch
    try:
        if asked.long_list.assembler is not None:
            asked.long_list.assembler.miss(MissingRowError(0, Missing.UNSERVED, error.cause))
    except StreamError as failure:
        _abandon(fetcher, asked.long_list, failure.cause)


def _abandon(fetcher: PageFetcher, long_list: LongList, cause: str) -> None:
    """Do without what is left of one list."""
    fetcher.losses.lose_of_list(long_list.part, "the rest of a list", cause)
    long_list.reader.stop()


def _searched(fetcher: PageFetcher, asked: _Asked) -> Answer:
    """Search the root list for the node of a list, and return it as a root field would that finds it.

    Search twice, because a node that is edited can move to where the first search has been.
    """
    source, rate_limiter = fetcher.source, fetcher.extraction.rate_limiter
    path = _path(asked.part)
    list_ = ChildList(path, asked.rows, asked.part.node, asked.after)
    bare = Selection(source.type_name, (Field(source.type_name, "id", "id", "id"),))
    text = ROOT_QUERIES[source.form](f"{source.name}_rest", source.root, source.arguments(None), bare, [list_])
    room_points = room_for_query(rate_limiter.ceiling_points, rate_limiter.restore_points_per_second)
    rows = max(1, min(MAXIMUM_ROWS, math.floor(room_points / (asked.points + 1))))
    for _ in range(2):
        after, has_next_page = None, True
        cursors: set[str | None] = {None}
        while has_next_page:
            points = PAGE_POINTS + rows * (asked.points + 1)
            query = Query(f"{source.name}_rest", text, {"first": rows, "after": after}, points, label=source.name)
            answer = in_nodes(fetcher.extraction.execute(query, fetcher.usage), source)
            fetcher.note_hidden(answer)
            page = read_page(fetcher.root_of(answer), source.name)
            for node in page.nodes:
                if node["id"] == asked.long_list.parent["id"]:
                    return Answer({"p0": node})
            # Cursors that go in circles lead to no other node.
            has_next_page = page.has_next_page and page.end_cursor not in cursors
            after = page.end_cursor
            cursors.add(after)
    return Answer({"p0": None})


def _path(part: Part) -> ListPath:
    """Return the path to a part that is a list."""
    if part.path is None:
        message = f"{part.name} is not read from a list of each node"
        raise TypeError(message)
    return part.path
