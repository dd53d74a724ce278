"""The sandboxes that tests run against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tap_jobber.sandbox.options import Options
from tap_jobber.sandbox.server import Running, running
from tests.e2e.harness import TINY, Bench, bench, forget

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def site() -> Iterator[Running]:
    """A sandbox of a few rows, which no test changes."""
    with running(Options(**TINY)) as server:
        yield server


@pytest.fixture
def tiny(site: Running, tmp_path: Path) -> Bench:
    """A sandbox of a few rows, as if just started. For tests that do not change rows."""
    forget(site.sandbox)
    return Bench(site, tmp_path)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Bench]:
    """A sandbox of a thousand or so rows, of the test's own."""
    with bench(tmp_path, scale=0.3) as one:
        yield one
