"""Token stores that an earlier version of the tap wrote: all that they hold is read."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tap_jobber.credentials.stores.encryption import ENCRYPTION_KEY_VARIABLE
from tap_jobber.credentials.stores.location import open_store
from tap_jobber.credentials.stores.record import Account, Installer, Record, State, Sync, fingerprint

FORMER = Path(__file__).with_name("former")
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
SETTLED = Record(
    client_id="client",
    access_token="access-1",
    access_token_obtained_at=1_750_000_000.0,
    access_token_expires_at=1_750_003_600.0,
    refresh_token="refresh-1",
    seed_fingerprint=fingerprint("seed"),
    connected_at=1_740_000_000.5,
    account=Account("Z2lkOi8vSm9iYmVyL0FjY291bnQvMQ==", "Green Lawns"),
    installer=Installer("Z2lkOi8vSm9iYmVyL1VzZXIvMQ==", "Alice"),
    name="main",
    description="nightly",
    past_seeds=(fingerprint("older"),),
    state=State.REFUSED,
    state_since=1_750_000_100.0,
    state_reason="Jobber refused the refresh token",
    scopes=("read_clients", "read_jobs"),
    api_version="2025-04-16",
    api_version_warning="Support ends soon",
    syncs=(
        Sync(1_749_000_000.0, 1_749_000_060.0, {"clients": 3}, "not complete: jobs", {"jobs": "jobs was set aside"}),
    ),
)
PENDING = replace(
    SETTLED,
    account=None,
    installer=None,
    pending="0a1b2c",
    access_token="access-2",
    refresh_token="refresh-2",
    state=State.CONNECTED,
    state_since=None,
    state_reason=None,
    syncs=(),
)


@pytest.mark.parametrize("name", ["tokens.json", "encrypted.json", "tokens.sql"])
def test_a_store_of_before_is_read_and_written(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    location = str(tmp_path / name)
    if name == "tokens.sql":
        database = tmp_path / "tokens.db"
        location = f"sqlite:///{database}"
        with closing(sqlite3.connect(database)) as connection:
            connection.executescript((FORMER / name).read_text(encoding="utf-8"))
    else:
        shutil.copy(FORMER / name, location)
    if name == "encrypted.json":
        monkeypatch.setenv(ENCRYPTION_KEY_VARIABLE, KEY)
    store = open_store(location)
    assert store.records() == [SETTLED, PENDING]
    store.save(replace(SETTLED, access_token="access-3"))
    assert store.records() == [replace(SETTLED, access_token="access-3"), PENDING]
