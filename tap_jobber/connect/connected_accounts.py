"""The accounts that are connected in a token store: redeem codes, show, end and mark connections."""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from tap_jobber.connect.connect_settings import CONNECT_PREFIX, secret_words
from tap_jobber.connect.jobber_api import RETRY_SECONDS, TIMEOUT_SECONDS, JobberApi
from tap_jobber.connect.sessions import Person, shorten_name
from tap_jobber.connect.webhook_events import is_outdated
from tap_jobber.credentials.authorization import ConnectOptions, OtherAccountError, Settlement, connect_by_code
from tap_jobber.credentials.credential import Credential
from tap_jobber.credentials.encoded_ids import account_number, full_account_id, is_same_account
from tap_jobber.credentials.installer import InstallerDecision
from tap_jobber.credentials.jwt_claims import read_claims
from tap_jobber.credentials.stores.location import open_store
from tap_jobber.credentials.stores.record import PENDING, Record, State
from tap_jobber.credentials.token_responses import TokenOutcome
from tap_jobber.errors import TapError
from tap_jobber.redaction import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tap_jobber.connect.connect_settings import ConnectSettings
    from tap_jobber.connect.webhook_events import Event
    from tap_jobber.credentials.installer import Identity
    from tap_jobber.credentials.stores.outbox import Outbox

logger = logging.getLogger("tap-jobber.connect")

_KEPT_SECRETS = 1_000
_NOBODY = f"{PENDING}readiness"
"""A key that no record has."""
_ENDED = frozenset({TokenOutcome.REFUSED, TokenOutcome.DISCONNECTED})


class ConnectOutcome(str, Enum):
    """Result of redeeming a code."""

    CONNECTED = "connected"
    """The tokens connect the account."""
    RENEWED = "renewed"
    """The tokens are the installer's own and replace the stored ones."""
    KEPT = "kept"
    """The tokens are another admin's and are discarded; the installer's stay."""


_OUTCOMES = {
    InstallerDecision.FIRST: ConnectOutcome.CONNECTED,
    InstallerDecision.OWN: ConnectOutcome.RENEWED,
    InstallerDecision.DISCARDED: ConnectOutcome.KEPT,
}


@dataclass(frozen=True)
class SignIn:
    """A visitor whom Jobber sent here with a code.

    Args:
        person: The visitor.
        outcome: Result of redeeming the code.
    """

    person: Person
    outcome: ConnectOutcome


class UnknownAccountError(TapError):
    """The code of the Manage App button is of an account that is not connected here."""


class ConnectedAccounts:
    """The connections of one app in one token store.

    Args:
        config: The settings of the page.
        clock: Seconds since 1970.
    """

    def __init__(self, config: ConnectSettings, clock: Callable[[], float] = time.time) -> None:
        self._config = config
        self._clock = clock
        self._store = open_store(config.token_store, lock_timeout_seconds=RETRY_SECONDS)
        self._api = JobberApi(config)
        self._seen_secrets: deque[str] = deque(maxlen=_KEPT_SECRETS)

    def check(self) -> None:
        """Find out if the store can be read and written.

        Raises:
            TapError: It cannot.
        """
        self._store.check_writable()
        self._records()

    def ping(self) -> None:
        """Open the store and look for one record, as cheaply as its kind allows.

        Raises:
            TapError: The store cannot be read.
        """
        self._store.get(self._config.client_id, _NOBODY)

    def secrets(self) -> Iterable[str]:
        """Return all secrets known so far, for redaction."""
        config = self._config
        hook = (*secret_words(config.hook_url), *filter(None, (config.hook_secret,)))
        return (config.client_secret, config.session_secret, *hook, *tuple(self._seen_secrets))

    def open_outbox(self) -> Outbox:
        """Return the outbox of the store, which keeps events from now on.

        Raises:
            TapError: The store has none, or cannot be used.
        """
        outbox = self._store.outbox(self._config.client_id)
        if outbox is None:
            cause = f"{CONNECT_PREFIX}HOOK_URL is set, but {self._store.label} cannot keep what the hook has to tell"
            raise TapError(cause, "keep the tokens in a file or a database, or remove the hook")
        outbox.open()
        return outbox

    def redeem_authorization_code(self, code: str) -> SignIn:
        """Redeem the code of an authorization that this page has started.

        Raises:
            CodeRefusedError: Jobber refuses it.
            TapError: It failed; what was connected stays connected.
        """
        return self._sign_in(self._redeem(code, ConnectOptions()))

    def redeem_manage_code(self, code: str) -> SignIn:
        """Redeem a code of the Manage App button.

        Its `redirect_uri` is not documented: it may be the registered address, or the one that the code came to.

        Raises:
            CodeRefusedError: Jobber refuses it.
            UnknownAccountError: Its account is not connected here.
            TapError: It failed; what was connected stays connected.
        """
        options = ConnectOptions(is_known_only=True)
        try:
            return self._sign_in(self._redeem(code, options, self._config.manage_url))
        except OtherAccountError as error:
            if not error.record.is_settled:
                # This page has no use for tokens of an account that nobody connected.
                self._store.remove(error.record)
            cause = "Manage App was pressed for an account that is not connected here"
            raise UnknownAccountError(cause, "the visitor was told to connect it first") from error

    def record(self, account_id: str) -> Record | None:
        """Return the connection of an account, or None; its tokens may be encrypted.

        Raises:
            TapError: The store cannot be read.
        """
        return self._store.get(self._config.client_id, account_id, decrypt=False)

    def disconnect(self, account_id: str) -> bool:
        """End the connection of an account, in Jobber and then here.

        Returns:
            False if Jobber no longer accepts its tokens, so that the app may still be listed there.

        Raises:
            TapError: Jobber or the store refused or could not be reached; it can be tried again.
        """
        record = self.record(account_id)
        if record is None:
            return True
        has_ended = self._end_in_jobber(account_id)
        with self._store.lock(self._config.client_id, account_id):
            self._store.remove(record)
        logger.info("%s", printable(f"Disconnected {record.account}, which {record.installer} had installed"))
        return has_ended

    def _end_in_jobber(self, account_id: str) -> bool:
        """Disconnect the app in Jobber; return False if Jobber no longer accepts the tokens.

        Raises:
            TapError: Jobber refused, or could not be reached.
        """
        credential = Credential(
            client_id=self._config.client_id,
            client_secret=self._config.client_secret,
            seed_refresh_token=None,
            token_url=self._api.token_url,
            store=self._store,
            account_id=account_id,
            user_agent=self._api.user_agent,
            lock_timeout_seconds=RETRY_SECONDS,
            read_timeout_seconds=TIMEOUT_SECONDS,
            patience_seconds=RETRY_SECONDS,
        )
        try:
            self._api.disconnect(credential)
        except TapError as error:
            found, outcome = self.record(account_id), credential.last_outcome
            # A state noted earlier may be outdated; only an answer of now proves that the tokens have ended.
            if found is not None and (found.state is State.CONNECTED or outcome not in _ENDED):
                raise
            logger.warning("%s", error)
            return outcome is not TokenOutcome.REFUSED
        finally:
            self._seen_secrets.extend(credential.secrets())
        return True

    def mark_disconnected(self, event: Event) -> bool:
        """Mark a connection as ended in Jobber; return False if the event concerns none that is here.

        Raises:
            TapError: The store cannot be read or written.
        """
        named = self._named_by(event.account_id)
        marked = [record for record in named if self._mark(record, event)]
        for record in marked:
            logger.info("%s", printable(f"Jobber says that {record.account} was disconnected"))
        if not marked:
            why = "it is older than the tokens" if named else "there is no such connection"
            logger.info("A webhook of a disconnect of account %.80r was passed over: %s", event.account_id, why)
        return bool(marked)

    def _named_by(self, account_id: str) -> list[Record]:
        """Return the connections of the account that a webhook names.

        Most often the API's form of the id has it. A number that no account id holds is looked up in the access tokens,
        which state it too.
        """
        likely = self.record(full_account_id(account_number(account_id)) or account_id)
        if likely is not None:
            return [likely]
        records = self._records()
        found = [record for record in records if is_same_account(record.key, account_id)]
        if found or not records:
            return found
        decrypted = [record for record in self._store.records(self._config.client_id) if record.is_settled]
        return [record for record in decrypted if _states_account(record, account_id)]

    def _records(self) -> list[Record]:
        """Return the connections without decrypting them."""
        records = self._store.records(self._config.client_id, decrypt=False)
        return [record for record in records if record.is_settled]

    def _mark(self, record: Record, event: Event) -> bool:
        """Mark a connection as disconnected, unless it got tokens since; return True if it is marked now."""

        def mark(now: Record) -> Record:
            if is_outdated(event, now.access_token_obtained_at):
                return now
            return now.with_state(State.DISCONNECTED, self._clock(), "disconnected in Jobber")

        result = self._store.update(record, mark)
        return result is not None and result.state is State.DISCONNECTED

    def _redeem(self, code: str, options: ConnectOptions, *other_redirect_uris: str) -> Settlement:
        settlement = connect_by_code(
            self._store,
            self._api.code_endpoint(*other_redirect_uris),
            code=code,
            redirect_uri=self._config.callback_url,
            identify=self._identify,
            options=options,
            clock=self._clock,
        )
        logger.info("%s", printable(settlement.line))
        return settlement

    def _identify(self, access_token: str) -> Identity:
        self._seen_secrets.append(access_token)
        return self._api.identify(access_token)

    @staticmethod
    def _sign_in(settlement: Settlement) -> SignIn:
        account, user = settlement.identity.account, settlement.identity.user
        person = Person(
            account_id=settlement.record.key,
            account_name=shorten_name(account.name or account.id),
            user_id=user.user_id if user else "",
            user_name=shorten_name((user.name or user.user_id) if user else "an admin"),
        )
        return SignIn(person, _OUTCOMES[settlement.decision])


def _states_account(record: Record, account_id: str) -> bool:
    """Return True if the access token of a record states an account."""
    claims = read_claims(record.access_token)
    return claims is not None and claims.account_id is not None and is_same_account(claims.account_id, account_id)
