"""The statements of a run in a table of 100,000 accounts: none of them reads it from end to end."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, event, text

from tap_jobber.credentials.authorization import settle
from tap_jobber.credentials.installer import Identity
from tap_jobber.credentials.stores.location import open_store
from tap_jobber.credentials.stores.record import Account, Record, State, Sync
from tap_jobber.credentials.stores.sql import SqlTokenStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.engine import Engine

ACCOUNTS = 100_000
RECORD = Record("client", "access", 0.0, 1.0, "refresh", None, 0.0, Account("of-the-run"), syncs=(Sync(0.0, 1.0),))
_FILL = {
    "postgresql": "INSERT INTO tap_jobber_credentials SELECT client_id, 'account-' || n, access_token, refresh_token, "
    "record FROM tap_jobber_credentials, generate_series(1, :accounts) n WHERE account_id = 'template'",
    "sqlite": "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :accounts) "
    "INSERT INTO tap_jobber_credentials SELECT client_id, 'account-' || n, access_token, refresh_token, record "
    "FROM tap_jobber_credentials, numbers WHERE account_id = 'template'",
}
_LOCKS = "INSERT INTO tap_jobber_locks SELECT client_id, account_id FROM tap_jobber_credentials"
_EVENTS = "INSERT INTO tap_jobber_events SELECT 'another', account_id, '{}', 0, 0 FROM tap_jobber_credentials"
_TABLES = ("tap_jobber_credentials", "tap_jobber_locks", "tap_jobber_events")


@pytest.fixture(params=["postgresql", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> SqlTokenStore:
    """Return a store of many accounts."""
    url = request.getfixturevalue("database") if request.param == "postgresql" else f"sqlite:///{tmp_path}/tokens.db"
    store = open_store(url)
    assert isinstance(store, SqlTokenStore)
    outbox = store.outbox("client")
    outbox.open()
    store.save(Record("client", "a", 0.0, 1.0, "r", None, 0.0, Account("template")))
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(_FILL[request.param]), {"accounts": ACCOUNTS})
        connection.execute(text(_LOCKS))
        connection.execute(text(_EVENTS))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return store


def do_what_a_run_does(store: SqlTokenStore) -> None:
    """Do what a run with an `account_id` asks of the store, and more: connect, refresh, note the end, tell the hook."""
    new = replace(RECORD, account=None, pending="new")
    store.save(new)
    settled = settle(store, new, Identity(Account("of-the-run"), None)).record
    assert settled.key == RECORD.key
    assert store.pending_keys("client") == set()
    store.check_writable(store.get("client", RECORD.key))
    with store.lock("client", RECORD.key):
        store.update(RECORD, lambda record: record.with_state(State.REFUSED, 2.0, "no"))
    outbox = store.outbox("client")
    for entry in outbox.entries():
        outbox.remove(outbox.take(entry, 1.0) or entry)
    store.remove(RECORD)


def explained(engine: Engine, statement: str, parameters: Any) -> Iterator[str]:  # noqa: ANN401 - of either driver
    """Yield the lines of a statement's plan that read a table from end to end."""
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        if engine.dialect.name == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            yield from (row[3] for row in cursor.fetchall() if row[3].startswith("SCAN"))
        else:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
            told = json.dumps(cursor.fetchall())
            yield from (f"Seq Scan on {table}" for table in _TABLES if '"Seq Scan"' in told and table in told)
    finally:
        raw.rollback()
        raw.close()


def test_a_run_reads_no_table_from_end_to_end(store: SqlTokenStore) -> None:
    seen: dict[str, Any] = {}

    @event.listens_for(store._engine, "before_cursor_execute")  # noqa: SLF001 - to see its statements
    def note(*told: Any) -> None:
        _, _, statement, parameters, *_ = told
        if any(table in statement for table in _TABLES) and statement.split()[0] in {"SELECT", "UPDATE", "DELETE"}:
            seen.setdefault(statement, parameters)

    do_what_a_run_does(store)
    event.remove(store._engine, "before_cursor_execute", note)  # noqa: SLF001
    statements = {each: parameters for each, parameters in seen.items() if "pg_catalog" not in each}
    assert len(statements) >= 8
    scans = {each: list(explained(store._engine, each, parameters)) for each, parameters in statements.items()}  # noqa: SLF001
    assert {each: found for each, found in scans.items() if found} == {}
    of_records = [each for each in statements if "tap_jobber_credentials" in each]
    assert [each for each in of_records if "account_id" not in each.partition("WHERE")[2]] == []
