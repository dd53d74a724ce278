"""The outbox in a database: a third table, which exists once a connect page with a hook has opened it."""

from __future__ import annotations

import json
import logging
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import Column, Double, Integer, MetaData, String, Table, Text, delete, insert, inspect, select, update
from sqlalchemy.exc import DBAPIError
from typing_extensions import override

from tap_jobber.credentials.stores.connection_events import KEPT_SECONDS, oldest_id
from tap_jobber.credentials.stores.outbox import Outbox, OutboxEntry, read_entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection

    from tap_jobber.credentials.stores.connection_events import ConnectionEvent

logger = logging.getLogger("tap-jobber.credentials")

METADATA = MetaData()
EVENTS = Table(
    "tap_jobber_events",
    METADATA,
    Column("client_id", String(255), primary_key=True),
    Column("event_id", String(255), primary_key=True),
    Column("event", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", Double, nullable=False),
)
_MOST_ENTRIES = 1_000
_ATTEMPTS = 3


class Writing(Protocol):
    """Opens a transaction of a store that writes; it rolls back unless committed."""

    def __call__(self) -> AbstractContextManager[Connection]:
        """Open it."""


class SqlOutbox(Outbox):
    """The events of one client in a database.

    Args:
        writing: Opens a transaction of the store.
        client_id: The client.
    """

    def __init__(self, writing: Writing, client_id: str) -> None:
        self._writing = writing
        self._client_id = client_id

    @override
    def open(self) -> None:
        """Create the table if there is none; several processes may do so at the same time."""
        for attempt in range(_ATTEMPTS):
            with self._writing() as connection:
                if _has_table(connection):
                    return
                is_last = attempt == _ATTEMPTS - 1
                with suppress(*(() if is_last else (DBAPIError,))):
                    METADATA.create_all(connection)
                    connection.commit()

    @override
    def entries(self) -> list[OutboxEntry]:
        """Return the oldest events that wait."""
        wanted = select(EVENTS).where(EVENTS.c.client_id == self._client_id).order_by(EVENTS.c.event_id)
        with self._writing() as connection:
            rows = connection.execute(wanted.limit(_MOST_ENTRIES)).mappings().all()
        found = (read_entry(_parsed(row["event"]), row["attempts"], row["next_attempt_at"]) for row in rows)
        return [entry for entry in found if entry is not None]

    @override
    def remove(self, entry: OutboxEntry) -> None:
        """Remove an event that has been delivered."""
        with self._writing() as connection:
            connection.execute(delete(EVENTS).where(self._is(entry)))
            connection.commit()

    @override
    def _replace(self, entry: OutboxEntry, by: OutboxEntry) -> bool:
        is_unchanged = self._is(entry) & (EVENTS.c.attempts == entry.attempts)
        values = {"attempts": by.attempts, "next_attempt_at": by.next_attempt_at}
        with self._writing() as connection:
            done = connection.execute(update(EVENTS).where(is_unchanged).values(values))
            connection.commit()
        return done.rowcount == 1

    def _is(self, entry: OutboxEntry) -> ColumnElement[bool]:
        return (EVENTS.c.client_id == self._client_id) & (EVENTS.c.event_id == entry.event.event_id)


def write_events(connection: Connection, client_id: str, events: Sequence[ConnectionEvent]) -> None:
    """Write events in the transaction that brings them about, if the outbox is open.

    An event that cannot be written must not keep tokens from being saved, so it fails alone.
    """
    if not events or not _has_table(connection):
        return
    rows = [
        {
            "client_id": client_id,
            "event_id": event.event_id,
            "event": json.dumps(event.to_json()),
            "attempts": 0,
            "next_attempt_at": 0.0,
        }
        for event in events
    ]
    too_old = oldest_id(events[-1].occurred_at - KEPT_SECONDS)
    try:
        with connection.begin_nested():
            connection.execute(insert(EVENTS), rows)
            connection.execute(delete(EVENTS).where((EVENTS.c.client_id == client_id) & (EVENTS.c.event_id < too_old)))
    except DBAPIError as error:
        logger.warning("The hook will not be told of a change of account %s: %s", events[-1].account_id, error.orig)


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _has_table(connection: Connection) -> bool:
    return inspect(connection).has_table(EVENTS.name)
