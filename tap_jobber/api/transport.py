"""Sends one query over HTTP and reads the reply, without judging it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timezone
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import msgspec.json
import requests

from tap_jobber.api.decision import Action, Decision, Reach, Reply
from tap_jobber.api.tolerant_json import decode_tolerantly
from tap_jobber.errors import ExitStatus
from tap_jobber.network.bounded_adapter import LONGEST_SILENCES, BoundedAdapter, read_content
from tap_jobber.network.explanation import REQUEST_EXCEPTIONS, explain_failure
from tap_jobber.network.retry_after import parse_retry_after_seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_jobber.network.failed_request import Failure

_CONNECT_SECONDS = 10.0
# A page of 10,000 values has not nearly as much.
_MOST_BYTES = 50_000_000
# It logs headers that it cannot read as they are, with a traceback. What follows from them shows in the answer.
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)
# Amounts are decimal text on the wire; read as binary floats they would come out changed.
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


@dataclass(frozen=True)
class Query:
    """A GraphQL query to send.

    Attributes:
        name: The operation's name, if it has one.
        text: Its text.
        variables: Its variables.
        points: The price that the server is expected to check before it runs it.
        most_failures: Number of failures, of a kind that a smaller query may be spared, after which that is tried
            instead; None if there is none to try.
        label: Its name in log lines: that of a stream where it reads one; by default its operation's.
    """

    name: str | None
    text: str
    variables: Mapping[str, object]
    points: float
    most_failures: int | None = None
    label: str = ""

    @property
    def title(self) -> str:
        """The query's name in log lines."""
        return self.label or self.name or "query"


class NoReplyError(Exception):
    """A request that brought no whole reply.

    Args:
        failure: The reason.
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.cause)
        self.failure = failure


class Transport:
    """A connection to one GraphQL endpoint: kept alive, compressed, never retried and never redirected.

    Args:
        url: The endpoint.
        api_version: Sent as `X-JOBBER-GRAPHQL-VERSION`, which Jobber requires of all apps.
        user_agent: Sent as `User-Agent`.
        timeout_seconds: The most seconds that the server may stay silent; its whole answer may take three times that.
    """

    def __init__(self, *, url: str, api_version: str, user_agent: str, timeout_seconds: float) -> None:
        self._url = url
        self._timeout_seconds = (min(_CONNECT_SECONDS, timeout_seconds), timeout_seconds)
        self._session = requests.Session()
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, BoundedAdapter(LONGEST_SILENCES * timeout_seconds))
        self._session.headers.update(
            {
                "Accept": "application/json",
                "Content-Type": "application/json",
                "User-Agent": user_agent,
                "X-JOBBER-GRAPHQL-VERSION": api_version,
            }
        )

    def send(self, query: Query, access_token: str) -> tuple[Reply, float | None]:
        """Send a query once.

        Returns:
            The reply, and the server's time of answering in seconds since 1970 where it states one.

        Raises:
            NoReplyError: If no whole reply arrives.
        """
        body: dict[str, object] = {"query": query.text}
        if query.name:
            body["operationName"] = query.name
        if query.variables:
            body["variables"] = query.variables
        content = msgspec.json.encode(body)
        try:
            with self._session.post(
                self._url,
                data=content,
                timeout=self._timeout_seconds,
                # An `auth` of our own also keeps requests from taking one out of a .netrc file.
                auth=_Bearer(access_token),
                allow_redirects=False,
                stream=True,
            ) as response:
                answer = read_content(response, _MOST_BYTES)
        except REQUEST_EXCEPTIONS as error:
            raise NoReplyError(explain_failure(error, self._url)) from error
        return _reply(response, answer), _server_seconds(response.headers.get("Date"))

    def close(self) -> None:
        """Close the connection."""
        self._session.close()


class _Bearer(requests.auth.AuthBase):
    def __init__(self, access_token: str) -> None:
        self._access_token = access_token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header to a request."""
        request.headers["Authorization"] = f"Bearer {self._access_token}"
        return request


def _reply(response: requests.Response, content: bytes) -> Reply:
    body, replaced = _body(content)
    return Reply(
        status=response.status_code,
        content_type=response.headers.get("Content-Type", "").lower(),
        body=body,
        replaced=replaced,
        retry_after_seconds=parse_retry_after_seconds(response.headers.get("Retry-After")),
    )


def _body(content: bytes) -> tuple[Any, int]:
    """Return the JSON value of a body, None if it is none, and how much of it had to be replaced."""
    try:
        return _decode(content), 0
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InvalidOperation):
        pass
    try:
        return decode_tolerantly(content)
    except (ValueError, RecursionError):
        return None, 0


def _server_seconds(value: str | None) -> float | None:
    try:
        moment = parsedate_to_datetime(value or "")
    except (ValueError, OverflowError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()


def classify_failure(failure: Failure) -> Decision:
    """Decide what follows from a request that brought no whole reply."""
    if failure.is_lasting:
        return Decision(
            Action.STOP,
            failure.cause,
            failure.remedy,
            reach=Reach.CONNECTION,
            exit_status=ExitStatus.MEND,
            is_free=True,
        )
    is_unsent = failure.is_unsent
    return Decision(Action.RETRY, failure.cause, failure.remedy, is_free=is_unsent, may_be_size=not is_unsent)
