"""Asks for one page of a source with all that is read beside it, at a size and a price that fit."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tap_jobber.api.client import (
    Answer,
    DriftError,
    FieldsFailedError,
    NotPermittedError,
    TooExpensiveError,
)
from tap_jobber.api.drift import Unknown
from tap_jobber.api.transport import Query
from tap_jobber.errors import StreamError
from tap_jobber.extraction.around import Around, Missing, MissingRowError, UnservedPageError, read_around
from tap_jobber.extraction.forms import failed_in_nodes, in_nodes
from tap_jobber.extraction.hidden import HiddenValues, is_hidden_list, without_null_rows
from tap_jobber.extraction.losses import Losses, lose_nothing
from tap_jobber.extraction.overlap import decode_offset, encode_offset
from tap_jobber.extraction.pages import read_page
from tap_jobber.extraction.partial import Examiner, found_at, read_path
from tap_jobber.extraction.run import SizedQuery
from tap_jobber.extraction.sizes import Sizes
from tap_jobber.extraction.sizing import MAXIMUM_ROWS, UNKNOWN_MARGIN, ServedRows
from tap_jobber.schema.price import PAGE_POINTS, node_points
from tap_jobber.schema.query import ROOT_QUERIES, Form, single_query
from tap_jobber.schema.selection import may_be_null, without

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_jobber.api.client import Usage
    from tap_jobber.api.drift import Strike
    from tap_jobber.extraction.losses import Lose
    from tap_jobber.extraction.overlap import Node, Page
    from tap_jobber.extraction.partial import Findings
    from tap_jobber.extraction.run import Extraction
    from tap_jobber.extraction.source import Part, Source
    from tap_jobber.extraction.windows import Window
    from tap_jobber.schema.query import ListPath

# A list leaves nothing of so many pages before it is read apart from them altogether.
_MOST_DEFERRALS = 3
# Where so many rows of lists are hidden and none has been seen, all are.
_MOST_HIDDEN_OF_LISTS = 5
MOST_ALIASES = 50
"""How many single objects one query asks for at the most."""
UNREAD = " unread"
"""A key that is added to a node: the names of the parts whose lists have to be read apart from it."""


class _SourceChangedError(Exception):
    """The server does not know an argument, so what has been read so far cannot be gone on with."""


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


class Asker:
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
        extraction: Extraction,
        source: Source,
        usage: Usage,
        limit_rows: int | None = None,
        lose: Lose = lose_nothing,
    ) -> None:
        self.source = source
        self._given = source
        self._wanted: dict[str, Part] = {}
        self.usage = usage
        self.extraction = extraction
        self._paths: set[ListPath] = set()
        self.rest_price_ratios: dict[str, float] = {}
        page_size = extraction.page_size if limit_rows is None else min(extraction.page_size, limit_rows + 1)
        self._sizes = Sizes(extraction.governor, page_size)
        self._hidden = HiddenValues()
        self.hidden_rows = 0
        self.losses = Losses(lose)
        self._served = ServedRows()
        self.served_lists, self.served_rows_of_lists = ServedRows(MOST_ALIASES), ServedRows()
        self._deferrals: Counter[str] = Counter()
        self._hidden_of_lists: Counter[str] = Counter()
        self._seen_lists: set[str] = set()
        self._has_seen = False

    def left_of(self, parts: Sequence[Part]) -> list[Part]:
        """The parts that the server is not known to refuse, each without what it refuses or what fails."""
        applied = (self.extraction.drift.applied(self.source, part) for part in parts)
        return [self.losses.applied(part) for part in applied if part is not None]

    def single(self, part: Part, *, may_be_absent: bool = False) -> Node | None:
        """The one object that the root field is.

        Args:
            part: What to ask for.
            may_be_absent: Whether a null is an answer, not a defect: there is none.
        """
        self._wanted[part.name] = part
        while True:
            self.source = self.extraction.drift.adapted(self.source, part)
            node = self.left_of([part])[0].node
            query = Query(
                self.source.name,
                single_query(self.source.name, self.source.root, node),
                {},
                UNKNOWN_MARGIN * (node_points(node) + 1),
            )
            try:
                answer = self.extraction.execute(query, self.usage)
            except DriftError as error:
                self.source = self.extraction.drift.learn(self.source, [part], error.strikes)
                continue
            except FieldsFailedError as error:
                if not self._is_settled(part, error):
                    continue
                answer = error.answer
            self.note_hidden(answer)
            if may_be_absent and not answer.hidden and answer.data.get(self.source.root) is None:
                return None
            return self.root_of(answer)

    def _is_settled(self, part: Part, error: FieldsFailedError) -> bool:
        """True if the one object is there without what failed; false if it has to be asked for again without it."""
        root = self.source.root
        failed = [replace(each, path=("rows", 0, *each.path[1:])) for each in error.failed if each.path[:1] == (root,)]
        data = {"rows": [error.answer.data.get(root)]}
        found = Examiner(data, ("rows",), part, (), self.source.required).findings(Answer({}), failed)
        if len(failed) < len(error.failed) or found.missing or found.null_rows:
            raise error
        if self.leave_out(found, error):
            return False
        self.losses.take_out(found.values, 1)
        return True

    def leave_out(self, found: Findings, failure: FieldsFailedError | None) -> bool:
        """Leave out columns that leave nothing of the rows around them; tell whether there are any.

        Raises:
            FieldsFailedError: If such a column is none that was asked for.
        """
        columns = {(keys, part): cause for (_name, keys), (part, cause) in found.columns.items()}
        # What may be null itself leaves the rest alone, so that it is another that does not.
        spreading = [each for each in columns if not may_be_null(each[1].node, each[0])]
        for keys, part in spreading or columns:
            if failure is not None and without(part.node, keys) == part.node:
                raise failure
            self.losses.leave_out(part, keys, columns[keys, part])
        return bool(columns)

    def _is_enough(self, found: Findings, failure: FieldsFailedError | None, rows: int) -> bool:
        """True if a page can be used without what it lacks; False if it has to be asked for without a column.

        Raises:
            MissingRowError: If a row of it cannot be had.
            UnservedPageError: If nothing tells what it lacks.
        """
        found.raise_missing()
        if self.leave_out(found, failure):
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
        nodes = found_at(answer.data, (self.source.root, "nodes")) or ()
        self.losses.take_out(found.values, len(nodes))
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
        around = Around(after, most_rows, least_rows, has_seen=self._has_seen)
        deferred = {part.name: part for part in parts if self._deferrals[part.name] >= _MOST_DEFERRALS}
        before, to_ask = set(deferred), _PageToAsk(parts, window, deferred)
        try:
            page = read_around(around, self._served, lambda cursor, rows: self._ask(to_ask, cursor, rows))
        except _SourceChangedError:
            return None
        self._deferrals.update(deferred.keys() - before)
        self._has_seen = self._has_seen or bool(page.nodes)
        for place, error in around.missing.items():
            if error.why is Missing.HIDDEN:
                self._hidden.add_row(self.source.name, (window, place))
                self.hidden_rows += 1
            self.losses.lose_row(place, error, window)
        for node in page.nodes if deferred else ():
            node[UNREAD] = {*node.get(UNREAD, ()), *deferred}
        return page

    def _ask(self, page: _PageToAsk, after: str | None, rows: int) -> Page:
        """Ask for a page until it is known what is to be asked for."""
        self._wanted.update((part.name, part) for part in page.parts)
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
            return read_page(self.root_of(answer), self.source.name, has_id=self.source.has_id)

    def _adapt(self, page: _PageToAsk) -> None:
        """Leave out what the server is known not to know, be it by what other streams have learnt.

        Raises:
            _SourceChangedError: If that changes the list itself.
        """
        before = self.source
        self.source = self.extraction.drift.adapted(before, page.parts[0])
        if self.source != before:
            raise _SourceChangedError

    def _learn(self, page: _PageToAsk, error: DriftError) -> None:
        """Leave out what the server does not know.

        Raises:
            _SourceChangedError: If that changes the list itself.
        """
        before = self.source
        strikes = error.strikes if page.window is None else self._widen_filter(error.strikes)
        if strikes:
            self.source = self.extraction.drift.learn(self.source, page.parts, strikes)
        if self.source != before:
            raise _SourceChangedError from None

    def _answer(
        self, asked: Sequence[Part], window: Window | None, after: str | None, rows: int
    ) -> tuple[Answer, FieldsFailedError | None]:
        """What is answered to a query for a page, and what failed in it."""
        self._paths.update(part.path for part in asked if part.path)
        lists, sizer = self._sizes.choose(asked)
        source = self.source
        write = ROOT_QUERIES[source.form]
        text = write(source.name, source.root, source.arguments(window), asked[0].node, lists)
        query, most_failures = SizedQuery(source.name, text, sizer), self._served.most_failures
        try:
            answer, ratio = self.extraction.execute_page(query, self.usage, {"after": after}, rows, most_failures)
        except FieldsFailedError as error:
            return in_nodes(error.answer, source, asked[1:]), error
        self._sizes.price_ratio = ratio
        return in_nodes(answer, source, asked[1:]), None

    def _examined(self, asked: Sequence[Part], answer: Answer, failure: FieldsFailedError | None) -> Findings:
        """What an answer lacks."""
        prefix = (self.source.root, "nodes")
        examiner = Examiner(answer.data, prefix, asked[0], asked[1:], self.source.required)
        return examiner.findings(answer, failed_in_nodes(failure.failed if failure is not None else ()))

    def holds_more_than(self, rows: int, window: Window | None) -> bool:
        """Whether a window holds more rows than that; only where cursors are offsets."""
        if self.source.form is Form.PLAIN:
            return False
        name = f"{self.source.name}_beyond"
        rows_of = "edges { node { id } }" if self.source.form is Form.EDGES else "nodes { id }"
        text = (
            f"query {name}($after: String) {{ {self.source.root}(first: 1, after: $after"
            f"{_comma(self.source.arguments(window))}) {{ {rows_of} }} }}"
        )
        query = Query(name, text, {"after": encode_offset(rows)}, PAGE_POINTS, label=self.source.name)
        answer = in_nodes(self.extraction.execute(query, self.usage), self.source)
        # A row that is hidden is one all the same.
        return bool(answer.hidden) or bool(self.root_of(answer)["nodes"])

    def _widen_filter(self, strikes: tuple[Strike, ...]) -> tuple[Strike, ...]:
        """Do without the filter for scheduled items where the server does not take it; return what else it refuses."""
        keys = {"filter", *re.findall(r"\w+(?=:)", self.source.scheduled_filter)}
        others = tuple(
            each for each in strikes if each.unknown not in {Unknown.ARGUMENT, Unknown.VALUE} or each.name not in keys
        )
        if not self.source.scheduled_filter or others == strikes:
            return strikes
        self.source = replace(self.source, scheduled_filter="")
        return others

    def learn_list(self, part: Part, rows: int) -> None:
        """A list has been read to its end, and had so many rows."""
        self._sizes.learn_list(part, rows)
        if rows:
            self._seen_lists.add(part.name)

    @property
    def most_failures_of_lists(self) -> int:
        """How often a query for lists may fail before it is to be smaller."""
        return min(self.served_lists.most_failures, self.served_rows_of_lists.most_failures)

    def lose_of_list(self, part: Part, error: MissingRowError) -> None:
        """Note that a row of a list of a node cannot be had."""
        if error.why is Missing.HIDDEN:
            self.hidden_rows += 1
            self._hidden.add_row(part.name)
            self._hidden_of_lists[part.name] += 1
            is_all = self._hidden_of_lists[part.name] >= _MOST_HIDDEN_OF_LISTS and part.name not in self._seen_lists
            if is_all and part.path is not None:
                self.extraction.drift.refuse_list(self.source, part.path)
        else:
            self.losses.lose_of_list(part, "a row of a list", error.cause)

    def report_hidden(self) -> None:
        """Say how much could not be seen, and what the served version does not know."""
        self._hidden.report(self.source.name)
        self.extraction.drift.report(self._given, self.source, self._wanted.values())

    def root_of(self, answer: Answer) -> Node:
        """The value of the root field.

        Raises:
            NotPermittedError: It is null.
        """
        value: Node | None = answer.data.get(self.source.root)
        if value is None:
            raise _nothing(self.source)
        return value

    def note_hidden(self, answer: Answer) -> None:
        """Count each hidden value by its path, without the root, its list and the numbers in it."""
        self._hidden.add_replaced(answer.replaced)
        for path in answer.hidden:
            of_node = re.fullmatch(rf"({self.source.root}\.nodes\.\d+|p\d+)\.([\w.]+)", path)
            if of_node and isinstance(read_path(path)[-1], int) and found_at(answer.data, read_path(path)[:-1]) is None:
                # A row of a list, which is read around once the list is read by itself.
                continue
            for each in self._paths:
                if of_node and is_hidden_list(answer.data, of_node[1], of_node[2], each):
                    # A list that is hidden is not an empty one: its stream has to know.
                    self.extraction.drift.refuse_list(self.source, each)
            self._hidden.add(re.sub(r"^\w+\.?(nodes\.?)?|\b\d+\.?", "", path).rstrip(".") or re.sub(r"\.\d+", "", path))
        # Only when all paths have been looked at, since the rows behind one move up.
        self.hidden_rows += without_null_rows(answer.data, map(read_path, answer.hidden))


def _comma(arguments: str) -> str:
    return f", {arguments}" if arguments else ""


def _nothing(source: Source) -> NotPermittedError:
    """A null is not "no rows": a list without rows is an empty list."""
    cause = f"Jobber answered null for {source.root} and gave no reason"
    return NotPermittedError(cause, "check in Jobber that the account has this feature and the app its scope")


def _too_wide(source: Source, error: TooExpensiveError) -> StreamError:
    return StreamError(f"{source.name}: even the smallest page is too expensive: {error.cause}", error.remedy)
