"""Fixtures for tests of several rooms."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests import postgresql as server

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Return one worker more than there are cores, since some tests wait and leave theirs to others."""
    return (yield) + 1


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over what stays, and come less often: it took a quarter of the time."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[server.PostgreSQL]:
    """Provide a PostgreSQL server, one for all tests of a process; each makes a database of its own in it."""
    if not server.is_installed() and not os.environ.get("CI"):
        pytest.skip("needs PostgreSQL's initdb, postgres and psql")
    with server.postgresql() as running:
        yield running


@pytest.fixture
def database(postgresql: server.PostgreSQL) -> str:
    """Return the URL of a PostgreSQL database that is empty, with its password."""
    return postgresql.url(postgresql.create(f"db_{uuid4().hex}"), "postgresql+psycopg")
