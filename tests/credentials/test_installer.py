"""The installer rule as a table, and what counts as the same user."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.credentials.installer import Identity, Ruling, is_same_user, rule, user_of
from tap_jobber.credentials.stores.record import Account, Installer, Record, State
from tests.credentials.token_server import access_token

ALICE, BOB = Installer("u1", "Alice"), Installer("u2", "Bob")
STORED = Record("client", "access", 0.0, 1.0, "refresh", None, 0.0, Account("a1"), ALICE)
REFUSED = replace(STORED, state=State.REFUSED)
GONE = replace(STORED, state=State.DISCONNECTED)
UNKNOWN = replace(STORED, installer=None)


def of(user: Installer | None, account: str = "a1") -> Identity:
    return Identity(Account(account), user)


@pytest.mark.parametrize(
    ("stored", "identity", "allowed", "replaces", "ruling"),
    [
        (None, of(ALICE), (), False, Ruling.FIRST),
        (None, of(None), (), False, Ruling.FIRST),
        (None, of(ALICE), ("a1", "a2"), False, Ruling.FIRST),
        (None, of(ALICE), ("a2",), False, Ruling.REFUSED),
        (None, of(ALICE), ("a2",), True, Ruling.REFUSED),
        (STORED, of(ALICE), ("a1",), False, Ruling.OWN),
        (STORED, of(ALICE), ("a1",), True, Ruling.OWN),
        (STORED, of(BOB), ("a1",), False, Ruling.DISCARDED),
        (STORED, of(BOB), (), False, Ruling.DISCARDED),
        (STORED, of(BOB), ("a1",), True, Ruling.REPLACED),
        (STORED, of(None), (), False, Ruling.DISCARDED),
        (STORED, of(None), (), True, Ruling.REPLACED),
        (REFUSED, of(ALICE), (), False, Ruling.OWN),
        (REFUSED, of(BOB), (), False, Ruling.DISCARDED),
        (REFUSED, of(BOB), (), True, Ruling.REPLACED),
        (GONE, of(BOB), (), False, Ruling.FIRST),
        (GONE, of(BOB), ("a2",), False, Ruling.REFUSED),
        (UNKNOWN, of(BOB), (), False, Ruling.FIRST),
    ],
)
def test_the_rule(
    stored: Record | None, identity: Identity, allowed: tuple[str, ...], ruling: Ruling, *, replaces: bool
) -> None:
    assert rule(stored, identity, allowed=allowed, replace=replaces) is ruling
    assert ruling.keeps_new == (ruling in {Ruling.FIRST, Ruling.OWN, Ruling.REPLACED})


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_users_are_the_same_in_every_form_of_their_id(one: int, other: int) -> None:
    def forms(number: int) -> list[str]:
        long = encoded(f"gid://Jobber/User/{number}")
        return [long, long.rstrip("="), encoded(str(number)), str(number)]

    # An id of digits may also be base64 of something; digits are taken as they are.
    for left in forms(one):
        for right in forms(other):
            if left.isdigit() == right.isdigit() or not (left.isdigit() or right.isdigit()):
                assert is_same_user(left, right) == (one == other)
        assert is_same_user(left, left)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("u1", "u2"),
        ("", "0"),
        (encoded("gid://Jobber/User/5"), encoded("gid://Jobber/Account/5")),
        (encoded("gid://Jobber/User/5"), "6"),
        ("ü", "5"),
    ],
)
def test_users_that_are_not_the_same(one: str, other: str) -> None:
    assert not is_same_user(one, other)


def test_the_user_that_a_token_names() -> None:
    assert user_of(access_token(1.0, user_id=5)) == Installer("5")
    assert user_of(access_token(1.0)) is None
    assert user_of("no token") is None
    assert is_same_user("5", encoded("gid://Jobber/User/5"))
