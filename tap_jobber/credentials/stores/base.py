"""Where records are kept: what every token store offers, and which kind a location names.

Reading takes no lock: a lock is held for as long as Jobber takes to answer another worker, and nobody who only looks
should wait for that. Writing never trusts what was read earlier: a record is read, changed and written in one short
transaction, so that nobody puts back tokens that another worker has replaced meanwhile.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from tap_jobber.credentials.stores.encryption import TokenEncryption
from tap_jobber.credentials.stores.json_object import NewerRecordError, RecordError
from tap_jobber.credentials.stores.record import Record
from tap_jobber.errors import TapError, TryLaterError
from tap_jobber.wording import enumerated

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from contextlib import AbstractContextManager

FILE_NAME = "tokens.json"
COMMAND = "command:"

Stored = dict[str, object]
"""Records as a store keeps them, by place: JSON objects, if they are not damaged."""


class StoreBusyError(TryLaterError):
    """Another worker has held the store for longer than one should wait."""


class TokenStore(ABC):
    """Keeps records by client id and place, for any number of processes at a time.

    The place of a record is its account's id, or a name of its own until the account is known (`Record.place`).
    """

    def __init__(self) -> None:
        self._seal = TokenEncryption.from_environment()

    @property
    @abstractmethod
    def location(self) -> str:
        """What another process needs to open the same store; may hold a password."""

    @property
    @abstractmethod
    def label(self) -> str:
        """The location for people, without any secret."""

    @property
    def secrets(self) -> set[str]:
        """What of the location must not be shown."""
        return set()

    def records(self, client_id: str | None = None, *, is_sealed: bool = False) -> list[Record]:
        """All records, of all clients or of one, in the order of their places.

        Args:
            client_id: The client.
            is_sealed: Whether tokens that are encrypted may stay so, for who does not need them.

        Raises:
            TapError: The store cannot be read, is not a store, or holds a damaged record.
        """
        return [
            self._record(client, place, value, is_sealed=is_sealed)
            for client, stored in sorted(self._read(client_id).items())
            for place, value in sorted(stored.items())
        ]

    def load(self, client_id: str, account_id: str | None = None) -> Record | None:
        """The record of an account, or the client's only one; None if there is none.

        Raises:
            TapError: As for `records`, or several accounts could be meant.
        """
        if account_id is not None:
            return self.at(client_id, account_id)
        return only_settled(self.records(client_id))

    def at(self, client_id: str, place: str) -> Record | None:
        """The record in a place, or None.

        Raises:
            TapError: As for `records`.
        """
        stored = self._read(client_id, {place}).get(client_id, {})
        return self._record(client_id, place, stored[place]) if place in stored else None

    def save(self, record: Record) -> None:
        """Puts a record in its place, whatever was there; on return it would survive a power cut.

        Raises:
            TapError: The record could not be kept; what was there is untouched.
        """
        self.change(record.client_id, lambda _: {record.place: record}, {record.place})

    def remove(self, record: Record) -> None:
        """Removes the record that is in this one's place, if there is one.

        Raises:
            TapError: It could not be removed.
        """
        self.change(record.client_id, lambda _: {record.place: None}, {record.place})

    def update(self, record: Record, change: Callable[[Record], Record]) -> Record | None:
        """Changes what the store now has in a record's place; None if it has nothing there any more.

        Raises:
            TapError: It could not be kept; what was there is untouched.
        """
        place, result = record.place, list[Record]()

        def changed(records: Mapping[str, Record]) -> dict[str, Record | None]:
            if place not in records:
                return {}
            result[:] = [change(records[place])]
            return {} if result[0] == records[place] else {place: result[0]}

        self.change(record.client_id, changed, {place})
        return result[0] if result else None

    def change(
        self,
        client_id: str,
        decide: Callable[[Mapping[str, Record]], Mapping[str, Record | None]],
        places: Collection[str] | None = None,
    ) -> None:
        """Reads a client's records, decides and writes, with nobody between.

        Args:
            client_id: The client.
            decide: Takes the records by place and gives those to write, None for those to remove. May be called again.
            places: The places that are looked at and written; None for all.

        Raises:
            TapError: The records could not be kept; the former ones are untouched.
        """

        def decided(stored: Stored) -> Stored:
            records = {place: self._record(client_id, place, value) for place, value in stored.items()}
            chosen = decide(records)
            return {place: record and self._seal.close(record.to_json()) for place, record in chosen.items()}

        self._transact(client_id, decided, places)

    @abstractmethod
    def exclusive(self, client_id: str, place: str | None = None) -> AbstractContextManager[None]:
        """Keeps everyone else from entering this for the same account; everything else may be called inside.

        Args:
            client_id: The client.
            place: The place of a settled record; None for all that are not yet settled.

        Raises:
            StoreBusyError: Someone else is inside for too long.
            TapError: The store cannot be locked.
        """

    @abstractmethod
    def check_writable(self, record: Record | None = None) -> None:
        """Finds out whether `save` would succeed, before something is done that must be saved.

        Args:
            record: What is in the place now, if there is something; it may be put back there as it is.

        Raises:
            TapError: It would not.
        """

    @abstractmethod
    def _read(self, client_id: str | None, places: Collection[str] | None = None) -> dict[str, Stored]:
        """What is stored, by client; of one client and of certain places, if they are given."""

    @abstractmethod
    def _transact(self, client_id: str, decide: Callable[[Stored], Stored], places: Collection[str] | None) -> None:
        """Reads, decides and writes in one transaction, as `change`."""

    def _record(self, client_id: str, place: str, value: object, *, is_sealed: bool = False) -> Record:
        where = f"the record of client {client_id} in place {place}"
        try:
            record = Record.from_json(value if is_sealed else self._seal.open(value, self.label))
        except NewerRecordError as error:
            cause = f"The token store {self.label} cannot be used, {where} was written by a newer tap-jobber: {error}"
            raise TapError(cause, "upgrade tap-jobber, or set token_store to another one") from error
        except RecordError as error:
            raise unusable(self.label, f"{where} is damaged: {error}") from error
        if (record.client_id, record.place) != (client_id, place):
            # A program that hands out one and the same record, or a database that passes over upper and lower case.
            raise unusable(self.label, f"{where} is that of client {record.client_id} in place {record.place}")
        return record


def unusable(label: str, reason: str) -> TapError:
    """Leaves a store that is not understood to a person: it may hold the only good token."""
    cause = f"The token store {label} cannot be used, {reason}"
    return TapError(cause, "restore it from a backup, or move it away and run tap-jobber --login")


def default_path() -> Path:
    """The token file in the user's state directory."""
    return Path(platformdirs.user_state_dir("tap-jobber", appauthor=False)) / FILE_NAME


def only_settled(records: Iterable[Record]) -> Record | None:
    """Return the only record that stands for an account, or None if there is none.

    Raises:
        TapError: If there are several.
    """
    settled = [record for record in records if record.is_settled]
    if len(settled) > 1:
        accounts = enumerated(sorted(str(record.account) for record in settled))
        cause = f"The token store holds {len(settled)} accounts of this client, {accounts}"
        raise TapError(cause, "set account_id to the id of the one that is meant; tap-jobber --credentials lists them")
    return settled[0] if settled else None
