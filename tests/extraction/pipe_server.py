"""A server of pipes that understands windows, orders and lists, and counts what it is asked for."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from graphql import FieldNode, GraphQLResolveInfo, execute_sync

from tap_jobber.api.client import Answer, Client, Usage
from tap_jobber.api.stated_cost import Cost
from tap_jobber.extraction.extraction_run import ExtractionRun
from tap_jobber.extraction.overlap import decode_offset, encode_offset
from tap_jobber.extraction.page_fetcher import PageFetcher
from tap_jobber.extraction.server_clock import ServerClock
from tap_jobber.extraction.source import CHANGED
from tap_jobber.extraction.walk import Walk
from tap_jobber.extraction.walk_events import Found, Reached
from tap_jobber.timestamps import format_timestamp, parse_timestamp
from tests.documents import parsed
from tests.extraction.scripted import JOINTS, PAGE_POINTS, PIPE_POINTS, SCHEMA, pipes, told_limiter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_jobber.api.transport import Query
    from tap_jobber.extraction.source import Part
    from tests.extraction.scripted import Reads

NOW = parse_timestamp("2026-06-01T12:00:00Z")
CERTAIN = NOW - 300
bound = lru_cache(maxsize=1_024)(parse_timestamp)
"""Return the second of a filter's bound, which is looked at for each row."""


@dataclass
class Pipe:
    """A row of the server.

    Attributes:
        id: Its id.
        at: Its stamp, in seconds since 1970; None where it has none.
        joints: How many joints it has.
    """

    id: str
    at: int | None
    joints: int = 0


@dataclass
class PipeServer:
    """Answers queries over its rows.

    Args:
        rows: The rows.
        is_inclusive: True if the bounds of a range are inclusive.
        refuses: What to raise instead of an answer where the text of a query matches.
    """

    rows: list[Pipe]
    is_inclusive: bool = True
    refuses: dict[str, Exception] = field(default_factory=dict)
    asked: list[Query] = field(default_factory=list)
    shown: Counter[str] = field(default_factory=Counter)

    def execute(self, query: Query, usage: Usage) -> Answer:
        """Return the answer, with the server's time and a price."""
        usage.requests += 1
        self.asked.append(query)
        for pattern, error in self.refuses.items():
            if re.search(pattern, query.text):
                raise error
        result = execute_sync(
            SCHEMA,
            parsed(query.text),
            root_value=self,
            variable_values=dict(query.variables),
            field_resolver=self._resolve,
        )
        assert result.errors is None, result.errors
        points = PAGE_POINTS + PIPE_POINTS * int(str(query.variables.get("first", 0)))
        cost = Cost(points, points, 10_000, 10_000, 500)
        return Answer(result.data or {}, cost=cost, server_seconds=NOW)

    def _resolve(self, source: object, info: GraphQLResolveInfo[Any], **given: Any) -> object:
        if info.field_name == "account":
            return {"id": "account"}
        if info.field_name == "pipes":
            return self._pipes(info, **given)
        if info.field_name == "pipe":
            return next((pipe for pipe in self.rows if pipe.id == given["id"]), None)
        if isinstance(source, Pipe):
            return self._of_pipe(source, info.field_name, given)
        return cast("dict[str, object]", source).get(info.field_name)

    def _of_pipe(self, pipe: Pipe, name: str, given: Mapping[str, Any]) -> object:
        if name == "joints":
            joints = [{"id": f"{pipe.id}-{number}", "width": number} for number in range(pipe.joints)]
            return _page(joints, given["first"], given.get("after"))
        if name == "updatedAt":
            return None if pipe.at is None else format_timestamp(pipe.at)
        return {"id": pipe.id, "title": f"pipe {pipe.id}"}.get(name)

    def _pipes(
        self, info: GraphQLResolveInfo[Any], first: int, after: str | None = None, **given: Any
    ) -> dict[str, object]:
        rows = [pipe for pipe in self.rows if self._passes(pipe, given.get("filter") or {})]
        sort = given.get("sort") or {}
        if sort.get("key") == "UPDATED_AT":
            rows.sort(key=lambda pipe: pipe.at or 0, reverse=sort["direction"] == "DESCENDING")
        page = _page(rows, first, after)
        asked = _names(info)
        for pipe in cast("list[Pipe]", page["nodes"]):
            self.shown.update(f"{name} of {pipe.id}" for name in asked)
        return page

    def _passes(self, pipe: Pipe, asked: Mapping[str, Any]) -> bool:
        if "colour" in asked and not re.fullmatch(asked["colour"], pipe.id):
            return False
        if "occursWithin" in asked:
            if pipe.at is None:
                return bool(asked.get("includeUnscheduled"))
            span = asked["occursWithin"]
            return self._between(pipe.at, span["startAt"], span["endAt"])
        bounds = asked.get("updatedAt") or {}
        return pipe.at is not None and self._between(pipe.at, bounds.get("after"), bounds.get("before"))

    def _between(self, at: int, after: str | None, before: str | None) -> bool:
        margin = 0 if self.is_inclusive else 1
        return (after is None or at >= bound(after) + margin) and (before is None or at <= bound(before) - margin)

    @property
    def pages(self) -> list[Query]:
        """The queries for pages of pipes."""
        return [query for query in self.asked if query.name == "pipes"]


def _page(rows: list[Any], first: int, after: str | None) -> dict[str, object]:
    start = decode_offset(after) or 0
    nodes = rows[start : start + first]
    end = start + len(nodes)
    return {"nodes": nodes, "pageInfo": {"hasNextPage": end < len(rows), "endCursor": encode_offset(end)}}


def _names(info: GraphQLResolveInfo[Any]) -> list[str]:
    """Return the names of the fields that are selected of each node."""
    chosen = info.field_nodes[0].selection_set
    assert chosen is not None
    nodes = next(each for each in chosen.selections if isinstance(each, FieldNode) and each.name.value == "nodes")
    assert nodes.selection_set is not None
    return [each.name.value for each in nodes.selection_set.selections if isinstance(each, FieldNode)]


@dataclass
class Walked:
    """A walk over a server, and what it brings.

    Args:
        server: The server.
        reads: What is read.
        has_root: True to read the rows of the source itself.
        page_size: The most rows in a page.
    """

    server: PipeServer
    reads: Reads = field(default_factory=lambda: pipes(None, JOINTS, stamp=CHANGED))
    has_root: bool = True
    page_size: int = 100
    found: list[tuple[str, str, str | None]] = field(default_factory=list)
    reached: list[Reached] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Put it together."""
        extraction = ExtractionRun(
            cast("Client", self.server),
            told_limiter(),
            self.page_size,
            clock=ServerClock(now=lambda: 0.0, own_time=lambda: 0.0),
        )
        self.fetcher = PageFetcher(extraction, self.reads.source, Usage())
        part = self.reads.part
        self.walk = Walk(self.fetcher, part if self.has_root else None, bare(part), self.reads.lists)

    def take(self, events: Iterable[Found | Reached]) -> Walked:
        """Take all that a way of walking brings."""
        for event in events:
            if isinstance(event, Reached):
                self.reached.append(event)
            else:
                parent = None if event.parent is None else event.parent["id"]
                self.found.append((event.name, event.node["id"], parent))
        return self

    def ids(self, name: str) -> list[str]:
        """Return the ids of the rows of a stream, as they came."""
        return [node_id for stream, node_id, _parent in self.found if stream == name]

    def parents(self, name: str) -> set[str | None]:
        """Return the ids of the rows that the rows of a stream belong to."""
        return {parent for stream, _node_id, parent in self.found if stream == name}


def bare(part: Part) -> Part:
    """Return the key and the stamp of a part, and nothing else."""
    node = part.node.where(lambda _field, path: path[0] in {"id", "updatedAt"})
    return type(part)(part.name, node, part.path, part.required)
