"""The PostgreSQL server that tests use."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
