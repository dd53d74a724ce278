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
    with asking(Options(speed=1_000_000, max_requests=0)) as one:
        yield one
