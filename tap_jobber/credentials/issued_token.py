"""An access token on its own, just issued and not stored yet."""

from __future__ import annotations

from dataclasses import dataclass, field

from tap_jobber.errors import RenewalError


@dataclass(frozen=True)
class IssuedToken:
    """An access token that cannot be renewed.

    Args:
        token: The access token.
    """

    token: str = field(repr=False)

    def access_token(self) -> str:
        """Return the access token."""
        return self.token

    def renew(self, refused: str) -> str:
        """Raise an error, since there is no other token.

        Raises:
            RenewalError: Always.
        """
        del refused
        raise RenewalError("Jobber refuses the access token that it has just issued", "authorise the app again")
