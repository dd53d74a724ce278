"""Classify the responses of the token endpoint by what they mean for the refresh token that was sent.

The question behind every row of the table is: may the token have been used up? With rotation on, Jobber ends a refresh
token as soon as it is redeemed (Jobber's documentation on refresh token rotation), so a request may be repeated only if
the last one certainly did nothing.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus

from tap_jobber.network.retry_after import parse_retry_after_seconds

_SHOWN_CHARACTERS = 200
_SENDABLE = re.compile("[^\ud800-\udfff]+")
"""A refresh token; half of a surrogate pair is in no encoding."""


class TokenOutcome(str, Enum):
    """Outcome of an attempt to obtain tokens."""

    GRANTED = "granted"
    """Jobber issued tokens."""
    CURRENT = "current"
    """Nothing was sent: another worker had already refreshed."""
    REFUSED = "refused"
    """The refresh token or code is not valid."""
    REFUSED_BY_PAGE = "refused by a page"
    """A web page with the status of a refusal: from Jobber, or from something in front of it, perhaps for a while."""
    CLIENT_REFUSED = "client refused"
    """The client id or secret is wrong."""
    DISCONNECTED = "disconnected"
    """The app was disconnected from the account."""
    INACTIVE = "inactive"
    """The account itself is not active."""
    UNAVAILABLE = "unavailable"
    """Jobber answered that it did not process the request; it may be sent again."""
    NOT_SENT = "not sent"
    """The server was never reached; the request may be sent again."""
    UNTRUSTED = "untrusted"
    """There is no secure connection; nothing was sent, and trying again would end the same."""
    MISDIRECTED = "misdirected"
    """The server that answered is not a token endpoint."""
    LOST = "lost"
    """The request was sent and no whole response arrived: the token may be used up."""
    BUSY = "busy"
    """Another worker has held the store for too long."""
    FAILED = "failed"
    """The fault is on this machine: the store, its lock, the settings."""


RESENDABLE = frozenset({TokenOutcome.UNAVAILABLE, TokenOutcome.NOT_SENT, TokenOutcome.REFUSED_BY_PAGE})
"""After these outcomes the same refresh token may be sent again without asking a person."""


@dataclass(frozen=True)
class Tokens:
    """Tokens of a successful response.

    Args:
        access_token: The new access token.
        refresh_token: The new refresh token; None if the response has none and the old one stays valid.
        expires_at: `expires_at` of the response, as it came.
        warning: Jobber's warning about rotation, if any.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: object = None
    warning: str | None = None


@dataclass(frozen=True)
class TokenResponse:
    """A classified response of the token endpoint.

    Args:
        outcome: Its meaning.
        detail: Status and text of the response, for people.
        tokens: The tokens, with `TokenOutcome.GRANTED` only.
        is_certain: False if a refusal leaves open if the token or the client is refused.
        retry_after_seconds: Delay that the server asked for, if any.
        remedy: Remedy if no response came; the detail is the whole cause then.
    """

    outcome: TokenOutcome
    detail: str = ""
    tokens: Tokens | None = None
    is_certain: bool = True
    retry_after_seconds: float | None = None
    remedy: str = ""


_MEANINGS: tuple[tuple[str, TokenOutcome], ...] = (
    (r"disconnected this app", TokenOutcome.DISCONNECTED),
    (r"account is not active", TokenOutcome.INACTIVE),
    (r"temporarily[ _]unavailable|too many requests", TokenOutcome.UNAVAILABLE),
    # The standard's sentence for a bad grant ends in "issued to another client", so grants come before
    # clients.
    (r"\binvalid_grant\b|\brefresh token\b|\bauthori[sz]ation (code|grant)\b", TokenOutcome.REFUSED),
    (r"\binvalid_client\b|\bunauthorized_client\b|\bclient(_id|_secret)?\b", TokenOutcome.CLIENT_REFUSED),
)
"""Meaning of the server's own words, whatever the status; the first match counts."""
_SENTENCES = re.compile(
    r"the provided (?:refresh token|client id|authorization code)[^.<]*"
    r"|user has disconnected this app|account is not active",
    re.IGNORECASE,
)
"""Jobber's own sentences, which mean the same inside a web page."""


def classify_response(status: int, body: str, retry_after: str | None = None) -> TokenResponse:
    """Classify a whole response of the token endpoint.

    Jobber answers a refusal with a sentence, not with JSON (recorded in 2026; its content type is unknown). So the body
    is read without regard to its type: words are looked for in plain text as well as in `error_description`, `error`
    and `message`.

    Args:
        status: The HTTP status.
        body: The body as text.
        retry_after: The `Retry-After` header, if any.
    """
    retry_after_seconds = parse_retry_after_seconds(retry_after)
    success = HTTPStatus(200) <= status < HTTPStatus.MULTIPLE_CHOICES
    body = body.lstrip("\ufeff \t\r\n")
    if body[:1] == "<":
        sentence = None if success else _SENTENCES.search(body)
        if sentence is None:
            return TokenResponse(
                _by_page(status), f"HTTP {status}: a web page", retry_after_seconds=retry_after_seconds
            )
        body = sentence[0]
    content = _json_object(body)
    tokens = _tokens(content) if success else None
    if tokens:
        return TokenResponse(TokenOutcome.GRANTED, f"HTTP {status}", tokens=tokens)
    words = _words(content)
    if not words and not content and not success:
        words = body.strip()[:_SHOWN_CHARACTERS]  # never of a success: it may be the torn half of a grant
    detail = f"HTTP {status}: {words}" if words else f"HTTP {status}"
    said = next((outcome for pattern, outcome in _MEANINGS if re.search(pattern, words.lower())), None)
    outcome = said or _by_status(status, has_words=bool(words))
    return TokenResponse(outcome, detail, is_certain=said is not None, retry_after_seconds=retry_after_seconds)


def _by_page(status: int) -> TokenOutcome:
    """Return the meaning of an HTML page, sent by something in front of the token endpoint.

    With status 200 it is the waiting room that Jobber shows under load; nothing behind it was reached. A gateway
    time-out means the opposite: the application had the request and may have finished it.
    """
    if status == HTTPStatus.GATEWAY_TIMEOUT:
        return TokenOutcome.LOST
    if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED}:
        return TokenOutcome.REFUSED_BY_PAGE
    misdirected = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST
    if misdirected or status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.GONE}:
        return TokenOutcome.MISDIRECTED
    return TokenOutcome.UNAVAILABLE


def _by_status(status: int, *, has_words: bool) -> TokenOutcome:
    """Return the meaning of a response by its status alone.

    Args:
        status: The HTTP status.
        has_words: True if it had words at all. A success that gives a reason instead of tokens issued none; one that
            gives neither may be the rest of a torn one that did.
    """
    if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return TokenOutcome.REFUSED
    if status == HTTPStatus.GATEWAY_TIMEOUT:
        return TokenOutcome.LOST
    if status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}:
        return TokenOutcome.UNAVAILABLE
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return TokenOutcome.UNAVAILABLE
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return TokenOutcome.UNAVAILABLE if has_words else TokenOutcome.LOST
    return TokenOutcome.MISDIRECTED


def _json_object(body: str) -> dict[str, object]:
    try:
        # What follows a whole object cannot take anything from it.
        content, _end = json.JSONDecoder().raw_decode(body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _tokens(content: dict[str, object]) -> Tokens | None:
    access_token = content.get("access_token")
    refresh_token = content.get("refresh_token")
    warning = content.get("warning")
    # A header takes no other characters.
    if not isinstance(access_token, str) or not re.fullmatch(r"[!-~]+", access_token):
        return None
    return Tokens(
        access_token=access_token,
        refresh_token=refresh_token if isinstance(refresh_token, str) and _SENDABLE.fullmatch(refresh_token) else None,
        expires_at=content.get("expires_at"),
        warning=warning if isinstance(warning, str) and warning else None,
    )


def _words(content: dict[str, object]) -> str:
    """Return error code and sentence of a JSON response, in one line.

    For an inactive account the sentence is nested: `{"error": {"message": ...}}` (Jobber's documentation on errors).
    """
    nested = content.get("error")
    inner = nested.get("message") if isinstance(nested, dict) else nested
    said = [inner, content.get("error_description"), content.get("message")]
    words = dict.fromkeys(text.strip() for text in said if isinstance(text, str) and text.strip())
    return " ".join(", ".join(words).split())[:_SHOWN_CHARACTERS]
