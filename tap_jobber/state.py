"""Names in each state the account that its bookmarks belong to, and refuses the state of another account.

Read with the bookmarks of another account, all older rows would silently be left out. So a state is

    {"bookmarks": {...}, "accounts": {"Z2lkOi8vSm9iYmVyL0FjY291bnQvMQ==": "Maple Ridge Plumbing"}}

The account's id is a key, since whatever keeps states may merge them: Meltano does after `--full-refresh`, object by
object. Where bookmarks of two accounts have come together so, both accounts are named. A state of an older version of
the tap names none, and older versions ignore the name.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tap_jobber.credentials.encoded_ids import is_same_account
from tap_jobber.credentials.stores.record import Account
from tap_jobber.errors import TapError
from tap_jobber.timestamps import parse_clamped_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

logger = logging.getLogger("tap-jobber")

ACCOUNTS = "accounts"
VERSION = "version"
"""The key of the version that the last run wrote rows with, so that a target can tell which are gone."""
# What says in a bookmark how far its stream has been read.
_MOMENTS = ("replication_key_value", "readAt", "read")
STATE_REMEDY = "give the last state that a run wrote, or none to read everything again"
"""The remedy for a state that cannot be used."""


def check_state(state: Mapping[str, Any], what: str) -> None:
    """Check that an object is a Singer state.

    Args:
        state: The object.
        what: Where it comes from, for people.

    Raises:
        TapError: If it is not.
    """
    if state.get("type") == "STATE":
        cause = f"{what} is a whole STATE message"
        raise TapError(cause, "keep its value alone, as Singer targets write it: that is the last state of the run")
    if state and "bookmarks" not in state:
        raise TapError(f"{what} is not a Singer state (it has no bookmarks)", STATE_REMEDY)
    bookmarks = state.get("bookmarks", {})
    if not isinstance(bookmarks, dict) or not all(isinstance(each, dict) for each in bookmarks.values()):
        raise TapError(f"{what} is not a Singer state (bookmarks must be an object of objects)", STATE_REMEDY)
    if not all(_is_partitioned(each.get("partitions", [])) for each in bookmarks.values()):
        cause = f"{what} is not a Singer state (partitions must be a list of objects with a context)"
        raise TapError(cause, STATE_REMEDY)
    if not isinstance(state.get(ACCOUNTS, {}), dict):
        raise TapError(f"{what} does not name its account ({ACCOUNTS} must be an object)", STATE_REMEDY)


def _is_partitioned(partitions: object) -> bool:
    return isinstance(partitions, list) and all(
        isinstance(each, dict) and isinstance(each.get("context"), dict) for each in partitions
    )


def claim(state: MutableMapping[str, Any], account: Account) -> None:
    """Write the account into a state.

    Args:
        state: The state, changed in place.
        account: The account that is read.

    Raises:
        TapError: If the state names another account.
    """
    named = [Account(each, name) for each, name in state.get(ACCOUNTS, {}).items()]
    others = [str(other) for other in named if not is_same_account(other.id, account.id)]
    if others:
        cause = f"the state has bookmarks of {', '.join(others)}, and this run reads the Jobber account {account}"
        remedy = (
            "give each account a state of its own (with Meltano: a --state-id-suffix for each), or clear this one to "
            "read everything again"
        )
        raise TapError(cause, remedy)
    # Older versions of the tap read no state without bookmarks.
    state.setdefault("bookmarks", {})
    state[ACCOUNTS] = {account.id: account.name}


def drop_future_bookmarks(state: MutableMapping[str, Any], is_future: Callable[[int], bool]) -> None:
    """Drop bookmarks that lie in the future, where a wrong clock has put them: nothing would be read until then.

    Args:
        state: The state, changed in place.
        is_future: Tells if a moment has not come yet.
    """
    dropped = [name for name, bookmark in state["bookmarks"].items() if _is_ahead(bookmark, is_future)]
    for name in dropped:
        for key in _MOMENTS:
            state["bookmarks"][name].pop(key, None)
    if dropped:
        logger.warning(
            "The state has bookmarks that lie in the future, which a wrong clock must have set; all is read again of "
            "%s: see that this machine's clock is right",
            ", ".join(dropped),
        )


def _is_ahead(bookmark: Mapping[str, Any], is_future: Callable[[int], bool]) -> bool:
    read = bookmark.get("read")
    began = read.get("began") if isinstance(read, dict) else None
    for moment in (bookmark.get("replication_key_value"), bookmark.get("readAt"), began):
        with suppress(ValueError):  # what is no time is refused where it is used
            if moment is not None and is_future(parse_clamped_timestamp(str(moment))):
                return True
    return False
