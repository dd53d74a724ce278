"""Asks Jobber which account and user an access token belongs to."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tap_jobber.api.client import Answer, Client, FieldsFailedError, NotPermittedError, Usage
from tap_jobber.api.retries import RetryBudget
from tap_jobber.api.stated_pace import StatedPace
from tap_jobber.api.transport import Query, Transport
from tap_jobber.api.versioning import VersionCheck
from tap_jobber.credentials.installer import Identity, user_in_token
from tap_jobber.credentials.issued_token import IssuedToken
from tap_jobber.credentials.stores.record import Account, Installer
from tap_jobber.errors import RenewalError, StreamError, TapError, TryLaterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


_QUERY = "query whose { account { id name } user { id name { full } timezone } }"
_ACCOUNT_QUERY = "query whose_account { account { id name } }"
_USER_QUERY = "query user { user { id name { full } timezone } }"
# Each asks for a handful of fields; Jobber prices it at fewer points than this.
_POINTS = 50.0
# A person is waiting.
_RETRY_SECONDS = 30.0
_LABEL = "account and user"


def read_identity(client: Client, usage: Usage | None = None) -> Identity:
    """Return the account and the user of the client's access token.

    Args:
        client: The API.
        usage: The usage to add the cost to.

    Raises:
        TapError: If Jobber does not tell the account.
    """
    usage = usage or Usage()
    try:
        answer = _told(client, Query("whose", _QUERY, {}, _POINTS, label=_LABEL), usage)
    except StreamError:
        with as_connection_failure():
            answer = _told(client, Query("whose_account", _ACCOUNT_QUERY, {}, _POINTS, label=_LABEL), usage)
    account: Any = answer.data.get("account")
    if not isinstance(account, dict) or not account.get("id"):
        raise TryLaterError("Jobber does not tell which account the tokens are of", "run the command again later")
    return Identity(
        Account(str(account["id"]), _text(account.get("name"))),
        _user(answer.data.get("user")) or user_in_token(client.tokens.access_token()),
        answer.served_version,
        answer.version_warning,
    )


def _told(client: Client, query: Query, usage: Usage) -> Answer:
    """Return what is answered to a query, without what fails in it: names and users can be done without."""
    try:
        return client.execute(query, usage)
    except FieldsFailedError as error:
        return error.answer


@contextmanager
def as_connection_failure() -> Iterator[None]:
    """Raise the error of a query as one of the connection, where the query reads no stream.

    Raises:
        RenewalError: If the app lacks a permission.
        TryLaterError: If a part of the query fails at Jobber.
        TapError: If the query is refused otherwise.
    """
    try:
        yield
    except NotPermittedError as error:
        raise RenewalError(error.cause, error.remedy) from error
    except FieldsFailedError as error:
        raise TryLaterError(error.cause, error.remedy) from error
    except StreamError as error:
        raise TapError(error.cause, error.remedy) from error


def read_user(client: Client, usage: Usage) -> Installer | None:
    """Return the user who authorised the app, or None if the API hides users from it."""
    try:
        answer = _told(client, Query("user", _USER_QUERY, {}, _POINTS, label=_LABEL), usage)
    except StreamError:
        return None
    return _user(answer.data.get("user"))


def _user(answered: Any) -> Installer | None:  # noqa: ANN401 - whatever the API answers
    if not isinstance(answered, dict) or not answered.get("id"):
        return None
    name = answered.get("name")
    full = _text(name.get("full")) if isinstance(name, dict) else None
    return Installer(str(answered["id"]), full, timezone=_text(answered.get("timezone")))


def _text(answered: object) -> str | None:
    return answered if isinstance(answered, str) else None


def identity_reader(
    *, url: str, api_version: str, user_agent: str, timeout_seconds: float
) -> Callable[[str], Identity]:
    """Return a function that reads the identity of an access token, without a credential that renews it.

    Args:
        url: The GraphQL endpoint.
        api_version: The version to ask for.
        user_agent: The `User-Agent` header.
        timeout_seconds: The most seconds that the server may stay silent.
    """

    def ask(access_token: str) -> Identity:
        transport = Transport(url=url, api_version=api_version, user_agent=user_agent, timeout_seconds=timeout_seconds)
        try:
            return read_identity(
                Client(
                    transport,
                    IssuedToken(access_token),
                    StatedPace(),
                    VersionCheck(api_version),
                    retry_budget=RetryBudget(_RETRY_SECONDS),
                )
            )
        finally:
            transport.close()

    return ask
