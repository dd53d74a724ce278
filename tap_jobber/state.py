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
# What says in a bookmark how far its stream has been read.
_MOMENTS = ("replication_key_value", "readAt", "read")


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
