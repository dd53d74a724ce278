"""The token store in one JSON file.

The file is replaced as a whole (temporary file, fsync, rename), so that a reader, or whoever comes after a crash, finds
the old content or the new, never a part.
"""

from __future__ import annotations

import errno
import glob
import json
import os
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_jobber.credentials.stores.base import FILE_NAME, Decided, Result, StoredRecords, TokenStore, unusable_store
from tap_jobber.credentials.stores.file_outbox import FileOutbox, with_new_events
from tap_jobber.credentials.stores.locks import Locks
from tap_jobber.credentials.stores.record_json import stored_key
from tap_jobber.errors import TapError
from tap_jobber.process.atomic_file import is_device, rename, replace, write_temporary

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from tap_jobber.credentials.stores.outbox import Outbox
    from tap_jobber.credentials.stores.record import Record

_VERSION = 2
_SPARE_BYTES = 16 * 1024
"""Room that new tokens may need beyond the present content."""


class FileTokenStore(TokenStore):
    """A token store in one JSON file, `{"version": 2, "records": {client id: {key: record}}}`.

    Version 1 had one record for each client id; it is read, and written as version 2 from then on. The file has mode
    0600 after every write. A directory that the store makes has mode 0700; an existing one is left as it is.

    Args:
        path: The file, or an existing directory to keep `tokens.json` in. Symbolic links are followed, so that writing
            replaces the file and not the link.
        lock_timeout_seconds: Longest wait for another process that refreshes.

    Raises:
        TapError: It is not a path.
    """

    def __init__(self, path: str | os.PathLike[str], *, lock_timeout_seconds: float = 60.0) -> None:
        super().__init__()
        try:
            target = Path(path).expanduser()
            self.path = Path(os.path.realpath(target / FILE_NAME if target.is_dir() else target))
        except (OSError, RuntimeError, ValueError) as error:  # too long, of an unknown user, not a path
            reason = getattr(error, "strerror", None) or error
            remedy = "check its path and permissions, or set token_store"
            raise TapError(f"The token store {path} cannot be ({reason})", remedy) from error
        if is_device(self.path):
            cause = f"The token store {path} is a device or a pipe, and no file that can be replaced"
            raise TapError(cause, "set token_store to a file or a directory")
        self.locks = Locks(self.path, lock_timeout_seconds)

    @property
    @override
    def location(self) -> str:
        """Absolute path of the file."""
        return str(self.path)

    @property
    @override
    def label(self) -> str:
        """Absolute path of the file."""
        return str(self.path)

    @contextmanager
    @override
    def lock(self, client_id: str, key: str | None = None) -> Iterator[None]:
        """Hold the lock file of an account; re-entrant within a thread."""
        with ExitStack() as held:
            with self._writing():
                held.enter_context(self.locks.acquire(client_id, key))
            yield

    @override
    def check_writable(self, record: Record | None = None) -> None:
        """Replace the file by a copy of itself, with spare room on the way; a file that is a mount point fails."""
        with self._writing(), self.locks.acquire():
            content = self.path.read_bytes() if self.path.exists() else None
            temporary = write_temporary(self.path, (content or b"") + b" " * _SPARE_BYTES)
            if content is None:
                temporary.unlink()
            else:
                os.truncate(temporary, len(content))
                rename(temporary, self.path)

    @override
    def _read(self, client_id: str | None, keys: Collection[str] | None = None) -> dict[str, StoredRecords]:
        _, clients = self._document()
        return {
            client: {key: value for key, value in self._records_of(client, stored).items() if _is_among(key, keys)}
            for client, stored in clients.items()
            if client_id in {None, client}
        }

    @override
    def _transact(
        self,
        client_id: str,
        decide: Callable[[StoredRecords], Decided[Result]],
        keys: Collection[str] | None,
    ) -> Result:
        with self._writing(), self.locks.acquire():
            document, clients = self._document()
            stored = dict(self._records_of(client_id, clients.get(client_id, {})))
            decided = decide({key: value for key, value in stored.items() if _is_among(key, keys)})
            if decided.writes:
                kept = {key: value for key, value in (stored | decided.writes).items() if value is not None}
                document = {**document, "records": {**clients, client_id: kept}}
                self._replace(with_new_events(document, client_id, decided.events))
            return decided.result

    @override
    def outbox(self, client_id: str) -> Outbox:
        """Return the outbox of a client, in the same file."""
        return FileOutbox(lambda: self._document()[0], self._change_document, client_id)

    def _change_document(self, change: Callable[[dict[str, object]], dict[str, object]]) -> None:
        with self._writing(), self.locks.acquire():
            document, clients = self._document()
            self._replace(change({**document, "records": clients}))

    def _replace(self, document: dict[str, object]) -> None:
        """Replace the file by a document, under the lock."""
        records = document["records"]
        held = {key: each for key, each in records.items() if each} if isinstance(records, dict) else {}
        self._remove_leftovers()
        replace(self.path, json.dumps({**document, "version": _VERSION, "records": held}, indent=2).encode() + b"\n")

    def _records_of(self, client_id: str, stored: object) -> StoredRecords:
        if not isinstance(stored, dict):
            raise unusable_store(self.label, f"what it holds of client {client_id} is damaged")
        return stored

    def _document(self) -> tuple[dict[str, object], dict[str, object]]:
        """Return the document, and its records by client and key; both are empty if there is no file."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}, {}
        except OSError as error:
            cause = f"Cannot read the token store {self.path} ({error.strerror})"
            raise TapError(cause, "check its path and permissions, or set token_store") from error
        except UnicodeDecodeError as error:
            raise unusable_store(self.label, "it is not text") from error
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise unusable_store(self.label, "it is not JSON") from error
        if not isinstance(document, dict) or not isinstance(document.get("records"), dict):
            raise unusable_store(self.label, "it holds no records")
        version, records = document.get("version"), document["records"]
        if isinstance(version, bool) or not isinstance(version, int) or version < 1:
            raise unusable_store(self.label, "its version is unknown")
        if version > _VERSION:
            cause = f"The token store {self.path} was written by a newer tap-jobber (version {version})"
            raise TapError(cause, "upgrade tap-jobber, or set token_store to another file")
        if version == 1:
            records = {client: {stored_key(record): record} for client, record in records.items()}
        return document, records

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            cause = f"Cannot write the token store {self.path} ({error.strerror or error})"
            remedy = "check its path, permissions and free space, or set token_store"
            if error.errno == errno.EBUSY:
                remedy = "mount the directory that it is in, not the file alone, since writing replaces the file"
            raise TapError(cause, remedy) from error

    def _remove_leftovers(self) -> None:
        """Remove temporary files of writers that were killed; under the lock no running writer has one."""
        pattern = f".{glob.escape(self.path.name)}.*.tmp"
        for leftover in self.path.parent.glob(pattern):
            with suppress(OSError):  # a file that stays does no harm
                leftover.unlink()


def _is_among(key: str, keys: Collection[str] | None) -> bool:
    return keys is None or key in keys
