"""Long histories of a user's own query, read in windows of time that a stopped run goes on from."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.singerlib import Catalog

from tap_jobber.api.client import Answer
from tap_jobber.errors import StreamError
from tap_jobber.extraction.overlap import decode_offset, encode_offset
from tap_jobber.tap import TapJobber
from tap_jobber.timestamps import format_timestamp, parse_timestamp
from tests.streams.fake_jobber import CERTAIN, DAY, NOW, FakeJobber, Output, opened

if TYPE_CHECKING:
    from tap_jobber.api.client import Usage
    from tap_jobber.api.transport import Query

Capture = pytest.CaptureFixture[bytes]
ROWS = 2_000
QUERY = """
query ($first: Int!, $after: String) {
  all: clients(first: $first, after: $after, filter: {isLead: false}ORDER) { edges { node { id changed: updatedAt } } }
}
"""
ORDERS = ["", ", sort: {key: UPDATED_AT, direction: DESCENDING}", ", sort: {key: UPDATED_AT, direction: ASCENDING}"]


@dataclass
class Clients(FakeJobber):
    """Clients that were changed every six hours, in pages, the last changed first unless they are sorted otherwise.

    Args:
        fails_at: The request that fails, with all that follow.
    """

    fails_at: int = 10_000
    changed: dict[str, int] = field(
        default_factory=lambda: {f"c{number}": NOW - (number + 1) * DAY // 4 for number in range(ROWS)}
    )

    def execute(self, query: Query, usage: Usage) -> Answer:
        """Return a page of the clients in the window that the filter says."""
        usage.requests += 1
        self.asked.append(query)
        if len(self.asked) >= self.fails_at:
            raise StreamError("Jobber answers an error", "run again")
        if "clients" not in query.text:
            return Answer({"account": {"id": "account"}}, server_seconds=self.now)
        assert "isLead: false" in query.text
        lo, hi = (re.search(rf'{each}: "([^"]+)"', query.text) for each in ("after", "before"))
        begin, end = (parse_timestamp(each[1]) if each else None for each in (lo, hi))
        found = [
            {"id": key, "changed": format_timestamp(at)}
            for key, at in self.changed.items()
            if (begin is None or at >= begin) and (end is None or at <= end)
        ]
        if "ASCENDING" in query.text:
            found.reverse()
        start: int = decode_offset(str(query.variables["after"] or "")) or 0
        stop = start + int(str(query.variables["first"]))
        info = {"hasNextPage": stop < len(found), "endCursor": encode_offset(min(stop, len(found)))}
        page: dict[str, Any] = {"edges": [{"node": row} for row in found[start:stop]], "tapPageInfo": info}
        return Answer({"all": page}, server_seconds=self.now)


def run(capture: Capture, server: Clients, order: str, state: dict[str, Any] | None = None) -> Output:
    """Read the stream as far as that can be."""
    mine = {"name": "mine", "query": QUERY.replace("ORDER", order), "primary_keys": ["id"]}
    settings: dict[str, Any] = {"custom_streams": [{**mine, "replication_key": "changed"}]}
    catalog = TapJobber(config=settings, validate_config=False).catalog_dict
    streams = [each for each in catalog["streams"] if each["tap_stream_id"] == "mine"]
    capture.readouterr()
    tap = opened(server, Catalog.from_dict({"streams": streams}), state, **settings)
    tap.sync_all()
    return Output([json.loads(line) for line in capture.readouterr().out.splitlines()])


@pytest.mark.parametrize("order", ORDERS, ids=["unsorted", "newest first", "oldest first"])
def test_a_stopped_run_is_gone_on_with(capsysbinary: Capture, order: str) -> None:
    whole = Clients()
    every = run(capsysbinary, whole, order)
    assert every.ids("mine") == sorted(whole.changed)
    assert every.bookmark("mine") == {"replication_key": "changed", "replication_key_value": format_timestamp(CERTAIN)}
    stopped = run(capsysbinary, Clients(fails_at=len(whole.asked) - 9), order)
    reached = stopped.bookmark("mine")["replication_key_value"]
    rest = run(capsysbinary, server := Clients(), order, stopped.state)
    assert {*stopped.ids("mine"), *rest.ids("mine")} == set(whole.changed)
    assert min(row["changed"] for row in rest.rows("mine")) >= reached
    assert 0 < len(rest.rows("mine")) < 0.7 * ROWS
    assert len(server.asked) < 0.7 * len(whole.asked)


def test_windows_cost_few_requests_more(capsysbinary: Capture) -> None:
    server = Clients()
    run(capsysbinary, server, ORDERS[2])
    assert len(server.asked) < 4 * ROWS / 99
