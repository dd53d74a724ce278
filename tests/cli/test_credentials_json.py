"""The list of connections for programs, and the words for how a run ended."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tap_jobber.cli.credentials_json import connections_json
from tap_jobber.cli.credentials_list import listing
from tap_jobber.credentials.stores.record import Account, Installer, Record, RunStatus, State, Sync
from tap_jobber.credentials.stores.record_json import record_from_json, record_to_json

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schemas/credentials.schema.json").read_text(encoding="utf-8"))
NOW = 1_767_225_600.0  # 2026-01-01
HOUR = 3_600.0
ACCOUNT = Account("Z2lkOi8vSm9iYmVyL0FjY291bnQvMTc=", "Maple Ridge")
BARE = Record("client", "an-access-token", 0.0, HOUR, "a-refresh-token", None, 0.0, pending="new")
FULL = replace(
    BARE,
    account=ACCOUNT,
    pending=None,
    installer=Installer("u1", "Ann Oak"),
    name="nightly",
    description="for the books",
    state=State.DISCONNECTED,
    state_since=NOW - HOUR,
    state_reason="disconnected in Jobber",
    scopes=("read_clients",),
    api_version="2026-04-16",
    syncs=(Sync(NOW - 49 * HOUR, NOW - 48 * HOUR, {"jobs": 2, "clients": 3}, "gone: connect", exit_status=77),),
)


def listed(*records: Record) -> list[dict[str, Any]]:
    """Return the connections of the document, which its schema describes."""
    text = connections_json(records, NOW)
    assert "token" not in text
    document = json.loads(text)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    connections: list[dict[str, Any]] = document["connections"]
    return connections


def test_all_that_a_scheduler_asks_for() -> None:
    assert listed(FULL) == [
        {
            "client_id": "client",
            "account": {"id": ACCOUNT.id, "number": "17", "name": "Maple Ridge"},
            "name": "nightly",
            "description": "for the books",
            "state": "disconnected",
            "state_since": "2025-12-31T23:00:00Z",
            "state_reason": "disconnected in Jobber",
            "is_settled": True,
            "installer": {"id": "u1", "name": "Ann Oak"},
            "since": "1970-01-01T00:00:00Z",
            "scopes": ["read_clients"],
            "api_version": "2026-04-16",
            "api_version_warning": None,
            "last_sync": {
                "began": "2025-12-29T23:00:00Z",
                "ended": "2025-12-30T00:00:00Z",
                "status": "failed",
                "exit_status": 77,
                "rows": 5,
                "error": "gone: connect",
                "incomplete": {},
            },
            "days_since_last_sync": 2.0,
        }
    ]


def test_what_is_not_known_is_null() -> None:
    (bare,) = listed(BARE)
    assert bare["account"] is bare["installer"] is bare["last_sync"] is bare["days_since_last_sync"] is None
    assert bare["is_settled"] is False
    assert listed() == []


def test_a_clock_that_was_set_back_and_an_id_without_a_number() -> None:
    later = replace(FULL, account=Account("of its own"), syncs=(Sync(NOW, NOW + HOUR),))
    (found,) = listed(later)
    assert found["days_since_last_sync"] == 0
    assert found["account"]["number"] is None


@pytest.mark.parametrize(
    ("sync", "status", "words"),
    [
        (Sync(0, 1, {"jobs": 2}, exit_status=0), RunStatus.COMPLETE, "2 rows"),
        (Sync(0, 1, {"jobs": 2}, "x", {"jobs": "why"}, 4), RunStatus.PARTIAL, "2 rows, not complete: jobs"),
        (Sync(0, 1, {}, "the app is gone", exit_status=77), RunStatus.FAILED, "failed: the app is gone"),
        (Sync(0, 1, {"jobs": 1}, "stopped by SIGTERM", exit_status=143), RunStatus.STOPPED, "stopped after 1 row"),
        # As versions noted them that noted no exit status.
        (Sync(0, 1, {"jobs": 2}), RunStatus.COMPLETE, "2 rows"),
        (Sync(0, 1, {"jobs": 2}, "x", {"jobs": "why"}), RunStatus.PARTIAL, "2 rows, not complete: jobs"),
        (Sync(0, 1, {}, "the app is gone"), RunStatus.FAILED, "failed: the app is gone"),
        (Sync(0, 1, {}, "it was stopped with status 130"), RunStatus.STOPPED, "stopped after 0 rows"),
    ],
)
def test_how_a_run_ended(sync: Sync, status: RunStatus, words: str) -> None:
    record = replace(FULL, syncs=(sync,))
    assert record_from_json(record_to_json(record)) == record
    assert sync.status is status
    assert listed(record)[0]["last_sync"]["status"] == status.value
    (line,) = [each for each in listing([record], "the store") if "last sync" in each]
    assert line.endswith(f"1970-01-01 00:00 UTC, {words}")
