"""The stored record keeps what it is given and tells no secret."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.credentials.stores.json_object import RecordError
from tap_jobber.credentials.stores.record import Account, Installer, Record, fingerprint
from tap_jobber.credentials.stores.record_json import record_from_json, record_to_json

RECORD = Record(
    client_id="client",
    access_token="secret-access",
    access_token_obtained_at=1000.0,
    access_token_expires_at=4600.0,
    refresh_token="secret-refresh",
    seed_fingerprint=fingerprint("secret-seed"),
    connected_at=1000.0,
    account=Account("a1", "Büro & Söhne"),
    installer=Installer("u1"),
    name="main",
)


def test_round_trip() -> None:
    assert record_from_json(json.loads(json.dumps(record_to_json(RECORD)))) == RECORD
    bare = replace(RECORD, account=None, installer=None, name=None, seed_fingerprint=None)
    assert record_from_json(record_to_json(bare)) == bare


def test_no_secret_in_its_description() -> None:
    assert "secret" not in repr(RECORD)
    assert "secret-seed" not in json.dumps(record_to_json(RECORD))


@given(st.dictionaries(st.text().map(lambda key: f"later_{key}"), st.integers() | st.text() | st.lists(st.integers())))
def test_unknown_keys_are_kept(later: dict[str, object]) -> None:
    stored = record_to_json(RECORD)
    stored["account"] = {"id": "a1", "name": None, **later}
    stored["installer"] = {"user_id": "u1", "name": None, **later}
    stored = {**stored, **later}
    assert record_to_json(record_from_json(stored)) == stored


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("version", 2),
        ("version", None),
        ("client_id", None),
        ("access_token", 5),
        ("refresh_token", ""),
        ("access_token_expires_at", "soon"),
        ("access_token_obtained_at", True),
        ("access_token_obtained_at", float("nan")),
        ("connected_at", float("inf")),
        ("connected_at", -1),
        ("state_since", 1e30),
        ("account", "a1"),
        ("installer", {}),
    ],
)
def test_wrong_shapes_are_refused_by_name(key: str, value: object) -> None:
    with pytest.raises(RecordError, match=r"version|user_id|" + key):
        record_from_json({**record_to_json(RECORD), key: value})


@pytest.mark.parametrize("stored", [None, [], "record", 1])
def test_what_is_no_object(stored: object) -> None:
    with pytest.raises(RecordError):
        record_from_json(stored)


def test_due_five_minutes_early() -> None:
    assert not RECORD.needs_refresh(4299.0)
    assert RECORD.needs_refresh(4300.0)


def test_a_short_token_is_due_at_half_of_its_life() -> None:
    short = replace(RECORD, access_token_expires_at=1060.0)
    assert not short.needs_refresh(1029.0)
    assert short.needs_refresh(1030.0)


@given(st.floats(1, 1e6), st.floats(0, 2e6))
def test_a_new_token_is_not_due_and_an_expired_one_is(lifetime_seconds: float, later_seconds: float) -> None:
    record = replace(RECORD, access_token_expires_at=1000.0 + lifetime_seconds)
    assert not record.needs_refresh(1000.0)
    assert record.needs_refresh(1000.0 + later_seconds) or not record.is_expired(1000.0 + later_seconds)


@pytest.mark.parametrize(
    ("seed", "same"), [(None, True), ("secret-seed", True), ("secret-refresh", True), ("another", False)]
)
def test_which_seed_it_began_with(seed: str | None, *, same: bool) -> None:
    assert RECORD.covers_seed(seed) is same
