"""A stream's bookmark, as the SDK keeps it in the state.

- `replication_key_value` is the bookmark proper: all changes before it have been handed on.
- `read` is there only while history is read for the first time, or again: the progress that a run resumes from.
- `readAt` is the time at which the last complete read of ids began.

    {"replication_key": "updatedAt", "replication_key_value": "2026-11-20T08:00:00Z"}
    {"read": {"began": "2026-11-20T08:00:00Z", "until": "2019-03-01T00:00:00Z"}}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_jobber.errors import TapError
from tap_jobber.streams.versions import usable_version
from tap_jobber.timestamps import format_timestamp, parse_clamped_timestamp

if TYPE_CHECKING:
    from collections.abc import MutableMapping


@dataclass(frozen=True)
class Progress:
    """The progress of a read of history.

    Attributes:
        until: Timestamp up to which it has been read, in seconds since 1970; None before the first window.
        began: Time at which it began, by the server's clock, in seconds since 1970.
        version: The version that its rows are written with, if they are.
    """

    until: int | None
    began: int
    version: int | None


class Bookmark:
    """One stream's part of the state.

    Args:
        name: The stream.
        state: Its part of the state, changed in place.
        is_held: True if it has to stay as it is, because something before it is missing.
    """

    def __init__(self, name: str, state: MutableMapping[str, Any], *, is_held: bool = False) -> None:
        self._name = name
        self._state = state
        self._is_held = is_held

    @property
    def value(self) -> int | None:
        """Time before which all changes have been handed on, in seconds since 1970.

        None also while history is read again since: Meltano merges the state of a full refresh that was stopped into
        the one of before, whose bookmark would end the refresh.
        """
        value, progress = self._moment(self._state.get("replication_key_value")), self.progress
        return None if value is not None and progress is not None and progress.began > value else value

    def move_to(self, key: str, moment: int) -> None:
        """Set the bookmark, which ends a first read."""
        if self._is_held:
            return
        self._state["replication_key"] = key
        self._state["replication_key_value"] = format_timestamp(moment)
        self._state.pop("read", None)

    def forget(self) -> None:
        """Begin anew, as if the stream had never been read."""
        for key in ("replication_key", "replication_key_value", "read"):
            self._state.pop(key, None)

    @property
    def progress(self) -> Progress | None:
        """The progress of an unfinished read of history."""
        read = self._state.get("read")
        if not isinstance(read, dict):
            return None
        began = self._moment(read.get("began"))
        if began is None:
            return None
        return Progress(self._moment(read.get("until")), began, usable_version(read.get("version")))

    @progress.setter
    def progress(self, progress: Progress | None) -> None:
        if self._is_held:
            return
        if progress is None:
            self._state.pop("read", None)
            return
        read: dict[str, Any] = {"began": format_timestamp(progress.began)}
        if progress.until is not None:
            read["until"] = format_timestamp(progress.until)
        if progress.version is not None:
            read["version"] = progress.version
        self._state["read"] = read

    @property
    def read_at(self) -> int | None:
        """Time at which the last complete read of ids began, in seconds since 1970."""
        return self._moment(self._state.get("readAt"))

    @read_at.setter
    def read_at(self, moment: int) -> None:
        if not self._is_held:
            self._state["readAt"] = format_timestamp(moment)

    def _moment(self, text: object) -> int | None:
        if text is None:
            return None
        try:
            return parse_clamped_timestamp(str(text))
        except ValueError:
            raise TapError(
                f"the bookmark of {self._name} in the state is no time ({text})",
                "give the last state that a run wrote, or none to read everything again",
            ) from None
