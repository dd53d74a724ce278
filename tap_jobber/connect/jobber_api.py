"""The page's requests to Jobber: like the tap's, but for a visitor who does not wait for long."""

from __future__ import annotations

import importlib.metadata
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_jobber.api.client import Client, DisconnectedError, Usage
from tap_jobber.api.identity import read_identity
from tap_jobber.api.stated_pace import StatedPace
from tap_jobber.api.transport import Query, Transport
from tap_jobber.api.versioning import VersionCheck
from tap_jobber.clock import Clock
from tap_jobber.credentials.issued_token import IssuedToken
from tap_jobber.credentials.token_endpoint import TokenEndpoint
from tap_jobber.credentials.token_responses import TokenOutcome, TokenResponse
from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_jobber.api.client import AccessTokens
    from tap_jobber.connect.connect_settings import ConnectSettings
    from tap_jobber.credentials.installer import Identity

RETRY_SECONDS = 15.0
"""Longest time that a visitor waits while requests fail or are throttled."""

TIMEOUT_SECONDS = 10.0

_DISCONNECT = "mutation disconnect { appDisconnect { app { name author } userErrors { message } } }"
# A handful of fields; Jobber charges fewer points for them.
_DISCONNECT_POINTS = 50.0
_REFUSALS = frozenset({TokenOutcome.REFUSED, TokenOutcome.REFUSED_BY_PAGE})


class CodeRefusedError(TapError):
    """Jobber refuses a code."""


@dataclass(frozen=True)
class CodeEndpoint(TokenEndpoint):
    """The token endpoint for codes that may have been issued for one of several addresses of the app.

    Args:
        other_redirect_uris: The addresses to try if the code is refused with the first.
    """

    other_redirect_uris: tuple[str, ...] = field(default=(), kw_only=True)

    def exchange_code(self, code: str, redirect_uri: str) -> TokenResponse:
        """Redeem an authorization code for the first pair of tokens.

        Raises:
            CodeRefusedError: The code is refused.
        """
        response = super().exchange_code(code, redirect_uri)
        for other in self.other_redirect_uris:
            if response.outcome in _REFUSALS:
                response = super().exchange_code(code, other)
        if response.outcome in _REFUSALS:
            raise CodeRefusedError(f"Jobber refused a code ({response.detail})", "the visitor was told to start again")
        return response


class JobberApi:
    """Jobber's endpoints, as the settings of the page name them.

    Args:
        config: The settings.
    """

    def __init__(self, config: ConnectSettings) -> None:
        self._config = config
        # One for all visitors, so that the operator's log has each warning about the version once.
        self._version_check = VersionCheck(config.api_version)

    @property
    def token_url(self) -> str:
        """Address of the token endpoint."""
        return f"{self._config.api_url}/oauth/token"

    @property
    def user_agent(self) -> str:
        """`User-Agent` header of all requests."""
        return f"tap-jobber-connect/{importlib.metadata.version('tap-jobber')}"

    def code_endpoint(self, *other_redirect_uris: str) -> CodeEndpoint:
        """Return the token endpoint for codes that may have been issued for other addresses too."""
        return CodeEndpoint(
            url=self.token_url,
            client_id=self._config.client_id,
            client_secret=self._config.client_secret,
            user_agent=self.user_agent,
            read_timeout_seconds=TIMEOUT_SECONDS,
            other_redirect_uris=other_redirect_uris,
        )

    def identify(self, access_token: str) -> Identity:
        """Return account and user of an access token that has just been issued.

        Raises:
            TapError: Jobber does not tell them.
        """
        with self._client(IssuedToken(access_token)) as client:
            return read_identity(client)

    def disconnect(self, tokens: AccessTokens) -> None:
        """Disconnect the app from the account, unless it is disconnected already.

        Raises:
            TapError: Jobber refused, or could not be asked.
        """
        try:
            with self._client(tokens) as client:
                answer = client.execute(Query("disconnect", _DISCONNECT, {}, _DISCONNECT_POINTS), Usage())
        except DisconnectedError:
            return
        payload = answer.data.get("appDisconnect")
        errors = payload.get("userErrors") if isinstance(payload, dict) else None
        if not isinstance(payload, dict) or errors:
            said = "; ".join(str(each.get("message")) for each in errors or () if isinstance(each, dict))
            cause = f"Jobber did not disconnect the app ({said or 'it gave no reason'})"
            raise TapError(cause, "disconnect it in Jobber under Apps")

    @contextmanager
    def _client(self, tokens: AccessTokens) -> Iterator[Client]:
        transport = Transport(
            url=f"{self._config.api_url}/graphql",
            api_version=self._config.api_version,
            user_agent=self.user_agent,
            timeout_seconds=TIMEOUT_SECONDS,
        )
        try:
            yield Client(transport, tokens, StatedPace(), self._version_check, Clock(sleep=_VisitorWait().sleep))
        finally:
            transport.close()


class _VisitorWait:
    """Wait for no longer than a visitor does."""

    def __init__(self) -> None:
        self._until = time.monotonic() + RETRY_SECONDS

    def sleep(self, seconds: float) -> None:
        """Wait for some seconds.

        Raises:
            TapError: The visitor would wait for too long.
        """
        if time.monotonic() + seconds > self._until:
            raise TapError("Jobber is not available, or too busy", "the visitor was told to come back later")
        time.sleep(seconds)
