"""The connections behind the page: codes redeemed by the installer rule, connections shown, ended and marked."""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from tap_jobber.connect.jobber_api import RETRY_SECONDS, TIMEOUT_SECONDS, JobberApi
from tap_jobber.connect.sessions import Person, shortened
from tap_jobber.connect.webhook_events import is_outdated, readings, same_account
from tap_jobber.credentials.authorization import OtherAccountError, Settled, Wishes, connect_by_code
from tap_jobber.credentials.credential import Credential
from tap_jobber.credentials.installer import Ruling
from tap_jobber.credentials.jwt_claims import claims
from tap_jobber.credentials.refresh_process import run_detached
from tap_jobber.credentials.stores.location import open_store
from tap_jobber.credentials.stores.record import Record, State
from tap_jobber.credentials.token_responses import Outcome
from tap_jobber.errors import TapError
from tap_jobber.redaction import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from tap_jobber.connect.connect_settings import ConnectSettings
    from tap_jobber.connect.webhook_events import Event
    from tap_jobber.credentials.installer import Identity
    from tap_jobber.credentials.refresh import RefreshJob, Report

logger = logging.getLogger("tap-jobber.connect")

_KEPT_SECRETS = 1_000
_DEAD = frozenset({Outcome.REFUSED, Outcome.DISCONNECTED})
_NO_ACCOUNT = "none"
"""Allows no account at all, where an empty list would allow any."""


class Became(str, Enum):
    """What became of the tokens that a code bought."""

    CONNECTED = "connected"
    """They connect the account."""
    RENEWED = "renewed"
    """They are the installer's own and replace the stored ones."""
    KEPT = "kept"
    """They are another admin's and are discarded; the installer's stay."""


_BECAME = {Ruling.FIRST: Became.CONNECTED, Ruling.OWN: Became.RENEWED, Ruling.DISCARDED: Became.KEPT}


@dataclass(frozen=True)
class Arrival:
    """Someone whom Jobber has sent with a code.

    Args:
        person: Who they are.
        became: What became of their tokens.
    """

    person: Person
    became: Became


class UnknownAccountError(TapError):
    """The code is of an account that is not connected here, and was not meant to connect it."""


class ConnectedAccounts:
    """The connections of one app in one token store.

    Args:
        config: The settings of the page.
        clock: Epoch seconds.
    """

    def __init__(self, config: ConnectSettings, clock: Callable[[], float] = time.time) -> None:
        self._config = config
        self._clock = clock
        self._store = open_store(config.token_store, lock_timeout_seconds=RETRY_SECONDS)
        self._jobber = JobberApi(config)
        self._seen: deque[str] = deque(maxlen=_KEPT_SECRETS)

    def check(self) -> None:
        """Find out whether the store can be used.

        Raises:
            TapError: It cannot.
        """
        self._store.check_writable()
        self._records()

    def secrets(self) -> Iterable[str]:
        """Every secret known so far, for redaction."""
        return (self._config.client_secret, self._config.session_secret, *tuple(self._seen))

    def authorised(self, code: str) -> Arrival:
        """Redeem a code of an authorisation that this page has started.

        Raises:
            CodeRefusedError: Jobber does not take it.
            TapError: It came to nothing; what was connected stays so.
        """
        return self._arrival(self._redeemed(code, self._config.callback_url, Wishes()))

    def managed(self, code: str) -> Arrival:
        """Redeem a code of the Manage App button.

        Which address its exchange has to name is not documented: the registered one, or the one that it came to.

        Raises:
            CodeRefusedError: Jobber does not take it.
            UnknownAccountError: Its account is not connected here.
            TapError: It came to nothing; what was connected stays so.
        """
        known = {record.place for record in self._records()} or {_NO_ACCOUNT}
        return self._arrival(
            self._redeemed(code, self._config.callback_url, Wishes(allowed=known), self._config.manage_url)
        )

    def record(self, account_id: str) -> Record | None:
        """The connection of an account; its tokens may be sealed.

        Raises:
            TapError: The store cannot be read.
        """
        return next((record for record in self._records() if record.place == account_id), None)

    def disconnect(self, account_id: str) -> bool:
        """End the connection of an account, in Jobber and then here; False if Jobber could not be asked any more.

        Raises:
            TapError: Jobber did not agree, or it or the store could not be reached; it can be tried again.
        """
        record = self.record(account_id)
        if record is None:
            return True
        has_ended = self._end_in_jobber(account_id)
        with self._store.exclusive(self._config.client_id, account_id):
            self._store.remove(record)
        logger.info("%s", printable(f"Disconnected {record.account}, which {record.installer} had installed"))
        return has_ended

    def _end_in_jobber(self, account_id: str) -> bool:
        """Disconnect the app; False if its tokens are dead, so that Jobber cannot be asked, and nothing is to be kept.

        Raises:
            TapError: Jobber did not agree, or could not be reached.
        """
        outcome: Outcome | None = None

        def refreshed(job: RefreshJob) -> Report:
            nonlocal outcome
            report = run_detached(job)
            outcome = report.outcome
            return report

        credential = Credential(
            client_id=self._config.client_id,
            client_secret=self._config.client_secret,
            seed_refresh_token=None,
            token_url=self._jobber.token_url,
            store=self._store,
            account_id=account_id,
            user_agent=self._jobber.user_agent,
            lock_timeout_seconds=RETRY_SECONDS,
            read_timeout_seconds=TIMEOUT_SECONDS,
            patience_seconds=RETRY_SECONDS,
            refresher=refreshed,
        )
        try:
            self._jobber.disconnect(credential)
        except TapError as error:
            found = self.record(account_id)
            # What the store has noted before may be so no longer; only what Jobber says now tells that they are dead.
            if found is not None and (found.state is State.CONNECTED or outcome not in _DEAD):
                raise
            logger.warning("%s", error)
            return outcome is not Outcome.REFUSED
        finally:
            self._seen.extend(credential.secrets())
        return True

    def has_ended(self, event: Event) -> bool:
        """Note that a connection was ended in Jobber; False if the event is about none of these here.

        Raises:
            TapError: The store cannot be read or written.
        """
        meant = self._meant(event.account_id)
        current = [record for record in meant if self._end(record, event)]
        for record in current:
            logger.info("%s", printable(f"Jobber says that {record.account} was disconnected"))
        if not current:
            why = "it is older than the tokens" if meant else "there is no such connection"
            logger.info("A webhook of a disconnect of account %.80r was passed over: %s", event.account_id, why)
        return bool(current)

    def _meant(self, account_id: str) -> list[Record]:
        """The connections of the account that a webhook names.

        Should that be a number which no account's id holds, it is looked for in the access tokens: they have one too.
        """
        records = self._records()
        found = [record for record in records if same_account(record.place, account_id)]
        if found or not records:
            return found
        opened = self._store.records(self._config.client_id)
        named = [(record, claims(record.access_token)) for record in opened if record.is_settled]
        return [record for record, said in named if said and said.account_id in readings(account_id)]

    def _records(self) -> list[Record]:
        """The connections, without opening what is sealed."""
        records = self._store.records(self._config.client_id, is_sealed=True)
        return [record for record in records if record.is_settled]

    def _end(self, record: Record, event: Event) -> bool:
        """Mark a connection as disconnected, unless tokens have been issued to it since; whether it is marked now."""

        def ended(now: Record) -> Record:
            if is_outdated(event, now.access_token_obtained_at):
                return now
            return now.with_state(State.DISCONNECTED, self._clock(), "disconnected in Jobber")

        result = self._store.update(record, ended)
        return result is not None and result.state is State.DISCONNECTED

    def _discard(self, access_tokens: Collection[str]) -> None:
        """Remove tokens that were set aside: this page has no use for those of an account that nobody connected."""
        for record in self._store.records(self._config.client_id):
            if not record.is_settled and record.access_token in access_tokens:
                self._store.remove(record)

    def _redeemed(self, code: str, redirect_uri: str, wishes: Wishes, *other_uris: str) -> Settled:
        bought: list[str] = []

        def whose(access_token: str) -> Identity:
            bought.append(access_token)
            self._seen.append(access_token)
            return self._jobber.whose(access_token)

        try:
            settled = connect_by_code(
                self._store,
                self._jobber.code_endpoint(*other_uris),
                code=code,
                redirect_uri=redirect_uri,
                whose=whose,
                wishes=wishes,
                clock=self._clock,
            )
        except OtherAccountError as error:
            self._discard(bought)
            cause = "Manage App was pressed for an account that is not connected here"
            raise UnknownAccountError(cause, "the visitor was told to connect it first") from error
        logger.info("%s", printable(settled.line))
        return settled

    @staticmethod
    def _arrival(settled: Settled) -> Arrival:
        account, user = settled.identity.account, settled.identity.user
        person = Person(
            account_id=settled.record.place,
            account_name=shortened(account.name or account.id),
            user_id=user.user_id if user else "",
            user_name=shortened((user.name or user.user_id) if user else "an admin"),
        )
        return Arrival(person, _BECAME[settled.ruling])
