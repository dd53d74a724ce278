"""A configuration and a state that an earlier version wrote still mean what they meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_jobber.timestamps import parse_timestamp

if TYPE_CHECKING:
    from tests.e2e.harness import Bench, Outcome

_FORMER = Path(__file__).with_name("former")
_STATE: dict[str, Any] = json.loads((_FORMER / "state.json").read_bytes())
_CONFIG: dict[str, Any] = json.loads((_FORMER / "settings.json").read_bytes())
_BOOKMARK_SECONDS = parse_timestamp("2026-11-28T19:12:31Z")
_STREAMS = [name for name in _STATE["bookmarks"] if name != "paid_invoices"] + ["paid_invoices"]


def _run(tiny: Bench) -> Outcome:
    with tiny.sandbox.lock:
        world = tiny.sandbox.world()
        assert world.now > _BOOKMARK_SECONDS, "the state is of the past"
    catalog = tiny.tap("--discover", **_CONFIG).stdout
    selected = json.loads(catalog)
    for stream in selected["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = stream["tap_stream_id"] in _STREAMS
    state = tiny.write("state.json", _STATE)
    return tiny.tap("--catalog", tiny.write("catalog.json", selected), "--state", state, **_CONFIG).checked()


def test_a_former_configuration_and_state_go_on_where_they_were(tiny: Bench) -> None:
    outcome = _run(tiny)
    tables = tiny.sandbox.world().tables
    for stream, type_name in {"clients": "Client", "invoices": "Invoice", "jobs": "Job"}.items():
        changed = {row.id for row in tables[type_name].rows if row.updated >= _BOOKMARK_SECONDS}
        assert set(outcome.ids(stream)) == changed
    assert set(outcome.ids("properties")) == {row.id for row in tables["Property"].rows}
    # The read of payments was stopped in March; what was entered before has been handed on.
    entered = {row["id"]: parse_timestamp(row["entryDate"]) for row in outcome.rows("payment_records")}
    assert entered
    assert min(entered.values()) >= parse_timestamp("2026-03-01T00:00:00Z")
    for stream, former in _STATE["bookmarks"].items():
        later = outcome.states[-1]["bookmarks"][stream]
        assert "read" not in later
        if "replication_key" in former:
            assert later["replication_key"] == former["replication_key"]
            assert later["replication_key_value"] > former["replication_key_value"]
