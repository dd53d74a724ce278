"""How the page talks with Jobber: as the tap does, but for one visitor, who is not let wait for long."""

from __future__ import annotations

import importlib.metadata
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_jobber.api.client import Client, DisconnectedError, Usage
from tap_jobber.api.identity import read_identity
from tap_jobber.api.transport import Query, Transport
from tap_jobber.api.versioning import VersionCheck
from tap_jobber.clock import Clock
from tap_jobber.credentials.token_endpoint import TokenEndpoint
from tap_jobber.credentials.token_responses import TokenOutcome, TokenResponse
from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from tap_jobber.api.client import AccessTokens
    from tap_jobber.api.stated_cost import Cost
    from tap_jobber.connect.connect_settings import ConnectSettings
    from tap_jobber.credentials.installer import Identity

RETRY_SECONDS = 15.0
TIMEOUT_SECONDS = 10.0

_DISCONNECT = "mutation disconnect { appDisconnect { app { name author } userErrors { message } } }"
# It asks for a handful of fields; Jobber prices them at fewer points than this.
_DISCONNECT_POINTS = 50.0
_REFUSALS = frozenset({TokenOutcome.REFUSED, TokenOutcome.REFUSED_BY_PAGE})


class CodeRefusedError(TapError):
    """Jobber does not take a code."""


@dataclass(frozen=True)
class CodeEndpoint(TokenEndpoint):
    """The token endpoint for codes that may have been issued for one of several addresses of the app.

    Args:
        others: What to name as `redirect_uri` if the first is refused.
    """

    others: tuple[str, ...] = field(default=(), kw_only=True)

    def exchange_code(self, code: str, redirect_uri: str) -> TokenResponse:
        """Buys the first pair of tokens with an authorization code.

        Raises:
            CodeRefusedError: The code is refused.
        """
        answer = super().exchange_code(code, redirect_uri)
        for other in self.others:
            if answer.outcome in _REFUSALS:
                answer = super().exchange_code(code, other)
        if answer.outcome in _REFUSALS:
            raise CodeRefusedError(f"Jobber refused a code ({answer.detail})", "the visitor was told to start again")
        return answer


@dataclass(frozen=True)
class JobberApi:
    """Jobber, as the settings of the page describe the way to it.

    Args:
        config: The settings.
    """

    config: ConnectSettings

    @property
    def token_url(self) -> str:
        """The token endpoint's address."""
        return f"{self.config.api_url}/oauth/token"

    @property
    def user_agent(self) -> str:
        """The `User-Agent` header."""
        return f"tap-jobber-connect/{importlib.metadata.version('tap-jobber')}"

    def code_endpoint(self, *others: str) -> CodeEndpoint:
        """Where codes are redeemed; `others` are further addresses that one may have been issued for."""
        return CodeEndpoint(
            url=self.token_url,
            client_id=self.config.client_id,
            client_secret=self.config.client_secret,
            user_agent=self.user_agent,
            read_timeout_seconds=TIMEOUT_SECONDS,
            others=others,
        )

    def identify(self, access_token: str) -> Identity:
        """Whose an access token is that has just been issued.

        Raises:
            TapError: Jobber does not tell.
        """
        return read_identity(self._client(_OneToken(access_token)))

    def disconnect(self, tokens: AccessTokens) -> None:
        """Disconnect the app from the account; that somebody has done so before is as good.

        Raises:
            TapError: Jobber does not agree, or could not be asked.
        """
        try:
            query = Query("disconnect", _DISCONNECT, {}, _DISCONNECT_POINTS)
            answer = self._client(tokens).execute(query, Usage())
        except DisconnectedError:
            return
        payload = answer.data.get("appDisconnect")
        errors = payload.get("userErrors") if isinstance(payload, dict) else None
        if not isinstance(payload, dict) or errors:
            said = "; ".join(str(each.get("message")) for each in errors or () if isinstance(each, dict))
            cause = f"Jobber did not disconnect the app ({said or 'it gave no reason'})"
            raise TapError(cause, "disconnect it in Jobber under Apps")

    def _client(self, tokens: AccessTokens) -> Client:
        transport = Transport(
            url=f"{self.config.api_url}/graphql",
            api_version=self.config.api_version,
            user_agent=self.user_agent,
            timeout_seconds=TIMEOUT_SECONDS,
        )
        clock = Clock(sleep=_RetryBudget().sleep)
        return Client(transport, tokens, _Pace(), VersionCheck(self.config.api_version), clock)


@dataclass(frozen=True)
class _OneToken:
    """Tokens that have just been bought, of which only one is at hand."""

    token: str = field(repr=False)

    def access_token(self) -> str:
        """The token."""
        return self.token

    def renew(self, refused: str) -> str:
        """No other is to be had.

        Raises:
            TapError: Always.
        """
        del refused
        raise TapError("Jobber refuses the access token that it has just issued", "connect the account again")


class _Pace:
    """Sends at once, and after a refusal waits until the bucket holds the price."""

    def __init__(self) -> None:
        self._cost: Cost | None = None

    def delay_seconds(self, points: float, now: float) -> float:
        """How long to wait, by the last answer."""
        del now
        if self._cost is None:
            return 0.0
        return max(0.0, points - self._cost.available_points) / max(1.0, self._cost.restore_points_per_second)

    def sent(self, points: float, now: float) -> None:
        """Nothing is reckoned ahead."""

    def answered(self, points: float, cost: Cost | None, *, free_points: float, now: float) -> None:
        """Keep what the answer states."""
        del points, free_points, now
        self._cost = cost


class _RetryBudget:
    """Waits, but not beyond what a visitor bears."""

    def __init__(self) -> None:
        self._until = time.monotonic() + RETRY_SECONDS

    def sleep(self, seconds: float) -> None:
        """Wait.

        Raises:
            TapError: It would be too long.
        """
        if time.monotonic() + seconds > self._until:
            raise TapError("Jobber is not available, or too busy", "the visitor was told to come back later")
        time.sleep(seconds)
