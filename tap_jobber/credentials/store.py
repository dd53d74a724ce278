"""Where records are kept: the interface of a token store, and the store in one JSON file.

A file is replaced whole (temporary file, fsync, rename), so that a reader or a crash at any moment finds the old
content or the new, never a part. For the same reason reading takes no lock: a lock is held for as long as Jobber takes
to answer another worker, and nobody who only looks should wait for that.
"""

from __future__ import annotations

import errno
import glob
import json
import os
import tempfile
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Protocol

import filelock
import platformdirs

from tap_jobber.credentials.record import Record, RecordError
from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Iterator

_VERSION = 1
_FILE_NAME = "tokens.json"
_SPARE_BYTES = 16 * 1024


class StoreBusyError(TapError):
    """Another worker has held the store for longer than one should wait."""


class TokenStore(Protocol):
    """Keeps one record per client id, for any number of processes at a time."""

    @property
    def location(self) -> str:
        """What another process needs to open the same store."""

    def load(self, client_id: str) -> Record | None:
        """The record of a client, or None if there is none.

        Raises:
            TapError: The store cannot be read or is not a store.
        """

    def save(self, record: Record) -> None:
        """Puts a record in the place of the client's former one; on return it would survive a power cut.

        Raises:
            TapError: The record could not be kept; the former one is untouched.
        """

    def exclusive(self, client_id: str) -> AbstractContextManager[None]:
        """Keeps everyone else from entering this for the same client; `save` may be called inside.

        Raises:
            StoreBusyError: Someone else is inside for too long.
            TapError: The store cannot be locked.
        """

    def check_writable(self) -> None:
        """Finds out whether `save` would succeed, before something is done that must be saved.

        Raises:
            TapError: It would not.
        """


def default_path() -> Path:
    """The token file in the user's state directory."""
    return Path(platformdirs.user_state_dir("tap-jobber", appauthor=False)) / _FILE_NAME


class FileTokenStore:
    """A token store in one JSON file, `{"version": 1, "records": {client id: record}}`.

    The file has mode 0600 after every write. A directory that the store makes has mode 0700; one that was there
    belongs to the user and is left alone.

    Args:
        path: The file, or an existing directory to keep `tokens.json` in. Symbolic links are followed, so that writing
            replaces the file they lead to and not the link.
        lock_timeout_seconds: How long to wait for another process that is refreshing.
    """

    def __init__(self, path: str | os.PathLike[str], *, lock_timeout_seconds: float = 60.0) -> None:
        target = Path(path).expanduser()
        if target.is_dir():
            target /= _FILE_NAME
        self.path = Path(os.path.realpath(target))
        self.lock_path = Path(f"{self.path}.lock")
        self._lock_timeout_seconds = lock_timeout_seconds
        self._lock = filelock.FileLock(self.lock_path, timeout=lock_timeout_seconds, mode=0o600)

    @property
    def location(self) -> str:
        """The file's absolute path."""
        return str(self.path)

    def load(self, client_id: str) -> Record | None:
        """The record of a client, or None if there is none.

        Raises:
            TapError: The file cannot be read or is not a token store.
        """
        _, records = self._read()
        if client_id not in records:
            return None
        try:
            return Record.from_json(records[client_id])
        except RecordError as error:
            self._give_up(f"the record of client {client_id} is damaged: {error}")

    def save(self, record: Record) -> None:
        """Replaces the client's record and keeps everything else in the file.

        Raises:
            TapError: The file cannot be written, or is not a token store; it is then untouched.
        """
        with self.exclusive(record.client_id):
            document, records = self._read()
            records[record.client_id] = record.to_json()
            content = json.dumps({**document, "version": _VERSION, "records": records}, indent=2)
            with self._writing():
                self._remove_leftovers()
                self._replace(content.encode() + b"\n")

    @contextmanager
    def exclusive(self, client_id: str) -> Iterator[None]:
        """Holds the lock file; re-entrant within a thread.

        Raises:
            StoreBusyError: Another process holds it for too long.
            TapError: It cannot be made.
        """
        with self._writing():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                self._lock.acquire()
            except filelock.Timeout as error:
                cause = (
                    f"The tokens of client {client_id} are in use: another process has held {self.lock_path}"
                    f" for more than {self._lock_timeout_seconds:g} s"
                )
                raise StoreBusyError(cause, "wait for that process or end it, then run the tap again") from error
        try:
            yield
        finally:
            self._lock.release()

    def check_writable(self) -> None:
        """Writes as many bytes as a `save` would, and some to spare, to a file beside the store.

        Raises:
            TapError: The directory or the disk does not take them.
        """
        with self._writing():
            size_bytes = self.path.stat().st_size if self.path.exists() else 0
            temporary = self._write_temporary(b" " * (size_bytes + _SPARE_BYTES))
            temporary.unlink()

    def _read(self) -> tuple[dict[str, object], dict[str, object]]:
        """The whole document, and its records; both empty if there is no file."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}, {}
        except OSError as error:
            cause = f"Cannot read the token store {self.path} ({error.strerror})"
            raise TapError(cause, "check its path and permissions, or set token_store") from error
        except UnicodeDecodeError:
            self._give_up("it is not text")
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            self._give_up("it is not JSON")
        if not isinstance(document, dict) or not isinstance(document.get("records"), dict):
            self._give_up("it holds no records")
        version = document.get("version")
        if isinstance(version, int) and version > _VERSION:
            cause = f"The token store {self.path} was written by a newer tap-jobber (version {version})"
            raise TapError(cause, "upgrade tap-jobber, or set token_store to another file")
        if version != _VERSION:
            self._give_up("its version is unknown")
        return document, document["records"]

    def _give_up(self, reason: str) -> NoReturn:
        """Leaves a file that is not understood to a person: it may hold the only good token."""
        cause = f"The token store {self.path} cannot be used, {reason}"
        remedy = "restore it from a backup, or move it away, authorise the app again and set refresh_token"
        raise TapError(cause, remedy)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            cause = f"Cannot write the token store {self.path} ({error.strerror or error})"
            raise TapError(cause, "check its path, permissions and free space, or set token_store") from error

    def _replace(self, content: bytes) -> None:
        temporary = self._write_temporary(content)
        try:
            temporary.replace(self.path)
        except OSError:
            temporary.unlink()
            raise
        _sync_directory(self.path.parent)

    def _write_temporary(self, content: bytes) -> Path:
        """A file beside the store, of mode 0600, whose content is on the disk."""
        handle, name = tempfile.mkstemp(prefix=f".{self.path.name}.", suffix=".tmp", dir=self.path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            temporary.unlink()
            raise
        return temporary

    def _remove_leftovers(self) -> None:
        """Removes temporary files of writers that were killed; under the lock no living writer has one."""
        pattern = f".{glob.escape(self.path.name)}.*.tmp"
        for leftover in self.path.parent.glob(pattern):
            with suppress(FileNotFoundError):
                leftover.unlink()


def _sync_directory(directory: Path) -> None:
    """Makes a rename survive a power cut, where the file system can."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(handle)
