"""`tap-jobber --credentials --format json`: the connections in a token store for programs, without a token."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tap_jobber.credentials.encoded_ids import account_number
from tap_jobber.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_jobber.credentials.stores.record import Account, Record, Sync

VERSION = 1
"""Version of the document; it changes when a key goes or changes its meaning, not when one is added."""

_DAY_SECONDS = 86_400


def connections_json(records: Iterable[Record], now_seconds: float) -> str:
    """Return the document of some connections; docs/schemas/credentials.schema.json describes it.

    Args:
        records: The connections.
        now_seconds: The time, in seconds since 1970.
    """
    connections = [_connection(each, now_seconds) for each in records]
    return json.dumps({"version": VERSION, "connections": connections}, indent=2)


def account_json(account: Account | None) -> dict[str, Any] | None:
    """Return an account: its ID, the number in that, and its name."""
    if account is None:
        return None
    return {"id": account.id, "number": account_number(account.id), "name": account.name}


def _connection(record: Record, now_seconds: float) -> dict[str, Any]:
    installer, last = record.installer, record.syncs[0] if record.syncs else None
    return {
        "client_id": record.client_id,
        "account": account_json(record.account),
        "name": record.name,
        "description": record.description,
        "state": record.state.value,
        "state_since": None if record.state_since is None else _time(record.state_since),
        "state_reason": record.state_reason,
        "is_settled": record.is_settled,
        "installer": installer and {"id": installer.user_id, "name": installer.name},
        "since": _time(record.connected_at),
        "scopes": list(record.scopes),
        "api_version": record.api_version,
        "api_version_warning": record.api_version_warning,
        "last_sync": None if last is None else _sync(last),
        "days_since_last_sync": None if last is None else _days(now_seconds - last.ended_at),
    }


def _sync(sync: Sync) -> dict[str, Any]:
    return {
        "began": _time(sync.began_at),
        "ended": _time(sync.ended_at),
        "status": sync.status.value,
        "exit_status": sync.exit_status,
        "rows": sync.row_count,
        "error": sync.error,
        "incomplete": dict(sync.incomplete),
    }


def _days(seconds: float) -> float:
    return round(max(0.0, seconds) / _DAY_SECONDS, 2)


def _time(seconds: float) -> str:
    return format_timestamp(int(seconds))
