"""Lock files beside a store: one for the refresh of each account, and one for all short writes."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import filelock

from tap_jobber.credentials.stores.base import StoreBusyError
from tap_jobber.credentials.stores.record import PENDING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Locks:
    """The lock files of one store; each is re-entrant within a thread.

    Args:
        path: The path that they lie beside and are named after.
        timeout_seconds: Longest wait for another process.
    """

    def __init__(self, path: Path, timeout_seconds: float) -> None:
        self._path = path
        self._timeout_seconds = timeout_seconds
        self._locks: dict[str, filelock.BaseFileLock] = {}

    def lock_path(self, client_id: str | None = None, key: str | None = None) -> Path:
        """Return the lock file of an account, of all pending records, or, without a client, of short writes."""
        if client_id is None:
            return Path(f"{self._path}.lock")
        settled = "" if key is None or key.startswith(PENDING) else key
        digest = hashlib.sha256(f"{client_id}\0{settled}".encode()).hexdigest()[:12]
        return Path(f"{self._path}.{digest}.lock")

    @contextmanager
    def acquire(self, client_id: str | None = None, key: str | None = None) -> Iterator[None]:
        """Hold a lock.

        Raises:
            StoreBusyError: Another process holds it for too long.
            OSError: The file cannot be created.
        """
        path = self.lock_path(client_id, key)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = filelock.FileLock(path, timeout=self._timeout_seconds, mode=0o600)
        lock = self._locks.setdefault(str(path), new)
        try:
            lock.acquire()
        except filelock.Timeout as error:
            whose = f"The tokens of client {client_id} are" if client_id else "The token store is"
            cause = f"{whose} in use: another process has held {path} for more than {self._timeout_seconds:g} s"
            raise StoreBusyError(cause, "wait for that process or end it, then run the tap again") from error
        try:
            yield
        finally:
            lock.release()
