"""HTTP answers, and those whose text is fixed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobber_sandbox.dynamic_types import Value
    from jobber_sandbox.faults import Fault

JSON_TYPE = "application/json; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"
TEXT_TYPE = "text/plain"
THROTTLE_DOCS = "https://developer.getjobber.com/docs/using_jobbers_api/api_rate_limits"
WAITING_ROOM = (
    "<!doctype html><html><head><title>Jobber | Waiting Room</title></head>"
    "<body><h1>We'll be right with you</h1></body></html>"
)
_REASONS = {
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


@dataclass
class Answer:
    """One HTTP answer.

    Args:
        status: The HTTP status.
        body: Its bytes.
        content_type: Its type; nothing to send none.
        headers: Other headers.
        reset_after: Break the connection after so many bytes of the body; None sends all.
    """

    status: int
    body: bytes
    content_type: str = JSON_TYPE
    headers: dict[str, str] = field(default_factory=dict)
    reset_after: int | None = None


def json_answer(body: Value, status: int = 200) -> Answer:
    """Return an answer in JSON."""
    return Answer(status, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())


def message(text: str, status: int) -> Answer:
    """Return a flat JSON message, as everything in front of GraphQL answers."""
    return json_answer({"message": text}, status)


def html(text: str, status: int = 200) -> Answer:
    """Return an HTML page."""
    return Answer(status, text.encode(), HTML_TYPE)


def problem(text: str, status: int) -> Answer:
    """Return an HTML page that says what is wrong."""
    return html(f"<!doctype html><title>Error</title><p>{text}</p>", status)


def redirect(location: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Return a redirect."""
    return Answer(302, b"", HTML_TYPE, {**(headers or {}), "location": location})


def too_many_requests(retry_after: str | int | None = None) -> Answer:
    """Return the answer to one request too many."""
    headers = {"retry-after": str(retry_after)} if retry_after is not None else {}
    return Answer(429, b"Retry later\n", TEXT_TYPE, headers)


def failure(status: int, *, as_html: bool) -> Answer:
    """Return the answer of a broken server."""
    reason = _REASONS.get(status, "Error")
    if as_html:
        return html(f"<html><head><title>{status} {reason}</title></head><body>{reason}</body></html>", status)
    return json_answer({"status": status, "error": reason}, status)


def with_fault_body(answer: Answer, fault: Fault) -> Answer:
    """Return the answer with the body that a fault asks for: a text as it is, anything else as JSON."""
    if isinstance(fault.body, str):
        return Answer(answer.status, fault.body.encode(), HTML_TYPE if fault.html else TEXT_TYPE, answer.headers)
    if fault.body is not None:
        return json_answer(fault.body, answer.status)
    return answer


def throttled(cost: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body for a query that does not fit the bucket, without what is said of the version."""
    error = {"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": THROTTLE_DOCS}}
    return {"errors": [error], "extensions": {"cost": cost}}
