"""Tokens are encrypted with a key from the environment, in every kind of store, and nothing else is."""

from __future__ import annotations

import base64
import sys
from typing import TYPE_CHECKING

import pytest

from tap_jobber.credentials.account_choice import only_connected
from tap_jobber.credentials.stores.encryption import ENCRYPTION_KEY_VARIABLE, TokenEncryption
from tap_jobber.credentials.stores.location import open_store
from tap_jobber.credentials.stores.record import Account, Record
from tap_jobber.credentials.stores.record_json import record_to_json
from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from pathlib import Path

    from tap_jobber.credentials.stores.base import TokenStore

RECORD = Record("client", "the-access-token", 0.0, 3600.0, "the-refresh-token", None, 0.0, Account("a1", "Green Lawns"))
FIRST, SECOND = (base64.urlsafe_b64encode(bytes([each] * 32)).decode() for each in (1, 2))


@pytest.fixture(params=["tokens.json", "tokens.db"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / str(request.param)


def location(path: Path) -> str:
    return f"sqlite:///{path}" if path.suffix == ".db" else str(path)


def test_no_token_is_readable_and_all_else_is(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENCRYPTION_KEY_VARIABLE, FIRST)
    open_store(location(path)).save(RECORD)
    content = path.read_bytes()
    assert b"Green Lawns" in content
    assert b"the-access-token" not in content
    assert b"the-refresh-token" not in content
    assert open_store(location(path)).records() == [RECORD]


def test_what_was_written_in_the_clear_is_encrypted_by_the_next_save(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_store(location(path)).save(RECORD)
    assert b"the-refresh-token" in path.read_bytes()
    monkeypatch.setenv(ENCRYPTION_KEY_VARIABLE, FIRST)
    store = open_store(location(path))
    assert store.records() == [RECORD]
    store.save(RECORD)
    assert store.get("client", "a1") == RECORD
    with pytest.raises(TapError, match="are encrypted"):
        _without_key(monkeypatch, path).records()


def test_keys_are_changed_one_after_the_other(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENCRYPTION_KEY_VARIABLE, FIRST)
    open_store(location(path)).save(RECORD)
    monkeypatch.setenv(ENCRYPTION_KEY_VARIABLE, f"{SECOND}, {FIRST}")
    store = open_store(location(path))
    store.save(store.records()[0])
    monkeypatch.setenv(ENCRYPTION_KEY_VARIABLE, SECOND)
    assert open_store(location(path)).records() == [RECORD]


def test_without_the_key_nothing_is_lost_and_the_listing_goes_on(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENCRYPTION_KEY_VARIABLE, FIRST)
    open_store(location(path)).save(RECORD)
    before = path.read_bytes()
    store = _without_key(monkeypatch, path)
    with pytest.raises(TapError, match=f"encrypted.*{ENCRYPTION_KEY_VARIABLE}"):
        only_connected(store.records("client"))
    with pytest.raises(TapError, match=f"encrypted.*{ENCRYPTION_KEY_VARIABLE}"):
        store.update(RECORD, lambda record: record)
    assert [record.account for record in store.records(decrypt=False)] == [RECORD.account]
    monkeypatch.setenv(ENCRYPTION_KEY_VARIABLE, SECOND)
    with pytest.raises(TapError, match=r"another key.*comma"):
        open_store(location(path)).records()
    assert path.read_bytes() == before


def _without_key(monkeypatch: pytest.MonkeyPatch, path: Path) -> TokenStore:
    monkeypatch.delenv(ENCRYPTION_KEY_VARIABLE)
    return open_store(location(path))


@pytest.mark.parametrize("text", ["short", f"{FIRST},no", "ü" * 44])
def test_what_is_no_key(text: str) -> None:
    with pytest.raises(TapError, match="not a Fernet key") as raised:
        TokenEncryption.from_environment({ENCRYPTION_KEY_VARIABLE: text})
    assert text not in str(raised.value)


@pytest.mark.parametrize("text", ["", " , "])
def test_no_key_at_all(text: str) -> None:
    assert TokenEncryption.from_environment({ENCRYPTION_KEY_VARIABLE: text}).encrypt(
        record_to_json(RECORD)
    ) == record_to_json(RECORD)


def test_what_encrypts_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.fernet", None)
    with pytest.raises(TapError, match=r"install tap-jobber\[encryption\]"):
        TokenEncryption.from_environment({ENCRYPTION_KEY_VARIABLE: FIRST})
