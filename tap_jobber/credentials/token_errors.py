"""The sentence for each way in which getting tokens can fail: the cause and the remedy, without a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tap_jobber.credentials.token_responses import Answer, Outcome
from tap_jobber.errors import RenewalError, TapError, TryLaterError

if TYPE_CHECKING:
    from collections.abc import Mapping

AUTHORISE = "authorise the app again with tap-jobber --login, or set refresh_token to a new one"
LOGIN_AGAIN = "run tap-jobber --login again"

_REMEDIES = {
    Outcome.CLIENT_REFUSED: (
        "Jobber refused the client",
        "check client_id and client_secret; if the secret was rolled, also authorise the app again",
    ),
    Outcome.DISCONNECTED: ("The app was disconnected from the Jobber account", AUTHORISE),
    Outcome.INACTIVE: ("The Jobber account is not active", "have it reactivated, then run the tap again"),
    Outcome.UNAVAILABLE: (
        "Jobber's token endpoint is not available",
        "run the tap again later, nothing was used up; if this lasts, check api_url",
    ),
    Outcome.NOT_SENT: ("Cannot reach {host}", "check the network, the proxy and api_url, then run the tap again"),
    Outcome.UNTRUSTED: ("No secure connection to {host}", "check api_url, the proxy and REQUESTS_CA_BUNDLE"),
    Outcome.MISDIRECTED: ("{host} did not answer as Jobber's token endpoint", "check api_url"),
    Outcome.LOST: (
        "The refresh token was sent to {host} but the answer was lost",
        f"run the tap again; if Jobber then refuses the refresh token, {AUTHORISE}",
    ),
}


_KINDS: Mapping[Outcome, type[TapError]] = {
    Outcome.REFUSED: RenewalError,
    Outcome.REFUSED_BY_PAGE: RenewalError,
    Outcome.DISCONNECTED: RenewalError,
    Outcome.INACTIVE: RenewalError,
    Outcome.UNAVAILABLE: TryLaterError,
    Outcome.NOT_SENT: TryLaterError,
    Outcome.LOST: TryLaterError,
    Outcome.BUSY: TryLaterError,
}


def error_of(outcome: Outcome, cause: str, remedy: str) -> TapError:
    """The error that a command ends on which got no tokens; its kind tells who can mend it."""
    return _KINDS.get(outcome, TapError)(cause, remedy)


def explain(answer: Answer, token_url: str, *, newer_than_stored: bool) -> tuple[str, str]:
    """The cause and the remedy of a failure.

    Args:
        answer: An answer without tokens.
        token_url: The address that was asked.
        newer_than_stored: Whether the token sent was a newly configured one while the store holds the connection of an
            earlier one.

    Returns:
        Cause and remedy, as `TapError` takes them.
    """
    detail = f" ({answer.detail})" if answer.detail else ""
    if answer.outcome in {Outcome.REFUSED, Outcome.REFUSED_BY_PAGE}:
        return _refusal(detail, certain=_is_certain(answer), newer_than_stored=newer_than_stored)
    if answer.remedy:
        return answer.detail, answer.remedy
    cause, remedy = _REMEDIES[answer.outcome]
    return cause.format(host=_host(token_url)) + detail, remedy


def explain_code(answer: Answer, token_url: str) -> tuple[str, str]:
    """The cause and the remedy of a failure to redeem an authorization code, as `TapError` takes them."""
    detail = f" ({answer.detail})" if answer.detail else ""
    if _is_certain(answer):
        return f"Jobber refused the code of this log-in, which works once and not for long{detail}", LOGIN_AGAIN
    if answer.outcome in {Outcome.REFUSED, Outcome.REFUSED_BY_PAGE}:
        cause = f"Jobber refused the code of this log-in or the client{detail}"
        return cause, f"check client_id, client_secret and redirect_uri; if they are right, {LOGIN_AGAIN}"
    if answer.outcome is Outcome.LOST:
        return f"The code was sent to {_host(token_url)} but the answer was lost{detail}", LOGIN_AGAIN
    if answer.remedy:
        return answer.detail, answer.remedy.replace("run again", LOGIN_AGAIN)
    cause, remedy = _REMEDIES[answer.outcome]
    return cause.format(host=_host(token_url)) + detail, remedy.replace("run the tap again", LOGIN_AGAIN)


def _is_certain(answer: Answer) -> bool:
    """True if the answer says that it is the token or the code that is refused."""
    return answer.certain and answer.outcome is Outcome.REFUSED


def _host(url: str) -> str:
    """The host of an address, without the password that a careless setting may have put before it."""
    try:
        return urlsplit(url).hostname or "api_url"
    except ValueError:
        return "api_url"


def _refusal(detail: str, *, certain: bool, newer_than_stored: bool) -> tuple[str, str]:
    if newer_than_stored:
        cause = f"Jobber refused the configured refresh_token{detail}; the stored connection is another one and kept"
        return cause, f"{AUTHORISE}, or remove refresh_token to go on with the stored connection"
    if certain:
        return f"Jobber refused the refresh token{detail}", AUTHORISE
    cause = f"Jobber refused the refresh token or the client{detail}"
    return cause, f"check client_id and client_secret; if they are right, {AUTHORISE}"
