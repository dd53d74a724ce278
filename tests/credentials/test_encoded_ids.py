"""Ids in the forms in which Jobber states them: the same user or account, or not."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.credentials.encoded_ids import is_same_account, is_same_user


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


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (encoded("gid://Jobber/Account/12"), encoded("gid://Jobber/Account/12"), True),
        (encoded("gid://Jobber/Account/12"), "12", True),
        ("12", encoded("gid://Jobber/Account/12"), True),
        (encoded("gid://Jobber/Account/12").rstrip("="), encoded("gid://Jobber/Account/12"), True),
        ("MTI=", "12", True),
        ("MTI", encoded("gid://Jobber/Account/12"), True),
        (encoded("gid://Jobber/Account/12"), encoded("gid://Jobber/Account/1"), False),
        (encoded("gid://Jobber/Account/12"), "1", False),
        ("112", "12", False),
        ("", "12", False),
        ("gid://Jobber/Account/12", "12", True),
        (encoded("gid://Jobber/User/12"), "12", False),
        ("opaque-1", "opaque-1", True),
        ("opaque-1", "opaque-2", False),
    ],
)
def test_same_account(one: str, other: str, *, expected: bool) -> None:
    assert is_same_account(one, other) == expected


@given(st.integers(min_value=1, max_value=10**12), st.integers(min_value=1, max_value=10**12))
def test_encoded_and_plain_numbers_agree(one: int, other: int) -> None:
    assert is_same_account(encoded(f"gid://Jobber/Account/{one}"), str(other)) == (one == other)
