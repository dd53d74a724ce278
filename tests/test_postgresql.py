"""The PostgreSQL server that tests use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.postgresql import cluster

if TYPE_CHECKING:
    from tests.postgresql import PostgreSQL


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
