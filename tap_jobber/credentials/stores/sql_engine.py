"""The SQLAlchemy engine of a token store, with the peculiarities of SQLite."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event
from sqlalchemy.exc import NoSuchModuleError
from sqlalchemy.pool import NullPool

from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.engine import URL, Connection, Engine

WRITES = "tap_jobber_writes"
"""Execution option of connections whose transactions write."""

_CONNECT_SECONDS = 10


def create_store_engine(url: URL, label: str, lock_timeout_seconds: float) -> Engine:
    """Return the engine for a URL; nothing is connected yet.

    Args:
        url: The URL.
        label: The URL for people.
        lock_timeout_seconds: Longest wait for another process, for SQLite.

    Raises:
        TapError: The kind of database is unknown, or its driver is not installed.
        SQLAlchemyError: The URL is unusable otherwise.
    """
    dialect, _, driver = url.drivername.partition("+")
    options: dict[str, Any] = {"timeout": lock_timeout_seconds} if dialect == "sqlite" else {}
    if driver == "psycopg":
        # A pooler such as PgBouncer hands a statement to another connection than the one that has prepared it.
        options = {"prepare_threshold": None}
    if driver in {"psycopg", "psycopg2"} and "connect_timeout" not in url.query:
        options = {**options, "connect_timeout": _CONNECT_SECONDS}
    try:
        # No pool: a worker seldom needs a connection, and must not share one with a fork.
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=options)
    except NoSuchModuleError as error:
        cause = f"token_store {label} names a kind of database that SQLAlchemy does not know"
        raise TapError(cause, "write it as postgresql+psycopg://... or sqlite:///...") from error
    except ImportError as error:
        cause = f"The driver for token_store {label} is not installed ({error.name or error})"
        raise TapError(cause, "install tap-jobber[sql] for PostgreSQL, or the driver that the URL names") from error
    if dialect == "sqlite":
        _take_over_transactions(engine)
    return engine


def _take_over_transactions(engine: Engine) -> None:
    """Let a writing transaction lock SQLite's file at its beginning, so that no other writes the rows that it reads."""

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:  # noqa: ANN401 - of any driver
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def create_private_file(path: Path) -> None:
    """Create an SQLite file that only its owner may read; SQLite itself would follow the umask."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
