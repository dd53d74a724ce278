"""Decides which of a client's records a worker means: by account, by configured refresh token, or the only one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_jobber.credentials.stores.base import only_settled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_jobber.credentials.stores.record import Record


def chosen(records: Sequence[Record], account_id: str | None, seed: str | None) -> Record | None:
    """The record whose tokens a worker uses, or None if its seed has to be redeemed first.

    A seed that no settled record has dealt with is a newer authorisation: what came of redeeming it goes first until
    the installer rule has been applied to it. Without a settled record and without a seed, tokens that were
    obtained and not yet settled are taken, the latest first: a log-in may have been cut off.

    Args:
        records: All records of the client.
        account_id: The configured account.
        seed: The configured refresh token.

    Raises:
        TapError: Several accounts could be meant.
    """
    if account_id is None:
        settled = only_settled(records)
    else:
        settled = next((each for each in records if each.is_settled and each.place == account_id), None)
    if settled is not None and any(each.began_with(seed) for each in records if each.is_settled):
        return settled
    fitting = [
        each
        for each in records
        if not each.is_settled
        and each.began_with(seed)
        and (account_id is None or each.account is None or each.account.id == account_id or seed is not None)
    ]
    return max(fitting, key=lambda each: each.connected_at, default=None)
