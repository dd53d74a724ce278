"""Count the rows of a root field for very few points, and see to it that all that is asked for of them is known.

One query counts the rows and has the server check all that a read would ask for. It asks for rows beyond the end, so
none is charged: what the served version does not know shows, and so does the price of a page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_jobber.api.client import DriftError, NotPermittedError
from tap_jobber.api.transport import Query
from tap_jobber.errors import StreamError
from tap_jobber.extraction.forms import in_nodes
from tap_jobber.extraction.list_survey import ListSurvey
from tap_jobber.extraction.overlap import encode_offset
from tap_jobber.extraction.page_parsing import read_nodes
from tap_jobber.extraction.page_size import UNKNOWN_MARGIN
from tap_jobber.extraction.row_count import COUNT_POINTS, counted_in, row_count_query
from tap_jobber.extraction.walk import Walk
from tap_jobber.extraction.windows import LONGEST_SPAN_SECONDS, Window, spans
from tap_jobber.graphql.cost import list_points, node_points, page_points
from tap_jobber.graphql.text import COUNT, ROOT_QUERIES, ChildList, Form, count_query

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_jobber.api.client import Answer
    from tap_jobber.extraction.list_survey import SurveyTerms
    from tap_jobber.extraction.page_fetcher import PageFetcher
    from tap_jobber.extraction.source import Part

# Behind the last row of any account.
_BEYOND = 1_000_000_000
# Looking for the last row takes about so many points.
_SEARCH_POINTS = 60


@dataclass
class Survey:
    """The survey of one walk.

    Args:
        fetcher: Asks for it.
        nodes: What the walk asks for of each node.
        bare: The least that can be asked for of a node.
        lists: The lists that it asks for of each node.
        alike: A reference of the nodes, and the list of them that its object has: those in one have lists of like
            lengths.
        terms: What holds for all surveys of the estimate.
    """

    fetcher: PageFetcher
    nodes: Part
    bare: Part
    lists: Sequence[Part]
    alike: tuple[str, str] | None
    terms: SurveyTerms
    rows: int | None = field(default=None, init=False)
    """Number of nodes; None as long as it is not known."""
    price_ratio: float = field(default=1.0, init=False)
    """Ratio of the stated price of a page to the computed one."""
    of_lists: ListSurvey = field(init=False)
    """Findings about the lists."""

    def __post_init__(self) -> None:
        """Begin with nothing."""
        self.of_lists = ListSurvey(self.fetcher, self.lists, self.alike, self.terms)

    @property
    def parts(self) -> list[Part]:
        """The parts that the walk asks for, without what the served version does not know: the nodes first."""
        return self.fetcher.left_of([self.nodes, *self.lists])

    def count(self, start: int | None) -> None:
        """Count the nodes.

        Args:
            start: The timestamp that the read begins with; None for the very beginning.

        Raises:
            StreamError: If they cannot be counted.
        """
        stamp = self.fetcher.source.stamp
        if stamp is not None and stamp.span_seconds is not None:
            self.rows = self._count_calendar(start)
        else:
            self.of_lists.window = None if stamp is None or start is None else Window(start, None)
            self.rows = self._checked_count(self.of_lists.window)
        self.of_lists.begin(self.rows)

    def count_filtered(self, text: str) -> int:
        """Return how many nodes another filter finds."""
        given = self.fetcher.source
        self.fetcher.filter_by(text)
        try:
            return self._count(None)
        finally:
            self.fetcher.filter_by(given.fixed_filter)

    def count_within(self, window: Window) -> int:
        """Return how many nodes a window holds; what stands in a calendar is counted as far as there is something."""
        stamp = self.fetcher.source.stamp
        if stamp is None or stamp.span_seconds is None or window.lo is None or window.hi is None:
            return self._count(window)
        rows: dict[int, int] = {}
        for lo in range(window.lo, window.hi, stamp.span_seconds):
            rows[lo] = self._count(Window(lo, min(lo + stamp.span_seconds, window.hi)))
            if not rows[lo]:
                break
        return sum(rows.values()) - self._count_repeated(rows, stamp.span_seconds)

    def _checked_count(self, window: Window | None) -> int:
        """Count the nodes, and have the server check all that will be asked for of them."""
        fetcher = self.fetcher
        is_checked = self.of_lists.has_offsets
        while True:
            fetcher.adapt(self.nodes)
            source = fetcher.source
            if source.form is Form.PLAIN:
                return self._count_plain()
            nodes, *lists = fetcher.left_of([self.nodes, *self.lists])
            asked = [ChildList(each.path, 1, each.node) for each in lists if each.path is not None]
            checked = (nodes.node, asked) if is_checked else ()
            text = count_query(source.root_list(window), *checked)
            computed = COUNT_POINTS + page_points(
                node_points(nodes.node) + sum(list_points(each.path, each.node, 1) for each in asked), 1, 1
            )
            try:
                answer = self._answer(text, computed if is_checked else COUNT_POINTS, is_checked=is_checked)
            except DriftError as error:
                if any(each.name == COUNT for each in error.strikes):
                    return self._search(window)
                fetcher.learn([self.nodes, *self.lists], error.strikes)
                continue
            except NotPermittedError:
                raise
            except StreamError:
                if not is_checked:
                    raise
                # It may be the cursor, which is no offset everywhere; what else it may be shows in the sync.
                is_checked = False
                continue
            fetcher.root_of(answer)
            rows = counted_in(answer, source)
            if self.terms.has_offsets is None:
                self.terms.has_offsets = is_checked
            if is_checked and answer.cost is not None and answer.cost.requested_points > 0:
                self.price_ratio = answer.cost.requested_points / computed
            return rows

    def _answer(self, text: str, points: float, *, is_checked: bool = True) -> Answer:
        name = self.fetcher.source.name
        self.terms.check(COUNT_POINTS + 1, self.fetcher.usage)
        variables = {"first": 1, "after": encode_offset(_BEYOND) if is_checked else None}
        query = Query(name, text, variables, UNKNOWN_MARGIN * points, label=name)
        return self.fetcher.extraction.execute(query, self.fetcher.usage)

    def _count(self, window: Window | None) -> int:
        """Count the nodes."""
        self.terms.check(COUNT_POINTS + 1, self.fetcher.usage)
        source = self.fetcher.source
        answer = self.fetcher.extraction.execute(row_count_query(source, window), self.fetcher.usage)
        return counted_in(answer, source)

    def _count_plain(self) -> int:
        """Count a list that comes whole."""
        source = self.fetcher.source
        text = ROOT_QUERIES[source.form](source.name, source.root, source.arguments(None), self.bare.node)
        query = Query(source.name, text, {}, UNKNOWN_MARGIN * node_points(self.bare.node), label=source.name)
        answer = in_nodes(self.fetcher.extraction.execute(query, self.fetcher.usage), source)
        self.of_lists.has_pages = False
        return len(read_nodes(self.fetcher.root_of(answer), source.name))

    def _search(self, window: Window | None) -> int:
        """Look for the last row, where rows are not counted."""
        self.terms.check(_SEARCH_POINTS, self.fetcher.usage)
        # It is an estimate from above by a quarter at the most.
        return round(Walk(self.fetcher, self.bare, self.bare).estimated_rows(window or Window(None, None)) * 0.88)

    def _count_calendar(self, start: int | None) -> int:
        """Count what stands in a calendar, from today on in both directions as far as there is something.

        One query counts a span of time that the API accepts.
        """
        now = self.fetcher.extraction.latest_seconds(self.fetcher.usage)
        every = [each for each in spans(now) if start is None or each[1] > start]
        current = next((index for index, (lo, hi) in enumerate(every) if lo <= now < hi), 0)
        fullest, most_rows = Window(*every[current]), 0
        last = every[-1][0]
        rows = {last: self._checked_count(Window(last, None))}  # with all that is not scheduled
        for some, most_empty in ((range(current, len(every) - 1), 0), (range(current - 1, -1, -1), 1)):
            empty = 0
            for index in some:
                window = Window(*every[index])
                rows[every[index][0]] = found = self._count(window)
                if found > most_rows:
                    fullest, most_rows = window, found
                empty = 0 if found else empty + 1
                if empty > most_empty:
                    break
        # The lists of the fullest span have to stand for all.
        self.of_lists.window, self.of_lists.window_nodes = fullest, most_rows
        return sum(rows.values()) - self._count_repeated(rows, LONGEST_SPAN_SECONDS)

    def _count_repeated(self, rows: Mapping[int, int], span_seconds: int) -> int:
        """Count the nodes that reach from one span into the next, and were counted in both.

        Args:
            rows: How many nodes were counted in each span, by its begin.
            span_seconds: How long each span is.
        """
        meetings = [begin for begin, found in rows.items() if found and rows.get(begin - span_seconds)]
        return sum(self._count(Window(each, each)) for each in meetings)
