"""Estimate the points that a read spends, before it spends them.

The price of a row follows from the query tree and how many rows there are from a survey. Added is what reading costs
beside the rows: each page but the first of a window repeats a row, lists that are longer than what comes with their
node are read further, and a window takes at least one page.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from tap_jobber.extraction.connection_reader import FIRST_LOOK_ROWS
from tap_jobber.extraction.page_planner import PagePlanner
from tap_jobber.extraction.page_size import MAXIMUM_ROWS, room_for_query
from tap_jobber.extraction.windows import BEGINNING_SECONDS, HORIZON_SECONDS, MOST_ROWS, TARGET_ROWS
from tap_jobber.graphql.cost import PAGE_POINTS, answer_points
from tap_jobber.graphql.cost import node_points as node_points_of
from tap_jobber.graphql.tree import Selection, columns

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from tap_jobber.api.rate_limits import RateLimiter
    from tap_jobber.extraction.list_lengths import ListLengths
    from tap_jobber.extraction.source import Part, Source

_TYPICAL_LISTS = 100
# What a further page of a list costs beside its rows, and the most rows that it brings.
_REST_POINTS, _REST_ROWS = 6, 99
# Of most kinds of lists some are long, though a sample meets none, and the first of a kind is read further alone.
_REQUESTS_OF_KIND, _NODES_OF_LONG_LIST = 2.0, 250
# Small first pages and counts of rows where a list is read in windows; looks at what the filter of a calendar shows.
_REQUESTS_OF_WINDOWS, _REQUESTS_OF_CALENDAR = 2, 3


@dataclass(frozen=True)
class Spending:
    """Points and requests.

    Attributes:
        points: The points that Jobber charges.
        requests: The requests that it takes.
    """

    points: float = 0.0
    requests: float = 0.0

    def __add__(self, other: Spending) -> Spending:
        """Return both together."""
        return Spending(self.points + other.points, self.requests + other.requests)

    def times(self, factor: float) -> Spending:
        """Return so many times as much."""
        return Spending(self.points * factor, self.requests * factor)


NOTHING = Spending()


@dataclass(frozen=True)
class WalkFacts:
    """Facts about a walk that are known before it is walked.

    Attributes:
        source: The root field.
        nodes: What is asked for of each node.
        lists: What is asked for of the lists of each.
        rows: Number of nodes.
        lengths: The lengths of the lists, by the names of their streams.
        price_ratio: Ratio of stated to computed prices.
    """

    source: Source
    nodes: Part
    lists: Sequence[Part]
    rows: float
    lengths: Mapping[str, ListLengths]
    price_ratio: float = 1.0


@dataclass(frozen=True)
class WalkEstimate:
    """The cost of a walk, as far as it can be told beforehand.

    Attributes:
        whole: What it takes to read everything.
        row_points: The points of one node with what comes with it.
        shares: The part of the points that each stream stands for; that of the nodes has the name of their part.
        rows: Number of rows of each stream.
    """

    whole: Spending
    row_points: float
    shares: Mapping[str, float]
    rows: Mapping[str, float]

    def of_rows(self, rows: float) -> Spending:
        """Return what it takes to read so many of the nodes in one look."""
        return Spending(PAGE_POINTS + rows * self.row_points, 1)


def estimate_walk(facts: WalkFacts, rate_limiter: RateLimiter, page_size: int, now: float) -> WalkEstimate:
    """Estimate what a walk costs.

    Args:
        facts: What is known of it.
        rate_limiter: Knows the highest price that a query should have.
        page_size: The most rows to ask for in a page.
        now: The present, in seconds since 1970.
    """
    if not facts.source.is_connection:
        name, single_points = facts.nodes.name, 1 + facts.price_ratio * answer_points(facts.nodes.node)
        return WalkEstimate(Spending(single_points, 1), single_points, {name: 1.0}, {name: facts.rows})
    lists = [part for part in facts.lists if part.name in facts.lengths]
    typical = {part.name: facts.lengths[part.name].typical(_TYPICAL_LISTS) for part in lists}
    planner = PagePlanner(rate_limiter, page_size)
    planner.price_ratio = 1.0
    for part in lists:
        for length in typical[part.name]:
            planner.learn_list(part, length)
    asked, sizer = planner.choose(facts.source, [facts.nodes, *lists])
    page_rows = sizer.rows(rate_limiter.ceiling_points, rate_limiter.restore_points_per_second)

    node_points = facts.price_ratio * answer_points(facts.nodes.node)
    points, inline_points, rest_requests = {facts.nodes.name: facts.rows * node_points}, node_points, 0.0
    room_points = room_for_query(rate_limiter.ceiling_points, rate_limiter.restore_points_per_second)
    deepest = 0
    for part, list_ in zip(lists, asked, strict=True):
        child_points = facts.price_ratio * answer_points(part.node)
        empty_points = PAGE_POINTS + (1 if list_.path.via else 0)
        lengths = typical[part.name] or [0]
        inline_points += empty_points + child_points * fmean(min(each, list_.first) for each in lengths)
        further = [math.ceil(max(0, each - list_.first) / _REST_ROWS) for each in lengths]
        pages = facts.rows * fmean(further)
        # As many lists come with a query as its price allows.
        page_points = _REST_POINTS + MAXIMUM_ROWS * facts.price_ratio * node_points_of(part.node)
        rest_requests += pages / max(1.0, room_points / page_points)
        rest_requests += max(min(1.0, pages), min(_REQUESTS_OF_KIND, facts.rows / _NODES_OF_LONG_LIST))
        deepest = max(deepest, *further)
        children = facts.lengths[part.name].rows
        points[part.name] = facts.rows * empty_points + children * child_points + pages * (_REST_POINTS + child_points)
    around = _around_rows(facts, page_rows, inline_points, now)
    # A list is read page by page, so that the longest one takes queries of which others have no need.
    reading = Spending(sum(points.values()), rest_requests + deepest) + around
    total = sum(points.values())
    shares = {name: each / total if total else 1 / len(points) for name, each in points.items()}
    rows = {facts.nodes.name: facts.rows} | {part.name: facts.lengths[part.name].rows for part in lists}
    return WalkEstimate(reading, inline_points, shares, rows)


def _around_rows(facts: WalkFacts, page_rows: int, inline_points: float, now: float) -> Spending:
    """Return what pages and windows cost beside the rows that they bring."""
    rows, stamp, windows, repeated = facts.rows, facts.source.stamp, 1.0, 0.0
    if stamp is not None and stamp.span_seconds is not None:
        windows = max(1.0, (now + HORIZON_SECONDS - BEGINNING_SECONDS) / stamp.span_seconds)
    elif stamp is not None and rows > MOST_ROWS:
        # The first look finds too many, and is taken back.
        windows, repeated = rows / TARGET_ROWS, page_rows
    further = math.ceil(max(0.0, rows / windows - page_rows) / max(1, page_rows - 1))
    pages = windows * (1 + further)
    repeated += windows * further
    if facts.source.order is None and rows > page_rows:
        repeated += FIRST_LOOK_ROWS
    looks = 0
    if stamp is not None:
        looks = _REQUESTS_OF_WINDOWS if stamp.span_seconds is None else _REQUESTS_OF_CALENDAR
    return Spending(pages * PAGE_POINTS + repeated * inline_points, pages + looks)


def column_points(part: Part, kept: Collection[str]) -> dict[str, float]:
    """Return the points of each column of a row that can be deselected.

    Args:
        part: What is asked for of the row.
        kept: Columns or fields that are read anyway.
    """
    found = {}
    for name, fields in columns(part.node).items():
        if name not in kept and not {each.name for each in fields} & set(kept):
            found[name] = answer_points(Selection(part.node.type_name, tuple(fields)))
    return found


def dearest(points: Mapping[str, float], most: int, least_share: float) -> list[tuple[str, float]]:
    """Return what costs most, dearest first.

    Args:
        points: The points of each thing.
        most: How many to return.
        least_share: The share of all points that is worth naming.
    """
    total = sum(points.values())
    ordered: Iterable[tuple[str, float]] = sorted(points.items(), key=lambda each: (-each[1], each[0]))
    return [each for each in ordered if total and each[1] >= least_share * total][:most]
