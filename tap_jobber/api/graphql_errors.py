"""The rules of the table of answers about `errors[]`, which GraphQL servers send with HTTP 200.

An error with `data` beside it happened while the query ran: its `path` leads to what is null because of it, or to
what lies below, for where a value may not be null, what is around it is null instead, up to `data` itself. An
error without `data` means that the query was not run at all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tap_jobber.api import unknown_names
from tap_jobber.api.decision import Action, Decision, FailedField, Reach, Reply
from tap_jobber.api.stated_cost import read_cost
from tap_jobber.errors import ExitStatus, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

REFUSED_QUERY = "Jobber refused the query"
BAD_REQUEST = 400
RECONNECT = "authorise the app again in Jobber and set the new refresh_token"
LATER = "run again later; if it stays, look at Jobber's status page"
_HIDDEN = "hidden due to permissions"
_PERMISSION = "give the app the scope and the Jobber user the permission to read it, then authorise again"
_NOBODY = "because you are unauthenticated"
_NEWER = "check api_version against Jobber's API changelog"
# Limits beside the price, in the words of GraphQL servers.
_TOO_MUCH = re.compile(
    r"max(?:imum)? (?:complexity|cost)|too complex|page size"
    r"|\bfirst\b.*(?:exceed|maximum|limit|at most)|(?:exceed|maximum|limit|at most).*\bfirst\b",
    re.IGNORECASE,
)
_PASSING = ("internal", "timeout", "timed out", "temporarily", "try again")


def throttled(reply: Reply) -> Decision | None:
    """Wait for points, or ask for less where the price can never fit."""
    if "THROTTLED" not in _codes(reply) and _messages(reply) != ["Throttled"]:
        return None
    cost = read_cost(reply.body)
    if cost is not None and cost.never_fits:
        cause = f"the query costs {cost.requested_points:g} points, the bucket holds {cost.maximum_points:g}"
        return Decision(Action.SHRINK, cause, "deselect columns of this stream", reach=Reach.QUERY, is_free=True)
    remedy = "let fewer tools use the app at once, or lower their budget"
    return Decision(Action.WAIT, "the point budget is used up, also by others", remedy, is_free=True)


def nobody(reply: Reply) -> Decision | None:
    """Get another token if the server says that nobody is logged in."""
    if "UNAUTHENTICATED" in _codes(reply) or any(_NOBODY in each for each in _messages(reply)):
        return Decision(Action.REFRESH, "Jobber says that nobody is logged in", RECONNECT, exit_status=ExitStatus.RENEW)
    return None


def hidden(reply: Reply) -> Decision | None:
    """Deliver what is left beside hidden values and rows, strike hidden fields, or skip a hidden root."""
    messages = _messages(reply)
    if not messages or not all(_HIDDEN in each for each in messages):
        return None
    paths = _hidden_paths(reply)
    fields = [error for error in _errors(reply) if not _is_row(error)]
    if reply.status < BAD_REQUEST and (_has_values(reply) or not fields):
        # A row that is hidden where rows may not be null leaves nothing, but can be read around.
        return Decision(Action.DELIVER, hidden=paths)
    # Where a field may not be null, a hidden one takes all that is around it with it.
    strikes = [unknown_names.read_hidden(error) for error in fields]
    known = tuple(dict.fromkeys(strike for strike in strikes if strike is not None))
    if known and len(known) == len(set(strikes)):
        return Decision(
            Action.STRIKE, one_line(messages[0]), _PERMISSION, hidden=paths, strikes=known, reach=Reach.QUERY
        )
    return Decision(Action.SKIP, one_line(messages[0]), _PERMISSION, hidden=paths, reach=Reach.QUERY)


def gone(reply: Reply) -> Decision | None:
    """Deliver nulls of single objects that were deleted meanwhile, which come with an error instead of alone."""
    failed = _failed(reply)
    if not failed or len(failed) < len(_errors(reply)) or not _has_values(reply) or reply.status >= BAD_REQUEST:
        return None
    are_gone = all(each.is_not_found and len(each.path) == 1 for each in failed)
    return Decision(Action.DELIVER) if are_gone else None


def unknown(reply: Reply) -> Decision | None:
    """Strike names that the served version does not know."""
    causes = [error for error in _errors(reply) if not unknown_names.follows_from_another(error)]
    strikes = [unknown_names.read_strike(error) for error in causes]
    known = tuple(strike for strike in strikes if strike is not None)
    # What else is wrong with the query is said again when what is known to be wrong has gone.
    others = [error for error, strike in zip(causes, strikes, strict=True) if strike is None]
    if not known or not all(map(unknown_names.is_of_query, others)):
        return None
    return Decision(Action.STRIKE, one_line(_messages(reply)[0]), _NEWER, strikes=known, reach=Reach.QUERY)


def other(reply: Reply) -> Decision | None:
    """Tell fields that failed, a server that failed as a whole, and a query that was refused apart."""
    failed = _failed(reply)
    if not failed:
        return None
    cause = one_line("; ".join(dict.fromkeys(each.message for each in failed)))
    was_run = "data" in reply.body and isinstance(reply.body["data"], dict | None)
    names_fields = any(len(each.path) > 1 for each in failed) or _has_values(reply)
    is_passing = "INTERNAL_SERVER_ERROR" in _codes(reply) or any(sign in cause.lower() for sign in _PASSING)
    if is_passing and not (was_run and names_fields):
        return Decision(Action.RETRY, f"Jobber failed: {cause}", LATER, may_be_size=True)
    if not (was_run and names_fields) and _TOO_MUCH.search(cause):
        return Decision(
            Action.SHRINK, f"{REFUSED_QUERY}: {cause}", "deselect columns of this stream", reach=Reach.QUERY
        )
    if not was_run or all(each.is_not_found for each in failed):
        action = Action.PART if was_run else Action.STOP
        return Decision(
            action, f"{REFUSED_QUERY}: {cause}", _NEWER, hidden=_hidden_paths(reply), failed=failed, reach=Reach.QUERY
        )
    names = ", ".join(dict.fromkeys(filter(None, map(str, failed))))
    said = f"{names} fails on Jobber's side: {cause}" if names else f"Jobber failed: {cause}"
    return Decision(Action.PART, one_line(said), LATER, hidden=_hidden_paths(reply), failed=failed, reach=Reach.QUERY)


def _failed(reply: Reply) -> tuple[FailedField, ...]:
    """Return the errors that are not about permissions."""
    found = []
    for error in _errors(reply):
        message = str(error.get("message", ""))
        if error and _HIDDEN not in message:
            found.append(FailedField(tuple(_steps(error)), one_line(message)))
    return tuple(found)


def _hidden_paths(reply: Reply) -> tuple[str, ...]:
    errors = [error for error in _errors(reply) if _HIDDEN in str(error.get("message", ""))]
    return tuple(".".join(map(str, _steps(error))) for error in errors)


def _is_row(error: dict[str, Any]) -> bool:
    """Return True if an error is about a row of a connection as a whole."""
    steps = _steps(error)
    steps = steps[:-1] if steps[-1:] == ["node"] else steps
    return len(steps) > 1 and steps[-2] in {"nodes", "edges"} and isinstance(steps[-1], int)


def _has_values(reply: Reply) -> bool:
    data = reply.body.get("data")
    return isinstance(data, dict) and any(value is not None for value in data.values())


def _steps(error: dict[str, Any]) -> list[str | int]:
    path = error.get("path")
    return [step if isinstance(step, int) else str(step) for step in path] if isinstance(path, list) else []


def _errors(reply: Reply) -> list[dict[str, Any]]:
    errors = reply.body.get("errors") if isinstance(reply.body, dict) else None
    listed = errors if isinstance(errors, list) else [errors] if errors else []
    return [error if isinstance(error, dict) else {"message": str(error)} for error in listed]


def _messages(reply: Reply) -> list[str]:
    return [str(error.get("message", "")) for error in _errors(reply)]


def _codes(reply: Reply) -> list[object]:
    extensions: Iterable[object] = (error.get("extensions") for error in _errors(reply))
    return [each.get("code") for each in extensions if isinstance(each, dict)]
