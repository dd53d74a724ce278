"""Count the rows of a root field, and look at the lengths of a few of its lists, for very few points.

One query counts the rows and has the server check all that a read would ask for. It asks for rows beyond the end, so
none is charged: what the served version does not know shows, and so does the price of a page.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_jobber.api.client import DriftError, NotPermittedError
from tap_jobber.api.transport import Query
from tap_jobber.errors import StreamError
from tap_jobber.extraction.forms import in_nodes
from tap_jobber.extraction.list_lengths import Group, ListLengths
from tap_jobber.extraction.overlap import encode_offset
from tap_jobber.extraction.page_size import UNKNOWN_MARGIN
from tap_jobber.extraction.walk import Walk
from tap_jobber.extraction.windows import Window, spans
from tap_jobber.graphql.cost import list_points, node_points, page_points
from tap_jobber.graphql.text import ROOT_QUERIES, ChildList, Form, RootList, as_connection, count_query, sample_query

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_jobber.api.client import Answer
    from tap_jobber.extraction.page_fetcher import PageFetcher
    from tap_jobber.extraction.source import Part
    from tap_jobber.graphql.text import ListPath, Page

_COUNT = "totalCount"
_COUNT_POINTS = 2
# A page of a sample costs so much beside its nodes; a neighbour costs less than a node elsewhere, and tells less.
_PAGE_POINTS, _NEIGHBOURS = 2, 2
# An object with its id, and the number of rows of its list.
_GROUP_POINTS = 4
# Behind the last row of any account.
_BEYOND = 1_000_000_000
# Looking for the last row takes about so many points.
_SEARCH_POINTS = 60


@dataclass
class SurveyTerms:
    """What holds for all surveys of one estimate.

    Args:
        most_points: Number of points that they may spend.
    """

    most_points: float
    has_offsets: bool | None = None
    """True if the server takes offsets for cursors; None as long as that is not known."""


class NoPointsLeftError(StreamError):
    """What the survey may spend has been spent."""

    def __init__(self) -> None:
        super().__init__("the points for the estimate have been spent", "estimate fewer streams at once")


@dataclass
class Survey:
    """What is found out about one walk.

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
    lengths: dict[str, ListLengths] = field(default_factory=dict, init=False)
    """The lengths of each list, by the names of their streams."""
    unknown: dict[str, StreamError] = field(default_factory=dict, init=False)
    """Why nothing is known of a stream."""
    _is_plain: bool = field(default=False, init=False)
    _exhausted: set[str] = field(default_factory=set, init=False)
    _window: Window | None = field(default=None, init=False)

    @property
    def parts(self) -> list[Part]:
        """What is left of what the walk asks for, without what the served version does not know: the nodes first."""
        return self.fetcher.left_of([self.nodes, *self.lists])

    @property
    def _has_offsets(self) -> bool:
        return self.terms.has_offsets is not False and not self._is_plain

    @property
    def left_points(self) -> float:
        """Points that may still be spent."""
        return self.terms.most_points - self.fetcher.usage.points

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
            self._window = None if stamp is None or start is None else Window(start, None)
            self.rows = self._checked_count(self._window)
        for part in self.lists:
            refusal = self.fetcher.extraction.drift.refusal(self.fetcher.source, part)
            if refusal is not None:
                self.unknown[part.name] = refusal
            else:
                self.lengths[part.name] = ListLengths(self.rows, may_be_grouped=self.alike is not None)

    def count_filtered(self, text: str) -> int:
        """Return how many nodes another filter finds."""
        given = self.fetcher.source
        self.fetcher.filter_by(text)
        try:
            return self._count(None)
        finally:
            self.fetcher.filter_by(given.fixed_filter)

    def count_within(self, window: Window) -> int:
        """Return how many nodes a window holds."""
        return self._count(window)

    def sample_price(self, names: Sequence[str], count: int) -> int:
        """Return the points that it takes to look at the lists of so many nodes."""
        paths = [part.path for part in self._asked(names) if part.path is not None]
        return _PAGE_POINTS * math.ceil(count / _NEIGHBOURS) + count * sum(map(_length_points, paths))

    def can_sample(self, name: str, count: int) -> bool:
        """Return True if there are nodes whose lists have not been looked at, and points left for it."""
        lengths = self.lengths.get(name)
        if lengths is None or name in self._exhausted or (lengths.lengths and not self._has_offsets):
            return False
        return len(lengths.lengths) < lengths.nodes and self.left_points >= self.sample_price([name], count)

    def sample(self, names: Sequence[str], count: int) -> None:
        """Look at the lengths of the lists of a few nodes, those that have not been looked at.

        Args:
            names: The streams whose lists to look at.
            count: Number of nodes.
        """
        parts = self._asked(names)
        if not parts:
            return
        known = self.lengths[parts[0].name]
        # Where cursors are no offsets, only the first nodes can be asked for.
        first = min(count, _NEIGHBOURS, known.nodes) if self._has_offsets else min(count, known.nodes)
        places = known.next_places(count // first, first) if self._has_offsets and first else [0]
        if not places:
            self._exhausted.update(part.name for part in parts)
            return
        paths = [part.path for part in parts if part.path is not None]
        try:
            nodes = self._at(places, first, " ".join(map(_length_text, paths)), sum(map(_length_points, paths)))
        except StreamError as error:
            for part in parts:
                if len(parts) == 1:
                    self._give_up(part.name, error)
                else:
                    # Nothing tells which list it is.
                    self.sample([part.name], count)
            return
        if not nodes:
            self._exhausted.update(part.name for part in parts)
        for place, node in nodes.items():
            for part in parts:
                if part.path is not None:
                    self.lengths[part.name].lengths[place] = _length(part.path, node)

    def identify_long(self, name: str) -> None:
        """Ask which groups the nodes with long lists belong to, and how large these are."""
        lengths = self.lengths.get(name)
        places = lengths.long_places if lengths is not None else []
        most_points = (_PAGE_POINTS + _GROUP_POINTS) * len(places)
        if (
            lengths is None
            or self.alike is None
            or not places
            or self.left_points < most_points
            or not self._has_offsets
        ):
            return
        reference, list_ = self.alike
        try:
            nodes = self._at(places, 1, f"{reference} {{ id {list_} {{ {_COUNT} }} }}", _GROUP_POINTS)
        except StreamError:
            self.alike = None  # what is known of them one by one has to do
            return
        for place, node in nodes.items():
            of = node.get(reference)
            if isinstance(of, dict) and isinstance(of.get(list_), dict) and isinstance(of[list_].get(_COUNT), int):
                lengths.groups[place] = Group(str(of.get("id")), max(1, of[list_][_COUNT]))

    def _list(self, window: Window | None) -> RootList:
        source = self.fetcher.source
        return RootList(source.name, source.root, source.arguments(window), source.form)

    def _give_up(self, name: str, error: StreamError) -> None:
        self.lengths.pop(name, None)
        self.unknown[name] = error

    def _asked(self, names: Iterable[str]) -> list[Part]:
        wanted = [part for part in self.lists if part.name in names and part.name in self.lengths]
        return self.fetcher.left_of(wanted)

    def _checked_count(self, window: Window | None) -> int:
        """Count the nodes, and have the server check all that will be asked for of them."""
        fetcher = self.fetcher
        is_checked = self._has_offsets
        while True:
            fetcher.adapt(self.nodes)
            source = fetcher.source
            if source.form is Form.PLAIN:
                return self._count_plain()
            nodes, *lists = fetcher.left_of([self.nodes, *self.lists])
            asked = [ChildList(each.path, 1, each.node) for each in lists if each.path is not None]
            checked = (nodes.node, asked) if is_checked else ()
            text = count_query(self._list(window), *checked)
            computed = _COUNT_POINTS + page_points(
                node_points(nodes.node) + sum(list_points(each.path, each.node, 1) for each in asked), 1, 1
            )
            try:
                answer = self._answer(text, computed if is_checked else _COUNT_POINTS, is_checked=is_checked)
            except DriftError as error:
                if any(each.name == _COUNT for each in error.strikes):
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
            rows = self._counted(answer)
            if self.terms.has_offsets is None:
                self.terms.has_offsets = is_checked
            if is_checked and answer.cost is not None and answer.cost.requested_points > 0:
                self.price_ratio = answer.cost.requested_points / computed
            return rows

    def _answer(self, text: str, points: float, *, is_checked: bool = True) -> Answer:
        name = self.fetcher.source.name
        if self.left_points < _COUNT_POINTS + 1:
            raise NoPointsLeftError
        variables = {"first": 1, "after": encode_offset(_BEYOND) if is_checked else None}
        query = Query(name, text, variables, UNKNOWN_MARGIN * points, label=name)
        return self.fetcher.extraction.execute(query, self.fetcher.usage)

    def _counted(self, answer: Answer) -> int:
        count = self.fetcher.root_of(answer).get(_COUNT)
        if not isinstance(count, int) or count < 0:
            raise StreamError(f"{self.fetcher.source.name}: Jobber does not count the rows", "see what a sync costs")
        return count

    def _count(self, window: Window | None) -> int:
        """Count the nodes."""
        text = count_query(self._list(window))
        return self._counted(self._answer(text, _COUNT_POINTS, is_checked=False))

    def _count_plain(self) -> int:
        """Count a list that comes whole."""
        source = self.fetcher.source
        text = ROOT_QUERIES[source.form](source.name, source.root, source.arguments(None), self.bare.node)
        query = Query(source.name, text, {}, UNKNOWN_MARGIN * node_points(self.bare.node), label=source.name)
        answer = in_nodes(self.fetcher.extraction.execute(query, self.fetcher.usage), source)
        self._is_plain = True
        return len(self.fetcher.root_of(answer)["nodes"])

    def _search(self, window: Window | None) -> int:
        """Look for the last row, where rows are not counted."""
        if self.left_points < _SEARCH_POINTS:
            raise NoPointsLeftError
        # It is an estimate from above by a quarter at the most.
        return round(Walk(self.fetcher, self.bare, self.bare).estimated_rows(window or Window(None, None)) * 0.88)

    def _count_calendar(self, start: int | None) -> int:
        """Count what stands in a calendar, from today on in both directions as far as there is something.

        One query counts a span of time that the API accepts.
        """
        now = self.fetcher.extraction.latest_seconds(self.fetcher.usage)
        every = [each for each in spans(now) if start is None or each[1] > start]
        current = next((index for index, (lo, hi) in enumerate(every) if lo <= now < hi), 0)
        # Lists are looked at in the span around today, which has to stand for all.
        self._window = Window(*every[current])
        rows = self._checked_count(Window(every[-1][0], None))  # with all that is not scheduled
        for some, most_empty in ((range(current, len(every) - 1), 0), (range(current - 1, -1, -1), 1)):
            empty = 0
            for index in some:
                found = self._count(Window(*every[index]))
                rows, empty = rows + found, 0 if found else empty + 1
                if empty > most_empty:
                    break
        return rows

    def _at(self, places: Sequence[int], first: int, node: str, points: int) -> dict[int, dict[str, Any]]:
        """Return what is asked for of the nodes at some places, and of their neighbours.

        Args:
            places: The places.
            first: Number of nodes to ask for from each place on.
            node: What to ask for of each, as GraphQL text.
            points: What that costs.
        """
        source = self.fetcher.source
        most_points = len(places) * (_PAGE_POINTS + first * points)
        if self.left_points < most_points:
            raise NoPointsLeftError
        pages: list[Page] = [(encode_offset(place), first) for place in places]
        text = sample_query(self._list(self._window), f"{{ {node} }}", pages)
        query = Query(source.name, text, {}, most_points, label=source.name)
        answer = self.fetcher.extraction.execute(query, self.fetcher.usage)
        nodes: dict[int, dict[str, Any]] = {}
        for index, place in enumerate(places):
            found = as_connection(answer.data.get(f"s{index}"), source.form)
            listed = found.get("nodes") if isinstance(found, dict) else None
            for offset, each in enumerate(listed or ()):
                if isinstance(each, dict):
                    nodes[place + offset] = each
        return nodes


def _length_text(path: ListPath) -> str:
    return path.asked("", "{ __typename }" if path.form is Form.PLAIN else f"{{ {_COUNT} }}")


def _length_points(path: ListPath) -> int:
    return 2 * len(path.owners) + (1 if path.via else 0)


def _length(path: ListPath, node: dict[str, Any]) -> int:
    list_ = path.found_in(node)
    if not isinstance(list_, dict):
        return 0
    return len(list_["nodes"]) if path.form is Form.PLAIN else int(list_.get(_COUNT) or 0)
