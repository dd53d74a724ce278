"""Names in each state the account that its bookmarks belong to, and refuses the state of another account.

Read with the bookmarks of another account, all older rows would silently be left out. So a state is

    {"bookmarks": {...}, "accounts": {"Z2lkOi8vSm9iYmVyL0FjY291bnQvMQ==": "Maple Ridge Plumbing"}}

The account's id is a key, since whatever keeps states may merge them: Meltano does after `--full-refresh`, object by
object. Where bookmarks of two accounts have come together so, both accounts are named. A state of an older version of
the tap names none, and older versions ignore the name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_jobber.credentials.encoded_ids import is_same_account
from tap_jobber.credentials.stores.record import Account
from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from collections.abc import MutableMapping

ACCOUNTS = "accounts"


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
