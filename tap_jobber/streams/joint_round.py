"""A round of the resync of a stream whose rows come with several walks.

Each walk has rounds of its own, which begin and end when they do. So the stream has one beside them: it is over once
each walk has read all again since it began, and all rows that are written in it carry its version.

    "joint": {"began": 1767225600, "version": 1767225612, "latest": 1767312000, "done": ["clients", "users"]}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tap_jobber.streams.versions import usable_version

if TYPE_CHECKING:
    from collections.abc import Collection, MutableMapping

_KEPT = "joint"
_DAY_SECONDS = 86_400


class _Kept(msgspec.Struct, omit_defaults=True):
    """The round's part of the state."""

    began: int | None = None
    version: int = 0
    latest: int = 0
    done: list[str] = []
    is_partial: bool = False


class JointRound:
    """The round of a stream of several walks.

    Args:
        state: The stream's part of the state, changed in place.
        walks: The names of the walks.
    """

    def __init__(self, state: MutableMapping[str, Any], walks: Collection[str]) -> None:
        self._state = state
        self._walks = frozenset(walks)
        self._is_in_run = False
        self._kept = _usable(state.get(_KEPT))

    def take_part(self, now: int, version: int) -> int:
        """Note that a walk takes part in it, and return the version to write rows with.

        Args:
            now: When the walk begins, by the server's clock.
            version: The version to begin a round with.
        """
        kept = self._kept
        if kept.latest > now + _DAY_SECONDS:
            # What is known from a time that has not come yet counts for nothing.
            kept = self._kept = _Kept(version=kept.version)
        if kept.began is None:
            # The clock may have stood still since, and nothing has been read in this round yet.
            kept.began = max(now, kept.latest + 1)
            kept.version = max(version, kept.version + 1)
            kept.done, kept.is_partial = [], False
        kept.latest = max(kept.latest, now)
        self._is_in_run = True
        self._save()
        return kept.version

    def leave(self) -> None:
        """Forget the round where a walk keeps no account of what it reads."""
        if not self._is_in_run:
            self._kept = _Kept(version=self._kept.version)
            self._state.pop(_KEPT, None)

    def note(self, walk: str, oldest_seconds: int | None, *, is_complete: bool) -> bool:
        """Note how far a walk has come, and end the round if it is over.

        Args:
            walk: The walk.
            oldest_seconds: The time that none of its rows was read before; None if it has not been read.
            is_complete: True if no row of the stream can have been missed in it.

        Returns:
            True if the rows that were not read in the round are gone.
        """
        kept = self._kept
        if kept.began is None:
            return False
        kept.is_partial = kept.is_partial or not is_complete
        if oldest_seconds is not None and oldest_seconds >= kept.began and walk not in kept.done:
            kept.done.append(walk)
        is_over = self._walks <= set(kept.done)
        if is_over:
            kept.began = None
        self._save()
        return is_over and not kept.is_partial

    def _save(self) -> None:
        self._state[_KEPT] = msgspec.to_builtins(self._kept)


def _usable(value: object) -> _Kept:
    """Return what a state holds of it: nothing if anything of it cannot be, as after an edit by hand."""
    try:
        kept = msgspec.convert(value, _Kept)
    except msgspec.ValidationError:
        return _Kept()
    return kept if usable_version(kept.version) is not None else _Kept()
