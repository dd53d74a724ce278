"""The file of a report: nothing but a report is ever replaced by one.

That is looked at twice. A path may be free as the run begins, and hold the state of a pipeline or the token store as it
ends, because they are made meanwhile.
"""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

from tap_jobber.errors import TapError
from tap_jobber.process.atomic_file import replace, write_temporary

_KEYS = {"version", "run", "streams"}
_PASSING = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.EINTR, errno.EAGAIN}
"""Errors of a file system that may be over by the end of the run."""
_MOST_BYTES = 1 << 26
_ANOTHER = "name another file for the report"


def prepared(name: str, store: Path | None) -> Path:
    """Return the file to write to, without what an earlier run has left there.

    Args:
        name: The path that a user has given.
        store: The file of the token store, which may have to be made yet; None if it is no file.

    Raises:
        TapError: If no report can be written there.
    """
    if name == "-":
        raise TapError("the standard output belongs to the messages", _ANOTHER)
    try:
        path = Path(os.path.realpath(Path(name).expanduser()))
        if store is not None and _belongs_to(path, store):
            raise TapError(f"{name} is a file of the token store", _ANOTHER)
        if not _is_free(path):
            raise TapError(f"{name} is there and is not a report of a run", _ANOTHER)
        write_temporary(path, b"").unlink()
        path.unlink(missing_ok=True)
    except (OSError, RuntimeError, ValueError) as error:  # of an unknown user, not a path
        if isinstance(error, OSError) and error.errno in _PASSING:
            return path
        reason = getattr(error, "strerror", None) or error
        remedy = "check its path and permissions, or name another file"
        if isinstance(error, OSError) and error.errno == errno.EBUSY:
            remedy = "mount the directory that it is in, not the file alone, since writing replaces the file"
        raise TapError(f"no report can be written to {name} ({reason})", remedy) from error
    return path


def write(path: Path, content: bytes) -> None:
    """Write a report.

    Raises:
        OSError: If it cannot be written, or something else has come to be there.
    """
    if not _is_free(path):
        raise FileExistsError(errno.EEXIST, "something else is there by now")
    replace(path, content)


def _belongs_to(path: Path, store: Path) -> bool:
    """Return True if a file is the token store, or one that is beside it, such as a lock."""
    return path == store or (path.parent == store.parent and path.name.startswith((f"{store.name}.", f"{store.name}-")))


def _is_free(path: Path) -> bool:
    """Return True if there is no file, an empty one or a report, so that one may take its place."""
    if not path.exists():
        return True
    if not path.is_file() or path.stat().st_size > _MOST_BYTES or _is_standard_stream(path):
        return False
    text = path.read_bytes()
    if not text.strip():
        return True
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.keys() >= _KEYS


def _is_standard_stream(path: Path) -> bool:
    return any(os.path.samestat(path.stat(), os.fstat(number)) for number in (0, 1, 2))
