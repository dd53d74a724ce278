"""Behaviour common to every kind of token store: a file, databases, and a program."""

from __future__ import annotations

import shlex
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tap_jobber.credentials.account_choice import only_connected
from tap_jobber.credentials.stores.base import StoreBusyError
from tap_jobber.credentials.stores.location import open_store
from tap_jobber.credentials.stores.record import Account, Installer, Record, State, Sync
from tap_jobber.errors import TapError
from tests.effort import effort

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = ["file", "sqlite", "postgresql", "command"]
VAULT = Path(__file__).with_name("vault.py")
RECORD = Record(
    "client",
    "access",
    1_000.5,
    3600.0,
    "refresh",
    "sha256:of a seed",
    7.25,
    Account("Z2lk=", "Büro & Söhne", {"later": 1}),
    Installer("u1", "Ann"),
    name="main",
    description="the nightly copy",
    past_seeds=("sha256:older",),
    scopes=("read_clients", "read_jobs"),
    api_version="2023-08-18",
    api_version_warning="old",
    syncs=(Sync(1.0, 2.0, {"clients": 3, "jobs": 0}), Sync(0.0, 0.5, {}, "it failed", {"jobs": "jobs was set aside"})),
    extra={"of": "a later version"},
)
OTHER = replace(RECORD, account=Account("Z2lz=", "Blue Pools"), access_token="of the other")
PENDING = replace(RECORD, account=None, installer=None, pending="abc", access_token="of whom?")

WRITER = """
import sys
from dataclasses import replace
from tap_jobber.credentials.stores.record import Account, Record, Sync
from tap_jobber.credentials.stores.location import open_store
location, number, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = open_store(location)
own = Record("client", "0", 0.0, 1.0, "refresh", None, 0.0, Account(number))
shared = replace(own, account=Account("shared"))
store.save(own)
for turn in range(1, times + 1):
    store.update(own, lambda record: replace(record, access_token=str(turn)))
    with store.lock("client", "shared"):
        if store.get("client", "shared") is None:
            store.save(shared)
    store.update(shared, lambda record: replace(record, access_token=str(int(record.access_token) + 1)))
"""

HOLDER = """
import sys
from tap_jobber.credentials.stores.location import open_store
with open_store(sys.argv[1]).lock("client", sys.argv[2]):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(params=KINDS)
def location(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the location of a store that does not exist yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    if request.param == "postgresql":
        url: str = request.getfixturevalue("database")
        return url
    (tmp_path / "vault").mkdir()
    return {
        "file": str(tmp_path / "new" / "tokens.json"),
        "sqlite": f"sqlite:///{tmp_path}/new/tokens.db",
        "command": f"command:{shlex.join([sys.executable, str(VAULT), str(tmp_path / 'vault')])}",
    }[request.param]


def test_what_is_saved_is_loaded_by_whoever_opens_it(location: str) -> None:
    store = open_store(location)
    assert (store.records(), only_connected(store.records("client")), store.get("client", "Z2lk=")) == ([], None, None)
    store.check_writable()
    for record in (RECORD, OTHER, PENDING, replace(RECORD, client_id="another client")):
        store.save(record)
    again = open_store(store.location)
    assert again.records("client") == [RECORD, OTHER, PENDING]
    assert [record.client_id for record in again.records()] == ["another client", *["client"] * 3]
    assert (again.get("client", "Z2lk="), only_connected(again.records("another client"))) == (
        RECORD,
        replace(RECORD, client_id="another client"),
    )
    with pytest.raises(TapError, match=r"Blue Pools \(Z2lz=\), Büro & Söhne \(Z2lk=\).*account_id"):
        only_connected(again.records("client"))


def test_what_is_changed_and_removed(location: str) -> None:
    store = open_store(location)
    store.save(RECORD)
    store.save(OTHER)
    store.update(OTHER, lambda record: record.with_state(State.DISCONNECTED, 9.0, "gone"))
    store.remove(RECORD)
    store.remove(RECORD)
    assert store.update(RECORD, lambda record: record) is None
    assert store.records() == [OTHER.with_state(State.DISCONNECTED, 9.0, "gone")]
    store.change("client", lambda records: ({**dict.fromkeys(records), PENDING.key: PENDING}, None))
    assert store.records() == [PENDING]


def test_what_fails_on_the_way_changes_nothing(location: str) -> None:
    store = open_store(location)
    store.save(RECORD)

    def fail(_: Record) -> Record:
        raise TapError("no", "stop")

    with pytest.raises(TapError, match="no: stop"):
        store.update(RECORD, fail)
    assert open_store(location).records() == [RECORD]


def test_a_lock_keeps_out_the_same_account_and_nobody_else(location: str) -> None:
    open_store(location).save(RECORD)
    other = open_store(location, lock_timeout_seconds=0.3)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, location, RECORD.key], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StoreBusyError, match=r"in use.*0\.3 s"), other.lock("client", RECORD.key):
            pass
        assert only_connected(other.records("client")) == RECORD
        other.update(RECORD, lambda record: replace(record, name="noted"))
        with other.lock("client", OTHER.key), other.lock("client"), other.lock("x", RECORD.key):
            other.save(OTHER)
        holder.communicate(b"\n")
    with other.lock("client", RECORD.key), other.lock("client", RECORD.key):
        assert [record.name for record in other.records()] == ["noted", "main"]


def test_no_writer_loses_another(location: str) -> None:
    writers, times = (2, 2) if location.startswith("command:") else (effort(2, 3), 3)
    started = [
        subprocess.Popen([sys.executable, "-c", WRITER, location, str(number), str(times)]) for number in range(writers)
    ]
    assert [writer.wait() for writer in started] == [0] * writers
    tokens = {record.key: record.access_token for record in open_store(location).records()}
    assert tokens == {**{str(number): str(times) for number in range(writers)}, "shared": str(writers * times)}


def test_threads_of_one_process(location: str) -> None:
    store = open_store(location)
    store.save(replace(RECORD, access_token="0"))
    times = 4 if location.startswith("command:") else 10

    def count(_: int) -> None:
        store.update(RECORD, lambda record: replace(record, access_token=str(int(record.access_token) + 1)))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(count, range(times)))
    assert store.records()[0].access_token == str(times)


def test_damage_is_named_and_left_alone(location: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    store = open_store(location)
    store.save(RECORD)
    kind = request.node.callspec.params["location"]
    damaged: dict[str, Callable[[], object]] = {
        "file": lambda: Path(location).write_text('{"version": 2, "records": {"client": {"a": 5}}}'),
        "sqlite": lambda: _sqlite(tmp_path / "new" / "tokens.db", "UPDATE tap_jobber_credentials SET record = '{'"),
        "postgresql": lambda: request.getfixturevalue("postgresql").query(
            location.rpartition("/")[2], "UPDATE tap_jobber_credentials SET record = '[]'"
        ),
        "command": lambda: next((tmp_path / "vault").iterdir()).write_text("{"),
    }
    damaged[kind]()
    for attempt in (store.records, lambda: store.update(replace(RECORD, account=Account("a")), lambda each: each)):
        if kind == "file" or attempt == store.records:
            with pytest.raises(TapError, match=r"record of client client under key .* is damaged"):
                attempt()


def _sqlite(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(sql)
        connection.commit()
