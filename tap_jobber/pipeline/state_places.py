"""The places that keep a state: a local file, or whatever a URL of fsspec leads to."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from typing_extensions import override

from tap_jobber.errors import ExitStatus, TapError, ending_with, one_line
from tap_jobber.process.atomic_file import is_device, rename, write_temporary

if TYPE_CHECKING:
    from collections.abc import Callable

_PASSING = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ESTALE}
"""Errors of a file system that may be over by the next run."""
_USER = re.compile(r"//[^/@]*@")


def without_password(location: str) -> str:
    """Return a location for people; a URL may hold a user and a password."""
    return _USER.sub("//", location)


class StatePlace(Protocol):
    """A place that keeps one state.

    Attributes:
        label: Its name for people, without a password.
    """

    label: str

    def read(self) -> bytes | None:
        """Return its content, or None if there is none."""

    def write(self, content: bytes) -> None:
        """Replace its content."""

    def check(self) -> None:
        """See that it can be written, before anything is read."""


def state_place(location: str) -> StatePlace:
    """Return the place that a path or a URL names.

    Raises:
        TapError: If nothing here understands the URL.
    """
    if location.startswith("file://"):
        return LocalState(location.removeprefix("file://"))
    return RemoteState(location) if "://" in location else LocalState(location)


class LocalState(StatePlace):
    """A file, which is replaced as a whole; a symbolic link to one stays.

    Args:
        location: Its path.
    """

    def __init__(self, location: str) -> None:
        self.label = location
        try:
            self.path = Path(os.path.realpath(Path(location).expanduser()))
        except (OSError, RuntimeError, ValueError) as error:  # of an unknown user, not a path
            raise TapError(f"the state {location} cannot be a file ({error})", "correct --state") from error
        if is_device(self.path):
            raise TapError(f"the state {location} is a device or a pipe, which keeps nothing", "name a file")

    @override
    def read(self) -> bytes | None:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._error("read", error) from error

    @override
    def write(self, content: bytes) -> None:
        try:
            temporary = write_temporary(self.path, content)
            if self.path.exists():  # others may be meant to read it
                temporary.chmod(self.path.stat().st_mode & 0o777)
            rename(temporary, self.path)
        except OSError as error:
            raise self._error("written", error) from error

    @override
    def check(self) -> None:
        try:
            write_temporary(self.path, b"").unlink()
        except OSError as error:
            raise self._error("written", error) from error

    def _error(self, what: str, error: OSError) -> TapError:
        kind = ending_with(ExitStatus.TRY_LATER if error.errno in _PASSING else ExitStatus.MEND)
        remedy = "check its path and permissions, and that there is room"
        if error.errno == errno.ENOENT:
            remedy = "make the directory that it is in, or correct --state"
        if error.errno == errno.EBUSY:
            remedy = "mount the directory that it is in, not the file alone, since writing replaces the file"
        return kind(f"the state {self.label} cannot be {what} ({error.strerror or error})", remedy)


class RemoteState(StatePlace):
    """A file behind a URL, which is as safe from half a write as its store is; stores of objects are.

    Args:
        url: The URL, as fsspec has it.
    """

    def __init__(self, url: str) -> None:
        from fsspec.core import url_to_fs  # type: ignore[import-untyped] # fsspec has no types

        self.label, self._url = without_password(url), url
        scheme = url.partition("://")[0]
        try:
            files, self._path = url_to_fs(url)
        except ImportError as error:
            cause = f"the state {self.label} needs a package that is not installed ({one_line(str(error))})"
            raise TapError(cause, "install it into the environment of tap-jobber") from error
        except Exception as error:
            cause = f"the state {self.label} cannot be reached by {scheme} ({self._reason(error)})"
            raise TapError(cause, "correct --state; fsspec's documentation lists the protocols") from error
        self._files: Any = files

    @override
    def read(self) -> bytes | None:
        def ask() -> bytes | None:
            try:
                return bytes(self._files.cat_file(self._path))
            except FileNotFoundError:
                return None

        content: bytes | None = self._attempt("read", ask)
        return content

    @override
    def write(self, content: bytes) -> None:
        self._attempt("written", lambda: self._files.pipe_file(self._path, content))

    @override
    def check(self) -> None:
        """Write an empty state if there is none, which says no more than that nothing has been read."""
        if self.read() is None:
            self.write(b"{}\n")

    def _attempt(self, what: str, action: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the action returns
        try:
            return action()
        except Exception as error:  # each kind of store has its own
            is_lasting = isinstance(error, PermissionError | FileNotFoundError | NotImplementedError)
            kind = ending_with(ExitStatus.MEND if is_lasting else ExitStatus.TRY_LATER)
            cause = f"the state {self.label} cannot be {what} ({self._reason(error)})"
            raise kind(cause, "check the URL, the credentials for it and the network") from error

    def _reason(self, error: Exception) -> str:
        text = str(error).replace(self._url, self.label)
        return without_password(one_line(f"{type(error).__name__}: {text}"))
