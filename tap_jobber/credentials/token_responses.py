"""One table of what the token endpoint can answer, and what each answer means for the refresh token sent.

The question behind every row is: may the token have been used up? With rotation on, Jobber kills a refresh token the
moment it is redeemed (Jobber's documentation on refresh token rotation), so a request may be repeated only when it is
plain that the last one did nothing.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus

_SHOWN_CHARACTERS = 200


class Outcome(str, Enum):
    """How an attempt to get new tokens ended."""

    GRANTED = "granted"
    """Jobber issued tokens."""
    CURRENT = "current"
    """Nothing was asked: another worker had already refreshed."""
    REFUSED = "refused"
    """The refresh token or code is not valid."""
    REFUSED_BY_PAGE = "refused by a page"
    """A web page with the status of a refusal: Jobber's word, or that of something in front of it that may pass."""
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
    """No secure connection came about; nothing was sent, and trying again would end the same."""
    MISDIRECTED = "misdirected"
    """What answered is not a token endpoint."""
    LOST = "lost"
    """The request was sent and its answer never arrived whole: the token may be used up."""
    BUSY = "busy"
    """Another worker has held the store for too long."""
    FAILED = "failed"
    """This machine is at fault: the store, its lock, the set-up."""


RESENDABLE = frozenset({Outcome.UNAVAILABLE, Outcome.NOT_SENT, Outcome.REFUSED_BY_PAGE})
"""After these the same refresh token may be sent again without asking a person."""


@dataclass(frozen=True)
class Tokens:
    """What a grant carries.

    Args:
        access_token: The new access token.
        refresh_token: The new refresh token; None if the response has none, in which case the old one stays valid.
        expires_at: The response's `expires_at` as it came.
        warning: Jobber's remark on rotation, if any.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: object = None
    warning: str | None = None


@dataclass(frozen=True)
class Answer:
    """A classified answer of the token endpoint.

    Args:
        outcome: What it means.
        detail: Status and words of the answer, for people.
        tokens: The tokens, with `Outcome.GRANTED` and only then.
        certain: False where a refusal does not say whether it means the token or the client.
        retry_after_seconds: The server's wish, if it named one.
        remedy: What to do where no answer came; the detail is then the whole cause.
    """

    outcome: Outcome
    detail: str = ""
    tokens: Tokens | None = None
    certain: bool = True
    retry_after_seconds: float | None = None
    remedy: str = ""


_SAID: tuple[tuple[str, Outcome], ...] = (
    (r"disconnected this app", Outcome.DISCONNECTED),
    (r"account is not active", Outcome.INACTIVE),
    (r"temporarily[ _]unavailable|too many requests", Outcome.UNAVAILABLE),
    # The standard's sentence for a bad grant ends in "issued to another client", so grants come before
    # clients.
    (r"\binvalid_grant\b|\brefresh token\b|\bauthori[sz]ation (code|grant)\b", Outcome.REFUSED),
    (r"\binvalid_client\b|\bunauthorized_client\b|\bclient(_id|_secret)?\b", Outcome.CLIENT_REFUSED),
)
"""What the server's own words mean, whatever the status they come with; the first that fits."""
_SENTENCES = re.compile(
    r"the provided (?:refresh token|client id|authorization code)[^.<]*"
    r"|user has disconnected this app|account is not active",
    re.IGNORECASE,
)
"""Jobber's own sentences, which mean the same in the middle of a web page."""


def classify(status: int, body: str, retry_after: str | None = None) -> Answer:
    """Return what a whole answer of the token endpoint means.

    Jobber answers a refusal with a sentence, not with JSON (recorded in 2026; under which content type is unknown). So
    the body tells what it is, whatever its type says, and words are looked for in plain text as well as in
    `error_description`, `error` and `message`.

    Args:
        status: The HTTP status.
        body: The body as text.
        retry_after: The `Retry-After` header, if any.
    """
    wait_seconds = _wait_seconds(retry_after)
    success = HTTPStatus(200) <= status < HTTPStatus.MULTIPLE_CHOICES
    body = body.lstrip("\ufeff \t\r\n")
    if body[:1] == "<":
        sentence = None if success else _SENTENCES.search(body)
        if sentence is None:
            return Answer(_by_page(status), f"HTTP {status}: a web page", retry_after_seconds=wait_seconds)
        body = sentence[0]
    content = _json_object(body)
    tokens = _tokens(content) if success else None
    if tokens:
        return Answer(Outcome.GRANTED, f"HTTP {status}", tokens=tokens)
    words = _words(content)
    if not words and not content and not success:
        words = body.strip()[:_SHOWN_CHARACTERS]  # never of a success: it may be the torn half of a grant
    detail = f"HTTP {status}: {words}" if words else f"HTTP {status}"
    said = next((outcome for pattern, outcome in _SAID if re.search(pattern, words.lower())), None)
    outcome = said or _by_status(status, spoken=bool(words))
    return Answer(outcome, detail, certain=said is not None, retry_after_seconds=wait_seconds)


def _by_page(status: int) -> Outcome:
    """The meaning of an HTML page, which something in front of the token endpoint has sent.

    With status 200 it is the waiting room that Jobber shows under load; nothing behind it was reached. A gateway's
    time-out says the opposite: the application had the request and may have finished it.
    """
    if status == HTTPStatus.GATEWAY_TIMEOUT:
        return Outcome.LOST
    if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED}:
        return Outcome.REFUSED_BY_PAGE
    misdirected = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST
    if misdirected or status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.GONE}:
        return Outcome.MISDIRECTED
    return Outcome.UNAVAILABLE


def _by_status(status: int, *, spoken: bool) -> Outcome:
    """The meaning of an answer whose words tell nothing.

    Args:
        status: The HTTP status.
        spoken: Whether there were words at all. A success that gives a reason instead of tokens was no grant; one that
            gives neither may be the rest of a grant.
    """
    if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return Outcome.REFUSED
    if status == HTTPStatus.GATEWAY_TIMEOUT:
        return Outcome.LOST
    if status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}:
        return Outcome.UNAVAILABLE
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Outcome.UNAVAILABLE
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return Outcome.UNAVAILABLE if spoken else Outcome.LOST
    return Outcome.MISDIRECTED


def _json_object(body: str) -> dict[str, object]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _tokens(content: dict[str, object]) -> Tokens | None:
    access_token = content.get("access_token")
    refresh_token = content.get("refresh_token")
    warning = content.get("warning")
    # Of other characters no header can be made.
    if not isinstance(access_token, str) or not re.fullmatch(r"[!-~]+", access_token):
        return None
    return Tokens(
        access_token=access_token,
        refresh_token=refresh_token if isinstance(refresh_token, str) and refresh_token else None,
        expires_at=content.get("expires_at"),
        warning=warning if isinstance(warning, str) and warning else None,
    )


def _words(content: dict[str, object]) -> str:
    """The error code and sentence of a JSON answer, in one line.

    An inactive account's answer nests its sentence: `{"error": {"message": ...}}` (Jobber's documentation on errors).
    """
    nested = content.get("error")
    inner = nested.get("message") if isinstance(nested, dict) else nested
    said = [inner, content.get("error_description"), content.get("message")]
    words = dict.fromkeys(text.strip() for text in said if isinstance(text, str) and text.strip())
    return " ".join(", ".join(words).split())[:_SHOWN_CHARACTERS]


def _wait_seconds(retry_after: str | None) -> float | None:
    """The seconds of a `Retry-After` header; its date form is passed over, since clocks differ."""
    text = (retry_after or "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 7 else None  # noqa: PLR2004 - days
