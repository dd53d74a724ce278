"""Makes newly obtained tokens stand for their account, or not: the installer rule applied to a store.

Tokens go into the store as soon as they are there, as a record of their own beside the settled ones. So nothing that
happens before the rule has been applied can lose them, and they never overwrite an installer's.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tap_jobber.credentials.installer import Identity, Ruling, rule
from tap_jobber.credentials.jwt_claims import claims, expiry
from tap_jobber.credentials.stores.record import PENDING, Record, State, fingerprint
from tap_jobber.credentials.token_errors import error_of, explain_code
from tap_jobber.errors import TapError
from tap_jobber.wording import enumerated

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from tap_jobber.credentials.stores.base import TokenStore
    from tap_jobber.credentials.token_endpoint import TokenEndpoint
    from tap_jobber.credentials.token_responses import Tokens

_REPLACE = "tap-jobber --login --replace-installer"


class OtherAccountError(TapError):
    """The tokens are of another account than the one that was asked for."""


@dataclass(frozen=True)
class Wishes:
    """What a person wants of a connection.

    Args:
        allowed: The ids of the accounts that may be connected; empty for any.
        replace_installer: Whether another user is to take the installer's place.
        name: A name for the connection; None keeps the one it has.
        description: A short description; None keeps the one it has.
        past_seeds: Fingerprints of configured refresh tokens that this connection makes obsolete.
    """

    allowed: Collection[str] = ()
    replace_installer: bool = False
    name: str | None = None
    description: str | None = None
    past_seeds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settled:
    """What became of new tokens.

    Args:
        ruling: What was decided.
        record: The record that stands for the account now.
        identity: Whose the new tokens are, or were.
    """

    ruling: Ruling
    record: Record
    identity: Identity

    @property
    def line(self) -> str:
        """What was decided, for people: one line without a full stop."""
        account, user, installer = self.identity.account, self.identity.user, self.record.installer
        if self.ruling is not Ruling.DISCARDED:
            return f"Connected to {account} as {user or 'a user that the app may not see'}"
        stays = "stays, though Jobber refuses it" if self.record.state is State.REFUSED else "stays"
        return (
            f"The new tokens are of {user or 'a user that the app may not see'}, not of {installer} who installed the "
            f"app for {account}: they are discarded, and the installer's connection {stays}; to make the new user the "
            f"installer, run {_REPLACE}"
        )


def connect_by_code(  # noqa: PLR0913 - what an exchange needs, and seams that tests replace
    store: TokenStore,
    endpoint: TokenEndpoint,
    *,
    code: str,
    redirect_uri: str,
    whose: Callable[[str], Identity],
    wishes: Wishes | None = None,
    clock: Callable[[], float] = time.time,
) -> Settled:
    """Redeems an authorization code and settles what comes of it. The code is sent once, whatever happens.

    Args:
        store: Where the tokens go.
        endpoint: Jobber's token endpoint.
        code: The code of the redirect.
        redirect_uri: The address that the code came to.
        whose: Asks Jobber whose an access token is.
        wishes: What the person wants.
        clock: Epoch seconds.

    Raises:
        OtherAccountError: The tokens are of an account that is not allowed.
        TapError: There are none, or it could not be found out whose they are; then they wait in the store.
    """
    store.check_writable()
    answer = endpoint.exchange(code, redirect_uri)
    if answer.tokens is None:
        raise error_of(answer.outcome, *explain_code(answer, endpoint.url))
    if answer.tokens.refresh_token is None:
        raise TapError("Jobber issued no refresh token for the code", "run tap-jobber --login again")
    pending = new_record(endpoint.client_id, answer.tokens, answer.tokens.refresh_token, None, clock())
    store.save(pending)
    return settle(store, pending, whose(pending.access_token), wishes, clock=clock)


def new_record(
    client_id: str, tokens: Tokens, refresh_token: str, seed_fingerprint: str | None, now_seconds: float
) -> Record:
    """A record of new tokens that nobody has settled yet.

    Args:
        client_id: The app's client id.
        tokens: What Jobber has issued.
        refresh_token: The refresh token that goes on.
        seed_fingerprint: Digest of the configured refresh token that they were bought with, if it was one.
        now_seconds: Epoch seconds.
    """
    readable = claims(tokens.access_token)
    return Record(
        client_id=client_id,
        access_token=tokens.access_token,
        access_token_obtained_at=now_seconds,
        access_token_expires_at=expiry(tokens.access_token, tokens.expires_at, now_seconds),
        refresh_token=refresh_token,
        seed_fingerprint=seed_fingerprint,
        connected_at=now_seconds,
        pending=pending_name(seed_fingerprint or fingerprint(refresh_token)),
        scopes=readable.scopes if readable else (),
    )


def pending_name(digest: str) -> str:
    """The name of a record that is not settled yet, by the fingerprint of what it began with."""
    return digest.removeprefix("sha256:")[:24]


def settle(
    store: TokenStore,
    pending: Record,
    identity: Identity,
    wishes: Wishes | None = None,
    *,
    clock: Callable[[], float] = time.time,
) -> Settled:
    """Applies the installer rule to tokens in the store, in one step.

    Refused ones stay in the store, set aside with the name of their account: they may be the only good ones of it, and
    connect it as soon as that account is asked for.

    Raises:
        OtherAccountError: They are of an account that is not allowed.
        TapError: The store cannot be read or written, or lost them.
    """
    wishes = wishes or Wishes()
    account_id = identity.account.id
    result: list[Settled] = []

    def decide(records: Mapping[str, Record]) -> dict[str, Record | None]:
        standing = records.get(account_id)
        ruling = rule(standing, identity, allowed=wishes.allowed, replace=wishes.replace_installer)
        new = records.get(pending.place)
        if new is None:
            # Another worker was faster with the same tokens, and what came of them may be newer by now.
            result[:] = [Settled(ruling, standing, identity)] if standing and ruling is not Ruling.REPLACED else []
            return {}
        now = clock()
        if ruling is Ruling.REFUSED:
            result[:] = [Settled(ruling, _set_aside(new, identity, now), identity)]
            return {new.place: result[0].record}
        if ruling is Ruling.DISCARDED and standing is not None:
            result[:] = [Settled(ruling, standing.with_past_seeds(new.seed_fingerprint, *wishes.past_seeds), identity)]
            return {new.place: None, account_id: result[0].record}
        superseded = {place: each for place, each in records.items() if _is_superseded(each, new, account_id)}
        record = _standing(standing, new, ruling, identity, wishes)
        record = record.with_past_seeds(*record.past_seeds, *(each.seed_fingerprint for each in superseded.values()))
        result[:] = [Settled(ruling, record, identity)]
        return {**dict.fromkeys(superseded), new.place: None, account_id: record}

    # Refreshes that are under way end first. One of the account would save its tokens over the new ones; one of the
    # new tokens would use up a refresh token that stands in another place by then, where others redeem it too.
    with store.exclusive(pending.client_id, pending.place), store.exclusive(pending.client_id, account_id):
        store.change(pending.client_id, decide)
    if not result:
        raise TapError("The new tokens are no longer in the token store", "authorise the app again")
    if result[0].ruling is Ruling.REFUSED:
        raise _other_account(store, result[0])
    return result[0]


def _standing(former: Record | None, new: Record, ruling: Ruling, identity: Identity, wishes: Wishes) -> Record:
    """The new tokens as the record of their account, with what was known of it."""
    known = former or new
    past_seeds = (former.seed_fingerprint, *former.past_seeds) if former else ()
    record = replace(
        new,
        pending=None,
        connected_at=former.connected_at if former and ruling is Ruling.OWN else new.connected_at,
        account=replace(known.account, name=identity.account.name) if former and known.account else identity.account,
        installer=former.installer if former and ruling is Ruling.OWN else identity.user,
        name=known.name if wishes.name is None else wishes.name,
        description=known.description if wishes.description is None else wishes.description,
        state=State.CONNECTED,
        state_since=None,
        state_reason=None,
        api_version=identity.api_version or known.api_version,
        api_version_warning=identity.api_version_warning,
        syncs=known.syncs,
        extra={**known.extra, **new.extra},
    )
    return record.with_past_seeds(*wishes.past_seeds, *past_seeds)


def _set_aside(new: Record, identity: Identity, now_seconds: float) -> Record:
    pending = new.place.removeprefix(PENDING)
    identified = replace(new, account=identity.account, installer=identity.user, pending=pending)
    return identified.with_state(State.REFUSED, now_seconds, "another account was asked for")


def _is_superseded(record: Record, new: Record, account_id: str) -> bool:
    """Whether a record is what a log-in to the same account has left that was refused or cut off.

    Where Jobber has not been asked whose the tokens are, they tell it themselves. Newer ones stay, since they may be
    the only good ones.
    """
    if record.is_settled or record.place == new.place:
        return False
    if record.account is not None:
        return record.account.id == account_id
    named = _account_named_by(record)
    return named is not None and named == _account_named_by(new) and record.connected_at <= new.connected_at


def _account_named_by(record: Record) -> str | None:
    """Jobber's internal number of the account, where the access token can be read."""
    readable = claims(record.access_token)
    return readable.account_id if readable else None


def _other_account(store: TokenStore, refused: Settled) -> OtherAccountError:
    """The line for tokens of another account."""
    client_id, account = refused.record.client_id, refused.identity.account
    settled = [str(each.account) for each in store.records(client_id) if each.is_settled]
    connected = f"; the store is connected to {enumerated(settled)}" if settled else ""
    cause = f"The new tokens are of the Jobber account {account}, which is not the one asked for{connected}"
    remedy = f"authorise with a user of the right account, or set account_id to {account.id} to read this one"
    return OtherAccountError(cause, remedy)
