"""A Jobber that answers each root field with the nodes it was given, and taps that read from it."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import msgspec.json
from singer_sdk.singerlib import Catalog

from tap_jobber.api.client import Answer, Client, Usage
from tap_jobber.connection import Connection
from tap_jobber.credentials.stores.record import Account
from tap_jobber.extraction.extraction_run import ExtractionRun
from tap_jobber.extraction.server_clock import ServerClock
from tap_jobber.tap import TapJobber
from tap_jobber.timestamps import format_timestamp, parse_timestamp
from tests.extraction.scripted import told_limiter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pytest

    from tap_jobber.api.transport import Query
    from tap_jobber.credentials.credential import Credential
    from tap_jobber.streams.jobber_stream import JobberStream

CONFIG = {"client_id": "a", "client_secret": "b", "refresh_token": "c"}
NOW = parse_timestamp("2026-06-01T12:00:00Z")
CERTAIN = NOW - 300
DAY = 86_400
Metadata = dict[tuple[str, ...], dict[str, object]]
OFF: dict[str, object] = {"selected": False}


def ago(days: float) -> str:
    """Return the stamp of so many days before now."""
    return format_timestamp(NOW - int(days * DAY))


def listed(*nodes: dict[str, Any]) -> dict[str, Any]:
    """Return a list that fits one page."""
    return {"nodes": list(nodes), "pageInfo": {"hasNextPage": False, "endCursor": None}}


class OwnTokens:
    """A credential of which it is known whose it is.

    Args:
        account: Whose.
    """

    def __init__(self, account: Account | None = None) -> None:
        self.record = SimpleNamespace(account=account or Account("account"))

    def settle(self, whose: object) -> None:
        """Ask nobody."""


@dataclass
class FakeJobber:
    """Answers each page query with all nodes of its root field.

    Args:
        nodes: The nodes by root field.
        objects: What the root fields that are one object answer.
        errors: What to raise instead, by root field.
        now: The server's time.
    """

    nodes: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    objects: dict[str, dict[str, Any] | None] = field(default_factory=lambda: {"account": {"id": "account"}})
    errors: dict[str, Exception] = field(default_factory=dict)
    now: int = NOW
    asked: list[Query] = field(default_factory=list)

    def execute(self, query: Query, usage: Usage) -> Answer:
        """Return the nodes of the root field."""
        usage.requests += 1
        self.asked.append(query)
        found = re.search(r"\{ (\w+)[ (]", query.text)
        root = found[1] if found else ""
        if root in self.errors:
            raise self.errors[root]
        if root in self.objects:
            return Answer({root: self.objects[root]}, server_seconds=self.now)
        nodes = [self._asked_of(node, query.text) for node in self.nodes.get(root, [])]
        return Answer({root: listed(*nodes)}, server_seconds=self.now)

    def _asked_of(self, node: dict[str, Any], text: str) -> dict[str, Any]:
        """Return a node with only what a query asks for."""
        return {name: copy.deepcopy(value) for name, value in node.items() if re.search(rf"\b{name}\b", text)}

    def pages(self, name: str) -> list[Query]:
        """Return the queries of a stream's walk."""
        return [query for query in self.asked if query.name == name]


@cache
def plain_tap() -> TapJobber:
    """Return a tap with all defaults, to look at and not to be changed."""
    return TapJobber(config=CONFIG)


@cache
def _discovered() -> str:
    return json.dumps(plain_tap().catalog_dict)


def catalog_of(
    names: Iterable[str] | None = None,
    metadata: Mapping[str, Metadata] | None = None,
    whole: Iterable[str] = (),
) -> Catalog:
    """Return a catalog with only some streams selected, metadata of streams changed, and some read whole each time."""
    catalog = msgspec.json.decode(_discovered())
    for entry in catalog["streams"]:
        if entry["tap_stream_id"] in whole:
            entry["replication_method"] = "FULL_TABLE"
        for each in entry["metadata"]:
            breadcrumb = tuple(each["breadcrumb"])
            if names is not None and breadcrumb == ():
                each["metadata"]["selected"] = entry["tap_stream_id"] in names
            each["metadata"].update((metadata or {}).get(entry["tap_stream_id"], {}).get(breadcrumb, {}))
    return Catalog.from_dict(catalog)


def opened(
    server: FakeJobber,
    catalog: Catalog | None = None,
    state: dict[str, Any] | None = None,
    **settings: object,
) -> TapJobber:
    """Return a tap that reads from a server."""
    tap = TapJobber(config={**CONFIG, **settings}, catalog=catalog, state=state)
    clock = ServerClock(now=lambda: 0.0, own_time=lambda: float(server.now))
    extraction = ExtractionRun(cast("Client", server), told_limiter(), 100, clock=clock)
    tap.__dict__["connection"] = Connection(cast("Credential", OwnTokens()), extraction)
    return tap


def named(tap: TapJobber, name: str) -> JobberStream:
    """Return a stream of a tap."""
    return cast("JobberStream", tap.streams[name])


def selecting(name: str, metadata: Metadata) -> JobberStream:
    """Return a stream with metadata of its catalog changed."""
    return named(TapJobber(config=CONFIG, catalog=catalog_of(metadata={name: metadata})), name)


@dataclass(frozen=True)
class Output:
    """The messages of a run."""

    messages: list[dict[str, Any]]

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return the rows of a stream."""
        return [each["record"] for each in self.messages if each["type"] == "RECORD" and each["stream"] == name]

    def ids(self, name: str, key: str = "id") -> list[str]:
        """Return the keys of the rows of a stream, sorted."""
        return sorted(row[key] for row in self.rows(name))

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """Return the messages of a kind."""
        return [each for each in self.messages if each["type"] == kind]

    @property
    def states(self) -> list[dict[str, Any]]:
        """The states, in order."""
        return [each["value"] for each in self.of_type("STATE")]

    @property
    def state(self) -> dict[str, Any]:
        """The last state."""
        return self.states[-1]

    def bookmark(self, name: str) -> dict[str, Any]:
        """Return a stream's part of the last state."""
        found: dict[str, Any] = self.state["bookmarks"].get(name, {})
        return found


def synced(
    capture: pytest.CaptureFixture[bytes],
    server: FakeJobber,
    catalog: Catalog | Iterable[str],
    state: dict[str, Any] | None = None,
    **settings: object,
) -> Output:
    """Run a tap with a catalog, or with some streams by name, and return its output."""
    capture.readouterr()
    chosen = catalog if isinstance(catalog, Catalog) else catalog_of(set(catalog))
    tap = opened(server, chosen, copy.deepcopy(state), **settings)
    tap.sync_all()
    return Output([json.loads(line) for line in capture.readouterr().out.splitlines()])
