"""Asks Jobber whose an access token is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_jobber.api.client import DriftError, NotPermittedError, Usage
from tap_jobber.api.transport import Query
from tap_jobber.credentials.installer import Identity, user_of
from tap_jobber.credentials.record import Account, Installer
from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from tap_jobber.api.client import Client

_QUERY = "query whose { account { id name } user { id name { full } } }"
_ACCOUNT_QUERY = "query whose_account { account { id name } }"
_USER_QUERY = "query user { user { id name { full } } }"
# Each asks for a handful of fields; Jobber prices it at fewer points than this.
_POINTS = 50.0


def ask_whose(client: Client, usage: Usage | None = None) -> Identity:
    """The account and the user of the client's present access token.

    Args:
        client: The API.
        usage: Where to add what it costs.

    Raises:
        TapError: If Jobber does not tell the account.
    """
    usage = usage or Usage()
    try:
        answer = client.execute(Query("whose", _QUERY, {}, _POINTS), usage)
    except (NotPermittedError, DriftError):
        answer = client.execute(Query("whose_account", _ACCOUNT_QUERY, {}, _POINTS), usage)
    account: Any = answer.data.get("account")
    if not isinstance(account, dict) or not account.get("id"):
        raise TapError("Jobber does not tell which account the tokens are of", "run the command again later")
    return Identity(
        Account(str(account["id"]), account.get("name")),
        _user(answer.data.get("user")) or user_of(client.tokens.access_token()),
        answer.served_version,
        answer.version_warning,
    )


def ask_user(client: Client, usage: Usage) -> Installer | None:
    """Who authorised the app, or None where the API hides users from it."""
    try:
        answer = client.execute(Query("user", _USER_QUERY, {}, _POINTS), usage)
    except (NotPermittedError, DriftError):
        return None
    return _user(answer.data.get("user"))


def _user(answered: Any) -> Installer | None:  # noqa: ANN401 - whatever the API answers
    if not isinstance(answered, dict) or not answered.get("id"):
        return None
    name = answered.get("name")
    return Installer(str(answered["id"]), name.get("full") if isinstance(name, dict) else None)
