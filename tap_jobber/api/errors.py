"""The one table of answers: what Jobber said, and what follows from it.

`classify` is pure and is the only place that decides between delivering, retrying, refreshing the token,
waiting, shrinking, striking a field, skipping a stream and stopping. Its rules look at the content type
first (under load Jobber answers 200 with an HTML waiting room), then at flat bodies (`message`, `error`), at
the status, at `errors[]`, and last require a `data` key: an answer without one is never "no rows".
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tap_jobber.api import drift
from tap_jobber.api.cost import read_cost
from tap_jobber.errors import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_jobber.api.cost import Cost
    from tap_jobber.api.drift import Strike

MULTIPLE_CHOICES, BAD_REQUEST, UNAUTHORIZED, NOT_FOUND = 300, 400, 401, 404
TIMEOUT, TOO_MANY, SERVER_ERROR = 408, 429, 500

REFUSED_QUERY = "Jobber refused the query"
UNPARSABLE_QUERY = "Jobber could not parse the query"
RECONNECT = "authorise the app again in Jobber and set the new refresh_token"


class Action(enum.Enum):
    """What to do about an answer."""

    DELIVER = "deliver its data"
    RETRY = "send the query again after a growing pause"
    REFRESH = "get another access token, then send the query again"
    WAIT = "wait until the bucket holds the price, then send the query again"
    SHRINK = "ask for less: the price can never fit the bucket"
    STRIKE = "leave out what this version of the API does not know"
    SKIP = "skip the stream: the app may not read it"
    STOP = "stop: only a person can mend it"


@dataclass(frozen=True)
class Reply:
    """What came over the wire.

    Attributes:
        status: The HTTP status.
        content_type: The header of that name, or nothing.
        body: The JSON value of the body; None if it is none.
        text: The body's first characters, for messages.
        retry_after_seconds: What a `Retry-After` header asks for.
    """

    status: int
    content_type: str
    body: Any
    text: str = ""
    retry_after_seconds: float | None = None


@dataclass(frozen=True)
class Verdict:
    """What follows from a reply.

    Attributes:
        action: What to do.
        cause: Why, for messages; nothing when all is well.
        remedy: What a person can do, where something is to be done.
        hidden: Paths of values that are null because the app or its user may not see them.
        strikes: What the served version does not know.
        cost: The price and the bucket, where the reply states them.
        pause_seconds: The least pause that the reply asks for.
        is_free: Whether Jobber has certainly charged nothing for the query.
    """

    action: Action
    cause: str = ""
    remedy: str = ""
    hidden: tuple[str, ...] = ()
    strikes: tuple[Strike, ...] = ()
    cost: Cost | None = None
    pause_seconds: float | None = None
    is_free: bool = False


DISCONNECTED = "the app has been disconnected from the Jobber account"

# How flat messages begin, lower case. Source of each: section 6 of what is known of Jobber's answers; the
# status that goes with them is mostly undocumented, so the message decides. No cause: the message is it.
_MESSAGES: tuple[tuple[str, Action, str, str], ...] = (
    ("access token expired", Action.REFRESH, "the access token has expired", RECONNECT),
    ("token not recognized", Action.REFRESH, "Jobber does not recognise the access token", RECONNECT),
    ("invalid token", Action.REFRESH, "Jobber does not accept the access token", RECONNECT),
    ("invalid_request", Action.REFRESH, "Jobber does not accept the access token", RECONNECT),
    (
        "user has disconnected this app",
        Action.STOP,
        DISCONNECTED,
        "connect it again with tap-jobber --login or from Jobber's App Marketplace, or set the new refresh_token",
    ),
    (
        "this account is not active",
        Action.STOP,
        "the Jobber account is not active",
        "reactivate it in Jobber (Settings, Account and Billing), then run again",
    ),
    (
        "service temporarily unavailable",
        Action.RETRY,
        "Jobber says that its service is temporarily unavailable",
        "run again later; if it stays, Jobber may have disabled the app: ask its API support",
    ),
    (
        "graphql api version",
        Action.STOP,
        "",
        "set api_version to a version from Jobber's API changelog",
    ),
    (
        "invalid query",
        Action.STOP,
        UNPARSABLE_QUERY,
        "check credential_test_query and api_version; if neither is set, report this as a defect of the tap",
    ),
)

_LATER = "run again later; if it stays, look at Jobber's status page"
_REFUSED_TOKEN = Verdict(Action.REFRESH, "Jobber does not accept the access token", RECONNECT, is_free=True)
_WRONG_ADDRESS = "set api_url to https://api.getjobber.com/api or remove it"


def classify(reply: Reply) -> Verdict:
    """Decide what follows from a reply: the first rule that has something to say decides."""
    for rule in RULES:
        verdict = rule(reply)
        if verdict is not None:
            cost = read_cost(reply.body) if isinstance(reply.body, dict) else None
            return replace(verdict, cost=cost)
    return Verdict(Action.RETRY, "Jobber's answer holds no data", _LATER)


def _web_page(reply: Reply) -> Verdict | None:
    if "html" not in reply.content_type or reply.status == UNAUTHORIZED or _is_redirect(reply):
        return None
    if reply.status == NOT_FOUND:
        return Verdict(Action.STOP, "there is no Jobber API at api_url (404, a web page)", _WRONG_ADDRESS)
    cause = f"Jobber answered {reply.status} with a web page, as it does under load"
    return Verdict(Action.RETRY, cause, _LATER, pause_seconds=reply.retry_after_seconds, is_free=True)


def _is_redirect(reply: Reply) -> bool:
    return MULTIPLE_CHOICES <= reply.status < BAD_REQUEST


def _redirect(reply: Reply) -> Verdict | None:
    if not _is_redirect(reply):
        return None
    return Verdict(Action.STOP, f"api_url answers with a redirect ({reply.status})", _WRONG_ADDRESS)


def _flat_body(reply: Reply) -> Verdict | None:
    message = flat_message(reply.body)
    if message is None:
        return None
    for beginning, action, cause, remedy in _MESSAGES:
        if message.lower().startswith(beginning):
            pause = reply.retry_after_seconds if action is Action.RETRY else None
            said = cause or one_line(message)
            return Verdict(action, said, remedy, pause_seconds=pause, is_free=True)
    return None


def _token(reply: Reply) -> Verdict | None:
    return _REFUSED_TOKEN if reply.status == UNAUTHORIZED else None


def _unavailable(reply: Reply) -> Verdict | None:
    if reply.status == TOO_MANY:
        cause = "Jobber's limit of requests is used up (429)"
    elif reply.status == TIMEOUT or reply.status >= SERVER_ERROR:
        cause = f"Jobber answered {reply.status}"
    else:
        return None
    is_free = reply.status == TOO_MANY
    return Verdict(Action.RETRY, cause, _LATER, pause_seconds=reply.retry_after_seconds, is_free=is_free)


def _unknown_body(reply: Reply) -> Verdict | None:
    if not isinstance(reply.body, dict):
        if reply.status == NOT_FOUND:
            return Verdict(Action.STOP, "there is no Jobber API at api_url (404, without JSON)", _WRONG_ADDRESS)
        return Verdict(Action.RETRY, f"Jobber answered {reply.status} without JSON", _LATER)
    message = flat_message(reply.body)
    if message is None:
        return None
    cause = f"Jobber answered {reply.status}: {one_line(message)}"
    return Verdict(Action.STOP, cause, "check api_url, api_version and the app's settings in Jobber")


def _throttled(reply: Reply) -> Verdict | None:
    if "THROTTLED" not in _codes(reply) and _messages(reply) != ["Throttled"]:
        return None
    cost = read_cost(reply.body)
    if cost is not None and cost.never_fits:
        cause = f"the query costs {cost.requested_points:g} points, the bucket holds {cost.maximum_points:g}"
        return Verdict(Action.SHRINK, cause, "deselect columns of this stream", is_free=True)
    remedy = "let fewer tools use the app at once, or lower their budget"
    return Verdict(Action.WAIT, "the point budget is used up, also by others", remedy, is_free=True)


def _nobody(reply: Reply) -> Verdict | None:
    if "UNAUTHENTICATED" in _codes(reply) or any(_NOBODY in each for each in _messages(reply)):
        return Verdict(Action.REFRESH, "Jobber says that nobody is logged in", RECONNECT)
    return None


def _hidden(reply: Reply) -> Verdict | None:
    messages = _messages(reply)
    if not messages or not all(_HIDDEN in each for each in messages):
        return None
    paths = tuple(_path(error) for error in _errors(reply))
    if _has_values(reply):
        return Verdict(Action.DELIVER, hidden=paths)
    # Where a field may not be null, a hidden one takes all that is around it with it.
    strikes = [drift.read_hidden(error) for error in _errors(reply)]
    known = tuple(dict.fromkeys(strike for strike in strikes if strike is not None))
    if known and len(known) == len(set(strikes)):
        return Verdict(Action.STRIKE, one_line(messages[0]), _PERMISSION, hidden=paths, strikes=known)
    return Verdict(Action.SKIP, one_line(messages[0]), _PERMISSION, hidden=paths)


def _gone(reply: Reply) -> Verdict | None:
    """Single objects that were deleted meanwhile: null with an error instead of the documented plain null."""
    messages = _messages(reply)
    if not messages or not _has_values(reply):
        return None
    are_gone = all(
        each.lower().endswith("not found") and len(_steps(error)) == 1
        for each, error in zip(messages, _errors(reply), strict=True)
    )
    return Verdict(Action.DELIVER) if are_gone else None


def _has_values(reply: Reply) -> bool:
    data = reply.body.get("data")
    return isinstance(data, dict) and any(value is not None for value in data.values())


def _steps(error: dict[str, Any]) -> list[Any]:
    path = error.get("path")
    return path if isinstance(path, list) else []


def _path(error: dict[str, Any]) -> str:
    return ".".join(str(step) for step in _steps(error))


def _drift(reply: Reply) -> Verdict | None:
    causes = [error for error in _errors(reply) if not drift.follows_from_another(error)]
    strikes = [drift.read_strike(error) for error in causes]
    known = tuple(strike for strike in strikes if strike is not None)
    if not known or len(known) < len(strikes):
        return None
    return Verdict(Action.STRIKE, one_line(_messages(reply)[0]), _NEWER, strikes=known)


def _other_errors(reply: Reply) -> Verdict | None:
    messages = [text for text, error in zip(_messages(reply), _errors(reply), strict=True) if error]
    if not messages:
        return None
    cause = one_line("; ".join(dict.fromkeys(messages)))
    if "INTERNAL_SERVER_ERROR" in _codes(reply) or any(sign in cause.lower() for sign in _PASSING):
        return Verdict(Action.RETRY, f"Jobber failed: {cause}", _LATER)
    return Verdict(Action.STOP, f"{REFUSED_QUERY}: {cause}", _NEWER)


def _data(reply: Reply) -> Verdict | None:
    is_answer = "data" in reply.body and isinstance(reply.body["data"], dict | None)
    return Verdict(Action.DELIVER) if is_answer and reply.status < BAD_REQUEST else None


# In this order. A rule about a status comes after those about a body whose text says more.
RULES: tuple[Callable[[Reply], Verdict | None], ...] = (
    _web_page,
    _redirect,
    _flat_body,
    _token,
    _throttled,
    _nobody,
    _unavailable,
    _unknown_body,
    _hidden,
    _gone,
    _drift,
    _other_errors,
    _data,
)

_HIDDEN = "hidden due to permissions"
_PERMISSION = "give the app the scope and the Jobber user the permission to read it, then authorise again"
_NOBODY = "because you are unauthenticated"
_NEWER = "check api_version against Jobber's API changelog"
_PASSING = ("internal", "timeout", "timed out", "temporarily", "try again")


def flat_message(body: object) -> str | None:
    """The message of a body that is no GraphQL answer: `message`, `error` or `error.message`."""
    if not isinstance(body, dict) or "data" in body or "errors" in body:
        return None
    for key in ("message", "error_description", "error"):
        value = body.get(key)
        if isinstance(value, dict):
            value = value.get("message")
        if isinstance(value, str) and value:
            return value
    return None


def _errors(reply: Reply) -> list[dict[str, Any]]:
    errors = reply.body.get("errors") if isinstance(reply.body, dict) else None
    listed = errors if isinstance(errors, list) else [errors] if errors else []
    return [error if isinstance(error, dict) else {"message": str(error)} for error in listed]


def _messages(reply: Reply) -> list[str]:
    return [str(error.get("message", "")) for error in _errors(reply)]


def _codes(reply: Reply) -> list[object]:
    extensions = [error.get("extensions") for error in _errors(reply)]
    return [each.get("code") for each in extensions if isinstance(each, dict)]
