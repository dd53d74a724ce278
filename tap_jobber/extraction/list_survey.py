"""Look at the lengths of a few lists of the nodes of a root field, for very few points.

One query asks for nodes anywhere in the list, an alias each, and for nothing of them but `totalCount` of their lists.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_jobber.api.transport import Query
from tap_jobber.errors import StreamError
from tap_jobber.extraction.list_lengths import Group, ListLengths
from tap_jobber.extraction.overlap import encode_offset
from tap_jobber.extraction.row_count import is_count
from tap_jobber.graphql.text import COUNT, Form, as_connection, sample_query

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_jobber.api.client import Usage
    from tap_jobber.extraction.page_fetcher import PageFetcher
    from tap_jobber.extraction.source import Part
    from tap_jobber.extraction.windows import Window
    from tap_jobber.graphql.text import ListPath, Page

# A page of a sample costs so much beside its nodes; a neighbour costs less than a node elsewhere, and tells less.
_PAGE_POINTS, _NEIGHBOURS = 2, 2
# An object with its id, and the number of rows of its list.
_GROUP_POINTS = 4


class NoPointsLeftError(StreamError):
    """No more points may be spent on an estimate."""

    def __init__(self) -> None:
        super().__init__("the points for the estimate have been spent", "estimate fewer streams at once")


@dataclass
class SurveyTerms:
    """The terms that hold for all surveys of one estimate.

    Args:
        most_points: Number of points that they may spend.
    """

    most_points: float
    has_offsets: bool | None = None
    """True if the server takes offsets for cursors; None as long as that is not known."""

    def left_points(self, usage: Usage) -> float:
        """Return the points that may still be spent."""
        return self.most_points - usage.points

    def check(self, points: float, usage: Usage) -> None:
        """Check that so many points may still be spent.

        Raises:
            NoPointsLeftError: If they may not.
        """
        if self.left_points(usage) < points:
            raise NoPointsLeftError


@dataclass
class ListSurvey:
    """The survey of the lists of one walk.

    Args:
        fetcher: Asks for them.
        lists: The lists that the walk asks for of each node.
        alike: A reference of the nodes, and the list of them that its object has: those in one have lists of like
            lengths.
        terms: What holds for all surveys of the estimate.
    """

    fetcher: PageFetcher
    lists: Sequence[Part]
    alike: tuple[str, str] | None
    terms: SurveyTerms
    lengths: dict[str, ListLengths] = field(default_factory=dict, init=False)
    """The lengths of each list, by the names of their streams."""
    unknown: dict[str, StreamError] = field(default_factory=dict, init=False)
    """Why nothing is known of a stream."""
    window: Window | None = field(default=None, init=False)
    """The window whose nodes are looked at; they stand for all."""
    window_nodes: int | None = field(default=None, init=False)
    """Number of nodes in the window, where it does not hold all."""
    has_pages: bool = field(default=True, init=False)
    """True if the root list comes in pages."""
    _exhausted: set[str] = field(default_factory=set, init=False)

    @property
    def has_offsets(self) -> bool:
        """True if nodes can be asked for anywhere in the root list."""
        return self.terms.has_offsets is not False and self.has_pages

    @property
    def left_points(self) -> float:
        """Points that may still be spent."""
        return self.terms.left_points(self.fetcher.usage)

    def begin(self, nodes: int) -> None:
        """Begin with the lists that can be read.

        Args:
            nodes: Number of nodes.
        """
        for part in self.lists:
            refusal = self.fetcher.extraction.drift.refusal(self.fetcher.source, part)
            if refusal is not None:
                self.unknown[part.name] = refusal
            else:
                self.lengths[part.name] = ListLengths(nodes, may_be_grouped=self.alike is not None)

    def end(self) -> None:
        """Give up lists none of which could be looked at."""
        for name, lengths in list(self.lengths.items()):
            if lengths.nodes and not lengths.lengths:
                self._give_up(name, NoPointsLeftError())

    def sample_price(self, names: Sequence[str], count: int) -> int:
        """Return the points that it takes to look at the lists of so many nodes."""
        paths = [part.path for part in self._asked(names) if part.path is not None]
        return _PAGE_POINTS * math.ceil(count / _NEIGHBOURS) + count * sum(map(_length_points, paths))

    def can_sample(self, name: str, count: int) -> bool:
        """Return True if there are nodes whose lists have not been looked at, and points left for it."""
        lengths = self.lengths.get(name)
        if lengths is None or name in self._exhausted or (lengths.lengths and not self.has_offsets):
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
        first = min(count, _NEIGHBOURS, known.nodes) if self.has_offsets else min(count, known.nodes)
        places = known.next_places(count // first, first) if self.has_offsets and first else [0]
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
        for part in parts:
            if part.path is not None:
                answered = {place: _length(part.path, node) for place, node in nodes.items()}
                counts = {place: count for place, count in answered.items() if is_count(count)}
                if len(counts) < len(answered):
                    self._give_up(part.name, StreamError("Jobber does not count the rows", "see what a sync costs"))
                else:
                    self.lengths[part.name].lengths.update(counts)

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
            or not self.has_offsets
        ):
            return
        reference, list_ = self.alike
        try:
            nodes = self._at(places, 1, f"{reference} {{ id {list_} {{ {COUNT} }} }}", _GROUP_POINTS)
        except StreamError:
            self.alike = None  # what is known of them one by one has to do
            return
        for place, node in nodes.items():
            of = node.get(reference)
            if isinstance(of, dict) and isinstance(of.get(list_), dict) and is_count(of[list_].get(COUNT)):
                lengths.groups[place] = Group(str(of.get("id")), max(1, of[list_][COUNT]))

    def _offset(self, place: int) -> int:
        """Return the place in the window that stands for one among all nodes."""
        if self.window_nodes is None:
            return place
        return place * self.window_nodes // max(1, *(each.nodes for each in self.lengths.values()))

    def _give_up(self, name: str, error: StreamError) -> None:
        self.lengths.pop(name, None)
        self.unknown[name] = error

    def _asked(self, names: Iterable[str]) -> list[Part]:
        wanted = [part for part in self.lists if part.name in names and part.name in self.lengths]
        return self.fetcher.left_of(wanted)

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
        self.terms.check(most_points, self.fetcher.usage)
        pages: list[Page] = [(encode_offset(self._offset(place)), first) for place in places]
        text = sample_query(source.root_list(self.window), f"{{ {node} }}", pages)
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
    return path.asked("", "{ __typename }" if path.form is Form.PLAIN else f"{{ {COUNT} }}")


def _length_points(path: ListPath) -> int:
    return 2 * len(path.owners) + (1 if path.via else 0)


def _length(path: ListPath, node: dict[str, Any]) -> object:
    """Return what a node says of the length of a list; a list that is not there has no rows."""
    list_ = path.found_in(node)
    if not isinstance(list_, dict):
        return 0
    return len(list_["nodes"]) if path.form is Form.PLAIN else list_.get(COUNT) or 0
