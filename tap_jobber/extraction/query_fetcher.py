"""Asks for the pages of a user's query: as for those of the tap's own streams, but for what may be left out of it.

The query is planned anew without a field that the server refuses or that takes rows with it when it fails. That changes
which fields are added for the reading, so the list is read from its beginning again.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from tap_jobber.api.classification import UNPARSABLE_QUERY
from tap_jobber.api.client import DriftError, NotPermittedError, TooExpensiveError
from tap_jobber.api.graphql_errors import REFUSED_QUERY
from tap_jobber.api.unknown_names import Unknown
from tap_jobber.errors import StreamError
from tap_jobber.extraction.answer_paths import found_at, read_path
from tap_jobber.extraction.data_loss import Losses, lose_nothing
from tap_jobber.extraction.drift import UnknownRootError
from tap_jobber.extraction.missing_rows import UnservedPageError
from tap_jobber.extraction.page_fetcher import BeginAnewError, PageFetcher
from tap_jobber.extraction.query_drift import ARGUMENTS, FIELDS, learn_of_query
from tap_jobber.extraction.served_schema import HIDDEN_COLUMN, UNKNOWN_COLUMN, listed, not_permitted, scope_of_query
from tap_jobber.graphql.answer_keys import fields_at, may_be_null, without
from tap_jobber.graphql.document import QueryError
from tap_jobber.graphql.striking import columns_without

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tap_jobber.api.client import Answer, FieldsFailedError, Usage
    from tap_jobber.api.decision import FailedField
    from tap_jobber.api.unknown_names import Strike
    from tap_jobber.extraction.answer_paths import Steps
    from tap_jobber.extraction.data_loss import Lose
    from tap_jobber.extraction.extraction_run import ExtractionRun
    from tap_jobber.extraction.overlap import Node, Page
    from tap_jobber.extraction.partial_answers import Findings, Keys
    from tap_jobber.extraction.query_source import QuerySource
    from tap_jobber.extraction.source import Part
    from tap_jobber.extraction.windows import Window

logger = logging.getLogger("tap-jobber.extraction")

FAILED = " failed"
"""A key that is added to a row: the columns that it lacks because they failed."""
_CORRECT = "correct the query of the custom stream"
_CORRECT_OR_NEWER = f"{_CORRECT}, or set another api_version"
_PERMISSION = "give the app the scope and the Jobber user the permission to read it, then authorise again"


class QueryFetcher(PageFetcher):
    """Asks for the pages of one query.

    Args:
        extraction: The run.
        source: The query; changes when something has to be left out of it.
        usage: Where to add what it costs.
        limit_rows: How many rows are wanted, if not all.
        lose: Told what cannot be had.
    """

    def __init__(
        self,
        extraction: ExtractionRun,
        source: QuerySource,
        usage: Usage,
        limit_rows: int | None = None,
        lose: Lose = lose_nothing,
    ) -> None:
        super().__init__(extraction, source, usage, limit_rows, lose)
        self.losses = Losses(lose, keeps_columns=True)
        self._query = source.query
        self._dropped: tuple[Keys, ...] = ()
        self._not_added: frozenset[str] = frozenset()
        self._failed_columns: frozenset[str] = frozenset()
        self._given_up: tuple[Strike, ...] = ()
        self._known = (0, 0, 0)

    @property
    def source(self) -> QuerySource:
        """The query as it is read: without what has to be left out."""
        source: QuerySource = self._source  # type: ignore[assignment] # it began as one, and `replace` keeps the type
        return source

    def left_of(self, parts: Sequence[Part]) -> list[Part]:
        """Return the parts with what is left of the query."""
        return [replace(part, node=self.source.paged.row.node) for part in parts]

    def adapt(self, nodes: Part) -> None:
        """Leave out what other streams of the run have learnt that the server does not know.

        Raises:
            StreamError: If the query is none without it.
        """
        del nodes
        if self._known == self._knowledge():
            return
        name, before = self._query.name, self.source.paged.row.node
        try:
            self._plan()
        except QueryError as error:
            cause = f"{name} {error.cause}, since the served version of Jobber's API does not know it, or hides it"
            raise StreamError(cause, _CORRECT_OR_NEWER) from None
        columns = columns_without(before, self.source.paged.row.node)
        if columns:
            self.extraction.drift.note_left_out(name, columns, "the served version does not know it, or hides it")
            text = "%s: the served version of the API does not know, or hides, %s; left out"
            logger.warning(text, name, listed(columns))

    def learn(self, parts: Iterable[Part], strikes: Sequence[Strike]) -> None:
        """Leave out what the server has just refused.

        Raises:
            UnknownRootError: If it does not know the root field.
            NotPermittedError: If what cannot be done without is hidden.
            StreamError: If it is something that cannot be done without, or nothing that was asked for.
        """
        del parts
        name = self._query.name
        if any(each.unknown is Unknown.FIELD and each.owner == "Query" for each in strikes):
            cause = f"the served version of Jobber's API does not know {', '.join(map(str, strikes))}"
            raise UnknownRootError(cause, "set a newer api_version, or correct the query")
        stamp = self.source.stamp
        if stamp is not None and any(_is_of_filter(each, stamp.filter) for each in strikes):
            # The tap has added it.
            logger.warning("%s: Jobber does not take a filter on its %s; reading all", name, stamp.filter)
            self._source = replace(self.source, stamp=None)
            return
        learn_of_query(self.extraction.drift, name, self.source.paged.selection, strikes)
        self._not_added |= {each.name for each in strikes if each.unknown in FIELDS}
        if any(each.unknown in ARGUMENTS and not each.path for each in strikes):
            raise _lasting(name, strikes)
        self._plan_without(_lasting(name, strikes))
        self._given_up += tuple(strikes)

    def report_hidden(self) -> None:
        """Say how much could not be seen, and what the served version does not know."""
        self.hidden.report(self._query.name)
        for is_hidden, what in (
            (True, "the app or its user may not see"),
            (False, "the served version of the API does not know"),
        ):
            names = list(dict.fromkeys(str(each) for each in self._given_up if each.is_hidden is is_hidden))
            if names:
                cause = HIDDEN_COLUMN if is_hidden else UNKNOWN_COLUMN
                self.extraction.drift.note_left_out(self._query.name, names, cause)
                verb = "it is" if len(names) == 1 else "they are"
                logger.warning("%s: %s %s; %s left out", self._query.name, what, listed(names), verb)
        self._given_up = ()

    def _answer(
        self, asked: Sequence[Part], window: Window | None, after: str | None, rows: int
    ) -> tuple[Answer, FieldsFailedError | None]:
        name = self._query.name
        try:
            answer, failure = super()._answer(asked, window, after, rows)
        except (DriftError, UnservedPageError):
            raise
        except TooExpensiveError as error:
            cause = f"{name}: even the smallest page is too expensive: {error.cause}"
            raise StreamError(cause, "ask for less of each row, or for fewer rows of the lists in it") from None
        except StreamError as error:
            if not any(sign in error.cause for sign in (REFUSED_QUERY, UNPARSABLE_QUERY)):
                raise
            raise StreamError(error.cause, _CORRECT) from None
        if failure is not None and all(each.is_not_found for each in failure.failed):
            raise StreamError(failure.cause, _CORRECT)
        return answer, failure

    def _in_nodes(self, answer: Answer, lists: Sequence[Part] = ()) -> Answer:
        del lists
        paths = (self.source.path_in_nodes(read_path(each)) for each in answer.hidden)
        hidden = tuple(".".join(map(str, each)) for each in paths)
        return replace(answer, data=self.source.in_nodes(answer.data), hidden=hidden)

    def _failed_in_nodes(self, failure: FieldsFailedError) -> list[FailedField]:
        return [replace(each, path=self.source.path_in_nodes(each.path)) for each in failure.failed]

    def _nodes_in(self, answer: Answer) -> list[Node | None]:
        nodes: list[Node | None] = found_at(answer.data, (self.source.root, "nodes")) or []
        return list(map(self.source.node_of, nodes))

    def _page_in(self, answer: Answer, lose_row: Callable[[int], None]) -> Page:
        return self.source.page_in(answer.data, lose_row)

    def _rows_among(self, paths: Iterable[Steps]) -> Iterable[Steps]:
        """Return the paths of rows of the query: lists in a row stay as they were answered."""
        return [path for path in paths if path[:-1] == (self.source.root, "nodes")]

    def _is_enough(self, found: Findings, failure: FieldsFailedError | None, rows: int) -> bool:
        """Return True if a page can be used without what it lacks.

        Raises:
            BeginAnewError: If it is to be asked for without a column.
            StreamError: If the query is none without that.
        """
        found.raise_missing()
        columns = {keys: each for (_name, keys), each in found.columns.items()}
        if columns:
            # What may be null itself leaves the rest alone, so that it is another that does not.
            keys = next(
                (each for each in columns if not may_be_null(self.source.paged.row.node, each)), next(iter(columns))
            )
            self._leave_out(keys, *columns[keys], failure)
            raise BeginAnewError
        return super()._is_enough(found, failure, rows)

    def _leave_out(self, keys: Keys, part: Part, cause: str, failure: FieldsFailedError | None) -> None:
        """Ask for a field of a row no more: it fails, or it is hidden.

        Raises:
            StreamError: If the query is none without it.
        """
        name, column = self._query.name, ".".join(keys)
        lasting = failure or NotPermittedError(f"{name}: {column} cannot be read: {cause}", _PERMISSION)
        self._dropped += ((*self.source.paged.path, *self.source.paged.rows, *keys),)
        self._not_added |= {each.name for each in fields_at(self.source.paged.row.node, keys)}
        self._plan_without(lasting)
        if failure is None:
            self.extraction.drift.note_left_out(name, [column], HIDDEN_COLUMN)
            logger.warning("%s: the app or its user may not see %s; it is left out", name, column)
            return
        self.losses.leave_out(part, keys, cause)
        self._failed_columns |= {keys[0]} if len(keys) == 1 else set()

    def _do_without(self, found: Findings, place: tuple[Window | None, int], answer: Answer) -> None:
        for value in found.values:
            if value.holder is value.row:
                value.row[FAILED] = sorted({*value.row.get(FAILED, ()), value.key})
        super()._do_without(found, place, answer)
        nodes: list[Node] = found_at(answer.data, (self.source.root, "nodes")) or []
        for row in filter(None, nodes if self._failed_columns else ()):
            row[FAILED] = sorted(self._failed_columns.union(row.get(FAILED, ())))

    def _plan_without(self, lasting: StreamError) -> None:
        """Plan the query anew.

        Raises:
            StreamError: The given one, if the query is none any more, or the same.
        """
        before = self.source.paged.text
        try:
            self._plan()
        except QueryError:
            raise lasting from None
        if self.source.paged.text == before:
            raise lasting

    def _plan(self) -> None:
        """Plan the query without what the server does not know and what fails.

        Raises:
            QueryError: If it is none without that.
        """
        drift = self.extraction.drift
        left = drift.applied_to_query(self._query.name, self._query.document.selection)
        for keys in self._dropped:
            left = without(left, keys)
        types = {self.source.paged.row.node.type_name, "PageInfo"}
        unknown = {name for owner, name in drift.fields if owner in types}
        self._source = self.source.planned(left, self._not_added | unknown)
        self._known = self._knowledge()

    def _knowledge(self) -> tuple[int, int, int]:
        """Return how much is known of what the server lacks; that only grows."""
        drift = self.extraction.drift
        return len(drift.fields), len(drift.types), len(drift.places.get(scope_of_query(self._query.name), ()))


def _is_of_filter(strike: Strike, key: str) -> bool:
    """Return True if a server may have refused a filter for a key of it."""
    return strike.unknown in ARGUMENTS and ("filter" in strike.path or strike.name in {"filter", key})


def _lasting(name: str, strikes: Sequence[Strike]) -> StreamError:
    names = ", ".join(str(each) for each in strikes)
    if all(each.is_hidden for each in strikes):
        return not_permitted(name, names)
    # An argument may be known, and only its value not.
    verb = "take" if all(each.unknown in ARGUMENTS for each in strikes) else "know"
    cause = f"the served version of Jobber's API does not {verb} {names}, without which {name} cannot be read"
    return StreamError(cause, _CORRECT_OR_NEWER)
