"""The PostgreSQL server that tests use."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests import postgresql as servers
from tests.postgresql import PostgreSQL, cluster, shared

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest


def test_it_keeps_what_it_is_given(postgresql: PostgreSQL) -> None:
    name = postgresql.create("keeps")
    postgresql.query(
        name, "create table t (n numeric, s text); insert into t values (1234.10, 'a, \"ü\"'), (0.07, null)"
    )
    assert postgresql.query(name, "select * from t order by n desc") == [
        {"n": "1234.10", "s": 'a, "ü"'},
        {"n": "0.07", "s": ""},
    ]


def test_it_comes_back_at_the_same_address(postgresql: PostgreSQL) -> None:
    assert postgresql.port  # skips where PostgreSQL is not installed
    with cluster() as own:
        server = own.server
        server.query(server.create("stays"), "create table t (n int); insert into t values (1)")
        own.stop()
        assert own.start()
        assert server.query("stays", "select * from t") == [{"n": "1"}]


def test_one_server_is_started_for_all_and_ends_after_all_have_used_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    @contextmanager
    def counted() -> Iterator[PostgreSQL]:
        told.append("started")
        yield PostgreSQL("127.0.0.1", len(told), "tester", "secret")
        told.append("ended")

    monkeypatch.setattr(servers, "postgresql", counted)
    is_starting, is_ending = threading.Event(), threading.Event()

    def use_first() -> None:
        with shared(tmp_path):
            is_starting.set()
            assert is_ending.wait(10)

    first = threading.Thread(target=use_first)
    first.start()
    assert is_starting.wait(10)
    with shared(tmp_path) as server:
        assert server.port == 1
        is_ending.set()
        first.join(0.1)
        assert told == ["started"]
    first.join(10)
    assert told == ["started", "ended"]
    with shared(tmp_path) as another:
        assert another.port == 3
