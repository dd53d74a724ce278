"""A state names its account."""

from __future__ import annotations

import base64
import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.credentials.stores.record import Account
from tap_jobber.errors import ExitStatus, TapError
from tap_jobber.state import claim, drop_future_bookmarks
from tap_jobber.timestamps import format_timestamp
from tests.streams.fake_jobber import ago

BOOKMARKS = {"clients": {"replication_key": "updatedAt", "replication_key_value": ago(1)}}
OURS = Account("account", "Maple Ridge")


def encoded(number: int, type_name: str = "Account") -> str:
    return base64.b64encode(f"gid://Jobber/{type_name}/{number}".encode()).decode()


@pytest.mark.parametrize("state", [{}, {"bookmarks": BOOKMARKS}, {"bookmarks": BOOKMARKS, "accounts": {}}])
def test_a_state_that_names_none_is_taken_and_named(state: dict[str, Any]) -> None:
    before = copy.deepcopy(state.get("bookmarks", {}))
    claim(state, OURS)
    assert state == {"bookmarks": before, "accounts": {"account": "Maple Ridge"}}


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.sampled_from(range(3)), st.sampled_from(range(3)))
def test_an_account_is_the_same_in_every_form_of_its_id(one: int, other: int, form: int, other_form: int) -> None:
    def written(number: int, form: int) -> str:
        return (encoded(number), encoded(number).rstrip("="), str(number))[form]

    state: dict[str, Any] = {"bookmarks": BOOKMARKS, "accounts": {written(one, form): None}}
    account = Account(written(other, other_form))
    if one == other:
        claim(state, account)
        assert state["accounts"] == {account.id: None}
    else:
        with pytest.raises(TapError):
            claim(state, account)


def test_an_id_of_another_type_is_no_account() -> None:
    with pytest.raises(TapError):
        claim({"accounts": {encoded(5, "User"): None}}, Account(encoded(5)))


@pytest.mark.parametrize("accounts", [{"b": "Elm"}, {"b": "Elm", "account": "Maple Ridge"}], ids=["other", "merged"])
def test_another_accounts_state_is_refused_as_it_is(accounts: dict[str, str]) -> None:
    state = {"bookmarks": BOOKMARKS, "accounts": accounts}
    before = copy.deepcopy(state)
    with pytest.raises(
        TapError, match=r"bookmarks of Elm \(b\), .*Maple Ridge \(account\): .*--state-id-suffix"
    ) as info:
        claim(state, OURS)
    assert info.value.exit_status is ExitStatus.MEND
    assert state == before


PAST, FUTURE = format_timestamp(1_700_000_000), format_timestamp(1_900_000_000)


@pytest.mark.parametrize(
    ("bookmark", "left"),
    [
        ({"replication_key": "updatedAt", "replication_key_value": FUTURE}, {"replication_key": "updatedAt"}),
        ({"readAt": FUTURE}, {}),
        ({"replication_key_value": PAST, "read": {"began": FUTURE, "until": PAST}}, {}),
        # A calendar is read ahead of the present.
        ({"read": {"began": PAST, "until": FUTURE}}, {"read": {"began": PAST, "until": FUTURE}}),
        ({"replication_key_value": PAST, "readAt": PAST}, {"replication_key_value": PAST, "readAt": PAST}),
        ({"replication_key_value": None, "read": None}, {"replication_key_value": None, "read": None}),
        ({"replication_key_value": "soon"}, {"replication_key_value": "soon"}),
        ({}, {}),
    ],
)
def test_a_bookmark_in_the_future_is_dropped(
    bookmark: dict[str, Any], left: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    state = {"bookmarks": {"clients": dict(bookmark), "jobs": {"replication_key_value": PAST}}}
    drop_future_bookmarks(state, lambda seconds: seconds > 1_800_000_000)
    assert state == {"bookmarks": {"clients": left, "jobs": {"replication_key_value": PAST}}}
    assert ("all is read again of clients" in caplog.text) is (bookmark != left)
