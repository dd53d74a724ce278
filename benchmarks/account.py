"""Sandbox accounts with a valid credential, so that no token refresh is measured."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from benchmarks.processes import SANDBOX, TAP, measure, server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

UNLIMITED_SPEED = 1_000_000
RUN_TAP = (TAP, "--config", "ENV")


@contextmanager
def account(directory: Path, scale: float) -> Iterator[dict[str, str]]:
    """Serve an account without rate limits.

    Args:
        directory: Working directory of the server and the tap.
        scale: Size of the account; 1 is about 13,000 rows over all types.

    Yields:
        The settings with which the tap reads it.
    """
    limits = ("--speed", str(UNLIMITED_SPEED), "--max-requests", "0")
    with server((SANDBOX, "serve", "--world", "hostile", "--scale", f"{scale:g}", *limits), directory) as ready:
        yield credential(directory, ready, f"{scale:g}")


def credential(directory: Path, ready: Mapping[str, Any], name: str) -> dict[str, str]:
    """Store a credential and return the settings with which the tap reads a server.

    Args:
        directory: Working directory of the tap.
        ready: Addresses and credentials that the server announced.
        name: Name of the token store within the directory.
    """
    settings = {
        "TAP_JOBBER_API_URL": ready["api_url"],
        "TAP_JOBBER_CLIENT_ID": ready["client_id"],
        "TAP_JOBBER_CLIENT_SECRET": ready["client_secret"],
        "TAP_JOBBER_REFRESH_TOKEN": ready["refresh_token"],
        "TAP_JOBBER_TOKEN_STORE": str(directory / f"tokens-{name}.json"),
    }
    measure((*RUN_TAP, "--test=credentials"), directory, settings)
    return settings
