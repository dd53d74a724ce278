"""`tap-jobber --credentials`: lists the connections in a token store, without a token."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from tap_jobber.credentials.stores.record import Record, RunStatus, State
from tap_jobber.redaction import printable
from tap_jobber.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def listing(records: Sequence[Record], label: str) -> Iterator[str]:
    """Yield lines about each connection.

    Args:
        records: The connections.
        label: The store, for people.
    """
    if not records:
        yield f"{label} holds no credential; make one with tap-jobber --login"
    connected = {each.client_id for each in records if each.is_settled}
    for record in records:
        state = _state(record, is_beside_another=record.client_id in connected)
        yield printable(f"{record.account or 'An account not asked for yet'}: {state}")
        for title, text in _facts(record, says_client=len({each.client_id for each in records}) > 1):
            yield f"  {title:<12}{printable(text)}"


def _facts(record: Record, *, says_client: bool) -> Iterator[tuple[str, str]]:
    named = " - ".join(each for each in (record.name, record.description) if each)
    if named:
        yield "name", named
    if says_client:
        yield "client", record.client_id
    yield "installer", str(record.installer or "not known")
    yield "since", moment(record.connected_at)
    yield "last sync", _last_sync(record)
    if record.scopes:
        yield "scopes", " ".join(record.scopes)
    if record.api_version:
        warning = f", {record.api_version_warning}" if record.api_version_warning else ""
        yield "API version", f"{record.api_version}{warning}"


def _state(record: Record, *, is_beside_another: bool) -> str:
    if not record.is_settled and record.account is None:
        left = "left by a log-in that was cut off; log in again"
        return left if is_beside_another else "to be settled by the next run or log-in"
    since = f" since {moment(record.state_since)}" if record.state_since is not None else ""
    reason = f" ({record.state_reason})" if record.state_reason and record.state is not State.CONNECTED else ""
    return f"{record.state.value}{since}{reason}"


def _last_sync(record: Record) -> str:
    if not record.syncs:
        return "none yet"
    sync = record.syncs[0]
    rows = counted(sync.row_count, "row")
    ended = {
        RunStatus.COMPLETE: rows,
        RunStatus.PARTIAL: f"{rows}, not complete: {', '.join(sync.incomplete)}",
        RunStatus.FAILED: f"failed: {sync.error}",
        RunStatus.STOPPED: f"stopped after {rows}",
    }[sync.status]
    return f"{moment(sync.ended_at)}, {ended}"


def moment(seconds: float) -> str:
    """Return a time for people."""
    return datetime.fromtimestamp(seconds, tz=timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
