"""A location that names no store, or one that cannot be reached: one line, without the password."""

from __future__ import annotations

import shlex
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tap_jobber.credentials.refresh import run_job
from tap_jobber.credentials.refresh_job import RefreshJob
from tap_jobber.credentials.stores.location import open_store
from tap_jobber.credentials.stores.record import Account, Record
from tap_jobber.credentials.token_responses import TokenOutcome
from tap_jobber.errors import TapError
from tests.credentials.token_server import CLIENT_SECRET, running

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_jobber.credentials.stores.base import TokenStore
    from tests.postgresql import PostgreSQL

RECORD = Record("client", "access", 0.0, 3600.0, "refresh", None, 0.0, Account("a1"))


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("mysql+pymysql://me:pass-word@host/db", r"driver for token_store mysql.* is not installed.*tap-jobber\[sql\]"),
        ("nosuch://me:pass-word@host/db", "a kind of database that SQLAlchemy does not know"),
        ("postgresql://me:pass-word@host:port/db", "looks like a database URL and is none"),
        ("://me:pass-word@host/db", "looks like a database URL and is none"),
        ("sqlite://", "no file"),
        ("sqlite:///:memory:", "no file"),
        ("sqlite:///~no-such-user/tokens.db", "cannot be .*home directory"),
        ("~no-such-user/tokens.json", "cannot be .*home directory"),
        ("tokens\0.json", "cannot be .*null"),
        ("command:", "names no program"),
        ("command:'half", "names no program"),
    ],
)
def test_what_names_no_store(location: str, words: str) -> None:
    with pytest.raises(TapError, match=words) as raised:
        open_store(location)
    assert "pass-word" not in str(raised.value)


def test_psycopg_is_named_when_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(TapError, match=r"not installed.*tap-jobber\[sql\]"):
        open_store("postgresql://me@host/db")


def test_a_database_that_is_not_there() -> None:
    store = open_store("postgresql://me:pass-word@127.0.0.1:9/db?connect_timeout=2")
    for attempt in (store.records, store.check_writable, lambda: store.save(RECORD), lambda: _enter(store)):
        with pytest.raises(TapError, match=r"Cannot use the token store postgresql\+psycopg://me:\*\*\*@127") as raised:
            attempt()
        assert "pass-word" not in str(raised.value)
        assert raised.value.__cause__ is None


def _enter(store: TokenStore) -> None:
    with store.lock("client", "a1"):
        pass


def test_a_wrong_password_is_not_repeated(postgresql: PostgreSQL) -> None:
    wrong = replace(postgresql, password="another-pass-word")
    store = open_store(wrong.url("postgres"))
    with pytest.raises(TapError, match="password authentication failed") as raised:
        store.records()
    assert "another-pass-word" not in str(raised.value)
    assert store.secrets == {"another-pass-word"}


def test_the_location_opens_it_and_the_label_does_not(postgresql: PostgreSQL, database: str) -> None:
    store = open_store(f"{database}?application_name=tap")
    assert postgresql.password in store.location
    assert postgresql.password not in store.label
    assert "application_name" not in store.label
    open_store(store.location).save(RECORD)
    assert store.records() == [RECORD]


def test_a_reader_who_may_not_write(postgresql: PostgreSQL, database: str) -> None:
    open_store(database).save(RECORD)
    name = database.rpartition("/")[2]
    reader = replace(postgresql, user=f"reader_{name}", password="reading")
    postgresql.query(name, f"CREATE ROLE {reader.user} LOGIN PASSWORD 'reading'")
    store = open_store(reader.url(name))
    attempts: list[Callable[[], None]] = [store.check_writable, lambda: store.save(RECORD)]
    for right in ("SELECT", "INSERT"):
        postgresql.query(name, f"GRANT {right} ON ALL TABLES IN SCHEMA public TO {reader.user}")
        assert store.records() == [RECORD]
        for attempt in attempts:
            with pytest.raises(TapError, match="permission denied"):
                attempt()


def test_processes_that_make_the_schema_at_once(database: str) -> None:
    stores = [open_store(database) for _ in range(6)]
    errors: list[BaseException] = []
    barrier = threading.Barrier(len(stores))

    def make(number: int) -> None:
        barrier.wait()
        try:
            stores[number].save(Record("client", "a", 0.0, 1.0, "r", None, 0.0, Account(str(number))))
        except TapError as error:
            errors.append(error)

    threads = [threading.Thread(target=make, args=(number,)) for number in range(len(stores))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(stores[0].records()) == len(stores)


def test_an_sqlite_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "tokens.db"
    open_store(f"sqlite:///{path}").save(RECORD)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_what_is_no_sqlite_file(tmp_path: Path) -> None:
    path = tmp_path / "tokens.db"
    path.write_text("not a database, and long enough to be seen as none" * 40)
    store = open_store(f"sqlite:///{path}")
    with pytest.raises(TapError, match="file is not a database"):
        store.records()


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("import sys; sys.exit('no such secret')", "failed to list .exit status 1, no such secret"),
        ("print('one word')", "a line of its list"),
        ("import sys; sys.stdout.buffer.write(bytes([255]))", "does not print UTF-8"),
    ],
)
def test_a_program_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, words: str) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    store = open_store(f"command:{shlex.join([sys.executable, '-c', program, 'pass-word'])}")
    with pytest.raises(TapError, match=words) as raised:
        store.records()
    assert "pass-word" not in str(raised.value)
    assert store.label == f"command:{sys.executable}"


def test_a_program_that_keeps_nothing_more_is_not_asked_to_keep_new_tokens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    program, kept = tmp_path / "program", tmp_path / "kept"
    verbs = f"get) [ ! -e {kept} ] || cat {kept} ;; put) [ -e {kept} ] && exit 3; cat > {kept} ;;"
    program.write_text(f"#!/bin/sh\ncase $1 in {verbs} esac\n", encoding="utf-8")
    program.chmod(0o700)
    store = open_store(f"command:{program}")
    with running() as server:
        store.save(replace(RECORD, refresh_token=server.new_refresh_token("client")))
        job = RefreshJob(store.location, server.url, "client", CLIENT_SECRET, key="a1", superseded="access")
        report = run_job(job)
        assert (report.outcome, server.requests) == (TokenOutcome.FAILED, [])
        assert "failed to put (exit status 3)" in report.cause


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TapError, match=r"failed to list .No such file"):
        open_store(f"command:{tmp_path / 'nothing'}").records()
    assert list(Path(tmp_path).iterdir()) == []
