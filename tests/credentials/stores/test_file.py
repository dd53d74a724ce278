"""The file store under concurrent writers, damaged files and wrong keys."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tap_jobber.credentials.account_choice import only_connected
from tap_jobber.credentials.stores.base import StoreBusyError, default_path
from tap_jobber.credentials.stores.file import FileTokenStore
from tap_jobber.credentials.stores.record import Account, Installer, Record
from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Callable

RECORD = Record("client", "access", 0.0, 3600.0, "refresh", None, 0.0, Account("a1", "Green Lawns"), Installer("u1"))

WRITER = """
import sys
from tap_jobber.credentials.stores.file import FileTokenStore
from tap_jobber.credentials.stores.record import Account, Record
path, client_id, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = FileTokenStore(path)
for turn in range(times):
    store.save(Record(client_id, f"access-{turn}", 0.0, 1.0, "refresh", None, 0.0, Account("a")))
"""


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path / "new" / "tokens.json")
    assert only_connected(store.records("client")) is None
    store.save(RECORD)
    assert only_connected(store.records("client")) == RECORD
    assert only_connected(store.records("other")) is None


def test_modes(tmp_path: Path) -> None:
    path = tmp_path / "new" / "tokens.json"
    FileTokenStore(path).save(RECORD)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600
    assert Path(f"{path}.lock").stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    FileTokenStore(path).save(RECORD)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_directory_holds_the_default_file(tmp_path: Path) -> None:
    FileTokenStore(tmp_path).save(RECORD)
    assert (tmp_path / "tokens.json").exists()


@pytest.mark.parametrize("name", ["pipe", "/dev/full"])
def test_what_may_never_end_is_no_store(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(TapError, match="is a device or a pipe"):
        FileTokenStore(tmp_path / name)


def test_the_default_lies_in_the_state_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_path().parts[-2:] == ("tap-jobber", "tokens.json")


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target = tmp_path / "elsewhere" / "real.json"
    link = tmp_path / "tokens.json"
    target.parent.mkdir()
    link.symlink_to(target)
    FileTokenStore(link).save(RECORD)
    assert link.is_symlink()
    assert only_connected(FileTokenStore(target).records("client")) == RECORD
    assert FileTokenStore(link).locks.lock_path() == FileTokenStore(target).locks.lock_path()


def test_others_and_unknown_keys_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    other = {"of": "a later version"}
    path.write_text(json.dumps({"version": 1, "later": 5, "records": {"other": other}}))
    FileTokenStore(path).save(RECORD)
    document = json.loads(path.read_text())
    assert document["later"] == 5
    assert document["version"] == 2
    assert document["records"]["other"] == {"pending:unidentified": other}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"version": 1, "records": []}',
        b'{"version": 3, "records": {}}',
        b'{"version": "1", "records": {}}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_a_file_that_is_no_store_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tokens.json"
    path.write_bytes(content)
    store = FileTokenStore(path)
    with pytest.raises(TapError, match=r"tokens\.json"):
        only_connected(store.records("client"))
    with pytest.raises(TapError, match=r"tokens\.json"):
        store.save(RECORD)
    assert path.read_bytes() == content


def test_a_damaged_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    path.write_text('{"version": 1, "records": {"client": {"version": 1}}}')
    with pytest.raises(TapError, match="client_id is missing"):
        only_connected(FileTokenStore(path).records("client"))


def test_a_place_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = FileTokenStore(tmp_path / "file" / "tokens.json")
    attempts: list[Callable[[], object]] = [
        lambda: only_connected(store.records("client")),
        lambda: store.save(RECORD),
        store.check_writable,
    ]
    for attempt in attempts:
        with pytest.raises(TapError, match="token_store"):
            attempt()
    with pytest.raises(TapError, match=r"too long.*token_store"):
        FileTokenStore(tmp_path / ("x" * 300)).save(RECORD)


MOUNTED = """
import sys
from tap_jobber.credentials.stores.file import FileTokenStore
from tap_jobber.errors import TapError
store = FileTokenStore(sys.argv[1])
for attempt in (store.check_writable, lambda: store.save(store.records()[0])):
    try:
        attempt()
    except TapError as error:
        print(error)
"""


def test_a_mounted_file_is_found_out_before_it_is_too_late(tmp_path: Path) -> None:
    FileTokenStore(tmp_path / "outside.json").save(RECORD)
    path = tmp_path / "tokens.json"
    path.touch()
    script = 'mount --bind "$1" "$2" && "$3" -c "$4" "$2"'
    words = [str(tmp_path / "outside.json"), str(path), sys.executable, MOUNTED]
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("nothing mounts a file here")
    try:
        done = subprocess.run(
            [unshare, "--map-root-user", "--mount", "sh", "-c", script, "sh", *words],
            capture_output=True,
            text=True,
            check=True,
        )
    except subprocess.CalledProcessError:
        pytest.skip("nobody may mount a file here")
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert all("busy" in line and "mount the directory" in line for line in lines)
    assert FileTokenStore(tmp_path / "outside.json").records() == [RECORD]


def test_what_is_in_the_way_is_found_out_before_it_is_too_late(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path / "tokens.json")
    store.check_writable()
    (tmp_path / "tokens.json").mkdir()
    with pytest.raises(TapError, match="Cannot write the token store"):
        store.check_writable()


def test_a_full_disk_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FileTokenStore(tmp_path / "tokens.json")
    store.save(RECORD)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    attempts: list[Callable[[], None]] = [store.check_writable, lambda: store.save(replace(RECORD, access_token="new"))]
    for attempt in attempts:
        with pytest.raises(TapError, match="No space left on device"):
            attempt()
    assert only_connected(store.records("client")) == RECORD
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tokens.json", "tokens.json.lock"]


def test_what_a_killed_writer_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".tokens.json.abc.tmp").write_text("{")
    FileTokenStore(tmp_path).save(RECORD)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tokens.json", "tokens.json.lock"]


def test_a_store_of_version_1_is_upgraded_by_the_next_save(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    tokens = {
        "version": 1,
        "access_token": "access",
        "access_token_obtained_at": 0.0,
        "access_token_expires_at": 3600.0,
        "refresh_token": "refresh",
        "seed_fingerprint": None,
        "connected_at": 0.0,
        "name": None,
        "description": None,
    }
    account, installer = {"id": "a1", "name": "Green Lawns"}, {"user_id": "u1"}
    known = {**tokens, "client_id": "client", "account": account, "installer": installer}
    unknown = {**tokens, "client_id": "other", "account": None, "installer": None, "later": 7}
    path.write_text(json.dumps({"version": 1, "records": {"client": known, "other": unknown}}))
    store = FileTokenStore(path)
    assert only_connected(store.records("client")) == RECORD
    (unidentified,) = store.records("other")
    assert not unidentified.is_settled
    store.save(replace(RECORD, access_token="newer"))
    document = json.loads(path.read_text())
    assert document["version"] == 2
    assert document["records"]["other"] == {unidentified.key: unknown}
    assert document["records"]["client"]["a1"]["access_token"] == "newer"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 2}, "written by a newer tap-jobber.*: upgrade tap-jobber"),
        ({"account": {"id": "a2"}}, "under key a1 is that of client client under key a2"),
        ({"client_id": "other"}, "under key a1 is that of client other under key a1"),
    ],
)
def test_a_record_of_another_version_or_place(tmp_path: Path, change: dict[str, object], words: str) -> None:
    store = FileTokenStore(tmp_path)
    store.save(RECORD)
    document = json.loads(store.path.read_text())
    document["records"]["client"]["a1"] |= change
    store.path.write_text(json.dumps(document))
    for attempt in (store.records, lambda: store.get("client", "a1"), lambda: store.save(RECORD)):
        with pytest.raises(TapError, match=words):
            attempt()
    assert json.loads(store.path.read_text()) == document


def test_accounts_of_one_client_are_kept_apart(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path)
    other = replace(RECORD, account=Account("a2", "Blue Pools"), access_token="of a2")
    store.save(RECORD)
    store.save(other)
    assert store.records("client") == store.records() == [RECORD, other]
    assert (store.get("client", "a1"), store.get("client", "a2"), store.get("client", "a3")) == (RECORD, other, None)
    with pytest.raises(TapError, match=r"2 accounts .*Blue Pools \(a2\), Green Lawns \(a1\).*account_id"):
        only_connected(store.records("client"))
    store.remove(other)
    assert only_connected(store.records("client")) == RECORD
    store.remove(RECORD)
    assert json.loads((tmp_path / "tokens.json").read_text())["records"] == {}


def test_waiting_for_the_lock_ends_and_names_it(tmp_path: Path) -> None:
    errors: list[TapError] = []
    waiting = FileTokenStore(tmp_path, lock_timeout_seconds=0.1)

    def enter() -> None:
        with pytest.raises(StoreBusyError) as caught, waiting.lock("client", "a1"):
            pass
        errors.append(caught.value)

    with FileTokenStore(tmp_path).lock("client", "a1"):
        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        assert only_connected(waiting.records("client")) is None
    assert str(waiting.locks.lock_path("client", "a1")) in str(errors[0])


def test_a_lock_holds_up_neither_other_accounts_nor_notes(tmp_path: Path) -> None:
    FileTokenStore(tmp_path).save(RECORD)
    other = FileTokenStore(tmp_path, lock_timeout_seconds=0.1)

    def work() -> None:
        other.update(RECORD, lambda record: replace(record, name="noted"))
        with other.lock("client", "a2"), other.lock("client"), other.lock("another client", "a1"):
            other.save(replace(RECORD, account=Account("a2")))

    with FileTokenStore(tmp_path).lock("client", "a1"), ThreadPoolExecutor() as threads:
        threads.submit(work).result()
    assert [record.name for record in other.records()] == ["noted", None]


def test_the_lock_is_reentrant(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path)
    with store.lock("client", "a1"), store.lock("client", "a1"):
        store.save(RECORD)
        store.check_writable()
    assert only_connected(store.records("client")) == RECORD


def test_what_is_gone_is_not_changed(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path)
    assert store.update(RECORD, lambda record: record) is None
    assert store.records() == []
    store.remove(RECORD)
    assert not store.path.exists() or store.records() == []


def test_no_writer_loses_another(tmp_path: Path) -> None:
    arguments = [[str(tmp_path), f"client-{number}", "15"] for number in range(6)]
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, *own]) for own in arguments]
    assert [writer.wait() for writer in writers] == [0] * 6
    store = FileTokenStore(tmp_path)
    records = [only_connected(store.records(f"client-{number}")) for number in range(6)]
    assert [record and record.access_token for record in records] == ["access-14"] * 6
