"""Asks for one page of a source with all that is read beside it, at a size and a price that fit."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tap_jobber.api.client import DriftError, NotPermittedError, TooExpensiveError, UnclearError
from tap_jobber.api.drift import Unknown
from tap_jobber.api.transport import Query
from tap_jobber.errors import StreamError
from tap_jobber.extraction.drift import Drift
from tap_jobber.extraction.hidden import HiddenValues, is_hidden_list, without_hidden_rows
from tap_jobber.extraction.inline import InlineSizer
from tap_jobber.extraction.moments import ServerClock
from tap_jobber.extraction.overlap import encode_offset
from tap_jobber.extraction.pages import read_page
from tap_jobber.extraction.sizing import MAXIMUM_ROWS, MINIMUM_ROWS, UNKNOWN_MARGIN, PageSizer, margin_of
from tap_jobber.schema.price import PAGE_POINTS, list_points, node_points
from tap_jobber.schema.query import ChildList, page_query, single_query

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_jobber.api.client import Answer, Client, Usage
    from tap_jobber.extraction.overlap import Node, Page
    from tap_jobber.extraction.pacing import Governor
    from tap_jobber.extraction.source import Part, Source
    from tap_jobber.extraction.windows import Window
    from tap_jobber.schema.query import ListPath

_CLOCK_QUERY = Query("clock", "query clock { account { id } }", {}, 2.0)


@dataclass(frozen=True)
class SizedQuery:
    """A query for pages whose size is chosen by their price.

    Attributes:
        name: The operation's name.
        text: The query, with the variable `$first`.
        sizer: Sizes its pages, and learns from each answer.
    """

    name: str
    text: str
    sizer: PageSizer


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
    clock: ServerClock = field(default_factory=ServerClock)

    def execute(self, query: Query, usage: Usage) -> Answer:
        """Send a query, and learn the server's time from the answer.

        Raises:
            StreamError: If it cannot be answered, while others can.
            TapError: If the connection has come to its end, or Jobber answers nothing at all.
        """
        try:
            answer = self.client.execute(query, usage)
        except UnclearError as error:
            self._ask_for_a_sign(usage)
            raise StreamError(f"{query.name}: {error.cause}, but it answers other queries", error.remedy) from error
        if answer.server_seconds is not None:
            self.clock.learn(answer.server_seconds)
        return answer

    def _ask_for_a_sign(self, usage: Usage) -> None:
        """Send the least query that there is, after another has failed; whatever it fails with ends the run."""
        with suppress(StreamError):  # to say no is to answer, too
            self.client.execute(_CLOCK_QUERY, usage)

    def execute_page(
        self, asked: SizedQuery, usage: Usage, variables: Mapping[str, object], most_rows: int = MAXIMUM_ROWS
    ) -> tuple[Answer, float]:
        """Send a query for a page, of as many rows as its price allows.

        Args:
            asked: The query.
            usage: Where to add what it costs.
            variables: Its variables beside `$first`.
            most_rows: The most rows to ask for.

        Returns:
            The answer, and how the price that it states compares with the computed one.

        Raises:
            TooExpensiveError: If even the smallest page can never fit the bucket.
        """
        sizer = asked.sizer
        while True:
            rows = min(most_rows, sizer.rows(self.governor.ceiling_points, self.governor.restore_points_per_second))
            query = Query(asked.name, asked.text, {"first": rows, **variables}, sizer.points(rows))
            try:
                answer = self.execute(query, usage)
            except TooExpensiveError as error:
                if not sizer.shrink(rows, error.cost):
                    raise
                continue
            sizer.learn(rows, answer.cost)
            return answer, sizer.ratio_of(rows, answer.cost)

    def certain_seconds(self, usage: Usage) -> int:
        """A moment of the server before which nothing can change any more; asks the server if need be."""
        return self._known_clock(usage).certain_seconds()

    def server_seconds(self, usage: Usage) -> int:
        """What the server's clock says now; asks the server if need be."""
        return self._known_clock(usage).seconds()

    def _known_clock(self, usage: Usage) -> ServerClock:
        if not self.clock.is_known:
            self.execute(_CLOCK_QUERY, usage)
        return self.clock


class Asker:
    """Asks for the pages of one source; remembers sizes and prices between them.

    Args:
        extraction: The run.
        source: What is read; changes when the server turns out not to know a part of it.
        usage: Where to add what it costs.
        limit_rows: How many rows are wanted, if not all.
    """

    def __init__(self, extraction: Extraction, source: Source, usage: Usage, limit_rows: int | None = None) -> None:
        self.source = source
        self._inline_sizers: dict[str, InlineSizer] = {}
        self.usage = usage
        self.extraction = extraction
        self._sizers: dict[str, PageSizer] = {}
        self._paths: set[ListPath] = set()
        self.rest_price_ratios: dict[str, float] = {}
        self._price_ratio: float | None = None
        self._page_size = extraction.page_size if limit_rows is None else min(extraction.page_size, limit_rows + 1)
        self._hidden = HiddenValues()
        self.hidden_rows = 0

    def left_of(self, parts: Sequence[Part]) -> list[Part]:
        """The parts that the server is not known to refuse, each without what it refuses."""
        applied = (self.extraction.drift.applied(self.source, part) for part in parts)
        return [part for part in applied if part is not None]

    def single(self, part: Part, *, may_be_absent: bool = False) -> Node | None:
        """The one object that the root field is.

        Args:
            part: What to ask for.
            may_be_absent: Whether a null is an answer, not a defect: there is none.
        """
        while True:
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
            self.note_hidden(answer)
            if may_be_absent and not answer.hidden and answer.data.get(self.source.root) is None:
                return None
            return self.root_of(answer)

    def page(
        self, parts: Sequence[Part], window: Window | None, after: str | None, most_rows: int = MAXIMUM_ROWS
    ) -> Page | None:
        """One page of the nodes with their lists.

        Args:
            parts: What to ask for: the nodes first, then lists of them.
            window: The window to ask for.
            after: The cursor to begin after.
            most_rows: The most rows to ask for.

        Returns:
            The page, or None if the source has changed so that reading must begin anew.
        """
        while True:
            asked = self.left_of(parts)
            self._paths.update(part.path for part in asked if part.path)
            self._choose_sizes(asked)
            lists, sizer = self._fitting(asked)
            text = page_query(self.source.name, self.source.root, self.source.arguments(window), asked[0].node, lists)
            before = self.source
            try:
                query = SizedQuery(self.source.name, text, sizer)
                answer, ratio = self.extraction.execute_page(query, self.usage, {"after": after}, most_rows)
            except DriftError as error:
                if window is not None and self._widens_filter(error):
                    return None
                self.source = self.extraction.drift.learn(self.source, parts, error.strikes)
                if self.source != before:
                    return None
                continue
            except TooExpensiveError as error:
                if not self._shrink(asked):
                    raise _too_wide(self.source, error) from None
                continue
            self._price_ratio = ratio
            self.note_hidden(answer)
            return read_page(self.root_of(answer), self.source.name, has_id=self.source.has_id)

    def holds_more_than(self, rows: int, window: Window | None) -> bool:
        """Whether a window holds more rows than that; only where cursors are offsets."""
        name = f"{self.source.name}_beyond"
        text = (
            f"query {name}($after: String) {{ {self.source.root}(first: 1, after: $after"
            f"{_comma(self.source.arguments(window))}) {{ nodes {{ id }} }} }}"
        )
        query = Query(name, text, {"after": encode_offset(rows)}, PAGE_POINTS)
        return bool(self.root_of(self.extraction.execute(query, self.usage))["nodes"])

    def _widens_filter(self, error: DriftError) -> bool:
        """Do without the filter for scheduled items where the server does not take it; tell whether that helps."""
        keys = {"filter", *re.findall(r"\w+(?=:)", self.source.scheduled_filter)}
        names = {each.name for each in error.strikes if each.unknown is Unknown.ARGUMENT}
        if not self.source.scheduled_filter or names.isdisjoint(keys):
            return False
        self.source = replace(self.source, scheduled_filter="")
        return True

    def learn_list(self, part: Part, rows: int) -> None:
        """A list has been read to its end, and had so many rows."""
        self._inline(part).learn(rows)

    def report_hidden(self) -> None:
        """Say how much could not be seen."""
        self._hidden.report(self.source.name)

    def _choose_sizes(self, parts: Sequence[Part]) -> None:
        """Decide how many rows of each list to read with each node."""
        points = {
            part.name: list_points(part.path, part.node, self._inline(part).rows) for part in parts[1:] if part.path
        }
        whole_points = node_points(parts[0].node) + sum(points.values())
        for part in parts[1:]:
            parent_points = whole_points - points[part.name]
            ceiling_points = self.extraction.governor.ceiling_points
            self._inline(part).choose(parent_points, node_points(part.node), ceiling_points)

    def _fitting(self, parts: Sequence[Part]) -> tuple[list[ChildList], PageSizer]:
        """The lists to ask for, of as many rows as let the smallest page fit the bucket, and who sizes the page."""
        while True:
            lists = [ChildList(part.path, self._inline(part).rows, part.node) for part in parts if part.path]
            sizer = self._sizer(parts[0], lists)
            if sizer.points(MINIMUM_ROWS) <= self.extraction.governor.maximum_points:
                return lists, sizer
            # All of them, not just the first that can.
            reduced = [self._inline(part).reduce() for part in parts if part.path]
            if not any(reduced):
                return lists, sizer

    def _inline(self, part: Part) -> InlineSizer:
        return self._inline_sizers.setdefault(part.name, InlineSizer())

    def _sizer(self, nodes: Part, lists: Sequence[ChildList]) -> PageSizer:
        """One for each shape of query, since each has its price."""
        shape = page_query("", "", "", nodes.node, lists)
        if shape not in self._sizers:
            points = node_points(nodes.node) + sum(list_points(each.path, each.node, each.first) for each in lists)
            # What the server asked for the shape before tells how far the computed prices are off.
            self._sizers[shape] = PageSizer(points, self._page_size, margin=margin_of(self._price_ratio))
        return self._sizers[shape]

    def _shrink(self, parts: Sequence[Part]) -> bool:
        # All of them, not just the first that can.
        shrunk = [self._inline(part).shrink() for part in parts if part.path]
        return any(shrunk)

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
            for each in self._paths:
                if of_node and is_hidden_list(answer.data, of_node[1], of_node[2], each):
                    # A list that is hidden is not an empty one: its stream has to know.
                    self.extraction.drift.refuse_list(self.source, each)
            self._hidden.add(re.sub(r"^\w+\.?(nodes\.?)?|\b\d+\.?", "", path).rstrip(".") or re.sub(r"\.\d+", "", path))
        # Only when all paths have been looked at, since the rows behind one move up.
        self.hidden_rows += without_hidden_rows(answer.data, answer.hidden)


def _comma(arguments: str) -> str:
    return f", {arguments}" if arguments else ""


def _nothing(source: Source) -> NotPermittedError:
    """A null is not "no rows": a list without rows is an empty list."""
    cause = f"Jobber answered null for {source.root} and gave no reason"
    return NotPermittedError(cause, "check in Jobber that the account has this feature and the app its scope")


def _too_wide(source: Source, error: TooExpensiveError) -> StreamError:
    return StreamError(f"{source.name}: even the smallest page is too expensive: {error.cause}", error.remedy)
