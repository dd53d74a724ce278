"""Fixtures for tests of several rooms."""

from __future__ import annotations

import gc
import os
from itertools import islice
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests import postgresql as server
from tests.effort import IS_STRESS

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Return one worker more than there are cores, since some tests wait and leave theirs to others."""
    return (yield) + 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the stress tests, and let each worker begin with its share of the tests that take long.

    Otherwise one has them to itself when others are done. Workers get what is collected in parts of about the
    same number of tests, one after the other.
    """
    if not IS_STRESS:
        left_out = [item for item in items if item.get_closest_marker("stress")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    workers = int(getattr(config, "workerinput", {}).get("workercount", 1))
    long = [item for item in items if item.get_closest_marker("long")]
    rest = iter([item for item in items if not item.get_closest_marker("long")])
    ends = [len(items) * (number + 1) // workers for number in range(workers)]
    ordered: list[pytest.Item] = []
    for number, end in enumerate(ends):
        ordered += long[number::workers]
        ordered += islice(rest, max(0, end - len(ordered)))
    items[:] = [*ordered, *rest]


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over what stays, and come less often: it took a quarter of the time."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.PostgreSQL]:
    """Provide a PostgreSQL server, one for all tests of a run; each makes a database of its own in it."""
    if not server.is_installed() and not os.environ.get("CI"):
        pytest.skip("needs PostgreSQL's initdb, postgres and psql")
    own = tmp_path_factory.getbasetemp()
    # That of a worker lies in that of its run.
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "postgresql"
    folder.mkdir(exist_ok=True)
    with server.shared(folder) as running:
        yield running


@pytest.fixture
def database(postgresql: server.PostgreSQL) -> str:
    """Return the URL of a PostgreSQL database that is empty, with its password."""
    return postgresql.url(postgresql.create(f"db_{uuid4().hex}"), "postgresql+psycopg")
