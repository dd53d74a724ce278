"""Turn an authorization into a connected account: redeem the code, store the tokens, apply the installer rule.

New tokens are stored at once, as a pending record beside the settled ones. Whatever happens before the installer rule
is applied, they are not lost and never overwrite an installer's. Settling applies the rule: the pending record becomes
the settled record of its account, or is discarded.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tap_jobber.credentials.installer import Identity, InstallerDecision, decide_installer
from tap_jobber.credentials.jwt_claims import access_token_expires_at, read_claims
from tap_jobber.credentials.stores.connection_events import EventKind, condition_of
from tap_jobber.credentials.stores.record import PENDING, Record, State, fingerprint
from tap_jobber.credentials.token_errors import explain_code_failure, token_error
from tap_jobber.errors import TapError
from tap_jobber.wording import enumerated

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from tap_jobber.credentials.stores.base import TokenStore
    from tap_jobber.credentials.stores.record import Installer
    from tap_jobber.credentials.token_endpoint import TokenEndpoint
    from tap_jobber.credentials.token_responses import Tokens

_REPLACE_COMMAND = "tap-jobber --login --replace-installer"
_PENDING_NAME_CHARACTERS = 24


class OtherAccountError(TapError):
    """The tokens are of an account that is not allowed.

    Args:
        cause: As for `TapError`.
        remedy: As for `TapError`.
        record: The pending record that the tokens stay in.
    """

    def __init__(self, cause: str, remedy: str, record: Record) -> None:
        super().__init__(cause, remedy)
        self.record = record


@dataclass(frozen=True)
class ConnectOptions:
    """Options for connecting an account.

    Args:
        allowed_account_ids: The accounts that may be connected; None for any.
        is_known_only: True if only an account that has a connection already may be connected.
        replace_installer: True to let another user replace the installer.
        name: A name for the connection; None keeps the one it has.
        description: A short description; None keeps the one it has.
        past_seeds: Fingerprints of configured refresh tokens that this connection makes obsolete.
    """

    allowed_account_ids: Collection[str] | None = None
    is_known_only: bool = False
    replace_installer: bool = False
    name: str | None = None
    description: str | None = None
    past_seeds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settlement:
    """Result of applying the installer rule to new tokens.

    Args:
        decision: The decision.
        record: The record that stands for the account now.
        identity: Account and user of the new tokens.
    """

    decision: InstallerDecision
    record: Record
    identity: Identity

    @property
    def line(self) -> str:
        """The decision for people: one line without a full stop."""
        account, user, installer = self.identity.account, self.identity.user, self.record.installer
        if self.decision is not InstallerDecision.DISCARDED:
            return f"Connected to {account} as {user or 'a user that the app may not see'}"
        stays = "stays, though Jobber refuses it" if self.record.state is State.REFUSED else "stays"
        return (
            f"The new tokens are of {user or 'a user that the app may not see'}, not of {installer} who installed the "
            f"app for {account}: they are discarded, and the installer's connection {stays}; to make the new user the "
            f"installer, run {_REPLACE_COMMAND}"
        )


def connect_by_code(  # noqa: PLR0913 - what an exchange needs, and seams that tests replace
    store: TokenStore,
    endpoint: TokenEndpoint,
    *,
    code: str,
    redirect_uri: str,
    identify: Callable[[str], Identity],
    options: ConnectOptions | None = None,
    clock: Callable[[], float] = time.time,
) -> Settlement:
    """Redeem an authorization code and settle its tokens. The code is sent once, whatever happens.

    Args:
        store: The token store.
        endpoint: Jobber's token endpoint.
        code: The code of the redirect.
        redirect_uri: The address that the code came to.
        identify: Asks Jobber for account and user of an access token.
        options: Options for the connection.
        clock: Seconds since 1970.

    Raises:
        OtherAccountError: The tokens are of an account that is not allowed.
        TapError: Jobber issued no tokens, or did not tell whose they are; in that case they stay pending in the store.
    """
    store.check_writable()
    response = endpoint.exchange_code(code, redirect_uri)
    if response.tokens is None:
        raise token_error(response.outcome, *explain_code_failure(response, endpoint.url))
    if response.tokens.refresh_token is None:
        raise TapError("Jobber issued no refresh token for the code", "run tap-jobber --login again")
    pending = new_record(endpoint.client_id, response.tokens, response.tokens.refresh_token, None, clock())
    store.save(pending)
    return settle(store, pending, identify(pending.access_token), options, clock=clock)


def new_record(
    client_id: str, tokens: Tokens, refresh_token: str, seed_fingerprint: str | None, now_seconds: float
) -> Record:
    """Return a pending record of new tokens.

    Args:
        client_id: The app's client id.
        tokens: The tokens that Jobber has issued.
        refresh_token: The refresh token to redeem next.
        seed_fingerprint: Fingerprint of the configured refresh token, if that was redeemed for them.
        now_seconds: Seconds since 1970.
    """
    claims = read_claims(tokens.access_token)
    return Record(
        client_id=client_id,
        access_token=tokens.access_token,
        access_token_obtained_at=now_seconds,
        access_token_expires_at=access_token_expires_at(tokens.access_token, tokens.expires_at, now_seconds),
        refresh_token=refresh_token,
        seed_fingerprint=seed_fingerprint,
        connected_at=now_seconds,
        pending=pending_name(seed_fingerprint or fingerprint(refresh_token)),
        scopes=claims.scopes if claims else (),
    )


def pending_name(digest: str) -> str:
    """Return the name of a pending record, made of the fingerprint of the token that it began with."""
    return digest.removeprefix("sha256:")[:_PENDING_NAME_CHARACTERS]


def settle(
    store: TokenStore,
    pending: Record,
    identity: Identity,
    options: ConnectOptions | None = None,
    *,
    clock: Callable[[], float] = time.time,
) -> Settlement:
    """Apply the installer rule to pending tokens, in one transaction of the store.

    Refused tokens stay pending, with the name of their account: they may be the only valid ones of it, and connect it
    as soon as that account is asked for.

    Raises:
        OtherAccountError: They are of an account that is not allowed.
        TapError: The store cannot be read or written, or lost them.
    """
    wanted, account_id = options or ConnectOptions(), identity.account.id

    def decide(records: Mapping[str, Record]) -> tuple[Mapping[str, Record | None], Settlement | None]:
        return _settle_records(records, pending, identity, wanted, clock())

    # Refreshes that are under way end first. One of the account would save its tokens over the new ones. One of the
    # new tokens would use up a refresh token that has another key by then, where other workers redeem it too.
    with store.lock(pending.client_id, pending.key), store.lock(pending.client_id, account_id):
        keys = {account_id, pending.key, *store.pending_keys(pending.client_id)}
        settlement = store.change(pending.client_id, decide, keys)
    if settlement is None:
        raise TapError("The new tokens are no longer in the token store", "authorise the app again")
    if settlement.decision is InstallerDecision.REFUSED:
        raise _other_account(store, settlement)
    return settlement


def _settle_records(
    records: Mapping[str, Record], pending: Record, identity: Identity, options: ConnectOptions, now_seconds: float
) -> tuple[Mapping[str, Record | None], Settlement | None]:
    """Return the records to write, by key, and the settlement; no settlement if the new tokens are gone."""
    account_id = identity.account.id
    former, new = records.get(account_id), records.get(pending.key)
    known = {account_id} if former else set[str]()
    decision = decide_installer(
        former,
        identity,
        allowed_account_ids=known if options.is_known_only else options.allowed_account_ids,
        replace_installer=options.replace_installer,
    )
    if new is None:
        # Another worker settled the same tokens first, and may have refreshed them since.
        is_settled = former is not None and decision is not InstallerDecision.REPLACED
        return {}, Settlement(decision, former, identity) if former is not None and is_settled else None
    if decision is InstallerDecision.REFUSED:
        refused = _refused(new, identity, now_seconds)
        return {new.key: refused}, Settlement(decision, refused, identity)
    if decision is InstallerDecision.DISCARDED and former is not None:
        kept = former.with_past_seeds(new.seed_fingerprint, *options.past_seeds)
        return {new.key: None, account_id: kept}, Settlement(decision, kept, identity)
    superseded = {key: each for key, each in records.items() if _is_superseded(each, new, account_id)}
    record = _settled(former, new, decision, identity, options)
    if condition_of(former) is not EventKind.CONNECTED and former is not None:
        record = replace(record, state_since=now_seconds)  # what runs met before says nothing of the new tokens
    record = record.with_past_seeds(*record.past_seeds, *(each.seed_fingerprint for each in superseded.values()))
    writes = {**dict.fromkeys(superseded), new.key: None, account_id: record}
    return writes, Settlement(decision, record, identity)


def _settled(
    former: Record | None, new: Record, decision: InstallerDecision, identity: Identity, options: ConnectOptions
) -> Record:
    """Return the new tokens as the record of their account, with all that the former record noted."""
    known, is_own = former or new, decision is InstallerDecision.OWN
    past_seeds = (former.seed_fingerprint, *former.past_seeds) if former else ()
    record = replace(
        new,
        pending=None,
        connected_at=former.connected_at if former and is_own else new.connected_at,
        account=replace(known.account, name=identity.account.name) if former and known.account else identity.account,
        installer=_in_present_zone(former.installer, identity) if former and is_own else identity.user,
        name=known.name if options.name is None else options.name,
        description=known.description if options.description is None else options.description,
        state=State.CONNECTED,
        state_since=None,
        state_reason=None,
        api_version=identity.api_version or known.api_version,
        api_version_warning=identity.api_version_warning,
        syncs=known.syncs,
        extra={**known.extra, **new.extra},
    )
    return record.with_past_seeds(*options.past_seeds, *past_seeds)


def _in_present_zone(installer: Installer | None, identity: Identity) -> Installer | None:
    """Return the installer with the time zone that Jobber has just told."""
    zone = identity.user.timezone if identity.user else None
    return replace(installer, timezone=zone) if installer and zone else installer


def _refused(new: Record, identity: Identity, now_seconds: float) -> Record:
    """Return a pending record whose account is known and not allowed."""
    pending = new.key.removeprefix(PENDING)
    identified = replace(new, account=identity.account, installer=identity.user, pending=pending)
    return identified.with_state(State.REFUSED, now_seconds, "another account was asked for")


def _is_superseded(record: Record, new: Record, account_id: str) -> bool:
    """Return True if a record is the remainder of an earlier log-in to the same account that was refused or cut off.

    If Jobber has not been asked for its account, the access token states it. Newer records stay, since they may hold
    the only valid tokens.
    """
    if record.is_settled or record.key == new.key:
        return False
    if record.account is not None:
        return record.account.id == account_id
    stated = _account_number(record)
    return stated is not None and stated == _account_number(new) and record.connected_at <= new.connected_at


def _account_number(record: Record) -> str | None:
    """Return the account's internal number, if the access token can be read."""
    claims = read_claims(record.access_token)
    return claims.account_id if claims else None


def _other_account(store: TokenStore, refused: Settlement) -> OtherAccountError:
    client_id, account = refused.record.client_id, refused.identity.account
    settled = [str(each.account) for each in store.records(client_id) if each.is_settled]
    connected = f"; the store is connected to {enumerated(settled)}" if settled else ""
    cause = f"The new tokens are of the Jobber account {account}, which is not the one asked for{connected}"
    remedy = f"authorise with a user of the right account, or set account_id to {account.id} to read this one"
    return OtherAccountError(cause, remedy, refused.record)
