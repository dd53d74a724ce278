"""The job of a refresh and its report, in the forms that cross from one process to another."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from tap_jobber.credentials.token_responses import TokenOutcome
from tap_jobber.network.bounded_adapter import LONGEST_SILENCES

_SAVING_SECONDS = 100.0


@dataclass(frozen=True)
class RefreshJob:
    """All that a refresh needs.

    Args:
        store: The `location` of the token store, which may hold a password.
        token_url: The token endpoint's address.
        client_id: The app's client id.
        client_secret: The app's client secret.
        seed: The configured refresh token, if any.
        account_id: The configured account, if any.
        key: The key of the record to refresh; None to redeem the seed.
        superseded: The access token to replace, if there was one; if the store has another by now, that one will do.
        user_agent: The `User-Agent` header.
        connect_timeout_seconds: Longest time to connect.
        read_timeout_seconds: Longest silence of the server; its whole answer may take three times that.
        lock_timeout_seconds: Longest wait for another worker that holds the store.
    """

    store: str = field(repr=False)
    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    seed: str | None = field(default=None, repr=False)
    account_id: str | None = None
    key: str | None = None
    superseded: str | None = field(default=None, repr=False)
    user_agent: str = "tap-jobber"
    connect_timeout_seconds: float = 10.0
    read_timeout_seconds: float = 30.0
    lock_timeout_seconds: float = 60.0

    @property
    def limit_seconds(self) -> float:
        """Longest time that the refresh takes: the lock, two exchanges, the save."""
        exchange_seconds = self.connect_timeout_seconds + LONGEST_SILENCES * self.read_timeout_seconds
        return self.lock_timeout_seconds + 2 * exchange_seconds + _SAVING_SECONDS

    def to_line(self) -> bytes:
        """Return the job as one line of JSON."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> RefreshJob:
        """Return the job that `to_line` wrote."""
        return cls(**json.loads(line))


@dataclass(frozen=True)
class RefreshReport:
    """How a refresh ended. It carries no token: the store has them, if there are any.

    Args:
        outcome: `GRANTED` and `CURRENT` mean that the store has an access token to use.
        cause: As for `TapError`.
        remedy: As for `TapError`.
        warning: Jobber's warning about rotation, if any.
        retry_after_seconds: Delay that the server asked for, if any.
    """

    outcome: TokenOutcome
    cause: str = ""
    remedy: str = ""
    warning: str | None = None
    retry_after_seconds: float | None = None

    def to_line(self) -> bytes:
        """Return the report as one line of JSON."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> RefreshReport:
        """Return the report that `to_line` wrote.

        Raises:
            ValueError: The line is not one, or not whole.
        """
        try:
            fields = json.loads(line)
            return cls(**{**fields, "outcome": TokenOutcome(fields["outcome"])})
        except (KeyError, TypeError) as error:
            raise ValueError(str(error)) from error
