"""Fields that fail while a query runs: asked for a few times more, then told apart from the rest of the answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tap_jobber.api.client import FieldsFailedError, UnservedError
from tests.api.harness import GOOD, QUERY, WAITING_ROOM, mocked, reply

if TYPE_CHECKING:
    from requests_mock import Mocker

PARTIAL = {"clients": {"nodes": [{"id": "1", "balance": None}]}}
FAILED = {"message": "undefined method 'cents' for nil", "path": ["clients", "nodes", 0, "balance"]}


def failing(data: object = PARTIAL, **error: object) -> dict[str, Any]:
    """Return a reply of which one field failed."""
    return reply({"data": data, "errors": [{**FAILED, **error}]})


def test_a_field_that_fails_once_is_asked_for_again(requests_mock: Mocker) -> None:
    api = mocked(requests_mock, failing(), failing(), GOOD)
    assert api.execute().data == {"clients": {"nodes": [{"id": "1"}]}}
    assert api.time.naps == [1.0, 2.0]


def test_a_field_that_keeps_failing_is_named_and_the_rest_is_there(requests_mock: Mocker) -> None:
    api = mocked(requests_mock, failing())
    with pytest.raises(FieldsFailedError, match=r"clients\.balance fails on Jobber's side: undefined method") as raised:
        api.execute()
    assert raised.value.answer.data == PARTIAL
    assert [each.path for each in raised.value.failed] == [("clients", "nodes", 0, "balance")]
    assert requests_mock.call_count == 3
    assert api.usage.waited_seconds == 3.0


def test_a_field_that_always_fails_is_not_waited_for(requests_mock: Mocker) -> None:
    api = mocked(requests_mock, failing())
    for _ in range(4):
        with pytest.raises(FieldsFailedError):
            api.execute()
    assert requests_mock.call_count == 3 + 3 + 1 + 1


@pytest.mark.parametrize("path", [None, [], "clients", ["clients"], ["elsewhere", 7]])
@pytest.mark.parametrize("data", [None, {"clients": None}])
def test_an_error_that_leads_nowhere_is_asked_about_again_too(
    requests_mock: Mocker, path: object, data: object
) -> None:
    api = mocked(requests_mock, failing(data, path=path))
    with pytest.raises(FieldsFailedError, match="undefined method"):
        api.execute()
    assert requests_mock.call_count == 3


def test_hidden_values_beside_are_told_apart(requests_mock: Mocker) -> None:
    hidden = {"message": "The field x on an object of type Y was hidden due to permissions", "path": ["clients", "x"]}
    api = mocked(requests_mock, reply({"data": PARTIAL, "errors": [hidden, FAILED]}))
    with pytest.raises(FieldsFailedError) as raised:
        api.execute()
    assert raised.value.answer.hidden == ("clients.x",)
    assert [each.message for each in raised.value.failed] == [FAILED["message"]]


TOO_MUCH = {
    "gateway time-out": reply("", 504, None),
    "bad gateway as a web page": reply("<html>", 502, "text/html"),
    "time-out in words": reply({"data": None, "errors": [{"message": "Timeout on Job.visits"}]}),
    "an answer cut short": reply('{"data": {"clients": {"no', 200),
    "an answer without data": reply({}),
}


@pytest.mark.parametrize("bad", TOO_MUCH.values(), ids=TOO_MUCH)
def test_what_a_smaller_query_may_not_meet_is_told_after_a_few_tries(
    requests_mock: Mocker, bad: dict[str, Any]
) -> None:
    api = mocked(requests_mock, bad)
    with pytest.raises(UnservedError):
        api.execute(replace(QUERY, most_failures=3))
    assert requests_mock.call_count == 3


@pytest.mark.parametrize(
    "weather",
    [
        reply(WAITING_ROOM, 200, "text/html"),
        reply({"message": "Service temporarily unavailable"}, 503),
        reply("Too Many Requests", 429, "text/plain"),
        reply("", 503, None),
    ],
)
def test_what_any_query_meets_is_not_taken_for_a_query_too_large(
    requests_mock: Mocker, weather: dict[str, Any]
) -> None:
    api = mocked(requests_mock, *[weather] * 5, GOOD)
    assert api.execute(replace(QUERY, most_failures=3)).data
    assert requests_mock.call_count == 6
