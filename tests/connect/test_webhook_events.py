"""Signatures and contents of webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.connect.webhook_events import (
    Event,
    InvalidEventError,
    is_outdated,
    is_signed,
    parse_event,
)

SECRET = "client secret"
BODY = b'{"data": {"webHookEvent": {}}}'
SIGNATURE = base64.b64encode(hmac.new(SECRET.encode(), BODY, hashlib.sha256).digest()).decode()


def encoded(kind: str, number: int) -> str:
    return base64.b64encode(f"gid://Jobber/{kind}/{number}".encode()).decode()


def body_of(**event: Any) -> bytes:
    whole = {"topic": "APP_DISCONNECT", "appId": "a", "accountId": "MQ==", "itemId": "MQ==", **event}
    return json.dumps({"data": {"webHookEvent": whole}}).encode()


def test_signature() -> None:
    assert is_signed(BODY, SIGNATURE, SECRET)
    assert is_signed(BODY, f" {SIGNATURE} ", SECRET)


@pytest.mark.parametrize(
    ("body", "signature", "secret"),
    [
        (BODY + b" ", SIGNATURE, SECRET),
        (BODY, SIGNATURE, "another secret"),
        (BODY, None, SECRET),
        (BODY, "", SECRET),
        (BODY, SIGNATURE[:-1], SECRET),
        (BODY, SIGNATURE.lower(), SECRET),
        (BODY, "ünsigned", SECRET),
        (b"", SIGNATURE, SECRET),
    ],
)
def test_forged_signature(body: bytes, signature: str | None, secret: str) -> None:
    assert not is_signed(body, signature, secret)


@pytest.mark.parametrize("key", ["occurredAt", "occuredAt"])
def test_event(key: str) -> None:
    event = parse_event(body_of(**{key: "2026-05-01T10:00:00Z"}))
    assert event == Event("APP_DISCONNECT", "MQ==", 1_777_629_600.0)


@pytest.mark.parametrize("stamp", ["2026-05-01T10:00:00+00:00", "2026-05-01T04:00:00-06:00", "2026-05-01 10:00:00 UTC"])
def test_stamps_of_all_forms(stamp: str) -> None:
    assert parse_event(body_of(occurredAt=stamp)).occurred_at == 1_777_629_600.0


def test_number_as_account() -> None:
    assert parse_event(body_of(accountId=17)).account_id == "17"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"data": null}',
        b'{"data": {"webHookEvent": []}}',
        b"\xff\xfe",
        body_of(topic=None),
        body_of(accountId=None),
        body_of(accountId=""),
        body_of(accountId=True),
        body_of(accountId={}),
        b"[" * 50_000,
        b"data%5BwebHookEvent%5D%5Btopic%5D=APP_DISCONNECT",
    ],
)
def test_what_is_no_event(body: bytes) -> None:
    with pytest.raises(InvalidEventError):
        parse_event(body)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_event_or_none(body: bytes) -> None:
    with pytest.raises(InvalidEventError):
        parse_event(body)


@pytest.mark.parametrize(
    ("occurred_at", "obtained_at", "expected"),
    [(100.0, 99.0, False), (100.0, 100.9, False), (100.0, 101.0, True), (None, 0.0, True)],
)
def test_events_of_a_connection_before(occurred_at: float | None, obtained_at: float, *, expected: bool) -> None:
    assert is_outdated(Event("APP_DISCONNECT", "1", occurred_at), obtained_at) == expected
