"""Send one request to Jobber's token endpoint, and tell exactly how far it got; nothing is repeated here."""

from __future__ import annotations

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
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": self.user_agent,
        }
        try:
            with _new_session(LONGEST_SILENCES * self.read_timeout_seconds) as session:
                reply = session.post(
                    self.url,
                    data=body,
                    headers=headers,
                    auth=_no_auth,
                    timeout=(self.connect_timeout_seconds, self.read_timeout_seconds),
                    allow_redirects=False,
                )
        except REQUEST_EXCEPTIONS as error:
            return _interrupted(explain_failure(error, self.url), is_sent=body.is_begun)
        response = classify_response(
            reply.status_code,
            reply.content.decode(errors="replace"),
            reply.headers.get("Retry-After"),
        )
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
