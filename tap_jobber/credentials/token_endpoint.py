"""One POST to Jobber's token endpoint, never repeated here, and an exact account of how far it got."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import requests
from requests.adapters import HTTPAdapter

from tap_jobber.credentials.token_responses import Answer, Outcome, classify
from tap_jobber.network import FAILURES, explain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_jobber.network import Failure


class _WatchedBody:
    """A request body that knows whether the connection has begun to take it.

    The body is asked for only once the connection stands and is trusted. So whatever fails before that has sent no
    token, and whatever fails after may have: no guessing from the kind of exception, which for TLS and proxies is the
    same before and after.
    """

    def __init__(self, fields: dict[str, str]) -> None:
        self._content = urlencode(fields).encode("ascii")
        self.begun = False

    def __len__(self) -> int:
        return len(self._content)

    def __iter__(self) -> Iterator[bytes]:
        self.begun = True
        yield self._content


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Adds nothing; its presence keeps `requests` from adding a netrc entry to the secrets in the body."""
    return request


def _new_session() -> requests.Session:
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=0))
    return session


@dataclass(frozen=True)
class TokenEndpoint:
    """Jobber's token endpoint, for one client.

    The client's id and secret go into a form body (Jobber's documentation on app authorization). Each call has a
    connection of its own: on a kept-alive one, a reset would not tell whether the request was read.

    Args:
        url: The endpoint's address.
        client_id: The app's client id.
        client_secret: The app's client secret.
        user_agent: The `User-Agent` header.
        connect_timeout_seconds: How long a connection may take.
        read_timeout_seconds: How long the server may stay silent.
    """

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    user_agent: str = "tap-jobber"
    connect_timeout_seconds: float = 10.0
    read_timeout_seconds: float = 30.0

    def redeem(self, refresh_token: str) -> Answer:
        """Buys a new pair of tokens with a refresh token."""
        return self._post({"grant_type": "refresh_token", "refresh_token": refresh_token})

    def exchange(self, code: str, redirect_uri: str) -> Answer:
        """Buys the first pair of tokens with an authorization code."""
        return self._post({"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri})

    def _post(self, grant: dict[str, str]) -> Answer:
        client = {"client_id": self.client_id, "client_secret": self.client_secret}
        body = _WatchedBody({**client, **grant})
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": self.user_agent,
        }
        try:
            with _new_session() as session:
                response = session.post(
                    self.url,
                    data=body,
                    headers=headers,
                    auth=_no_auth,
                    timeout=(self.connect_timeout_seconds, self.read_timeout_seconds),
                    allow_redirects=False,
                )
        except FAILURES as error:
            return _interrupted(explain(error, self.url), begun=body.begun)
        answer = classify(
            response.status_code,
            response.content.decode(errors="replace"),
            response.headers.get("Retry-After"),
        )
        secrets = {self.client_secret, grant.get("refresh_token"), grant.get("code")}
        return replace(answer, detail=_without(secrets, answer.detail))


def _interrupted(failure: Failure, *, begun: bool) -> Answer:
    """The meaning of an exchange that ended without a whole answer."""
    if begun:
        return Answer(Outcome.LOST, failure.cause)
    if not failure.is_lasting:
        return Answer(Outcome.NOT_SENT, failure.cause, remedy=failure.remedy)
    outcome = Outcome.UNTRUSTED if failure.is_distrust else Outcome.MISDIRECTED
    return Answer(outcome, failure.cause, remedy=failure.remedy)


def _without(secrets: set[str | None], words: str) -> str:
    """The words with what was sent blotted out, in case the server repeats it."""
    for secret in secrets:
        if secret:
            words = words.replace(secret, "***")
    return words
