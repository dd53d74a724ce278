"""Keeps the states that a target writes, each at once, and never one that is older than the one before it."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, Any

from tap_jobber.credentials.encoded_ids import is_same_account
from tap_jobber.errors import TapError, TryLaterError
from tap_jobber.state import ACCOUNTS, STATE_REMEDY, check_state
from tap_jobber.timestamps import seconds_or_none
from tap_jobber.wording import enumerated, sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tap_jobber.pipeline.state_places import StatePlace

State = dict[str, Any]

logger = logging.getLogger("tap-jobber-pipeline")


class KeptState:
    """The state of one account.

    Args:
        place: The place that keeps it.
        content: What is there; None if nothing is.
        is_full_refresh: True if the next state may be older than the one that is kept.
        clock: Returns the time, in seconds since 1970.

    Raises:
        TapError: If what is there is not a state.
    """

    def __init__(
        self,
        place: StatePlace,
        content: bytes | None,
        *,
        is_full_refresh: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._place, self._clock = place, clock
        self.content = content
        self._state = {} if content is None else parsed_state(content, f"the state {place.label}")
        self._is_replaceable = is_full_refresh
        self._unwritten: bytes | None = None
        self.has_come = False
        """True once the target has written a state."""
        self._strange_lines = 0
        self.failure: TapError | None = None
        """Why the last state is not kept; None if it is."""

    @property
    def account_ids(self) -> list[str]:
        """The accounts that the state names."""
        return list(self._state.get(ACCOUNTS, {}))

    def take(self, lines: Iterable[bytes]) -> None:
        """Keep the last state among some lines of a target.

        Raises:
            TapError: If it belongs to another account than the one that is kept.
        """
        states = [(line, state) for line in lines if (state := self._state_in(line)) is not None]
        if not states:
            return
        self.has_come = True
        line, state = states[-1]
        self.check_account(*state.get(ACCOUNTS, {}))
        lacking = [] if self._is_replaceable else older_bookmarks(self._state, state, self._clock())
        if lacking:
            names = enumerated(lacking)
            logger.warning("The target has written a state that is older than the one that is kept, of %s", names)
            return
        self._state, self._is_replaceable = state, False
        self._write(line.strip() + b"\n")

    def finish(self) -> None:
        """Try once more to write a state that could not be written, and say what else the target has written."""
        if self._unwritten is not None:
            self._write(self._unwritten)
        if self._strange_lines > 1:
            logger.warning("%d lines on the target's standard output are no state", self._strange_lines)

    def check_account(self, *account_ids: str) -> None:
        """Check that the state does not belong to another account.

        Raises:
            TapError: If it does.
        """
        ours = self.account_ids
        if ours and account_ids and not any(is_same_account(one, other) for one in ours for other in account_ids):
            cause = f"the state {self._place.label} is of account {enumerated(ours)}, and this run of {account_ids[0]}"
            raise TapError(cause, "give each account a state of its own, or remove this one to read everything again")

    def _state_in(self, line: bytes) -> State | None:
        """Return the state in a line, or None if it is none; blank lines are nothing strange."""
        if not line.strip():
            return None
        try:
            return parsed_state(line, "a line on the target's standard output")
        except TapError as error:
            self._strange_lines += 1
            if self._strange_lines == 1:
                logger.warning("%s, so it is not kept", sentence(error.cause))
        return None

    def _write(self, content: bytes) -> None:
        """Write a state; one that cannot be written is tried again at the end, unless another comes before."""
        self._unwritten = content
        try:
            self._check_unchanged()
            self._place.write(content)
        except TapError as error:
            if str(error) != str(self.failure):
                logger.warning("%s", sentence(str(error)))
            self.failure = error
            return
        self.content, self._unwritten, self.failure = content, None, None

    def _check_unchanged(self) -> None:
        """Check that the place holds what this run has read or written there.

        Raises:
            TapError: If it does not: another run has come further, or somebody has taken the state away on purpose.
        """
        if self._place.read() != self.content:
            cause = f"the state {self._place.label} was changed by something else during this run, and stays so"
            raise TryLaterError(cause, "see that one run of an account has ended before the next begins")


def parsed_state(content: bytes, what: str) -> State:
    """Return the state in a text.

    Raises:
        TapError: If it is none.
    """
    try:
        state = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise TapError(f"{what} is not JSON ({error})", STATE_REMEDY) from error
    if not isinstance(state, dict):
        raise TapError(f"{what} is not a JSON object", STATE_REMEDY)
    check_state(state, what)
    return state


def older_bookmarks(held: Mapping[str, Any], new: Mapping[str, Any], now_seconds: float) -> list[str]:
    """Return the streams of which a new state knows less than one that is held.

    A bookmark that lies in the future was set by a wrong clock, and one that is gone from its stream is of a stream
    that begins anew; the tap takes back both.

    Args:
        held: The state that is held.
        new: The state that is to take its place.
        now_seconds: The time, in seconds since 1970.
    """
    bookmarks = new.get("bookmarks", {})
    return [
        name
        for name, before in held.get("bookmarks", {}).items()
        if before and (name not in bookmarks or _is_older(bookmarks[name], before, now_seconds))
    ]


def _is_older(bookmark: Mapping[str, Any], before: Mapping[str, Any], now_seconds: float) -> bool:
    if bookmark.get("replication_key") != before.get("replication_key"):
        return False
    value, former = (seconds_or_none(each.get("replication_key_value")) for each in (bookmark, before))
    return value is not None and former is not None and value < former <= now_seconds
