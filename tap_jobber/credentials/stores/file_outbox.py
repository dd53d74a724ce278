"""The outbox in a token file: its key `events`, which older versions of the tap leave as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_jobber.credentials.stores.connection_events import KEPT_SECONDS, oldest_id
from tap_jobber.credentials.stores.outbox import Outbox, OutboxEntry, read_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tap_jobber.credentials.stores.connection_events import ConnectionEvent

Events = dict[str, Any]
"""Entries by the id of their event; each is an object with `event`, `attempts` and `next_attempt_at`."""


class FileOutbox(Outbox):
    """The events of one client in a token file.

    Args:
        read: Returns the document of the file.
        change: Replaces the document by the one that a function returns.
        client_id: The client.
    """

    def __init__(
        self,
        read: Callable[[], dict[str, object]],
        change: Callable[[Callable[[dict[str, object]], dict[str, object]]], None],
        client_id: str,
    ) -> None:
        self._read = read
        self._change = change
        self._client_id = client_id

    @override
    def open(self) -> None:
        """Make room for events in the file."""
        if events_in(self._read(), self._client_id) is None:
            self._edit(lambda events: events)

    @override
    def entries(self) -> list[OutboxEntry]:
        """Return the events that wait."""
        stored = events_in(self._read(), self._client_id) or {}
        entries = (each for _, each in sorted(stored.items()) if isinstance(each, dict))
        found = (read_entry(each.get("event"), each.get("attempts"), each.get("next_attempt_at")) for each in entries)
        return [entry for entry in found if entry is not None]

    @override
    def remove(self, entry: OutboxEntry) -> None:
        """Remove an event that has been delivered."""
        self._edit(lambda events: {key: each for key, each in events.items() if key != entry.event.event_id})

    @override
    def _replace(self, entry: OutboxEntry, by: OutboxEntry) -> bool:
        event_id, replaced = entry.event.event_id, []

        def move(events: Events) -> Events:
            stored = events.get(event_id)
            if not isinstance(stored, dict) or stored.get("attempts") != entry.attempts:
                return events
            replaced.append(by)
            return {**events, event_id: _stored(by)}

        self._edit(move)
        return bool(replaced)

    def _edit(self, edit: Callable[[Events], Events]) -> None:
        def change(document: dict[str, object]) -> dict[str, object]:
            return with_events(document, self._client_id, edit(events_in(document, self._client_id) or {}))

        self._change(change)


def events_in(document: Mapping[str, object], client_id: str) -> Events | None:
    """Return the events of a client in a document; None if its outbox is not open."""
    clients = document.get("events")
    events = clients.get(client_id) if isinstance(clients, dict) else None
    return events if isinstance(events, dict) else None


def with_events(document: dict[str, object], client_id: str, events: Events) -> dict[str, object]:
    """Return a document with the events of a client."""
    clients = document.get("events")
    return {**document, "events": {**(clients if isinstance(clients, dict) else {}), client_id: events}}


def with_new_events(document: dict[str, object], client_id: str, new: Sequence[ConnectionEvent]) -> dict[str, object]:
    """Return a document with further events of a client, without very old ones, if its outbox is open."""
    events = events_in(document, client_id)
    if events is None or not new:
        return document
    too_old = oldest_id(new[-1].occurred_at - KEPT_SECONDS)
    kept = {key: each for key, each in events.items() if key >= too_old}
    return with_events(document, client_id, kept | {each.event_id: _stored(OutboxEntry(each)) for each in new})


def _stored(entry: OutboxEntry) -> dict[str, object]:
    return {
        "event": entry.event.to_json(),
        "attempts": entry.attempts,
        "next_attempt_at": entry.next_attempt_at,
    }
