"""Expiry of a token, from the claims and fields of a response."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.credentials.jwt_claims import Claims, access_token_expires_at, read_claims
from tap_jobber.timestamps import parse_moment
from tests.credentials.token_server import access_token

NOW = 1_712_693_071.0
STAMP = "2024-04-09 21:04:31 UTC"
STAMP_SECONDS = 1_712_696_671.0


def test_payload_of_the_documented_form() -> None:
    token = access_token(NOW, user_id=7, account_id=11, scope="read_clients read_users")
    assert read_claims(token) == Claims(NOW, "7", "11", ("read_clients", "read_users"))


@pytest.mark.parametrize("token", ["", "opaque", "a.b.c", "..", "a.W10.c", "a.bnVsbA.c", "a.\N{SNOWMAN}.c", "a.eyI.c"])
def test_other_tokens_have_no_claims(token: str) -> None:
    assert read_claims(token) is None


@given(st.text())
def test_no_token_breaks_the_reader(text: str) -> None:
    read_claims(text)
    read_claims(f"a.{text}.c")
    with suppress(ValueError):
        parse_moment(text)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists))
def test_no_value_in_the_payload_breaks_the_reader(value: object) -> None:
    token = access_token(0.0, user_id=value, account_id=value, scope=value)
    assert read_claims(token) is not None


@pytest.mark.parametrize(
    "stamp",
    [
        STAMP,
        "2024-04-09T21:04:31Z",
        "2024-04-09T21:04:31+00:00",
        "2024-04-09T23:04:31+02:00",
        "2024-04-09 21:04:31",
        f" {STAMP} ",
    ],
)
def test_stamps(stamp: str) -> None:
    assert parse_moment(stamp).timestamp() == STAMP_SECONDS


@pytest.mark.parametrize("stamp", ["", "soon", "UTC", "2024-13-09 21:04:31 UTC"])
def test_what_is_no_stamp(stamp: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|month"):
        parse_moment(stamp)


@given(st.integers(0, 4_000_000_000))
def test_both_forms_of_a_stamp_agree(seconds: int) -> None:
    when = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds)
    assert (
        parse_moment(when.strftime("%Y-%m-%d %H:%M:%S UTC")).timestamp()
        == parse_moment(when.isoformat()).timestamp()
        == seconds
    )


def test_the_token_itself_comes_first() -> None:
    assert access_token_expires_at(access_token(NOW + 60), STAMP, NOW) == NOW + 60


def test_then_the_response() -> None:
    assert access_token_expires_at("opaque", STAMP, NOW) == STAMP_SECONDS


@pytest.mark.parametrize(
    "expires_at", [None, 5, ["2024"], "soon", "1999-01-01 00:00:00 UTC", "9999-01-01 00:00:00 UTC"]
)
def test_then_an_hour(expires_at: object) -> None:
    assert access_token_expires_at("opaque", expires_at, NOW) == NOW + 3600


def test_a_token_that_seems_dead_on_arrival_tells_of_a_wrong_clock() -> None:
    assert access_token_expires_at(access_token(NOW - 10), None, NOW) == NOW + 3600


@given(st.floats() | st.integers(), st.none() | st.text(), st.floats(0, 4e9))
def test_an_expiry_is_always_ahead_and_within_a_year(exp: float, expires_at: object, now: float) -> None:
    assert 0 < access_token_expires_at(access_token(exp), expires_at, now) - now <= 366 * 86400
