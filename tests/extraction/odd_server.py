"""A server of pipes with everything wrong that a server can get wrong, and a client that reads from it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from graphql import GraphQLError, GraphQLResolveInfo, build_schema, execute_sync

from tap_jobber.api.client import Client, Usage
from tap_jobber.api.decision import Reply
from tap_jobber.api.versioning import VersionCheck
from tap_jobber.extraction.extraction_run import ExtractionRun
from tap_jobber.extraction.overlap import decode_offset, encode_offset
from tap_jobber.extraction.page_fetcher import PageFetcher
from tap_jobber.extraction.source import Part, ascending
from tap_jobber.extraction.walk import Walk
from tap_jobber.graphql.derive import derive
from tap_jobber.graphql.document import UserQuery
from tap_jobber.graphql.parse import read_document
from tap_jobber.graphql.text import ListPath
from tests.api.harness import VERSION, WAITING_ROOM, FakeClock, FakeTokens
from tests.documents import parsed
from tests.extraction.query_reading import QueryReading
from tests.extraction.scripted import SDL, pipes, told_limiter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_jobber.api.transport import Query, Transport
    from tap_jobber.extraction.overlap import Node

SCHEMA = build_schema(SDL.replace("title: String ", "title: String weight: Int! ", 1))
PIPE = Part("pipes", derive(SCHEMA, "Pipe"), required=("id",))
JOINTS = Part("pipe_joints", derive(SCHEMA, "Joint"), ListPath("joints", "Pipe"), ("id",))
HIDDEN = "An object of type {} was hidden due to permissions"
BROKEN = "undefined method 'cents' for nil"
JSON = "application/json"

WEATHER: Mapping[str, Reply] = {
    "waiting room": Reply(200, "text/html", None, WAITING_ROOM),
    "busy": Reply(429, "text/plain", None),
    "throttled": Reply(200, JSON, {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]}),
    "garbled": Reply(200, JSON, None),
    "no data": Reply(200, JSON, {}),
    "bad gateway": Reply(502, "text/html", None),
    "down": Reply(503, JSON, {"message": "Service temporarily unavailable"}),
    "error without a path": Reply(200, JSON, {"data": None, "errors": [{"message": "it broke"}]}),
}


class _UnservableError(Exception):
    """The query cannot be answered at all."""


@dataclass
class OddServer:
    """Pipes by number, each with some joints; a name such as `3` or `3-1` tells of which something is wrong.

    Args:
        joints: How many joints each pipe has.
        hidden: The rows that are hidden.
        poison: The rows that no query is answered for.
        most_rows: How many rows of a list can be served with one page; 0 where any number can.
        failing: Fields that fail, as `3.title` or `3-1.width`, with how often; below zero for always.
        weather: What is answered to some requests, by their number.
    """

    joints: list[int]
    hidden: frozenset[str] = frozenset()
    poison: frozenset[str] = frozenset()
    most_rows: int = 0
    failing: dict[str, int] = field(default_factory=dict)
    weather: Mapping[int, str] = field(default_factory=dict)
    requests: int = 0
    asked: Counter[str] = field(default_factory=Counter)

    def send(self, query: Query, _token: str) -> tuple[Reply, float | None]:
        """Answer a query, as a transport does."""
        self.requests += 1
        assert self.requests < 6_000, "the read does not end"
        if self.requests in self.weather:
            return WEATHER[self.weather[self.requests]], None
        variables, self._is_served = dict(query.variables), True
        self.asked[query.name or ""] += 1
        result = execute_sync(
            SCHEMA, parsed(query.text), root_value=self, variable_values=variables, field_resolver=self._resolve
        )
        if not self._is_served:
            return Reply(504, JSON, None), None
        body: dict[str, Any] = {"data": result.data}
        if result.errors:
            body["errors"] = [{"message": each.message, "path": list(each.path or ())} for each in result.errors]
        return Reply(200, JSON, body), None

    def _resolve(self, source: object, info: GraphQLResolveInfo[Any], **given: Any) -> object:
        name = info.field_name
        if name == "account":
            return {"id": "account"}
        if name == "pipes":
            return self._page([str(number) for number in range(len(self.joints))], "Pipe", **given)
        if name == "pipe":
            return given["id"]
        if isinstance(source, str):
            return self._of_row(source, name, given)
        return cast("Node", source).get(name)

    def _of_row(self, row: str, name: str, given: dict[str, Any]) -> object:
        key = f"{row}.{name}"
        if self.failing.get(key):
            self.failing[key] -= 1
            raise GraphQLError(BROKEN)
        if name == "joints":
            return self._page([f"{row}-{number}" for number in range(self.joints[int(row)])], "Joint", **given)
        return self.value(row, name)

    @staticmethod
    def value(row: str, name: str) -> object:
        """Return the true value of a row's field."""
        if name == "size":
            return {"width": 3, "height": None}
        return {"id": row, "title": f"pipe {row}", "weight": 7, "width": 5}.get(name)

    def _page(self, rows: list[str], kind: str, *, first: int, after: str | None = None, **_given: Any) -> Node:
        start = decode_offset(after) or 0
        shown = rows[start : start + first]
        if (self.most_rows and len(shown) > self.most_rows) or self.poison & set(shown):
            self._is_served = False
        end = start + len(shown)
        nodes = [GraphQLError(HIDDEN.format(kind)) if row in self.hidden else row for row in shown]
        return {"nodes": nodes, "pageInfo": {"hasNextPage": end < len(rows), "endCursor": encode_offset(end)}}


@dataclass
class OddRead:
    """A read of an odd server.

    Args:
        server: The server.
        has_order: True if the list keeps an order.
        page_size: The most rows in a page.
    """

    server: OddServer
    has_order: bool = True
    page_size: int = 100
    lost: dict[tuple[str | None, str], int] = field(default_factory=dict)
    time: FakeClock = field(default_factory=FakeClock)

    def rows(self) -> dict[str, Node]:
        """All rows, by their id."""
        return dict(self._rows())

    def of_query(self, text: str) -> list[Node]:
        """Return the rows of a query of a user's own, as they come."""
        document = read_document(SCHEMA, text)
        query = QueryReading(self._extraction(), UserQuery("mine", document, ("id",)), lose=self._lose)
        found = list(query.rows())
        query.report_hidden()
        return found

    def _extraction(self) -> ExtractionRun:
        rate_limiter = told_limiter()
        client = Client(
            cast("Transport", self.server),
            FakeTokens(),
            rate_limiter,
            VersionCheck(VERSION),
            self.time.clock,
            lambda seconds: seconds,
        )
        return ExtractionRun(client, rate_limiter, self.page_size)

    def _rows(self) -> Iterator[tuple[str, Node]]:
        source = pipes(ascending("TITLE") if self.has_order else None).source
        self.fetcher = PageFetcher(self._extraction(), source, Usage(), None, self._lose)
        for found in Walk(self.fetcher, PIPE, PIPE, (JOINTS,)).whole():
            yield found.node["id"], found.node
        self.fetcher.report_hidden()

    def _lose(self, name: str | None, what: str, _cause: str, count: int) -> None:
        self.lost[name, what] = self.lost.get((name, what), 0) + count
