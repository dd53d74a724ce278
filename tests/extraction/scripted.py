"""A small API, and a client that answers from a script."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from graphql import build_schema

from tap_jobber.api.client import Answer, Client, DriftError, TooExpensiveError, Usage
from tap_jobber.api.decision import Action, Decision
from tap_jobber.api.rate_limits import RateLimiter
from tap_jobber.api.stated_cost import Cost
from tap_jobber.extraction.extraction_run import ExtractionRun
from tap_jobber.extraction.page_fetcher import PageFetcher
from tap_jobber.extraction.single import read_single
from tap_jobber.extraction.source import Part, Source, ascending
from tap_jobber.extraction.walk import Walk
from tap_jobber.extraction.walk_events import Found
from tap_jobber.graphql.derive import derive
from tap_jobber.graphql.text import ListPath

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tap_jobber.api.transport import Query
    from tap_jobber.api.unknown_names import Strike
    from tap_jobber.errors import StreamError
    from tap_jobber.extraction.overlap import Node
    from tap_jobber.extraction.source import Order, Stamp

SDL = """
type Query {
  pipes(first: Int, after: String, filter: PipeFilter, sort: PipeSort): PipeConnection!
  pipe(id: ID!): Pipe
  shed: Shed
  account: Shed
}
input PipeSort { key: PipeKey! direction: Direction! }
enum PipeKey { NAME TITLE UPDATED_AT }
enum Direction { ASCENDING DESCENDING }
input PipeFilter {
  updatedAt: Range occursWithin: Span includeUnscheduled: Boolean colour: String sort: PipeSort aspects: [Aspect!]
}
enum Aspect { ALL ASSIGNMENTS }
input Span { startAt: String! endAt: String! }
input Range { after: String before: String }
type PipeConnection { nodes: [Pipe!]! pageInfo: PageInfo! }
type JointConnection { nodes: [Joint!]! pageInfo: PageInfo! }
type MarkConnection { nodes: [Mark!]! pageInfo: PageInfo! }
type PageInfo { hasNextPage: Boolean! endCursor: String }
type Pipe {
  id: ID! title: String updatedAt: String size: Size shed: Shed owner: Owner
  joints(first: Int, after: String): JointConnection!
  marks(first: Int, after: String): MarkConnection
}
type Joint { id: ID! width: Int }
type Mark { text: String }
type Size { width: Int height: Int }
type Shed { id: ID! name: String }
union Owner = Person | Firm
type Person { id: ID! born: Int }
type Firm { id: ID! founded: Int }
"""
SCHEMA = build_schema(SDL)
BY_TITLE = ascending("TITLE", place="title")
# What a page of pipes costs for each row, and beside them.
PIPE_POINTS, PAGE_POINTS = 14, 5


@dataclass(frozen=True)
class Reads:
    """A source and what is read of it.

    Attributes:
        source: The source.
        part: What is asked for of its nodes.
        lists: What is asked for of their lists.
    """

    source: Source
    part: Part
    lists: tuple[Part, ...] = ()


JOINTS = Part("pipe_joints", derive(SCHEMA, "Joint"), ListPath("joints", "Pipe"), ("id",))
MARKS = Part("pipe_marks", derive(SCHEMA, "Mark"), ListPath("marks", "Pipe"))


def pipes(order: Order | None = BY_TITLE, *lists: Part, stamp: Stamp | None = None) -> Reads:
    """Return a connection to read."""
    required = ("id", order.place) if order and order.place else ("id",)
    source = Source(
        name="pipes",
        root="pipes",
        type_name="Pipe",
        is_connection=True,
        order=order,
        stamp=stamp,
        required=required,
        lookup=("pipe", "id"),
    )
    return Reads(source, Part("pipes", derive(SCHEMA, "Pipe")), lists)


def shed() -> Reads:
    """One object to read."""
    source = Source("shed", "shed", "Shed", is_connection=False, order=None, stamp=None, required=("id",))
    return Reads(source, Part("shed", derive(SCHEMA, "Shed")))


def connection(ids: str, end: str | None = None) -> Node:
    """Return a connection of nodes with ids of one letter; `end` is the cursor of more to come."""
    nodes: list[Node] = [{"id": each} for each in ids]
    return {"nodes": nodes, "pageInfo": {"hasNextPage": end is not None, "endCursor": end}}


def answer(ids: str, *, end: str | None = None, hidden: tuple[str, ...] = (), cost: Cost | None = None) -> Answer:
    """Return a page of pipes with ids of one letter; `end` is the cursor of more to come."""
    nodes: list[Node] = [{"id": each, "title": f"pipe {each}"} for each in ids]
    info = {"hasNextPage": end is not None, "endCursor": end}
    return Answer({"pipes": {"nodes": nodes, "pageInfo": info}}, hidden=hidden, cost=cost)


def drift(*strikes: Strike) -> DriftError:
    """Return the error for a name that the server does not know."""
    return DriftError(Decision(Action.STRIKE, "Field doesn't exist", "check api_version", strikes=strikes))


def too_expensive(requested: float | None = None) -> TooExpensiveError:
    """Return the error for a price that can never fit the bucket; some servers state it."""
    cost = None if requested is None else Cost(requested, 0, 10_000, 10_000, 500)
    return TooExpensiveError(Decision(Action.SHRINK, "the query costs too much", "deselect columns", cost=cost))


@dataclass
class ScriptedClient:
    """Answers what the script says, and remembers what it was asked.

    Args:
        script: Answers to give, or errors to raise.
    """

    script: list[Answer | Exception]
    asked: list[Query] = field(default_factory=list)

    def execute(self, query: Query, usage: Usage) -> Answer:
        """Return the next step of the script."""
        usage.requests += 1
        self.asked.append(query)
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    @property
    def sizes(self) -> list[object]:
        """Page sizes asked for, query by query."""
        return [query.variables.get("first") for query in self.asked]


@dataclass
class Reading:
    """Reads sources whole, as a stream does that has no windows.

    Args:
        extraction: The run, which remembers what the server does not know.
    """

    extraction: ExtractionRun
    lost: dict[str, StreamError] = field(default_factory=dict)
    """The streams that were not read to their end, and why."""
    losses: list[tuple[str | None, str]] = field(default_factory=list)
    """Streams, and what of them cannot be had."""

    def fetcher(self, reads: Reads, limit_rows: int | None = None) -> PageFetcher:
        """Return the object that asks for the pages of a source."""
        return PageFetcher(self.extraction, reads.source, Usage(), limit_rows, self._lose)

    def _lose(self, name: str | None, what: str, _cause: str, _count: int) -> None:
        self.losses.append((name, what))

    def nodes(self, reads: Reads, limit_rows: int | None = None) -> Iterator[Node]:
        """Yield the nodes of the source itself."""
        for found in self.found(reads, limit_rows):
            if found.parent is None:
                yield found.node

    def found(self, reads: Reads, limit_rows: int | None = None) -> Iterator[Found]:
        """Yield the nodes of the source and of their lists."""
        fetcher = self.fetcher(reads, limit_rows)
        try:
            if reads.source.is_connection:
                yield from Walk(fetcher, reads.part, reads.part, reads.lists, on_loss=self.lost.__setitem__).whole()
            else:
                node = read_single(fetcher, reads.part)
                assert node is not None
                yield Found(reads.part.name, node)
        finally:
            fetcher.report_hidden()


def told_limiter(share: float = 1.0) -> RateLimiter:
    """Return a rate_limiter that knows the bucket, because something has been answered before."""
    rate_limiter = RateLimiter(share)
    rate_limiter.answered(0.0, None, free_points=0.0, now=0.0)
    return rate_limiter


def reading(script: Iterable[object], page_size: int = 100, share: float = 1.0) -> tuple[Reading, ScriptedClient]:
    """Return a reader of the scripted API."""
    client = ScriptedClient([step for step in script if isinstance(step, Answer | Exception)])
    return Reading(ExtractionRun(cast("Client", client), told_limiter(share), page_size)), client


def ids(nodes: Sequence[Node]) -> str:
    """Return the ids of nodes, as one text."""
    return "".join(node["id"] for node in nodes)
