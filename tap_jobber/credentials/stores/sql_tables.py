"""The tables of a token store in a database, and the conversion between records and rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, MetaData, String, Table, Text, delete, insert, select

from tap_jobber.credentials.stores.record import PENDING

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Select
    from sqlalchemy.engine import Connection, RowMapping

METADATA = MetaData()
CREDENTIALS = Table(
    "tap_jobber_credentials",
    METADATA,
    Column("client_id", String(255), primary_key=True),
    Column("account_id", String(255), primary_key=True),
    Column("access_token", Text, nullable=False),
    Column("refresh_token", Text, nullable=False),
    Column("record", Text, nullable=False),
)
LOCKS = Table(
    "tap_jobber_locks",
    METADATA,
    Column("client_id", String(255), primary_key=True),
    Column("account_id", String(255), primary_key=True),
)
TOKENS = ("access_token", "refresh_token")


def select_rows(client_id: str | None, keys: Collection[str] | None) -> Select[Any]:
    """Return the query for the rows of one client or of all, and of some keys if they are given; in order."""
    rows = select(CREDENTIALS).order_by(CREDENTIALS.c.client_id, CREDENTIALS.c.account_id)
    if client_id is not None:
        rows = rows.where(CREDENTIALS.c.client_id == client_id)
    return rows if keys is None else rows.where(CREDENTIALS.c.account_id.in_(keys))


def select_pending_keys(client_id: str) -> Select[Any]:
    """Return the query for the keys of a client's records that are not settled, which the primary key answers."""
    key = CREDENTIALS.c.account_id
    return select(key).where(CREDENTIALS.c.client_id == client_id, key.startswith(PENDING, autoescape=True))


def record_in_row(row: RowMapping) -> object:
    """Return the JSON object of the record in a row, or None if it is damaged."""
    try:
        record = json.loads(row["record"])
    except ValueError:
        return None
    return record | {name: row[name] for name in TOKENS} if isinstance(record, dict) else None


def write_row(connection: Connection, client_id: str, key: str, value: object, *, is_there: bool) -> None:
    """Insert, update or, if the value is None, delete the row of a record."""
    is_record = (CREDENTIALS.c.client_id == client_id) & (CREDENTIALS.c.account_id == key)
    if not isinstance(value, dict):
        connection.execute(delete(CREDENTIALS).where(is_record))
        return
    rest = {name: each for name, each in value.items() if name not in TOKENS}
    columns = {name: value[name] for name in TOKENS} | {"record": json.dumps(rest)}
    if is_there:
        connection.execute(CREDENTIALS.update().where(is_record).values(columns))
    else:
        connection.execute(insert(CREDENTIALS), {"client_id": client_id, "account_id": key, **columns})
