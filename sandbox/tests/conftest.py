"""Sandboxes to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asking import Asker, asking
from jobber_sandbox.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def asker() -> Iterator[Asker]:
    """Provide a small sandbox of the test's own."""
    with asking() as one:
        yield one


@pytest.fixture(scope="module")
def shared() -> Iterator[Asker]:
    """Provide a sandbox of full size that no test of the module changes."""
    with asking(Options(world="hostile", speed=1_000_000, max_requests=0)) as one:
        yield one


@pytest.fixture(scope="module")
def faulty_sandbox() -> Iterator[Asker]:
    """Provide a sandbox for all faults of a module, signed in."""
    with asking(Options(world="hostile", scale=0.1, speed=1_000, max_requests=0)) as one:
        one.sign_in()
        yield one


@pytest.fixture
def faulty(faulty_sandbox: Asker) -> Iterator[Asker]:
    """Provide the module's sandbox without faults, and clear those that the test sets."""
    yield faulty_sandbox
    faulty_sandbox.admin("faults", method="DELETE")
    faulty_sandbox.session.close()
