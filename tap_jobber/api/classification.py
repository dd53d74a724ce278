"""The one table of answers: what Jobber said, and what follows from it.

`classify` is pure and is the only place that decides between delivering, retrying, refreshing the token,
waiting, shrinking, striking a field, doing without one, skipping a stream and stopping. Its rules look at the
content type first (under load Jobber answers 200 with an HTML waiting room), then at flat bodies (`message`,
`error`), at the status, at `errors[]`, and last require a `data` key: an answer without one is never "no rows".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tap_jobber.api import graphql_errors
from tap_jobber.api.decision import Action, Decision, Reach, Reply
from tap_jobber.api.graphql_errors import BAD_REQUEST, LATER, RECONNECT
from tap_jobber.api.stated_cost import read_cost
from tap_jobber.errors import ExitStatus, one_line

if TYPE_CHECKING:
    from collections.abc import Callable

MULTIPLE_CHOICES, UNAUTHORIZED, NOT_FOUND = 300, 401, 404
TIMEOUT, TOO_MANY, SERVER_ERROR, UNAVAILABLE = 408, 429, 500, 503

UNPARSABLE_QUERY = "Jobber could not parse the query"
DISCONNECTED = "the app has been disconnected from the Jobber account"


def _refused(cause: str) -> Decision:
    """Return the decision on a refused access token: if the next is refused too, authorise the app anew."""
    return Decision(Action.REFRESH, cause, RECONNECT, exit_status=ExitStatus.RENEW, is_free=True)


def _misconfigured(cause: str, remedy: str) -> Decision:
    """Return the decision on an answer that most likely comes of a wrong setting."""
    return Decision(Action.STOP, cause, remedy, exit_status=ExitStatus.MEND)


_REFUSED_TOKEN = _refused("Jobber does not accept the access token")

# How flat messages begin, lower case. Source of each: section 6 of what is known of Jobber's answers; the
# status that goes with them is mostly undocumented, so the message decides. No cause: the message is it.
_MESSAGES: tuple[tuple[str, Decision], ...] = (
    ("access token expired", _refused("the access token has expired")),
    ("token not recognized", _refused("Jobber does not recognise the access token")),
    ("invalid token", _REFUSED_TOKEN),
    ("invalid_request", _REFUSED_TOKEN),
    (
        "user has disconnected this app",
        Decision(
            Action.STOP,
            DISCONNECTED,
            "connect it again with tap-jobber --login or from Jobber's App Marketplace, or set the new refresh_token",
            reach=Reach.CONNECTION,
            exit_status=ExitStatus.RENEW,
        ),
    ),
    (
        "this account is not active",
        Decision(
            Action.STOP,
            "the Jobber account is not active",
            "reactivate it in Jobber (Settings, Account and Billing), then run again",
            reach=Reach.CONNECTION,
            exit_status=ExitStatus.RENEW,
        ),
    ),
    (
        "service temporarily unavailable",
        Decision(
            Action.RETRY,
            "Jobber says that its service is temporarily unavailable",
            "run again later; if it stays, Jobber may have disabled the app: ask its API support",
        ),
    ),
    (
        "graphql api version",
        Decision(
            Action.STOP,
            "",
            "set api_version to a version from Jobber's API changelog",
            reach=Reach.CONNECTION,
            exit_status=ExitStatus.MEND,
        ),
    ),
    (
        "invalid query",
        Decision(
            Action.STOP,
            UNPARSABLE_QUERY,
            "check credential_test_query and api_version; if neither is set, report this as a defect of the tap",
            reach=Reach.QUERY,
        ),
    ),
)

_WRONG_ADDRESS = "set api_url to https://api.getjobber.com/api or remove it"


def classify(reply: Reply) -> Decision:
    """Decide what to do about a reply: the first rule that has something to say decides."""
    for rule in RULES:
        decision = rule(reply)
        if decision is not None:
            cost = read_cost(reply.body) if isinstance(reply.body, dict) else None
            return replace(decision, cost=cost)
    return Decision(Action.RETRY, "Jobber's answer holds no data", LATER, may_be_size=True)


def _web_page(reply: Reply) -> Decision | None:
    if "html" not in reply.content_type or reply.status == UNAUTHORIZED or _is_redirect(reply):
        return None
    if isinstance(reply.body, dict):
        # Named wrongly: what it says counts.
        return None
    if reply.status == NOT_FOUND:
        return _misconfigured("there is no Jobber API at api_url (404, a web page)", _WRONG_ADDRESS)
    cause = f"Jobber answered {reply.status} with a web page, as it does under load"
    pause, may_be_size = reply.retry_after_seconds, _may_be_size(reply.status)
    return Decision(Action.RETRY, cause, LATER, pause_seconds=pause, is_free=True, may_be_size=may_be_size)


def _may_be_size(status: int) -> bool:
    """Return True if a status can mean that the query took too long, or broke the server."""
    return status == TIMEOUT or (status >= SERVER_ERROR and status != UNAVAILABLE)


def _is_redirect(reply: Reply) -> bool:
    return MULTIPLE_CHOICES <= reply.status < BAD_REQUEST


def _redirect(reply: Reply) -> Decision | None:
    if not _is_redirect(reply):
        return None
    return _misconfigured(f"api_url answers with a redirect ({reply.status})", _WRONG_ADDRESS)


def _flat_body(reply: Reply) -> Decision | None:
    message = flat_message(reply.body)
    if message is None:
        return None
    for beginning, decision in _MESSAGES:
        if message.lower().startswith(beginning):
            pause = reply.retry_after_seconds if decision.action is Action.RETRY else None
            return replace(decision, cause=decision.cause or one_line(message), pause_seconds=pause, is_free=True)
    return None


def _token(reply: Reply) -> Decision | None:
    return _REFUSED_TOKEN if reply.status == UNAUTHORIZED else None


def _unavailable(reply: Reply) -> Decision | None:
    if reply.status == TOO_MANY:
        cause = "Jobber's limit of requests is used up (429)"
    elif reply.status == TIMEOUT or reply.status >= SERVER_ERROR:
        cause = f"Jobber answered {reply.status}"
    else:
        return None
    pause, is_free = reply.retry_after_seconds, reply.status == TOO_MANY
    may_be_size = _may_be_size(reply.status)
    return Decision(Action.RETRY, cause, LATER, pause_seconds=pause, is_free=is_free, may_be_size=may_be_size)


def _unknown_body(reply: Reply) -> Decision | None:
    if not isinstance(reply.body, dict):
        if reply.status == NOT_FOUND:
            return _misconfigured("there is no Jobber API at api_url (404, without JSON)", _WRONG_ADDRESS)
        return Decision(Action.RETRY, f"Jobber answered {reply.status} without JSON", LATER, may_be_size=True)
    message = flat_message(reply.body)
    if message is None:
        return None
    cause = f"Jobber answered {reply.status}: {one_line(message)}"
    return _misconfigured(cause, "check api_url, api_version and the app's settings in Jobber")


def _data(reply: Reply) -> Decision | None:
    # Nothing at all without an error is no answer: who asks for a field is told at least that it is null.
    is_answer = isinstance(reply.body.get("data"), dict) and bool(reply.body["data"])
    return Decision(Action.DELIVER) if is_answer and reply.status < BAD_REQUEST else None


# In this order. A rule about a status comes after those about a body whose text says more.
RULES: tuple[Callable[[Reply], Decision | None], ...] = (
    _web_page,
    _redirect,
    _flat_body,
    _token,
    graphql_errors.throttled,
    graphql_errors.nobody,
    _unavailable,
    _unknown_body,
    graphql_errors.hidden,
    graphql_errors.gone,
    graphql_errors.unknown,
    graphql_errors.other,
    _data,
)


def flat_message(body: object) -> str | None:
    """Return the message of a body that is no GraphQL answer: `message`, `error` or `error.message`."""
    if not isinstance(body, dict) or "data" in body or "errors" in body:
        return None
    for key in ("message", "error_description", "error"):
        value = body.get(key)
        if isinstance(value, dict):
            value = value.get("message")
        if isinstance(value, str) and value:
            return value
    return None
