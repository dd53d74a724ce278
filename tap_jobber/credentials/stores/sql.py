"""The token store in a database, shared by workers on several hosts.

There is one row for each client and account. A second table has a row for each account that is locked during a refresh,
so that readers, and writers of anything but tokens, do not wait. SQLite has no row locks, and is on one host anyway:
lock files beside the database replace them, since a transaction held open would lock out all other accounts.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from sqlalchemy import insert, inspect, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from typing_extensions import override

from tap_jobber.credentials.stores.base import Decided, Result, StoreBusyError, StoredRecords, TokenStore
from tap_jobber.credentials.stores.locks import Locks
from tap_jobber.credentials.stores.record import PENDING
from tap_jobber.credentials.stores.sql_engine import WRITES, create_private_file, create_store_engine
from tap_jobber.credentials.stores.sql_outbox import SqlOutbox, write_events
from tap_jobber.credentials.stores.sql_tables import (
    CREDENTIALS,
    LOCKS,
    METADATA,
    TOKENS,
    record_in_row,
    select_pending_keys,
    select_rows,
    write_row,
)
from tap_jobber.credentials.stores.sql_url import parse_database_url
from tap_jobber.errors import TapError, TryLaterError
from tap_jobber.redaction import hide_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from sqlalchemy.engine import Connection, Engine

    from tap_jobber.credentials.stores.outbox import Outbox
    from tap_jobber.credentials.stores.record import Record

_ATTEMPTS = 10
_LOCK_NOT_AVAILABLE = "55P03"
_LONGEST_HELD_SECONDS = 600
"""Time after which the server releases the lock of a host that was cut off; a refresh ends itself before."""
_TEMPORARY_STATES = ("08", "53", "57P")
"""Beginnings of SQLSTATEs: no connection, no resources left, shut down or starting."""
# Words of drivers about a database that may be available again later.
_TEMPORARY = (
    "locked",
    "refused",
    "timeout",
    "timed out",
    "starting up",
    "shutting down",
    "too many",
    "closed the conn",
    "connection is closed",
    "connection is lost",
    "reset by peer",
    "unreachable",
    "no route to host",
)
_REMEDY = "check token_store, the database and the network, then run the tap again"


class SqlTokenStore(TokenStore):
    """A token store in two tables, created on first use.

    Args:
        url: An SQLAlchemy URL; the default driver for PostgreSQL is psycopg.
        lock_timeout_seconds: Longest wait for another process that refreshes.

    Raises:
        TapError: The URL is invalid, or its driver is not installed.
    """

    def __init__(self, url: str, *, lock_timeout_seconds: float = 60.0) -> None:
        super().__init__()
        self._url = parse_database_url(url)
        self._lock_timeout_seconds = lock_timeout_seconds
        with self._reaching():
            self._engine = create_store_engine(self._url, self.label, lock_timeout_seconds)
        self._locks = Locks(Path(str(self._url.database)), lock_timeout_seconds) if self._is_sqlite else None
        self._held = threading.local()
        self._is_ready = False

    @property
    def _backend(self) -> str:
        return self._url.drivername.partition("+")[0]

    @property
    def _is_sqlite(self) -> bool:
        return self._backend == "sqlite"

    @property
    @override
    def location(self) -> str:
        """URL with its password."""
        return self._url.render_as_string(hide_password=False)

    @property
    @override
    def label(self) -> str:
        """URL without password and parameters."""
        return self._url.set(query={}).render_as_string(hide_password=True)

    @property
    @override
    def may_lose_locks(self) -> bool:
        """True unless lock files replace the locks of rows."""
        return self._locks is None

    @property
    @override
    def secrets(self) -> set[str]:
        """Password, and parameters that may hold one."""
        words = [
            str(self._url.password or ""),
            *(str(each) for name, each in self._url.query.items() if "pass" in name),
        ]
        return {word for word in words if word}

    @contextmanager
    @override
    def lock(self, client_id: str, key: str | None = None) -> Iterator[None]:
        """Lock the row of an account in the table of locks, or its lock file; re-entrant within a thread."""
        settled = "" if key is None or key.startswith(PENDING) else key
        lock_key, held = (client_id, settled), self._held.__dict__.setdefault("keys", set[tuple[str, str]]())
        if lock_key in held:
            yield
            return
        with ExitStack() as stack:
            if self._locks is not None:
                with self._reaching():
                    stack.enter_context(self._locks.acquire(client_id, settled))
            else:
                stack.enter_context(self._row_lock(client_id, settled))
            held.add(lock_key)
            stack.callback(held.discard, lock_key)
            yield

    @override
    def check_writable(self, record: Record | None = None) -> None:
        """Insert, update and delete a row, and roll back."""
        key, value = os.urandom(8).hex(), dict.fromkeys(TOKENS, " ")
        with self._writing() as connection:
            write_row(connection, "", key, value, is_there=False)
            write_row(connection, "", key, value, is_there=True)
            write_row(connection, "", key, None, is_there=True)
            connection.rollback()

    @override
    def _read(self, client_id: str | None, keys: Collection[str] | None = None) -> dict[str, StoredRecords]:
        found: dict[str, StoredRecords] = {}
        with self._reaching(), self._ready().connect() as connection:
            for row in connection.execute(select_rows(client_id, keys)).mappings():
                found.setdefault(str(row["client_id"]), {})[str(row["account_id"])] = record_in_row(row)
        return found

    @override
    def _keys(self, client_id: str) -> list[str]:
        with self._reaching(), self._ready().connect() as connection:
            return [str(key) for key in connection.execute(select_pending_keys(client_id)).scalars()]

    @override
    def _transact(
        self,
        client_id: str,
        decide: Callable[[StoredRecords], Decided[Result]],
        keys: Collection[str] | None,
    ) -> Result:
        for _ in range(_ATTEMPTS - 1):
            with suppress(IntegrityError), self._writing(retries=True) as connection:
                return _write_decided(connection, client_id, decide, keys)
        with self._writing() as connection:
            return _write_decided(connection, client_id, decide, keys)

    @override
    def outbox(self, client_id: str) -> Outbox:
        """Return the outbox of a client, in a table of its own."""
        return SqlOutbox(self._writing, client_id)

    def _ready(self) -> Engine:
        """Return the engine and create the tables first if needed; several processes may do so at the same time."""
        if self._is_ready:
            return self._engine
        if self._is_sqlite:
            create_private_file(Path(str(self._url.database)))
        for attempt in range(_ATTEMPTS):
            inspector = inspect(self._engine)
            if inspector.has_table(CREDENTIALS.name) and inspector.has_table(LOCKS.name):
                break
            try:
                METADATA.create_all(self._engine)
            except DBAPIError:
                if attempt == _ATTEMPTS - 1:
                    raise
        self._is_ready = True
        return self._engine

    @contextmanager
    def _writing(self, *, retries: bool = False) -> Iterator[Connection]:
        """Open a transaction in which no other worker writes the rows that it reads; it rolls back unless committed."""
        with ExitStack() as stack:
            stack.enter_context(self._reaching(retries=retries))
            engine = self._ready().execution_options(**{WRITES: True})
            connection = stack.enter_context(engine.connect())
            self._set_limits(connection)
            yield connection

    @contextmanager
    def _row_lock(self, client_id: str, settled: str) -> Iterator[None]:
        lock_key = {"client_id": client_id, "account_id": settled}
        with ExitStack() as stack:
            with self._reaching():
                engine = self._ready()
                row = select(LOCKS).filter_by(**lock_key)
                with suppress(IntegrityError), engine.begin() as connection:
                    if connection.execute(row).first() is None:
                        connection.execute(insert(LOCKS), lock_key)
                connection = engine.connect()
                # The server releases a lock with its connection, so a failure to close it does no harm.
                stack.callback(_close, connection)
                self._set_limits(connection)
                connection.execute(row.with_for_update())
            yield

    def _set_limits(self, connection: Connection) -> None:
        """Bound the wait for other workers, and let a transaction wait for Jobber, but not for a host that is gone."""
        if self._backend == "postgresql":
            milliseconds = max(1, int(self._lock_timeout_seconds * 1000))
            connection.execute(text(f"SET LOCAL lock_timeout = {milliseconds}"))
            connection.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = {_LONGEST_HELD_SECONDS * 1000}"))

    @contextmanager
    def _reaching(self, *, retries: bool = False) -> Iterator[None]:
        """Turn errors of the database into one line.

        Args:
            retries: True to let the error pass that a row exists already, for another attempt.
        """
        try:
            yield
        except IntegrityError as error:
            if retries:
                raise
            self._give_up(error)
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> NoReturn:
        original = getattr(error, "orig", None) or error
        state = getattr(original, "sqlstate", None) or getattr(original, "pgcode", None) or ""
        if state == _LOCK_NOT_AVAILABLE:
            cause = f"The tokens in {self.label} are in use: another process has held them for more than "
            remedy = "wait for that process or end it, then run the tap again"
            raise StoreBusyError(f"{cause}{self._lock_timeout_seconds:g} s", remedy) from None
        words = " ".join(str(original).split())
        words = hide_secrets(words, self.secrets, shortest_characters=1)
        is_temporary = state.startswith(_TEMPORARY_STATES) or any(each in words.lower() for each in _TEMPORARY)
        kind = TryLaterError if is_temporary else TapError
        # Not chained to the original, whose text may hold the URL.
        raise kind(f"Cannot use the token store {self.label} ({words[:300]})", _REMEDY) from None


def _write_decided(
    connection: Connection,
    client_id: str,
    decide: Callable[[StoredRecords], Decided[Result]],
    keys: Collection[str] | None,
) -> Result:
    rows = connection.execute(select_rows(client_id, keys).with_for_update()).mappings().all()
    stored = {str(row["account_id"]): record_in_row(row) for row in rows}
    decided = decide(stored)
    for key, value in decided.writes.items():
        write_row(connection, client_id, key, value, is_there=key in stored)
    write_events(connection, client_id, decided.events)
    connection.commit()
    return decided.result


def _close(connection: Connection) -> None:
    with suppress(SQLAlchemyError):
        connection.close()
