"""The choice among the accounts of a token store, and how they are named to people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tap_jobber.credentials.account_choice import named_accounts, only_connected
from tap_jobber.credentials.stores.record import Account, Record
from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Iterable


def records(accounts: Iterable[Account]) -> list[Record]:
    """Return connected records of accounts."""
    return [Record("client", "access", 0.0, 3600.0, "refresh", None, 0.0, account=each) for each in accounts]


def test_accounts_are_named_by_their_numbers_where_they_have_some() -> None:
    accounts = [Account("Z2lkOi8vSm9iYmVyL0FjY291bnQvMTI="), Account("gid://Jobber/Account/7"), Account("odd", "Oak")]
    assert named_accounts(records(accounts)) == "12, 7, Oak (odd)"


def test_of_many_accounts_only_some_are_named() -> None:
    with pytest.raises(TapError, match=r"holds 500 accounts of this client, .* and \d+ others") as caught:
        only_connected(records(Account(f"gid://Jobber/Account/{number}", "Oak") for number in range(500)))
    assert len(str(caught.value)) < 300
