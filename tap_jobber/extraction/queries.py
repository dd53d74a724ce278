"""Reads the rows of a query that a user has written, page by page, by the rules that hold for all streams."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec.json

from tap_jobber.api.classification import UNPARSABLE_QUERY
from tap_jobber.api.client import Answer, DriftError, FieldsFailedError, NotPermittedError, TooExpensiveError
from tap_jobber.api.graphql_errors import REFUSED_QUERY
from tap_jobber.api.unknown_names import Strike, Unknown
from tap_jobber.errors import StreamError
from tap_jobber.extraction.data_loss import Losses, lose_nothing
from tap_jobber.extraction.drift import UnknownRootError
from tap_jobber.extraction.extraction_run import SizedQuery
from tap_jobber.extraction.hidden_values import HiddenValues
from tap_jobber.extraction.missing_rows import Missing, MissingRowError, PageAssembler, UnservedPageError, assemble_page
from tap_jobber.extraction.overlap import VOLATILE, Page, Reader, decode_offset
from tap_jobber.extraction.page_parsing import NO_REASON
from tap_jobber.extraction.page_size import MAXIMUM_ROWS, PageSizer, ServedRows, margin_of
from tap_jobber.extraction.partial_answers import Examiner, found_at, read_path
from tap_jobber.extraction.query_drift import ARGUMENTS, FIELDS, learn_of_query
from tap_jobber.extraction.served_schema import HIDDEN_COLUMN, UNKNOWN_COLUMN, listed
from tap_jobber.extraction.source import Part
from tap_jobber.extraction.walk import next_look
from tap_jobber.graphql.answer_keys import fields_at, without
from tap_jobber.graphql.document import QueryError
from tap_jobber.graphql.paging import paged
from tap_jobber.graphql.striking import columns_without
from tap_jobber.graphql.tree import Selection

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tap_jobber.api.client import Usage
    from tap_jobber.extraction.extraction_run import ExtractionRun
    from tap_jobber.extraction.overlap import Node
    from tap_jobber.extraction.partial_answers import Findings, Keys, Steps
    from tap_jobber.graphql.document import UserQuery
    from tap_jobber.graphql.paging import Paged

logger = logging.getLogger("tap-jobber.extraction")


FAILED = " failed"
"""A key that is added to a row: the columns that it lacks because they failed."""
_PERMISSION = "give the app the scope and the Jobber user the permission to read it, then authorise again"


_CORRECT = "correct the query of the custom stream, or set another api_version"


class _ChangedError(Exception):
    """The query has changed, so what has been read so far cannot be gone on with."""


class QueryReading:
    """One read of one query.

    Args:
        extraction: The run.
        query: The query.
        usage: Where to add what it costs.
        unwanted: Columns that need not be asked for.
        limit_rows: How many rows are wanted, if not all.
    """

    def __init__(
        self,
        extraction: ExtractionRun,
        query: UserQuery,
        usage: Usage,
        unwanted: Iterable[str] = (),
        limit_rows: int | None = None,
    ) -> None:
        self._extraction = extraction
        self._query = query
        self._usage = usage
        self._unwanted = frozenset(unwanted)
        self._page_size = extraction.page_size if limit_rows is None else min(extraction.page_size, limit_rows + 1)
        self._dropped: tuple[Keys, ...] = ()
        self._not_added: set[str] = set()
        self._given_up: tuple[Strike, ...] = ()
        self._sizers: dict[str, PageSizer] = {}
        self._price_ratio: float | None = None
        self._hidden = HiddenValues()
        self._part = Part(query.name, Selection("", ()))
        self.losses = Losses(lose_nothing)
        self._served = ServedRows()
        self._has_seen = False
        self._left_out: set[str] = set()
        self.paged = paged(query, self._unwanted)

    def rows(self, variables: Mapping[str, object], *, looks_shortly: bool = False) -> Iterator[Node]:
        """All rows, and again each that has changed meanwhile, with what was added to them.

        Args:
            variables: The variables of the query beside those of paging.
            looks_shortly: True if the first rows are likely to be enough.
        """
        self._adapt()
        while True:
            try:
                yield from self._read(variables, next_look(MAXIMUM_ROWS) if looks_shortly else MAXIMUM_ROWS)
            except _ChangedError:
                continue
            return

    def report_hidden(self) -> None:
        """Say how much could not be seen, and what the served version does not know."""
        self._hidden.report(self._query.name)
        self._report_left_out()

    def _read(self, variables: Mapping[str, object], most_rows: int) -> Iterator[Node]:
        row = self.paged.row
        reader = Reader(
            rereads_head=row.rereads_head,
            place_field=row.place and "place",
            content_field="content",
            is_blind=row.is_blind,
        )
        is_stable = True
        while not reader.is_done:
            page = self._page(reader, variables, most_rows)
            try:
                fresh = reader.accept(page)
            except StreamError as error:
                raise StreamError(f"{self._query.name}: {error.cause}", error.remedy) from error
            if reader.is_rereading or most_rows < MAXIMUM_ROWS:
                most_rows = next_look(most_rows)
            if is_stable and reader.is_volatile:
                is_stable = False
                logger.warning(VOLATILE, self._query.name)
            for each in fresh:
                yield each["row"]

    def _page(self, reader: Reader, variables: Mapping[str, object], most_rows: int) -> Page:
        """Return the next page, of nodes as the reader knows them, without the rows that cannot be had."""
        around = PageAssembler(reader.after, most_rows, reader.least_rows, has_seen=self._has_seen)
        page = assemble_page(around, self._served, lambda after, rows: self._ask({"after": after, **variables}, rows))
        self._has_seen = self._has_seen or bool(page.nodes)
        for place, error in around.missing.items():
            if error.why is Missing.HIDDEN:
                self._hidden.add_row(self._query.name, place)
            self.losses.lose_row(place, error, None)
        return page

    def _ask(self, variables: Mapping[str, object], rows: int) -> Page:
        """Ask for a page."""
        answer, failure = self._answer(variables, rows)
        query = self.paged
        rows_found, found = self._examined(answer, failure)
        found.raise_missing()
        if found.columns:
            columns = {keys: cause for (_name, keys), (_part, cause) in found.columns.items()}
            # What may be null itself leaves the rest alone, so that it is another that does not.
            keys = next((each for each in columns if self._is_never_null(each)), next(iter(columns)))
            self._leave_out(keys, columns[keys], failure)
        if failure is not None and found.elsewhere is not None:
            raise UnservedPageError(failure, rows)
        self._note_hidden(answer)
        connection = _found(answer.data, query.path, query.path)
        info = _found(connection, (query.page_info,), (*query.path, "pageInfo"))
        if rows_found is None:
            raise _nothing((*query.path, *query.rows[:1]))
        after = variables["after"]
        self._take_out(found, rows_found, decode_offset(after if isinstance(after, str) else None) or 0)
        holes = tuple(place for place, node in enumerate(rows_found) if node is None)
        nodes = [self._known(node) for place, node in enumerate(rows_found) if place not in holes]
        return Page(nodes, info["hasNextPage"], info["endCursor"], holes)

    def _answer(self, variables: Mapping[str, object], rows: int) -> tuple[Answer, FieldsFailedError | None]:
        """Return the answer to a query for a page, and the error of the fields that failed in it."""
        name, query = self._query.name, self.paged
        margin = margin_of(self._price_ratio)
        sizer = self._sizers.setdefault(
            query.text, PageSizer(query.row_points, self._page_size, query.fixed_points, margin)
        )
        try:
            asked, most_failures = SizedQuery(name, query.text, sizer), self._served.most_failures
            answer, ratio = self._extraction.execute_page(asked, self._usage, variables, rows, most_failures)
        except DriftError as error:
            self._learn(error)
            raise _ChangedError from None
        except FieldsFailedError as error:
            if not all(each.is_not_found for each in error.failed):
                return error.answer, error
            raise StreamError(error.cause, "correct the query of the custom stream") from None
        except TooExpensiveError as error:
            cause = f"{name}: even the smallest page is too expensive: {error.cause}"
            raise StreamError(cause, "ask for less of each row, or for fewer rows of the lists in it") from None
        except StreamError as error:
            if not any(sign in error.cause for sign in (REFUSED_QUERY, UNPARSABLE_QUERY)):
                raise
            raise StreamError(error.cause, "correct the query of the custom stream") from None
        self._price_ratio = ratio
        return answer, None

    def _examined(self, answer: Answer, failure: FieldsFailedError | None) -> tuple[list[Node | None] | None, Findings]:
        """Return the rows of an answer, if there are any, and what they lack."""
        path, rows = self.paged.path, self.paged.rows
        listed = found_at(answer.data, (*path, rows[0]))
        nodes = None if not isinstance(listed, list) else [_node(each, rows[1:]) for each in listed]
        hidden = (".".join(map(str, self._below(read_path(each)))) for each in answer.hidden)
        failed = [replace(each, path=self._below(each.path)) for each in (failure.failed if failure else ())]
        row = self.paged.row
        required = [*self._query.primary_keys, *filter(None, (row.identity, row.place, row.content))]
        examiner = Examiner({"rows": nodes}, ("rows",), self._part, (), required)
        return nodes, examiner.findings(Answer({}, hidden=tuple(hidden)), failed)

    def _below(self, path: Steps) -> Steps:
        """Return a path of an answer as one of its rows, if it leads there."""
        way = (*self.paged.path, self.paged.rows[0])
        if path[: len(way)] != way:
            return path
        below = path[len(way) :]
        is_of_edge = below[1:2] == self.paged.rows[1:2] != ()
        return ("rows", *below[:1], *(below[2:] if is_of_edge else below[1:]))

    def _leave_out(self, keys: Keys, cause: str, failure: FieldsFailedError | None) -> None:
        """Ask for a field of a row no more, and begin anew.

        Raises:
            StreamError: If the query is none without it.
        """
        same = fields_at(self.paged.row.node, keys)
        before, name = self.paged.text, ".".join(keys)
        self._dropped += ((*self.paged.path, *self.paged.rows, *keys),)
        self._not_added |= {each.name for each in same}
        lasting = failure or NotPermittedError(f"{self._query.name}: {name} cannot be read: {cause}", _PERMISSION)
        try:
            self.paged = self._plan()
        except QueryError:
            raise lasting from None
        if self.paged.text == before:
            raise lasting
        if failure is None:
            logger.warning("%s: the app or its user may not see %s; it is left out", self._query.name, name)
        else:
            self.losses.leave_out(self._part, keys, cause)
            self._left_out |= {keys[0]} if len(keys) == 1 else set()
        raise _ChangedError

    def _is_never_null(self, keys: Keys) -> bool:
        return any(str(each.type).endswith("!") for each in fields_at(self.paged.row.node, keys))

    def _take_out(self, found: Findings, rows: Sequence[Node | None], start: int) -> None:
        """Take what failed out of rows, so that it does not pass for null; their keys stay with them."""
        lost = {place: NO_REASON for place, row in enumerate(rows) if row is None and place not in found.explained}
        for place, cause in (lost | {int(path[-1]): cause for path, _part, cause in found.null_rows}).items():
            self.losses.lose_row(start + place, MissingRowError(place, Missing.FAILED, cause), None)
        for value in found.values:
            if value.holder is value.row:
                value.row[FAILED] = sorted({*value.row.get(FAILED, ()), value.key})
        # The query of the user asks for what it asks for, however often that fails.
        self.losses.take_out(found.values, 0)

    def _known(self, node: Node | None) -> Node:
        """Return a row as the reader knows it: its identity, its place, and what tells that it has changed."""
        row, keys = self.paged.row, self._query.primary_keys
        for key in keys:
            if node is None or node.get(key) is None:
                raise StreamError(
                    f"{self._query.name}: a row comes without its key ({key} is null)",
                    "name columns in its primary_keys that no row lacks",
                )
        found: Node = node or {}
        if self._left_out:
            found[FAILED] = sorted(self._left_out.union(found.get(FAILED, ())))
        identity = found.get(row.identity) if row.identity else None
        known: Node = {
            "id": msgspec.json.encode([found[key] for key in keys] if identity is None else identity),
            "row": found,
        }
        known["content"] = found.get(row.content) if row.content else found
        known["place"] = found.get(row.place) if row.place else None
        return known

    def _plan(self) -> Paged:
        """Return the query without what the server does not know and what fails.

        Raises:
            QueryError: If the query is none without it.
        """
        document = self._query.document
        left = self._extraction.drift.applied_to_query(self._query.name, document.selection)
        for keys in self._dropped:
            left = without(left, keys)
        query = replace(self._query, document=replace(document, selection=left))
        types = {self.paged.row.node.type_name, "PageInfo"}
        unknown = {name for owner, name in self._extraction.drift.fields if owner in types}
        return paged(query, self._unwanted, self._not_added | unknown)

    def _adapt(self) -> None:
        """Leave out what other streams of the run have learnt that the server does not know."""
        name, before = self._query.name, self.paged.row.node
        try:
            self.paged = self._plan()
        except QueryError as error:
            cause = f"{name} {error.cause}, since the served version of Jobber's API does not know it, or hides it"
            raise StreamError(cause, _CORRECT) from None
        columns = columns_without(before, self.paged.row.node)
        if columns:
            self._extraction.drift.note_left_out(name, columns, "the served version does not know it, or hides it")
            text = "%s: the served version of the API does not know, or hides, %s; left out"
            logger.warning(text, name, listed(columns))

    def _learn(self, error: DriftError) -> None:
        """Leave out what the server does not know.

        Raises:
            UnknownRootError: If it does not know the root field.
            NotPermittedError: If what cannot be done without is hidden.
            StreamError: If it is something that cannot be done without, or nothing that was asked for.
        """
        name, before, strikes = self._query.name, self.paged.text, error.strikes
        if any(each.unknown is Unknown.FIELD and each.owner == "Query" for each in strikes):
            cause = f"the served version of Jobber's API does not know {', '.join(map(str, strikes))}"
            raise UnknownRootError(cause, "set a newer api_version, or correct the query")
        learn_of_query(self._extraction.drift, name, self.paged.selection, strikes)
        self._not_added |= {each.name for each in strikes if each.unknown in FIELDS}
        try:
            if any(each.unknown in ARGUMENTS and not each.path for each in strikes):
                raise _lasting(name, strikes)
            self.paged = self._plan()
        except QueryError:
            raise _lasting(name, strikes) from None
        if self.paged.text == before:
            raise _lasting(name, strikes)
        self._given_up += strikes

    def _report_left_out(self) -> None:
        """Say in one line each what is hidden and what the served version does not know."""
        for is_hidden, what in (
            (True, "the app or its user may not see"),
            (False, "the served version of the API does not know"),
        ):
            names = list(dict.fromkeys(str(each) for each in self._given_up if each.is_hidden is is_hidden))
            if names:
                cause = HIDDEN_COLUMN if is_hidden else UNKNOWN_COLUMN
                self._extraction.drift.note_left_out(self._query.name, names, cause)
                verb = "it is" if len(names) == 1 else "they are"
                logger.warning("%s: %s %s; %s left out", self._query.name, what, listed(names), verb)
        self._given_up = ()

    def _note_hidden(self, answer: Answer) -> None:
        """Count each hidden value by its column."""
        self._hidden.add_replaced(answer.replaced)
        way = [*self.paged.path, *self.paged.rows]
        for path in answer.hidden:
            steps = [step for step in path.split(".") if not step.isdigit()]
            self._hidden.add(".".join(steps[len(way) :] if steps[: len(way)] == way else steps) or path)


def _node(listed: Any, rows: tuple[str, ...]) -> Node | None:  # noqa: ANN401 - JSON
    """Return the row in an item of a list: the item, or the node of an edge."""
    found: Node | None = listed.get(rows[0]) if rows and isinstance(listed, dict) else listed
    return found


def _found(data: Mapping[str, Any], path: tuple[str, ...], named: tuple[str, ...]) -> Node:
    at: Any = data
    for key in path:
        at = at.get(key) if isinstance(at, dict) else None
    if not isinstance(at, dict):
        raise _nothing(named)
    return at


def _nothing(path: tuple[str, ...]) -> NotPermittedError:
    """Return the error of a null list: that is not "no rows", for a list without rows is an empty one."""
    cause = f"Jobber answered {'.'.join(path)} with no list of rows and gave no reason"
    return NotPermittedError(
        cause, "check the query, and in Jobber that the account has this feature and the app its scope"
    )


def _lasting(name: str, strikes: Sequence[Strike]) -> StreamError:
    names = ", ".join(str(each) for each in strikes)
    if all(each.is_hidden for each in strikes):
        return NotPermittedError(
            f"the app or its user may not see {names}, without which {name} cannot be read",
            "give the app the scope and the Jobber user the permission to read it, then authorise again",
        )
    # An argument may be known, and only its value not.
    verb = "take" if all(each.unknown in ARGUMENTS for each in strikes) else "know"
    return StreamError(
        f"the served version of Jobber's API does not {verb} {names}, without which {name} cannot be read",
        _CORRECT,
    )
