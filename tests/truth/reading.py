"""The tap itself, in this process: only the way to the server and to the target is replaced."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, cast

import msgspec
import pytest
from graphql import StringValueNode, Visitor, visit
from singer_sdk.singerlib import StateMessage
from typing_extensions import override

from jobber_sandbox.context import Context
from jobber_sandbox.filters import Arranger
from jobber_sandbox.price import PriceList, Pricer, actual_points
from tap_jobber.api.client import Client
from tap_jobber.api.decision import Reply
from tap_jobber.api.rate_limits import RateLimiter
from tap_jobber.api.versioning import VersionCheck
from tap_jobber.cli.summary import finish
from tap_jobber.clock import Clock
from tap_jobber.connection import Connection
from tap_jobber.extraction import child_page_size, child_pages, connection_reader, resync, walk, windows
from tap_jobber.extraction.extraction_run import ExtractionRun
from tap_jobber.extraction.server_clock import ServerClock
from tap_jobber.messages import MessageWriter
from tap_jobber.streams import STREAMS, rolling_resync
from tap_jobber.tap import TapJobber
from tests.streams.fake_jobber import OwnTokens
from tests.truth.account import engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from singer_sdk.singerlib.encoding.simple import Message

    from jobber_sandbox.engine import Prepared
    from jobber_sandbox.price import Priced
    from tap_jobber.api.transport import Query, Transport
    from tap_jobber.streams.jobber_stream import JobberStream
    from tests.truth.account import Account, Time

    State = dict[str, Any]

_VERSION = "2026-07-27"
_LITERAL = re.compile(r'"(\d{4}-[^"]*Z|Z2lk[^"]*)"')
_ANY_TIME = "1999-12-31T23:59:59Z"
_ANY_ID = "Z2lkOi8vSm9iYmVyL0pvYi8x"


class KilledError(BaseException):
    """The process is gone: nothing may handle this, and nothing is written after it."""


@dataclass
class Server:
    """The sandbox's engine, asked without a wire between.

    Args:
        account: What it serves.
        before_request: Called with the number of each request, from 1, just before it is answered.
        is_inclusive: True if the bounds of filters are inclusive.
        is_dated: True if answers tell the server's time.
        arranger: Filters and sorts, if not as those bounds say.
    """

    account: Account
    before_request: Callable[[int], None] = lambda _number: None
    is_inclusive: bool = True
    is_dated: bool = True
    arranger: Arranger | None = None
    requests: int = 0
    points: float = 0.0
    queries: list[Query] = field(default_factory=list)
    _arranger: Arranger = field(init=False)

    def __post_init__(self) -> None:
        """Decide about the bounds."""
        self._arranger = self.arranger or Arranger(bounds_inclusive=self.is_inclusive)

    def send(self, query: Query, _access_token: str) -> tuple[Reply, float | None]:
        """Answer a query; `Transport.send` of a connection that never fails."""
        self.requests += 1
        self.queries.append(query)
        self.before_request(self.requests)
        prepared = _prepared(query.text)
        operation, given = prepared.operation(query.name), dict(query.variables)
        variables, problems = engine().variables(prepared, operation, given)
        assert not problems, problems
        # Of the variables, prices depend on the sizes of pages and on conditions only.
        plan = _plan(_shape(query.text), query.name, frozenset(_plain(variables).items()))
        context = Context(self.account.world, self._arranger, page_cap=100, user_number=1)
        answered = engine().run(prepared, operation, given, context)
        assert "errors" not in answered, answered["errors"]
        actual = actual_points(plan, answered["data"])
        self.points += actual
        answered["extensions"] = {
            "cost": {
                "requestedQueryCost": plan.requested_points(),
                "actualQueryCost": actual,
                "throttleStatus": {"maximumAvailable": 10_000, "currentlyAvailable": 10_000, "restoreRate": 500},
            },
        }
        # As a Date header tells it: in whole seconds.
        stamp = float(int(self.account.time.server())) if self.is_dated else None
        return Reply(200, "application/json", msgspec.json.decode(msgspec.json.encode(answered))), stamp


def _prepared(text: str) -> Prepared:
    """Return a query that is parsed and validated once for all that differ in their moments and ids only."""
    prepared, nodes = _shaped(_shape(text))
    for node, value in zip(nodes, _LITERAL.findall(text), strict=True):
        # Nodes are not meant to change; parsing anew would take a quarter of the time of these tests.
        object.__setattr__(node, "value", value)
    return prepared


def _shape(text: str) -> str:
    return _LITERAL.sub(_another, text)


def _another(found: re.Match[str]) -> str:
    return f'"{_ANY_ID if found[1].startswith("Z2lk") else _ANY_TIME}"'


@lru_cache(maxsize=5_000)
def _shaped(shape: str) -> tuple[Prepared, tuple[StringValueNode, ...]]:
    """Return a query and its literals, in the order in which they stand."""
    prepared = engine().prepare(shape, engine().schema)
    assert not prepared.problems, prepared.problems
    finder = _Literals()
    visit(prepared.document, finder)
    return prepared, tuple(finder.found)


@lru_cache(maxsize=5_000)
def _plan(shape: str, name: str, numbers: frozenset[tuple[str, int | None]]) -> Priced:
    prepared, _ = _shaped(shape)
    return Pricer(prepared.schema, PriceList()).plan(prepared.document, prepared.operation(name), dict(numbers))


def _plain(variables: Mapping[str, Any]) -> dict[str, int | None]:
    return {name: value for name, value in variables.items() if value is None or isinstance(value, int)}


class _Literals(Visitor):
    """Finds what stands for a moment or an id."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[StringValueNode] = []

    def enter_string_value(self, node: StringValueNode, *_: object) -> None:
        if node.value in {_ANY_TIME, _ANY_ID}:
            self.found.append(node)


class Tokens:
    """Access tokens that are always good."""

    def access_token(self) -> str:
        """Return a token."""
        return "token"

    def renew(self, refused: str) -> str:
        """Another token."""
        return refused


class Recorder(MessageWriter):
    """Keeps messages instead of writing them.

    Args:
        last: The process is killed when it has written so many; None lets it live.
    """

    def __init__(self, last: int | None = None) -> None:
        super().__init__()
        self.messages: list[dict[str, Any]] = []
        self._last = last

    @override
    def write_message(self, message: Message) -> None:
        """Keep a message as a target would come to know it."""
        if self._last is not None and len(self.messages) >= self._last:
            raise KilledError
        if isinstance(message, StateMessage):
            self.messages.append({"type": "STATE", "value": json.loads(json.dumps(message.value))})
            return
        written: dict[str, Any] = message.to_dict()
        if written["type"] == "RECORD":
            written["record"] = dict(written["record"])
        self.messages.append(written)


class AccountTap(TapJobber):
    """The tap with some of its streams, leaving the signals of this process alone."""

    classes: Sequence[type[JobberStream]] = STREAMS

    @override
    def discover_streams(self) -> Sequence[JobberStream]:
        """Return the streams of interest."""
        return [stream(self) for stream in self.classes]

    @override
    def _setup_signal_handlers(self) -> None:
        """None."""


@dataclass
class Outcome:
    """The messages of a run.

    Args:
        messages: All messages.
        requests: How many requests it took.
        points: What they cost.
        is_killed: True if it was killed.
    """

    messages: list[dict[str, Any]]
    requests: int
    points: float
    is_killed: bool = False

    @property
    def states(self) -> list[State]:
        """The states written, in order."""
        return [message["value"] for message in self.messages if message["type"] == "STATE"]

    def rows(self, stream: str) -> list[dict[str, Any]]:
        """Return the rows of a stream, in order."""
        return [each["record"] for each in self.messages if each["type"] == "RECORD" and each["stream"] == stream]


def run(
    server: Server,
    streams: Sequence[type[JobberStream]],
    catalog: Mapping[str, Any] | None,
    state: State | None = None,
    last_message: int | None = None,
    **settings: object,
) -> Outcome:
    """Run the tap once, against a server in this process.

    Args:
        server: The server.
        streams: The streams that the tap has.
        catalog: What is selected; everything if not given.
        state: The state to begin with.
        last_message: Kill the process when it has written so many messages.
        settings: Further settings.
    """
    time, writer = server.account.time, Recorder(last_message)
    tap_class = type("TapJobber", (AccountTap,), _patched(time, streams))
    tap = tap_class(
        config={"client_id": "id", "client_secret": "secret", "api_version": _VERSION, **settings},
        catalog=json.loads(json.dumps(catalog)) if catalog is not None else None,
        state=json.loads(json.dumps(state)) if state is not None else None,
        message_writer=writer,
    )
    rate_limiter = RateLimiter()
    client = Client(
        cast("Transport", server),
        Tokens(),
        rate_limiter,
        VersionCheck(_VERSION),
        Clock(time.steady, time.pass_by),
        jitter=lambda most: most,
    )
    clock = ServerClock(time.steady, time.own)
    extraction = ExtractionRun(client, rate_limiter, tap.config["page_size"], clock=clock)
    tap.connection = Connection(cast("Any", OwnTokens()), extraction)
    before = server.requests, server.points
    try:
        tap.sync_all()
        finish(tap)
    except KilledError:
        is_killed = True
    else:
        is_killed = False
    return Outcome(writer.messages, server.requests - before[0], server.points - before[1], is_killed)


def _patched(time: Time, streams: Sequence[type[JobberStream]]) -> dict[str, Any]:
    """Return what a tap has of its own in a test: the streams, and a start by the time of the test."""
    return {"classes": tuple(streams), "initialized_at": property(lambda _: int(time.own() * 1000))}


@cache
def _discovered(streams: tuple[type[JobberStream], ...]) -> str:
    tap_class = type("TapJobber", (AccountTap,), {"classes": streams})
    return json.dumps(tap_class(config={}, validate_config=False).catalog_dict)


def catalog_of(
    streams: Sequence[type[JobberStream]], selected: Sequence[str], columns: Mapping[str, Sequence[str]] | None = None
) -> dict[str, Any]:
    """Return a catalog that selects some streams, and of each some columns.

    Args:
        streams: The streams that the tap has.
        selected: The names of those to select.
        columns: Of each stream the columns to select; all of them if not given.
    """
    whole: dict[str, Any] = json.loads(_discovered(tuple(streams)))
    for stream in whole["streams"]:
        name = stream["tap_stream_id"]
        for entry in stream["metadata"]:
            crumb = entry["breadcrumb"]
            if not crumb:
                entry["metadata"]["selected"] = name in selected
            elif columns is not None:
                entry["metadata"]["selected"] = crumb[1] in columns[name] and len(crumb) == 2
    return whole


@contextmanager
def small_sizes(most_rows: int) -> Iterator[None]:
    """Windows that are dense, and lists that are long, at a few rows, so that a small account has them.

    Args:
        most_rows: How many rows a window may hold.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows, "MOST_ROWS", most_rows)
        patch.setattr(windows, "TARGET_ROWS", 3)
        patch.setattr(windows, "NARROWEST_SECONDS", 4)
        patch.setattr(windows, "AHEAD_SECONDS", 2)
        patch.setattr(resync, "AHEAD_SECONDS", 2)
        patch.setattr(walk, "_SHARE_ROWS", 3)
        patch.setattr(resync, "NARROWEST_SECONDS", 4)
        patch.setattr(resync, "SMALL_ROWS", 3)
        patch.setattr(resync, "LEAST_ROWS", 2)
        patch.setattr(rolling_resync, "LEAST_ROWS", 2)
        patch.setattr(connection_reader, "SHORT_LIST_ROWS", 1)
        patch.setattr(child_page_size, "_FIRST_SIZE", 2)
        patch.setattr(child_page_size, "_SIZES", (1, 2, 3))
        patch.setattr(child_pages, "MAXIMUM_ROWS", 3)
        yield
