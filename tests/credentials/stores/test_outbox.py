"""The outbox of each kind of store that has one."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tap_jobber.credentials.stores.connection_events import KEPT_SECONDS, ConnectionEvent, EventKind
from tap_jobber.credentials.stores.location import open_store
from tap_jobber.credentials.stores.outbox import Outbox, OutboxEntry, due_entries
from tap_jobber.credentials.stores.record import Account, Record, State

KINDS = ["file", "sqlite", "postgresql"]
RECORD = Record("client", "access", 0.0, 1.0, "refresh", None, 0.0, Account("a1", "Green Lawns"))
OTHER = replace(RECORD, account=Account("a2"))


@pytest.fixture(params=KINDS)
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the location of a store that does not exist yet."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("database")
        return url
    return {"file": str(tmp_path / "tokens.json"), "sqlite": f"sqlite:///{tmp_path}/tokens.db"}[request.param]


def outbox_of(location: str, client_id: str = "client") -> Outbox:
    outbox = open_store(location).outbox(client_id)
    assert outbox is not None
    return outbox


def kinds(entries: list[OutboxEntry]) -> list[tuple[str, EventKind]]:
    return [(each.event.account_id, each.event.kind) for each in entries]


def test_events_come_with_the_changes_once_it_is_open(location: str) -> None:
    store = open_store(location)
    store.save(RECORD)
    outbox = outbox_of(location)
    outbox.open()
    assert outbox.entries() == []
    store.save(replace(RECORD, client_id="another client"))
    store.update(RECORD, lambda record: record.with_state(State.REFUSED, 9.0, "no"))
    time.sleep(0.002)
    store.save(OTHER)
    time.sleep(0.002)
    store.remove(RECORD)
    outbox_of(location).open()
    assert kinds(outbox_of(location).entries()) == [
        ("a1", EventKind.REFUSED),
        ("a2", EventKind.CONNECTED),
        ("a1", EventKind.DISCONNECTED),
    ]
    assert store.records("client") == [OTHER]


def test_what_is_not_written_is_not_told(location: str) -> None:
    store = open_store(location)
    outbox = outbox_of(location)
    outbox.open()

    def fail(_: object) -> tuple[dict[str, Record | None], None]:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.change("client", fail)
    assert outbox.entries() == []


def test_one_process_takes_an_event(location: str) -> None:
    outbox = outbox_of(location)
    outbox.open()
    open_store(location).save(RECORD)
    (entry,) = outbox.entries()
    (same,) = outbox_of(location).entries()
    taken = outbox.take(entry, 50.0)
    assert taken is not None
    assert outbox_of(location).take(same, 60.0) is None
    assert outbox.entries() == [OutboxEntry(entry.event, 1, 50.0)]
    outbox.postpone(taken, 70.0)
    assert outbox.entries() == [OutboxEntry(entry.event, 1, 70.0)]
    outbox.remove(taken)
    assert outbox.entries() == []
    outbox.remove(taken)


def test_what_nobody_took_for_a_month_goes(location: str, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox = outbox_of(location)
    outbox.open()
    now = time.time()
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: now - KEPT_SECONDS - 1)
        open_store(location).save(RECORD)
    assert kinds(outbox.entries()) == [("a1", EventKind.CONNECTED)]
    open_store(location).save(OTHER)
    assert kinds(outbox.entries()) == [("a2", EventKind.CONNECTED)]


def test_a_damaged_event_stops_no_other(location: str) -> None:
    outbox = outbox_of(location)
    outbox.open()
    for record in (RECORD, OTHER):
        open_store(location).save(record)
    if "://" in location:
        with create_engine(location).begin() as connection:
            connection.execute(text("UPDATE tap_jobber_events SET event = '{' WHERE event LIKE '%\"a1\"%'"))
    else:
        content = json.loads(Path(location).read_bytes())
        (damaged, _) = content["events"]["client"]
        content["events"]["client"][damaged] = {"event": {"kind": "of a later version"}}
        Path(location).write_text(json.dumps(content), encoding="utf-8")
    assert kinds(outbox.entries()) == [("a2", EventKind.CONNECTED)]


def test_tokens_are_saved_where_events_cannot_be(database: str) -> None:
    """A user of the database that may write the table of tokens but not that of events."""
    store, outbox = open_store(database), outbox_of(database)
    outbox.open()
    with create_engine(database).begin() as connection:
        connection.execute(text("ALTER TABLE tap_jobber_events ADD CHECK (attempts > 0)"))
    store.save(RECORD)
    assert store.records() == [RECORD]
    assert outbox.entries() == []


def test_of_each_account_the_oldest_is_due() -> None:
    waiting = [
        OutboxEntry(event, attempts, at)
        for event, attempts, at in (
            (_event("1", "a1"), 1, 50.0),
            (_event("2", "a2"), 0, 0.0),
            (_event("3", "a1"), 0, 0.0),
            (_event("4", "a2"), 0, 0.0),
        )
    ]
    assert [each.event.event_id for each in due_entries(waiting, 49.0)] == ["2"]
    assert [each.event.event_id for each in due_entries(waiting, 50.0)] == ["1", "2"]


def _event(event_id: str, account_id: str) -> ConnectionEvent:
    return ConnectionEvent(event_id, EventKind.CONNECTED, account_id, None, 0.0)
