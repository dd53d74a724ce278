"""Streams of the users' own queries, as their users run them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.e2e.harness import Bench, bench

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.harness import Outcome

NODES = """
query ($first: Int!, $after: String) {
  clients(first: $first, after: $after) { nodes { id name } }
}
"""


def custom(query: str, name: str = "mine", keys: tuple[str, ...] = ("id",), **also: str) -> dict[str, Any]:
    return {"name": name, "query": query, "primary_keys": list(keys), **also}


def sync(one: Bench, *streams: dict[str, Any], words: tuple[Any, ...] = (), **settings: Any) -> Outcome:
    """Run the tap with just these streams selected."""
    given = list(streams)
    found = one.tap("--discover", custom_streams=given)
    assert found.status == 0, found.stderr
    whole = json.loads(found.stdout)
    for stream in whole["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = stream["tap_stream_id"] in [each["name"] for each in given]
    path = one.write("catalog.json", whole)
    return one.tap("--catalog", path, *words, custom_streams=given, **settings)


def test_nodes(tmp_path: Path) -> None:
    with bench(tmp_path) as one:
        outcome = sync(one, custom(NODES)).checked()
        print(outcome.stderr)
        print(outcome.stdout[:3000])
        for e in one.log:
            print(e)
        assert 0
