"""Asks for one page of a source with all that is read beside it, at a size and a price that fit."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from tap_jobber.api.client import Answer, DriftError, FieldsFailedError, TooExpensiveError
from tap_jobber.api.unknown_names import Unknown
from tap_jobber.errors import StreamError
from tap_jobber.extraction.answer_paths import found_at
from tap_jobber.extraction.data_loss import Losses, lose_nothing
from tap_jobber.extraction.extraction_run import SizedQuery
from tap_jobber.extraction.forms import failed_in_nodes, in_nodes
from tap_jobber.extraction.hidden_values import HiddenValues, without_null_rows
from tap_jobber.extraction.missing_rows import Missing, MissingRowError, PageAssembler, UnservedPageError, assemble_page
from tap_jobber.extraction.overlap import decode_offset
from tap_jobber.extraction.page_parsing import NO_REASON, read_nodes, read_page, read_root
from tap_jobber.extraction.page_planner import PagePlanner
from tap_jobber.extraction.page_size import MAXIMUM_ROWS, ServedRows
from tap_jobber.extraction.partial_answers import Examiner
from tap_jobber.extraction.row_count import RowCount
from tap_jobber.graphql.text import Form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tap_jobber.api.client import Usage
    from tap_jobber.api.decision import FailedField
    from tap_jobber.api.unknown_names import Strike
    from tap_jobber.extraction.answer_paths import Steps
    from tap_jobber.extraction.data_loss import Lose
    from tap_jobber.extraction.extraction_run import ExtractionRun
    from tap_jobber.extraction.overlap import Node, Page
    from tap_jobber.extraction.partial_answers import Findings
    from tap_jobber.extraction.source import Order, Part, Source
    from tap_jobber.extraction.windows import Window

# A list leaves nothing of so many pages before it is read apart from them altogether.
_MOST_DEFERRALS = 3
MOST_ALIASES = 50
"""How many single objects one query asks for at the most."""
UNREAD = " unread"
"""A key that is added to a node: the names of the parts whose lists have to be read apart from it."""


class BeginAnewError(Exception):
    """The list is asked for in another way from now on, so what has been read so far cannot be gone on with."""


@dataclass(frozen=True)
class _PageToAsk:
    """A page that is to be asked for, at any cursor and size.

    Attributes:
        parts: What to ask for: the nodes first, then lists of them.
        window: The window to ask for.
        deferred: Those of the lists that are to be read apart from it; more may be added.
    """

    parts: Sequence[Part]
    window: Window | None
    deferred: dict[str, Part]


class PageFetcher:
    """Asks for the pages of one source; remembers sizes and prices between them.

    Args:
        extraction: The run.
        source: What is read; changes when the server turns out not to know a part of it.
        usage: Where to add what it costs.
        limit_rows: How many rows are wanted, if not all.
        lose: Told what cannot be had.
    """

    def __init__(
        self,
        extraction: ExtractionRun,
        source: Source,
        usage: Usage,
        limit_rows: int | None = None,
        lose: Lose = lose_nothing,
    ) -> None:
        self._source = source
        self._given = source
        self.wanted: dict[str, Part] = {}
        """The parts that have been asked for, by the names of their streams."""
        self.usage = usage
        self.extraction = extraction
        self.rest_price_ratios: dict[str, float] = {}
        page_size = extraction.page_size if limit_rows is None else min(extraction.page_size, limit_rows + 1)
        self._sizes = PagePlanner(extraction.rate_limiter, page_size)
        self.hidden = HiddenValues(lambda path: self.extraction.drift.refuse_list(self.source, path))
        self.row_count = RowCount()
        self.losses = Losses(lose)
        self._served = ServedRows()
        self.served_lists, self.served_rows_of_lists = ServedRows(MOST_ALIASES), ServedRows()
        self._deferrals: Counter[str] = Counter()
        self._has_seen = False

    @property
    def source(self) -> Source:
        """The source as it is read: without what the server turned out not to know."""
        return self._source

    def order_by(self, order: Order | None) -> None:
        """Ask for another order from now on."""
        self._source = replace(self._source, order=order)

    def read_without_windows(self) -> None:
        """Ask for no spans of time from now on, which is no drift of the schema."""
        self._source = replace(self._source, stamp=None)
        self._given = replace(self._given, stamp=None)

    def filter_by(self, text: str) -> None:
        """Ask for another filter, as GraphQL text, from now on."""
        self._source = self._source.filtered_by(text)

    def filter_scheduled_by(self, text: str) -> None:
        """Ask for another filter in windows of a calendar from now on; for the fixed one if there is no text."""
        self._source = replace(self._source, scheduled_filter=text)

    def adapt(self, nodes: Part) -> None:
        """Leave out what the server is known not to know, be it by what other streams have learnt."""
        self._source = self.extraction.drift.adapted(self._source, nodes)

    def learn(self, parts: Iterable[Part], strikes: Sequence[Strike]) -> None:
        """Leave out what the server has just refused."""
        self._source = self.extraction.drift.learn(self._source, parts, strikes)

    def learn_of_lists(self, parts: Iterable[Part], strikes: Sequence[Strike]) -> None:
        """Leave out what the server has just refused in lists of single nodes."""
        learned = self.extraction.drift.learn(self._source, parts, strikes)
        # In which order the nodes come must not change between two of their pages.
        self._source = replace(self._source, lookup=learned.lookup)

    def left_of(self, parts: Sequence[Part]) -> list[Part]:
        """Return the parts without those that the server refuses, each without what it refuses or what fails."""
        applied = (self.extraction.drift.applied(self.source, part) for part in parts)
        return [self.losses.applied(part) for part in applied if part is not None]

    def _is_enough(self, found: Findings, failure: FieldsFailedError | None, rows: int) -> bool:
        """Return True if a page can be used without what it lacks, False if it is to be asked for without a column.

        Raises:
            MissingRowError: If a row of it cannot be had.
            UnservedPageError: If nothing tells what it lacks.
        """
        found.raise_missing()
        if self.losses.leave_out_spreading(found, failure):
            return False
        if failure is not None and found.elsewhere is not None:
            raise UnservedPageError(failure, rows)
        return True

    def _do_without(self, found: Findings, place: tuple[Window | None, int], answer: Answer) -> None:
        """Take what cannot be had out of an answer that holds the rest.

        Args:
            found: What it lacks.
            place: The window, and the place of the first row.
            answer: The answer; changed in place.
        """
        window, start = place
        self.note_hidden(answer)
        for path, part, cause in found.null_rows:
            if part.path is None and isinstance(path[-1], int):
                error = MissingRowError(path[-1], Missing.FAILED, cause)
                self.losses.lose_row(start + error.index, error, window)
            else:
                self.losses.lose_of_list(part, "a row of a list", cause)
        for node, part in found.unread:
            node[UNREAD] = {*node.get(UNREAD, ()), part.name}
        nodes = found_at(answer.data, (self.source.root, "nodes"))
        self.losses.take_out(found.values, len(nodes) if isinstance(nodes, list) else 0)
        without_null_rows(answer.data, [path for path, _part, _cause in found.null_rows])

    def page(
        self,
        parts: Sequence[Part],
        window: Window | None,
        after: str | None,
        most_rows: int = MAXIMUM_ROWS,
        least_rows: int = 1,
    ) -> Page | None:
        """One page of the nodes with their lists, without the rows that cannot be had.

        Args:
            parts: What to ask for: the nodes first, then lists of them.
            window: The window to ask for.
            after: The cursor to begin after.
            most_rows: The most rows to ask for.
            least_rows: How many rows the page must hold, unless the list ends.

        Returns:
            The page, or None if the source has changed so that reading must begin anew.
        """
        around = PageAssembler(after, most_rows, least_rows, has_seen=self._has_seen)
        deferred = {part.name: part for part in parts if self._deferrals[part.name] >= _MOST_DEFERRALS}
        before, to_ask = set(deferred), _PageToAsk(parts, window, deferred)
        try:
            page = assemble_page(around, self._served, lambda cursor, rows: self._ask(to_ask, cursor, rows))
        except BeginAnewError:
            return None
        self._deferrals.update(deferred.keys() - before)
        self._has_seen = self._has_seen or bool(page.nodes)
        for place, error in around.missing.items():
            if error.why is Missing.HIDDEN:
                self.hidden.add_row(self.source.name, (window, place))
            self.losses.lose_row(place, error, window)
        for node in page.nodes if deferred else ():
            node[UNREAD] = {*node.get(UNREAD, ()), *deferred}
        return page

    def _ask(self, page: _PageToAsk, after: str | None, rows: int) -> Page:
        """Ask for a page until it is known what is to be asked for."""
        self.wanted.update((part.name, part) for part in page.parts)
        while True:
            self._adapt(page)
            asked = [part for part in self.left_of(page.parts) if part.name not in page.deferred]
            try:
                answer, failure = self._answer(asked, page.window, after, rows)
            except DriftError as error:
                self._learn(page, error)
                continue
            except TooExpensiveError as error:
                if not self._sizes.shrink(asked):
                    raise _too_wide(self.source, error) from None
                continue
            except UnservedPageError as error:
                if error.rows > 1 and not self._served.is_trial:
                    # It may be the lists that are too long for it.
                    self._sizes.shrink(asked)
                if error.rows > 1 or not asked[1:]:
                    raise
                page.deferred.update((part.name, part) for part in asked[1:])
                continue
            found = self._examined(asked, answer, failure)
            page.deferred.update(found.deferred)
            if found.deferred or not self._is_enough(found, failure, rows):
                continue
            self._do_without(found, (page.window, decode_offset(after) or 0), answer)
            return self._page_in(answer, partial(self._lose_unexplained, (page.window, decode_offset(after) or 0)))

    def _lose_unexplained(self, place: tuple[Window | None, int], position: int) -> None:
        window, start = place
        self.losses.lose_row(start + position, MissingRowError(position, Missing.FAILED, NO_REASON), window)

    def _adapt(self, page: _PageToAsk) -> None:
        """Leave out what the server is known not to know, be it by what other streams have learnt.

        Raises:
            BeginAnewError: If that changes the list itself.
        """
        before = self.source
        self.adapt(page.parts[0])
        if self.source != before:
            raise BeginAnewError

    def _learn(self, page: _PageToAsk, error: DriftError) -> None:
        """Leave out what the server does not know.

        Raises:
            BeginAnewError: If that changes the list itself.
        """
        before = self.source
        strikes = error.strikes if page.window is None else self._widen_filter(error.strikes)
        if strikes:
            self.learn(page.parts, strikes)
        if self.source != before:
            raise BeginAnewError from None

    def _answer(
        self, asked: Sequence[Part], window: Window | None, after: str | None, rows: int
    ) -> tuple[Answer, FieldsFailedError | None]:
        """Return the answer to a query for a page, and the error of the fields that failed in it."""
        self.hidden.lists.update(part.path for part in asked if part.path)
        source = self.source
        lists, sizer = self._sizes.choose(source, asked)
        query = SizedQuery(source.name, source.query_text(asked[0].node, lists, window), sizer)
        variables, most_failures = {"after": after, **source.variables}, self._served.most_failures(rows)
        try:
            answer, ratio = self.extraction.execute_page(query, self.usage, variables, rows, most_failures)
        except FieldsFailedError as error:
            return self._in_nodes(error.answer, asked[1:]), error
        self._sizes.price_ratio = ratio
        return self._in_nodes(answer, asked[1:]), None

    def _in_nodes(self, answer: Answer, lists: Sequence[Part] = ()) -> Answer:
        """Return an answer with its list, and the lists of each node, as connections with `nodes`."""
        return in_nodes(answer, self.source, lists)

    def _failed_in_nodes(self, failure: FieldsFailedError) -> list[FailedField]:
        """Return the fields that failed, with their paths as in such an answer."""
        return failed_in_nodes(failure.failed)

    def _nodes_in(self, answer: Answer) -> Sequence[Node | None]:
        """Return the nodes that an answer holds.

        Raises:
            StreamError: It holds something else.
        """
        return read_nodes(self.root_of(answer), self.source.name)

    def _page_in(self, answer: Answer, lose_row: Callable[[int], None]) -> Page:
        """Return the page that an answer holds.

        Args:
            answer: The answer.
            lose_row: Takes the position of a row that is missing for no reason given.
        """
        return read_page(self.root_of(answer), self.source.name, has_id=self.source.has_id, lose_row=lose_row)

    def _examined(self, asked: Sequence[Part], answer: Answer, failure: FieldsFailedError | None) -> Findings:
        """Find the values, rows and lists that an answer lacks."""
        prefix = (self.source.root, "nodes")
        examiner = Examiner(answer.data, prefix, asked[0], asked[1:], self.source.required)
        return examiner.findings(answer, self._failed_in_nodes(failure) if failure is not None else ())

    def row_beyond(self, rows: int, window: Window | None, columns: str = "id") -> Node | None:
        """Return the row of a window that so many others come before, if there is one; where cursors are offsets.

        Args:
            rows: Number of rows before it.
            window: The window.
            columns: What to ask for of it.
        """
        if self.source.form is Form.PLAIN:
            return None
        query = self.source.look_beyond(rows, window, columns)
        nodes = self._nodes_in(answer := self._in_nodes(self.extraction.execute(query, self.usage)))
        # A row that is hidden is one all the same.
        return next((node for node in nodes if node is not None), {} if answer.hidden else None)

    def holds_more_than(self, rows: int, window: Window | None) -> bool:
        """Return True if a window holds more rows than that; only where cursors are offsets."""
        return self.row_beyond(rows, window) is not None

    def _widen_filter(self, strikes: tuple[Strike, ...]) -> tuple[Strike, ...]:
        """Do without the filter for scheduled items where the server does not take it; return what else it refuses."""
        keys = {"filter", *re.findall(r"\w+(?=:)", self.source.scheduled_filter)}
        others = tuple(
            each for each in strikes if each.unknown not in {Unknown.ARGUMENT, Unknown.VALUE} or each.name not in keys
        )
        if not self.source.scheduled_filter or others == strikes:
            return strikes
        self.filter_scheduled_by("")
        return others

    def learn_list(self, part: Part, rows: int) -> None:
        """Note that a list has been read to its end, and had so many rows."""
        self._sizes.learn_list(part, rows)
        if rows:
            self.hidden.see_list(part.name)

    def most_failures_of_lists(self, lists: int, rows: int) -> int:
        """Return how often a query for so many rows of so many lists may fail before it is to be smaller."""
        served = [(self.served_lists, lists), (self.served_rows_of_lists, rows)]
        # Where there is but one of a kind, it is the other that can be smaller.
        return min(each.most_failures(count) for each, count in served)

    def lose_of_list(self, part: Part, error: MissingRowError) -> None:
        """Note that a row of a list of a node cannot be had."""
        if error.why is Missing.HIDDEN:
            self.hidden.add_row_of_list(part)
        else:
            self.losses.lose_of_list(part, "a row of a list", error.cause)

    def report_hidden(self) -> None:
        """Say how much could not be seen, and what the served version does not know."""
        self.hidden.report(self.source.name)
        self.extraction.drift.report(self._given, self.source, self.wanted.values())

    def root_of(self, answer: Answer) -> Node:
        """Return the value of the root field.

        Raises:
            NotPermittedError: It is null.
            StreamError: It is no object, or the answer is to another query.
        """
        return read_root(answer.data, self.source.name, self.source.root)

    def note_hidden(self, answer: Answer) -> None:
        """Count what is hidden in an answer, and take null rows out of it."""
        self.hidden.add_answer(answer, self.source.root, self._rows_among)

    def _rows_among(self, paths: Iterable[Steps]) -> Iterable[Steps]:
        """Return those of some paths that may lead to rows of a stream."""
        return paths


def _too_wide(source: Source, error: TooExpensiveError) -> StreamError:
    return StreamError(f"{source.name}: even the smallest page is too expensive: {error.cause}", error.remedy)
