"""What tests of several rooms share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.postgres import LACKING, Postgres, postgres, programs

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def database_server() -> Iterator[Postgres]:
    """A PostgreSQL server."""
    found = programs()
    if found is None:
        pytest.skip(LACKING)
    with postgres(found) as server:
        yield server


@pytest.fixture
def database(database_server: Postgres) -> str:
    """The URL of a PostgreSQL database that is empty."""
    return database_server.new_database()
