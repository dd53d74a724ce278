"""Fixtures for tests of the credential."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tap_jobber.credentials.stores.file import FileTokenStore
from tests.credentials.world import World

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(FileTokenStore(tmp_path))
