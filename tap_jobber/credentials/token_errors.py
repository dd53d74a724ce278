"""Cause and remedy for each way in which obtaining tokens can fail, without any secret."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tap_jobber.credentials.token_responses import TokenOutcome, TokenResponse
from tap_jobber.errors import RenewalError, TapError, TryLaterError

if TYPE_CHECKING:
    from collections.abc import Mapping

AUTHORISE = "authorise the app again with tap-jobber --login, or set refresh_token to a new one"
LOGIN_AGAIN = "run tap-jobber --login again"

_SENTENCES = {
    TokenOutcome.CLIENT_REFUSED: (
        "Jobber refused the client",
        "check client_id and client_secret; if the secret was rolled, also authorise the app again",
    ),
    TokenOutcome.DISCONNECTED: ("The app was disconnected from the Jobber account", AUTHORISE),
    TokenOutcome.INACTIVE: ("The Jobber account is not active", "have it reactivated, then run the tap again"),
    TokenOutcome.UNAVAILABLE: (
        "Jobber's token endpoint is not available",
        "run the tap again later, nothing was used up; if this lasts, check api_url",
    ),
    TokenOutcome.NOT_SENT: ("Cannot reach {host}", "check the network, the proxy and api_url, then run the tap again"),
    TokenOutcome.UNTRUSTED: ("No secure connection to {host}", "check api_url, the proxy and REQUESTS_CA_BUNDLE"),
    TokenOutcome.MISDIRECTED: ("{host} did not answer as Jobber's token endpoint", "check api_url"),
    TokenOutcome.LOST: (
        "The refresh token was sent to {host} but the answer was lost",
        f"run the tap again; if Jobber then refuses the refresh token, {AUTHORISE}",
    ),
}


_ERROR_CLASSES: Mapping[TokenOutcome, type[TapError]] = {
    TokenOutcome.REFUSED: RenewalError,
    TokenOutcome.REFUSED_BY_PAGE: RenewalError,
    TokenOutcome.DISCONNECTED: RenewalError,
    TokenOutcome.INACTIVE: RenewalError,
    TokenOutcome.UNAVAILABLE: TryLaterError,
    TokenOutcome.NOT_SENT: TryLaterError,
    TokenOutcome.LOST: TryLaterError,
    TokenOutcome.BUSY: TryLaterError,
}


def token_error(outcome: TokenOutcome, cause: str, remedy: str) -> TapError:
    """Return the error for tokens that could not be obtained; its class states the exit status."""
    return _ERROR_CLASSES.get(outcome, TapError)(cause, remedy)


def explain_refresh_failure(response: TokenResponse, token_url: str, *, newer_than_stored: bool) -> tuple[str, str]:
    """Return cause and remedy of a refresh that failed.

    Args:
        response: A response without tokens.
        token_url: The address that it came from.
        newer_than_stored: True if the refused token is a newly configured one, while the store holds the connection of
            an earlier one.

    Returns:
        Cause and remedy, as for `TapError`.
    """
    detail = f" ({response.detail})" if response.detail else ""
    if response.outcome in {TokenOutcome.REFUSED, TokenOutcome.REFUSED_BY_PAGE}:
        return _refusal(detail, is_certain=_is_certain(response), newer_than_stored=newer_than_stored)
    if response.remedy:
        return response.detail, response.remedy
    cause, remedy = _SENTENCES[response.outcome]
    return cause.format(host=_host(token_url)) + detail, remedy


def explain_code_failure(response: TokenResponse, token_url: str) -> tuple[str, str]:
    """Return cause and remedy of an authorization code that could not be redeemed."""
    detail = f" ({response.detail})" if response.detail else ""
    if _is_certain(response):
        return f"Jobber refused the code of this log-in, which works once and not for long{detail}", LOGIN_AGAIN
    if response.outcome in {TokenOutcome.REFUSED, TokenOutcome.REFUSED_BY_PAGE}:
        cause = f"Jobber refused the code of this log-in or the client{detail}"
        return cause, f"check client_id, client_secret and redirect_uri; if they are right, {LOGIN_AGAIN}"
    if response.outcome is TokenOutcome.LOST:
        return f"The code was sent to {_host(token_url)} but the answer was lost{detail}", LOGIN_AGAIN
    if response.remedy:
        return response.detail, response.remedy.replace("run again", LOGIN_AGAIN)
    cause, remedy = _SENTENCES[response.outcome]
    return cause.format(host=_host(token_url)) + detail, remedy.replace("run the tap again", LOGIN_AGAIN)


def _is_certain(response: TokenResponse) -> bool:
    """Return True if the response states that the token or the code is refused."""
    return response.is_certain and response.outcome is TokenOutcome.REFUSED


def _host(url: str) -> str:
    """Return the host of an address, without a password that a setting may hold before it."""
    try:
        return urlsplit(url).hostname or "api_url"
    except ValueError:
        return "api_url"


def _refusal(detail: str, *, is_certain: bool, newer_than_stored: bool) -> tuple[str, str]:
    if newer_than_stored:
        cause = f"Jobber refused the configured refresh_token{detail}; the stored connection is another one and kept"
        return cause, f"{AUTHORISE}, or remove refresh_token to go on with the stored connection"
    if is_certain:
        return f"Jobber refused the refresh token{detail}", AUTHORISE
    cause = f"Jobber refused the refresh token or the client{detail}"
    return cause, f"check client_id and client_secret; if they are right, {AUTHORISE}"
