"""A small API, and a client that answers from a script."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from graphql import build_schema

from tap_jobber.api.client import Answer, Client, DriftError, TooExpensiveError, Usage
from tap_jobber.api.cost import Cost
from tap_jobber.api.errors import Action, Verdict
from tap_jobber.extraction.pacing import Governor
from tap_jobber.extraction.reading import Extraction
from tap_jobber.extraction.source import Source, ascending
from tap_jobber.schema.selection import derive

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_jobber.api.drift import Strike
    from tap_jobber.api.transport import Query
    from tap_jobber.extraction.overlap import Node
    from tap_jobber.extraction.source import Order

SDL = """
type Query { pipes(first: Int, after: String, sort: PipeSort): PipeConnection!  shed: Shed }
input PipeSort { key: String! direction: String! }
type PipeConnection { nodes: [Pipe!]! pageInfo: PageInfo! }
type PageInfo { hasNextPage: Boolean! endCursor: String }
type Pipe { id: ID! title: String size: Size shed: Shed owner: Owner }
type Size { width: Int height: Int }
type Shed { id: ID! name: String }
union Owner = Person | Firm
type Person { id: ID! born: Int }
type Firm { id: ID! founded: Int }
"""
SCHEMA = build_schema(SDL)
BY_TITLE = ascending("TITLE", place="title")


def pipes(order: Order | None = BY_TITLE) -> Source:
    """A connection to read."""
    required = ("id", order.place) if order and order.place else ("id",)
    return Source("pipes", "pipes", derive(SCHEMA, "Pipe"), is_connection=True, order=order, required=required)


def shed() -> Source:
    """One object to read."""
    return Source("shed", "shed", derive(SCHEMA, "Shed"), is_connection=False, order=None, required=("id",))


def answer(ids: str, *, end: str | None = None, hidden: tuple[str, ...] = (), cost: Cost | None = None) -> Answer:
    """A page of pipes with ids of one letter; `end` is the cursor of more to come."""
    nodes: list[Node] = [{"id": each, "title": f"pipe {each}"} for each in ids]
    info = {"hasNextPage": end is not None, "endCursor": end}
    return Answer({"pipes": {"nodes": nodes, "pageInfo": info}}, hidden=hidden, cost=cost)


def drift(*strikes: Strike) -> DriftError:
    """The server does not know something."""
    return DriftError(Verdict(Action.STRIKE, "Field doesn't exist", "check api_version", strikes=strikes))


def too_expensive(requested: float | None = None) -> TooExpensiveError:
    """The price can never fit the bucket; some servers say what it is."""
    cost = None if requested is None else Cost(requested, 0, 10_000, 10_000, 500)
    return TooExpensiveError(Verdict(Action.SHRINK, "the query costs too much", "deselect columns", cost=cost))


@dataclass
class ScriptedClient:
    """Answers what the script says, and remembers what it was asked.

    Args:
        script: Answers to give, or errors to raise.
    """

    script: list[Answer | Exception]
    asked: list[Query] = field(default_factory=list)

    def execute(self, query: Query, usage: Usage) -> Answer:
        """The next step of the script."""
        usage.requests += 1
        self.asked.append(query)
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    @property
    def sizes(self) -> list[object]:
        """How many rows were asked for, query by query."""
        return [query.variables.get("first") for query in self.asked]


def extraction(script: Iterable[object], page_size: int = 100) -> tuple[Extraction, ScriptedClient]:
    """A reader of the scripted API."""
    client = ScriptedClient([step for step in script if isinstance(step, Answer | Exception)])
    return Extraction(cast("Client", client), Governor(), page_size), client


def ids(nodes: Sequence[Node]) -> str:
    """The ids of nodes, as one text."""
    return "".join(node["id"] for node in nodes)
