"""Open the token store that a location names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tap_jobber.credentials.stores.base import COMMAND_PREFIX, FILE_NAME, default_path

if TYPE_CHECKING:
    from tap_jobber.credentials.stores.base import TokenStore


def open_store(location: str | os.PathLike[str] | None, *, lock_timeout_seconds: float = 60.0) -> TokenStore:
    """Return the store that a location names; nothing is read or created yet.

    Args:
        location: The path of a file, `command:` and a program, or an SQLAlchemy URL; None for the default file.
        lock_timeout_seconds: Longest wait for another process that refreshes.

    Raises:
        TapError: The location names no store, or a package that it needs is not installed.
    """
    # Imported on demand: a database client takes longer to import than the tap takes to start.
    text = str(location or default_path())
    if text.startswith(COMMAND_PREFIX):
        from tap_jobber.credentials.stores.command import CommandTokenStore

        return CommandTokenStore(text, lock_timeout_seconds=lock_timeout_seconds)
    if "://" in text:
        from tap_jobber.credentials.stores.sql import SqlTokenStore

        return SqlTokenStore(text, lock_timeout_seconds=lock_timeout_seconds)
    from tap_jobber.credentials.stores.file import FileTokenStore

    return FileTokenStore(text, lock_timeout_seconds=lock_timeout_seconds)


def local_path(location: str | None) -> Path | None:
    """Return the file that a location keeps its records in; None if it is none, or not usable."""
    text = location or str(default_path())
    if "://" in text:
        scheme, _, rest = text.partition("://")
        text = rest.removeprefix("/").partition("?")[0] if scheme.startswith("sqlite") else ""
    if not text or text.startswith(COMMAND_PREFIX):
        return None
    try:
        path = Path(text).expanduser()
        return Path(os.path.realpath(path / FILE_NAME if path.is_dir() else path))
    except (OSError, RuntimeError, ValueError):  # the store itself tells what is wrong with it
        return None
