"""The file store under concurrent writers, damaged files and wrong places."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tap_jobber.credentials.record import Record
from tap_jobber.credentials.store import FileTokenStore, default_path
from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Callable

RECORD = Record("client", "access", 0.0, 3600.0, "refresh", None, 0.0)

WRITER = """
import sys
from tap_jobber.credentials.record import Record
from tap_jobber.credentials.store import FileTokenStore
path, client_id, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = FileTokenStore(path)
for turn in range(times):
    store.save(Record(client_id, f"access-{turn}", 0.0, 1.0, "refresh", None, 0.0))
"""


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path / "new" / "tokens.json")
    assert store.load("client") is None
    store.save(RECORD)
    assert store.load("client") == RECORD
    assert store.load("other") is None


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
    assert FileTokenStore(target).load("client") == RECORD
    assert FileTokenStore(link).lock_path == FileTokenStore(target).lock_path


def test_others_and_unknown_keys_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    other = {"of": "a later version"}
    path.write_text(json.dumps({"version": 1, "later": 5, "records": {"other": other}}))
    FileTokenStore(path).save(RECORD)
    document = json.loads(path.read_text())
    assert document["later"] == 5
    assert document["records"]["other"] == other


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"version": 1, "records": []}',
        b'{"version": 2, "records": {}}',
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
        store.load("client")
    with pytest.raises(TapError, match=r"tokens\.json"):
        store.save(RECORD)
    assert path.read_bytes() == content


def test_a_damaged_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    path.write_text('{"version": 1, "records": {"client": {"version": 1}}}')
    with pytest.raises(TapError, match="client_id is missing"):
        FileTokenStore(path).load("client")


def test_a_place_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = FileTokenStore(tmp_path / "file" / "tokens.json")
    attempts: list[Callable[[], object]] = [
        lambda: store.load("client"),
        lambda: store.save(RECORD),
        store.check_writable,
    ]
    for attempt in attempts:
        with pytest.raises(TapError, match="token_store"):
            attempt()


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
    assert store.load("client") == RECORD
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tokens.json", "tokens.json.lock"]


def test_what_a_killed_writer_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".tokens.json.abc.tmp").write_text("{")
    FileTokenStore(tmp_path).save(RECORD)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tokens.json", "tokens.json.lock"]


def test_waiting_for_the_lock_ends_and_names_it(tmp_path: Path) -> None:
    errors: list[TapError] = []
    waiting = FileTokenStore(tmp_path, lock_timeout_seconds=0.1)

    def save() -> None:
        with pytest.raises(TapError) as caught:
            waiting.save(RECORD)
        errors.append(caught.value)

    with FileTokenStore(tmp_path).exclusive("client"):
        thread = threading.Thread(target=save)
        thread.start()
        thread.join()
        assert waiting.load("client") is None
    assert str(waiting.lock_path) in str(errors[0])


def test_the_lock_is_reentrant(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path)
    with store.exclusive("client"):
        store.save(RECORD)
        store.check_writable()
    assert store.load("client") == RECORD


def test_no_writer_loses_another(tmp_path: Path) -> None:
    arguments = [[str(tmp_path), f"client-{number}", "15"] for number in range(6)]
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, *own]) for own in arguments]
    assert [writer.wait() for writer in writers] == [0] * 6
    store = FileTokenStore(tmp_path)
    records = [store.load(f"client-{number}") for number in range(6)]
    assert [record and record.access_token for record in records] == ["access-14"] * 6
