"""Whose a token is: what fails beside the account costs itself, and only the account is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tap_jobber.api.identity import read_identity, read_user
from tap_jobber.errors import TryLaterError
from tests.api.harness import mocked, reply

if TYPE_CHECKING:
    from requests_mock import Mocker

ACCOUNT = {"id": "QWNjb3VudC8x", "name": "Green Lawns"}
USER = {"id": "VXNlci8x", "name": {"full": "Ada Gray"}}
BOOM = {"message": "boom"}


@pytest.mark.parametrize(
    ("data", "errors", "name", "user"),
    [
        (
            {"account": {**ACCOUNT, "name": None}, "user": USER},
            [{**BOOM, "path": ["account", "name"]}],
            None,
            "Ada Gray",
        ),
        ({"account": ACCOUNT, "user": None}, [{**BOOM, "path": ["user"]}], "Green Lawns", None),
        ({"account": {**ACCOUNT, "name": {"x": 1}}, "user": {**USER, "name": {"full": 5}}}, [], None, None),
        ({"account": ACCOUNT, "user": USER}, {"message": "odd"}, "Green Lawns", "Ada Gray"),
        ({"account": ACCOUNT, "user": USER}, [None], "Green Lawns", "Ada Gray"),
    ],
)
def test_what_fails_beside_the_account_is_done_without(
    requests_mock: Mocker, data: object, errors: object, name: str | None, user: str | None
) -> None:
    harness = mocked(requests_mock, reply({"data": data, "errors": errors}))
    identity = read_identity(harness.client)
    assert (identity.account.id, identity.account.name) == (ACCOUNT["id"], name)
    assert (identity.user.name if identity.user else None) == user


def test_an_account_that_fails_is_asked_for_again_later(requests_mock: Mocker) -> None:
    failing = reply({"data": {"account": None}, "errors": [{**BOOM, "path": ["account"]}]})
    with pytest.raises(TryLaterError):
        read_identity(mocked(requests_mock, failing).client)


def test_a_user_query_that_is_refused_tells_nobody(requests_mock: Mocker) -> None:
    harness = mocked(requests_mock, reply({"errors": [{"message": "too complex"}]}))
    assert read_user(harness.client, harness.usage) is None
