"""Replaces a file as a whole, so that a reader, or whoever comes after a crash, finds the old content or the new."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from pathlib import Path


def replace(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 in place of what is there, and sync it to disk.

    Raises:
        OSError: If it cannot be written; what was there is unchanged.
    """
    rename(write_temporary(path, content), path)
    _sync_directory(path.parent)


def write_temporary(path: Path, content: bytes) -> Path:
    """Write a file beside another, with mode 0600 and synced to disk.

    Raises:
        OSError: If it cannot be written; nothing is left of it.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:  # a signal may ask for the end meanwhile
        temporary.unlink()
        raise
    return temporary


def rename(temporary: Path, path: Path) -> None:
    """Put a temporary file in another's place.

    Raises:
        OSError: If that fails; nothing is left of the temporary file.
    """
    try:
        temporary.replace(path)
    except OSError:
        temporary.unlink()
        raise


def is_device(path: Path) -> bool:
    """Return True if a path is a pipe or a device: reading it may never end, and no file may take its place."""
    try:
        mode = path.stat().st_mode
    except OSError:  # whoever reads it tells what is wrong
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _sync_directory(directory: Path) -> None:
    """Sync a directory, so that a rename survives a power cut, if the file system supports it."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(handle)
