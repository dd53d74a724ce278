"""A sandbox with two accounts, and a page over it for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jobber_sandbox.options import Options
from jobber_sandbox.server import Running, running
from tests.connect.harness import Site, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def two_accounts() -> Iterator[Running]:
    """Provide a sandbox that only tests of the page use."""
    with running(Options(world="hostile", scale=0.01, accounts=2, speed=1_000_000, max_requests=0)) as server:
        yield server


@pytest.fixture
def jobber(two_accounts: Running) -> Running:
    """Return the sandbox, with the app connected to no account."""
    sandbox = two_accounts.sandbox
    sandbox.faults.clear()
    sandbox.webhooks.url = None
    sandbox.webhooks.ids = "encoded"
    for account in sandbox.worlds:
        sandbox.credentials.disconnect(account)
    sandbox.webhooks.deliveries.clear()
    sandbox.credentials.exchanges = sandbox.credentials.refreshes = sandbox.credentials.refusals = 0
    return two_accounts


@pytest.fixture
def site(jobber: Running, tmp_path: Path) -> Iterator[Site]:
    """Provide a page of the test's own."""
    with serving(jobber, tmp_path / "tokens.json") as one:
        yield one
