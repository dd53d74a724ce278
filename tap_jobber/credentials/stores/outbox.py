"""The outbox of a store: events that were written with the changes they tell of, until they have been delivered.

Several processes may deliver from it. Each takes an event by moving its next attempt on, which only one of them can do;
should that one be killed, the event is due again once that time has come.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_jobber.credentials.stores.connection_events import ConnectionEvent

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class OutboxEntry:
    """An event that waits for its delivery.

    Args:
        event: The event.
        attempts: Number of attempts so far.
        next_attempt_at: Time of the next attempt, in seconds since 1970.
    """

    event: ConnectionEvent
    attempts: int = 0
    next_attempt_at: float = 0.0


def read_entry(event: object, attempts: object, next_attempt_at: object) -> OutboxEntry | None:
    """Return a stored entry; None if it is damaged, or of a kind that only a newer version knows."""
    try:
        return OutboxEntry(ConnectionEvent.from_json(event), int(str(attempts)), float(str(next_attempt_at)))
    except ValueError:
        return None


class Outbox(ABC):
    """The events of one client in a store. All methods may raise a `TapError`."""

    @abstractmethod
    def open(self) -> None:
        """Keep events of this client from now on; without this, a store keeps none."""

    @abstractmethod
    def entries(self) -> list[OutboxEntry]:
        """Return the events that wait, the oldest first."""

    def take(self, entry: OutboxEntry, until: float) -> OutboxEntry | None:
        """Take an event for an attempt that ends before a time; return None if another process was faster."""
        taken = OutboxEntry(entry.event, entry.attempts + 1, until)
        return taken if self._replace(entry, taken) else None

    def postpone(self, entry: OutboxEntry, until: float) -> None:
        """Set the time of the next attempt of an event that this process has taken."""
        self._replace(entry, OutboxEntry(entry.event, entry.attempts, until))

    @abstractmethod
    def remove(self, entry: OutboxEntry) -> None:
        """Remove an event that has been delivered."""

    @abstractmethod
    def _replace(self, entry: OutboxEntry, by: OutboxEntry) -> bool:
        """Replace an entry, unless another process has counted an attempt since; return True if that was done."""


def due_entries(entries: Iterable[OutboxEntry], now_seconds: float) -> list[OutboxEntry]:
    """Return the entries to deliver now: of each account the oldest, unless its next attempt is still to come.

    Args:
        entries: All that wait, the oldest first.
        now_seconds: Seconds since 1970.
    """
    first: dict[str, OutboxEntry] = {}
    for entry in entries:
        first.setdefault(entry.event.account_id, entry)
    return [entry for entry in first.values() if entry.next_attempt_at <= now_seconds]
