"""The sandboxes that tests run against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jobber_sandbox.options import Options
from jobber_sandbox.server import Running, running
from tests.e2e.harness import TINY, Bench, forget, thin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def site() -> Iterator[Running]:
    """Provide a sandbox of a few rows, which no test changes."""
    with running(Options(**TINY)) as server:
        thin(server.sandbox)
        yield server


@pytest.fixture
def tiny(site: Running, tmp_path: Path) -> Bench:
    """Return a sandbox of a few rows, as if just started. For tests that do not change rows."""
    forget(site.sandbox)
    return Bench(site, tmp_path, is_shared=True)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Bench]:
    """Provide a sandbox of a few rows to one test, which may change them."""
    with running(Options(**TINY)) as server:
        thin(server.sandbox)
        yield Bench(server, tmp_path)


@pytest.fixture(scope="session")
def larger_site() -> Iterator[Running]:
    """Provide a sandbox of several hundred rows, which no test changes."""
    with running(Options(**{**TINY, "scale": 0.15})) as server:
        thin(server.sandbox)
        yield server


@pytest.fixture
def shared(larger_site: Running, tmp_path: Path) -> Bench:
    """Return a sandbox of several hundred rows, as if just started. For tests that do not change rows."""
    forget(larger_site.sandbox)
    return Bench(larger_site, tmp_path, is_shared=True)
