"""The interface of all token stores: read, write and lock the records of connections.

Reading takes no lock: a lock is held for as long as Jobber takes to answer another worker, and a reader should not
wait for that. Writing never trusts an earlier read: a record is read, changed and written in one short transaction, so
that no worker puts back tokens that another has replaced meanwhile.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

import platformdirs

from tap_jobber.credentials.stores.connection_events import events_of
from tap_jobber.credentials.stores.encryption import TokenEncryption
from tap_jobber.credentials.stores.json_object import NewerRecordError, RecordError
from tap_jobber.credentials.stores.record import PENDING
from tap_jobber.credentials.stores.record_json import record_from_json, record_to_json
from tap_jobber.errors import TapError, TryLaterError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from contextlib import AbstractContextManager

    from tap_jobber.credentials.stores.connection_events import ConnectionEvent
    from tap_jobber.credentials.stores.outbox import Outbox
    from tap_jobber.credentials.stores.record import Record

FILE_NAME = "tokens.json"
COMMAND_PREFIX = "command:"

StoredRecords = dict[str, object]
"""Records as a store keeps them, by key: JSON objects, unless they are damaged."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class Decided(Generic[Result]):
    """All that a transaction writes.

    Args:
        writes: The records by key; None for those to remove.
        events: The events that this brings about, for the outbox.
        result: The result.
    """

    writes: StoredRecords
    events: list[ConnectionEvent]
    result: Result


class StoreBusyError(TryLaterError):
    """Another worker has held the store for too long."""


class TokenStore(ABC):
    """Keep records by client id and key, for any number of processes at a time.

    The key of a record is the id of its account, or a `pending:` name until the account is known (`Record.key`).
    """

    def __init__(self) -> None:
        self._encryption = TokenEncryption.from_environment()

    @property
    @abstractmethod
    def location(self) -> str:
        """Location with which another process opens the same store; may hold a password."""

    @property
    @abstractmethod
    def label(self) -> str:
        """The location for people, without any secret."""

    @property
    def may_lose_locks(self) -> bool:
        """True if a lock can end while its holder goes on, as when a database restarts."""
        return False

    @property
    def secrets(self) -> set[str]:
        """Parts of the location that must not be shown."""
        return set()

    def records(self, client_id: str | None = None, *, decrypt: bool = True) -> list[Record]:
        """Return the records of one client, or of all clients, in the order of their keys.

        Args:
            client_id: The client.
            decrypt: False to leave encrypted tokens as they are, for callers that do not need them.

        Raises:
            TapError: The store cannot be read, is not a store, or holds a damaged record.
        """
        return [
            self._record(client, key, stored, decrypt=decrypt)
            for client, records in sorted(self._read(client_id).items())
            for key, stored in sorted(records.items())
        ]

    def get(self, client_id: str, key: str, *, decrypt: bool = True) -> Record | None:
        """Return the record with a key, or None if there is none.

        Args:
            client_id: The client.
            key: The key.
            decrypt: As for `records`.

        Raises:
            TapError: As for `records`.
        """
        stored = self._read(client_id, {key}).get(client_id, {})
        return self._record(client_id, key, stored[key], decrypt=decrypt) if key in stored else None

    def pending_keys(self, client_id: str) -> set[str]:
        """Return the keys of a client's records that are not settled.

        Raises:
            TapError: The store cannot be read, or is not a store.
        """
        return {key for key in self._keys(client_id) if key.startswith(PENDING)}

    def save(self, record: Record) -> None:
        """Write a record over whatever has its key; once this returns, the record survives a power cut.

        Raises:
            TapError: The record could not be written; the former one is untouched.
        """
        self.change(record.client_id, lambda _: ({record.key: record}, None), {record.key})

    def remove(self, record: Record) -> None:
        """Remove the record with the key of this one, if there is one.

        Raises:
            TapError: It could not be removed.
        """
        self.change(record.client_id, lambda _: ({record.key: None}, None), {record.key})

    def update(self, record: Record, change: Callable[[Record], Record]) -> Record | None:
        """Change the record that the store now has under a record's key.

        Returns:
            The record as it is now; None if the store has none under that key any more.

        Raises:
            TapError: The change could not be written; the former record is untouched.
        """
        key = record.key

        def decide(records: Mapping[str, Record]) -> tuple[dict[str, Record | None], Record | None]:
            if key not in records:
                return {}, None
            changed = change(records[key])
            return ({} if changed == records[key] else {key: changed}), changed

        return self.change(record.client_id, decide, {key})

    def change(
        self,
        client_id: str,
        decide: Callable[[Mapping[str, Record]], tuple[Mapping[str, Record | None], Result]],
        keys: Collection[str] | None = None,
    ) -> Result:
        """Read a client's records, decide and write in one transaction.

        Args:
            client_id: The client.
            decide: Takes the records by key; returns those to write (None for those to remove) and a result. May be
                called again, so it must change nothing itself.
            keys: The keys that are read and written; None for all.

        Returns:
            The result of the call whose records were written.

        Raises:
            TapError: The records could not be written; the former ones are untouched.
        """

        def decide_stored(stored: StoredRecords) -> Decided[Result]:
            records = {key: self._record(client_id, key, value) for key, value in stored.items()}
            writes, result = decide(records)
            written: StoredRecords = {
                key: record and self._encryption.encrypt(record_to_json(record)) for key, record in writes.items()
            }
            return Decided(written, events_of(records, writes, time.time()), result)

        return self._transact(client_id, decide_stored, keys)

    @abstractmethod
    def lock(self, client_id: str, key: str | None = None) -> AbstractContextManager[None]:
        """Hold the lock of an account, so that one worker at a time refreshes its tokens.

        All other methods may be called inside.

        Args:
            client_id: The client.
            key: The key of a settled record; None for all records that are not settled yet.

        Raises:
            StoreBusyError: Another worker holds it for too long.
            TapError: The store cannot be locked.
        """

    def outbox(self, client_id: str) -> Outbox | None:  # noqa: ARG002 - of those that have one
        """Return the outbox of a client; None if this kind of store has none."""
        return None

    @abstractmethod
    def check_writable(self, record: Record | None = None) -> None:
        """Find out if `save` would succeed, before something is done that must be saved.

        Args:
            record: The stored record with the key that will be written, if there is one; it may be written again
                unchanged.

        Raises:
            TapError: It would not.
        """

    @abstractmethod
    def _read(self, client_id: str | None, keys: Collection[str] | None = None) -> dict[str, StoredRecords]:
        """Return the stored records by client: those of one client and of some keys, if they are given."""

    def _keys(self, client_id: str) -> Collection[str]:
        """Return the keys of a client's records; a store that finds those of pending ones sooner returns them alone."""
        return self._read(client_id).get(client_id, {})

    @abstractmethod
    def _transact(
        self,
        client_id: str,
        decide: Callable[[StoredRecords], Decided[Result]],
        keys: Collection[str] | None,
    ) -> Result:
        """Read, decide and write in one transaction, as `change` does."""

    def _record(self, client_id: str, key: str, stored: object, *, decrypt: bool = True) -> Record:
        where = f"the record of client {client_id} under key {key}"
        try:
            record = record_from_json(self._encryption.decrypt(stored, self.label) if decrypt else stored)
        except NewerRecordError as error:
            cause = f"The token store {self.label} cannot be used, {where} was written by a newer tap-jobber: {error}"
            raise TapError(cause, "upgrade tap-jobber, or set token_store to another one") from error
        except RecordError as error:
            raise unusable_store(self.label, f"{where} is damaged: {error}") from error
        if (record.client_id, record.key) != (client_id, key):
            # A program that prints one record whatever it is asked for, or a database that ignores case.
            reason = f"{where} is that of client {record.client_id} under key {record.key}"
            raise unusable_store(self.label, reason)
        return record


def unusable_store(label: str, reason: str) -> TapError:
    """Return the error for a store that is not understood; nothing overwrites it, for it may hold the only tokens."""
    cause = f"The token store {label} cannot be used, {reason}"
    return TapError(cause, "restore it from a backup, or move it away and run tap-jobber --login")


def default_path() -> Path:
    """Return the path of the token file in the user's state directory."""
    return Path(platformdirs.user_state_dir("tap-jobber", appauthor=False)) / FILE_NAME
