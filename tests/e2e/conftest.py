"""A sandbox for each test, and one that the tests of a module share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.harness import Bench, bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Bench]:
    """A sandbox of a few rows, of the test's own."""
    with bench(tmp_path) as one:
        yield one


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Bench]:
    """A sandbox of a thousand or so rows, of the test's own."""
    with bench(tmp_path, scale=0.3) as one:
        yield one
