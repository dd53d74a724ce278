"""Choose among a client's records: the one a worker uses, and the accounts that new tokens may belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_jobber.credentials.encoded_ids import account_number
from tap_jobber.errors import TapError
from tap_jobber.wording import enumerated

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_jobber.credentials.stores.record import Record


def connected_account_ids(records: Iterable[Record]) -> frozenset[str]:
    """Return the ids of the accounts that are connected, in whatever state."""
    return frozenset(record.key for record in records if record.is_settled)


def allowed_account_ids(records: Iterable[Record], configured_account_id: str | None) -> frozenset[str] | None:
    """Return the ids of the accounts that may be connected, or None if any may.

    That is the configured account; without one, the accounts that are connected; without any, every account.
    """
    if configured_account_id:
        return frozenset({configured_account_id})
    return connected_account_ids(records) or None


def named_accounts(records: Iterable[Record]) -> str:
    """Return the accounts of records for people: names, with the numbers that `account_id` takes as well as IDs."""
    accounts = [record.account for record in records if record.account is not None]
    named = [(each.name, account_number(each.id) or each.id) for each in accounts]
    return enumerated(sorted(f"{name} ({number})" if name else number for name, number in named))


def only_connected(records: Iterable[Record]) -> Record | None:
    """Return the only settled record, or None if there is none.

    Raises:
        TapError: There are several.
    """
    settled = [record for record in records if record.is_settled]
    if len(settled) > 1:
        cause = f"The token store holds {len(settled)} accounts of this client, {named_accounts(settled)}"
        remedy = "set account_id to the number or ID of the one that is meant; tap-jobber --credentials lists them"
        raise TapError(cause, remedy)
    return settled[0] if settled else None


def choose_record(records: Sequence[Record], account_id: str | None, seed: str | None) -> Record | None:
    """Return the record whose tokens a worker uses, or None if its seed has to be redeemed first.

    The common case is the settled record of the account. A seed that no settled record has dealt with is a newer
    authorisation: the pending record of its tokens goes first until the installer rule has been applied to it. Without
    a settled record and without a seed, the latest pending record is used: a log-in may have been cut off.

    Args:
        records: All records of the client.
        account_id: The configured account.
        seed: The configured refresh token.

    Raises:
        TapError: Several accounts could be meant.
    """
    if account_id is None:
        settled = only_connected(records)
    else:
        settled = next((each for each in records if each.is_settled and each.key == account_id), None)
    if settled is not None and any(each.covers_seed(seed) for each in records if each.is_settled):
        return settled
    pending = [
        each
        for each in records
        if not each.is_settled
        and each.covers_seed(seed)
        and (account_id is None or each.account is None or each.account.id == account_id or seed is not None)
    ]
    return max(pending, key=lambda each: each.connected_at, default=None)
