"""Send one request to Jobber's token endpoint, and tell exactly how far it got; nothing is repeated here."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import requests

from tap_jobber.credentials.token_responses import TokenOutcome, TokenResponse, classify_response
from tap_jobber.network.bounded_adapter import LONGEST_SILENCES, BoundedAdapter
from tap_jobber.network.explanation import REQUEST_EXCEPTIONS, explain_failure
from tap_jobber.redaction import hide_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_jobber.network.failed_request import Failure


# No grant is nearly as long, and of an error page the beginning tells enough.
_MOST_BYTES = 50_000


class _WatchedBody:
    """A request body that notes when the connection begins to read it.

    It is read only once the connection stands and is trusted. So a failure before that has sent no token, and a failure
    after that may have. The class of the exception does not tell: for TLS and proxies it is the same before and after.
    """

    def __init__(self, fields: dict[str, str]) -> None:
        self._content = urlencode(fields).encode("ascii")
        self.is_begun = False

    def __len__(self) -> int:
        return len(self._content)

    def __iter__(self) -> Iterator[bytes]:
        self.is_begun = True
        yield self._content


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Add nothing; its presence keeps `requests` from sending a netrc entry beside the secrets in the body."""
    return request


def _read(reply: requests.Response) -> tuple[str, Exception | None]:
    """Return the text of a response, with the error that ended it early, if any.

    It is read byte by byte, since of a piece that breaks off all would be lost: a server may well send a whole grant,
    and then go without the end that it announced.
    """
    content, broken = bytearray(), None
    try:
        for piece in reply.iter_content(1):
            content += piece
            if len(content) >= _MOST_BYTES:
                break
    except REQUEST_EXCEPTIONS as error:
        broken = error
    return content.decode(json.detect_encoding(content), errors="replace"), broken


def _new_session(answer_seconds: float) -> requests.Session:
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, BoundedAdapter(answer_seconds))
    return session


@dataclass(frozen=True)
class TokenEndpoint:
    """Jobber's token endpoint, for one client.

    The client's id and secret go into a form body (Jobber's documentation on app authorization). Each call has a
    connection of its own: on one kept alive, a reset would leave open if the request was read.

    Args:
        url: The endpoint's address.
        client_id: The app's client id.
        client_secret: The app's client secret.
        user_agent: The `User-Agent` header.
        connect_timeout_seconds: Longest time to connect.
        read_timeout_seconds: Longest silence of the server; its whole answer may take three times that.
    """

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    user_agent: str = "tap-jobber"
    connect_timeout_seconds: float = 10.0
    read_timeout_seconds: float = 30.0

    def redeem(self, refresh_token: str) -> TokenResponse:
        """Redeem a refresh token for a new pair of tokens."""
        return self._post({"grant_type": "refresh_token", "refresh_token": refresh_token})

    def exchange_code(self, code: str, redirect_uri: str) -> TokenResponse:
        """Redeem an authorization code for the first pair of tokens."""
        return self._post({"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri})

    def _post(self, grant: dict[str, str]) -> TokenResponse:
        client = {"client_id": self.client_id, "client_secret": self.client_secret}
        body = _WatchedBody({**client, **grant})
        headers = {
            "Accept": "application/json",
            # Nothing is to come between a grant and its reader.
            "Accept-Encoding": "identity",
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": self.user_agent,
        }
        try:
            with (
                _new_session(LONGEST_SILENCES * self.read_timeout_seconds) as session,
                session.post(
                    self.url,
                    data=body,
                    headers=headers,
                    auth=_no_auth,
                    timeout=(self.connect_timeout_seconds, self.read_timeout_seconds),
                    allow_redirects=False,
                    stream=True,
                ) as reply,
            ):
                text, broken = _read(reply)
        except REQUEST_EXCEPTIONS as error:
            return _interrupted(explain_failure(error, self.url), is_sent=body.is_begun)
        response = classify_response(reply.status_code, text, reply.headers.get("Retry-After"))
        if broken is not None and response.tokens is None:
            return _interrupted(explain_failure(broken, self.url), is_sent=True)
        # A server may repeat what was sent.
        secrets = (self.client_secret, grant.get("refresh_token", ""), grant.get("code", ""))
        return replace(response, detail=hide_secrets(response.detail, secrets, shortest_characters=1))


def _interrupted(failure: Failure, *, is_sent: bool) -> TokenResponse:
    """Return the meaning of an exchange that ended without a whole response."""
    if is_sent:
        return TokenResponse(TokenOutcome.LOST, failure.cause)
    if not failure.is_lasting:
        return TokenResponse(TokenOutcome.NOT_SENT, failure.cause, remedy=failure.remedy)
    outcome = TokenOutcome.UNTRUSTED if failure.is_distrust else TokenOutcome.MISDIRECTED
    return TokenResponse(outcome, failure.cause, remedy=failure.remedy)
