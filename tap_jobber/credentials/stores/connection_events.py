"""Events of connections: an account was connected, was disconnected, or has to be connected again.

They follow from what a store writes, whoever writes it: the connect page, a log-in, a refresh, or a run that notes how
it ended. A store whose outbox is open keeps them in the very transaction that brought them about, so none is lost and
none tells of something that was not written.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from enum import Enum
from typing import TYPE_CHECKING

from tap_jobber.credentials.stores.json_object import JsonObject
from tap_jobber.credentials.stores.record import Record, RunStatus, State
from tap_jobber.errors import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

KEPT_SECONDS = 30 * 86_400
"""Age at which an event that could not be delivered is dropped."""

_RANDOM_BYTES = 8


class EventKind(str, Enum):
    """Kind of an event."""

    CONNECTED = "connected"
    """The account can be read, for the first time or again."""
    DISCONNECTED = "disconnected"
    """The connection was ended, on the connect page or in Jobber."""
    REFUSED = "refused"
    """Jobber refuses the connection: a person has to connect the account again, or to reactivate it."""


@dataclass(frozen=True)
class ConnectionEvent:
    """An event of a connection.

    Args:
        event_id: Its id, which sorts by time.
        kind: Its kind.
        account_id: The account's id as the API gives it.
        account_name: Its name, for people.
        occurred_at: Time of the event in seconds since 1970.
    """

    event_id: str
    kind: EventKind
    account_id: str
    account_name: str | None
    occurred_at: float

    def to_json(self) -> dict[str, object]:
        """Return the JSON object of the event, as stores keep it."""
        return {**asdict(self), "kind": self.kind.value}

    @classmethod
    def from_json(cls, stored: object) -> ConnectionEvent:
        """Return the event of a JSON object.

        Raises:
            ValueError: It is not an event that this version knows.
        """
        fields = JsonObject(stored, "an event")
        return cls(
            event_id=fields.text("event_id"),
            kind=EventKind(fields.text("kind")),
            account_id=fields.text("account_id"),
            account_name=fields.text_or_none("account_name"),
            occurred_at=fields.number("occurred_at"),
        )


def condition_of(record: Record | None) -> EventKind | None:
    """Return the kind of the event that would tell of a record as it is; None if no account is connected by it.

    A connection whose tokens work is refused too if its last run that came to a conclusion ended with `RENEW`: the
    account is not active, or lacks a permission. A new authorisation is a new beginning.
    """
    if record is None or not record.is_settled:
        return None
    if record.state is not State.CONNECTED:
        return EventKind.REFUSED if record.state is State.REFUSED else EventKind.DISCONNECTED
    since = record.connected_at if record.state_since is None else record.state_since
    for sync in record.syncs:
        if sync.began_at >= since and sync.exit_status == ExitStatus.RENEW:
            return EventKind.REFUSED
        if sync.status in {RunStatus.COMPLETE, RunStatus.PARTIAL}:
            break
    return EventKind.CONNECTED


def events_of(
    before: Mapping[str, Record], written: Mapping[str, Record | None], now_seconds: float
) -> list[ConnectionEvent]:
    """Return the events that some writes bring about.

    Args:
        before: The records by key, before the writes.
        written: The records that are written, by key; None for those that are removed.
        now_seconds: Seconds since 1970.
    """
    events = []
    for key, record in written.items():
        former = before.get(key)
        was, kind = condition_of(former), condition_of(record)
        if kind is None and was not in {None, EventKind.DISCONNECTED}:
            kind = EventKind.DISCONNECTED
        account = (record or former or _NOBODY).account
        if kind is None or kind is was or account is None:
            continue
        event_id = f"{oldest_id(now_seconds)}-{secrets.token_hex(_RANDOM_BYTES)}"
        events.append(ConnectionEvent(event_id, kind, account.id, account.name, now_seconds))
    return events


def oldest_id(seconds: float) -> str:
    """Return a text that sorts before the ids of all events since a time."""
    return f"{max(0, int(seconds * 1000)):014d}"


_NOBODY = Record("", "", 0.0, 0.0, "", None, 0.0)
