"""Every kind of answer that Jobber is known to give, and what the client does about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tap_jobber.api.client import DriftError, NotPermittedError, TooExpensiveError
from tap_jobber.errors import TapError
from tests.api.harness import (
    DATA,
    GOOD,
    URL,
    WAITING_ROOM,
    FakePace,
    Harness,
    mocked,
    reply,
    stated,
    tokens_sent,
)

if TYPE_CHECKING:
    from requests_mock import Mocker

ANY_STATUS = (200, 400, 401, 403, 500)
HTML = "text/html; charset=utf-8"
EXPIRED = {"message": "Access token expired"}
UNAUTHENTICATED = {
    "errors": [
        {
            "message": "The field account on an object of type Query was hidden because you are unauthenticated",
            "path": ["account"],
            "extensions": {"code": "UNAUTHENTICATED"},
        }
    ],
    "data": {"account": None},
}
HIDDEN_JOBS = {"message": "The field jobs on an object of type Query was hidden due to permissions", "path": ["jobs"]}
HIDDEN_NOTE = {"message": "An object of type RequestNote was hidden due to permissions", "path": ["jobs", "nodes", 0]}
UNKNOWN_VERSION = {"message": "GraphQL API version '2020-13-01' does not exist"}


def errors(*listed: dict[str, Any], **rest: object) -> dict[str, object]:
    """Return a GraphQL answer with errors."""
    return {"errors": list(listed), **rest}


@pytest.mark.parametrize("status", ANY_STATUS)
@pytest.mark.parametrize(
    "body",
    [
        EXPIRED,
        {"message": "Token not recognized"},
        {"message": "Invalid Token Error"},
        {"error": "invalid_request"},
        {"error": "invalid_request", "error_description": "Invalid Token Error"},
        {"error": {"message": "Access token expired"}},
    ],
)
def test_a_refused_token_is_renewed_once_and_the_query_sent_again(
    requests_mock: Mocker, body: object, status: int
) -> None:
    api = mocked(requests_mock, reply(body, status), GOOD)
    assert api.execute().data == DATA
    assert api.tokens.renewed == ["secret-token-1"]
    assert tokens_sent(requests_mock) == ["secret-token-1", "secret-token-2"]
    assert api.time.naps == []


@pytest.mark.parametrize(
    "first", [reply(UNAUTHENTICATED), reply({}, 401), reply("", 401, None), reply("<html>", 401, HTML)]
)
def test_other_ways_to_say_that_nobody_is_logged_in(requests_mock: Mocker, first: dict[str, Any]) -> None:
    api = mocked(requests_mock, first, GOOD)
    assert api.execute().data == DATA
    assert api.tokens.renewed == ["secret-token-1"]


@pytest.mark.parametrize("refused", [reply(EXPIRED, 401), reply(UNAUTHENTICATED), reply("", 401, None)])
def test_a_new_token_refused_too_ends_it(requests_mock: Mocker, refused: dict[str, Any]) -> None:
    api = mocked(requests_mock, refused)
    with pytest.raises(TapError, match="authorise the app again"):
        api.execute()
    assert api.tokens.renewed == ["secret-token-1"]
    assert requests_mock.call_count == 2


@pytest.mark.parametrize("status", ANY_STATUS)
@pytest.mark.parametrize(
    ("body", "cause", "remedy"),
    [
        (
            {"message": "User has disconnected this app from their account. Please delete this token"},
            "disconnected",
            "set the new refresh_token",
        ),
        ({"error": {"message": "This account is not active"}}, "account is not active", "reactivate"),
        ({"message": "This account is not active"}, "account is not active", "reactivate"),
        ({"message": "Invalid query"}, "could not parse the query", "credential_test_query"),
        (UNKNOWN_VERSION, "2020-13-01' does not exist", "set api_version"),
    ],
)
def test_what_only_a_person_can_mend_stops_at_once(
    requests_mock: Mocker, body: object, status: int, cause: str, remedy: str
) -> None:
    api = mocked(requests_mock, reply(body, status))
    with pytest.raises(TapError) as raised:
        api.execute()
    assert cause in raised.value.cause
    assert remedy in raised.value.remedy
    assert requests_mock.call_count == 1
    assert api.tokens.renewed == []


def test_an_unknown_version(requests_mock: Mocker) -> None:
    api = mocked(requests_mock, reply(UNKNOWN_VERSION, 404))
    with pytest.raises(TapError, match=r"GraphQL API version '2020-13-01' does not exist.*api_version"):
        api.execute()


@pytest.mark.parametrize(
    ("body", "remedy"),
    [
        (reply({"message": "No such place"}, 404), "api_url"),
        (reply({"message": "Forbidden"}, 403), "the app's settings"),
        (reply({"message": "Bad Request"}, 400), "api_version"),
        (reply("<html>Not found</html>", 404, HTML), "set api_url to"),
        (reply("Not found", 404, None), "set api_url to"),
        (reply("", 302, HTML, Location="https://elsewhere.test"), "set api_url to"),
        (reply("", 307, None, Location="https://elsewhere.test"), "set api_url to"),
        (reply({"message": "Moved"}, 301, Location="https://elsewhere.test"), "set api_url to"),
        (
            reply(
                errors(
                    {
                        "message": "Variable $id of type EncodedId! was provided invalid value",
                        "extensions": {"value": "x", "problems": [{"path": [], "explanation": "x is not an id"}]},
                    }
                )
            ),
            "api_version",
        ),
        (reply(errors({"message": "Visit not found", "path": ["visit"]}, data={"visit": None})), "api_version"),
        (reply(errors({"message": "Field 'x' doesn't exist on type 'Job'"}, {"message": "No"})), "api_version"),
    ],
)
def test_anything_else_it_refuses_stops_at_once(requests_mock: Mocker, body: dict[str, Any], remedy: str) -> None:
    api = mocked(requests_mock, body)
    with pytest.raises(TapError, match=remedy):
        api.execute()
    assert requests_mock.call_count == 1


@pytest.mark.parametrize(
    "bad",
    [
        *(reply({"message": "Service temporarily unavailable"}, status) for status in ANY_STATUS),
        *(reply(WAITING_ROOM, status, HTML) for status in (200, 403, 429, 503)),
        *(reply("Bad gateway", status, "text/plain") for status in (500, 502, 503, 504)),
        *(reply({"message": "Oops"}, status) for status in (500, 502, 503, 504, 408)),
        reply("", 502, None),
        reply({"data": DATA}, 500),
        reply("Too Many Requests", 429, "text/plain"),
        reply({"message": "Too Many Requests"}, 429),
        reply('{"data": {"clients": {"nodes": [{"id"', 200),
        reply("", 200),
        reply("<html>", 200, None),
        reply({}),
        reply([]),
        reply("null"),
        reply({"errors": []}),
        reply({"data": []}),
        reply({"data": {}}),
        reply({"data": None}),
        reply({"data": "text"}),
        reply({"extensions": stated(100, 90, 9_910)}),
        reply(errors({"message": "It broke", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}, data=None)),
        reply(errors({"message": "Timeout on Job.visits"}, data=None)),
        reply({"errors": "Service temporarily unavailable"}),
    ],
)
def test_what_may_pass_is_tried_again_after_a_pause(requests_mock: Mocker, bad: dict[str, Any]) -> None:
    api = mocked(requests_mock, bad, bad, GOOD)
    assert api.execute().data == DATA
    assert api.time.naps == [1.0, 2.0]
    assert api.tokens.renewed == []


def test_json_under_the_name_of_a_web_page_says_what_it_says(requests_mock: Mocker) -> None:
    api = mocked(requests_mock, reply({"data": DATA}, 200, HTML))
    assert api.execute().data == DATA
    api = mocked(requests_mock, reply({"message": "User has disconnected this app from their account."}, 200, HTML))
    with pytest.raises(TapError, match="disconnected"):
        api.execute()
    assert api.time.naps == []


@pytest.mark.parametrize("status", [200, 429, 503])
@pytest.mark.parametrize(("asked_for", "pauses"), [("30", [30.0]), ("0", [1.0]), (" 7 ", [7.0]), ("soon", [1.0])])
def test_the_wish_to_wait_is_the_least_pause(
    requests_mock: Mocker, status: int, asked_for: str, pauses: list[float]
) -> None:
    body = reply(WAITING_ROOM, status, HTML, Retry_After=asked_for)
    api = mocked(requests_mock, body, GOOD)
    api.execute()
    assert api.time.naps == pauses


def test_a_wish_beyond_all_patience_ends_it_without_waiting(requests_mock: Mocker) -> None:
    api = mocked(requests_mock, reply("Too Many Requests", 429, "text/plain", Retry_After="3600"))
    with pytest.raises(TapError, match="run again later"):
        api.execute()
    assert api.time.naps == []


@pytest.mark.parametrize(
    "error",
    [
        {"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": "https://docs.test"}},
        {"message": "Throttled"},
        {"message": "Slow down", "extensions": {"code": "THROTTLED"}},
    ],
)
def test_throttled_waits_exactly_until_the_price_fits(requests_mock: Mocker, error: dict[str, Any]) -> None:
    api = mocked(requests_mock, reply(errors(error, extensions=stated(5_000, 0, 3_750))), GOOD)
    assert api.execute().data == DATA
    assert api.time.naps == [2.5]
    assert api.usage.refusals == 1
    assert api.usage.waited_seconds == 2.5


def test_throttled_without_a_stated_price_pauses(requests_mock: Mocker) -> None:
    api = mocked(requests_mock, reply(errors({"message": "Throttled", "extensions": {"code": "THROTTLED"}})), GOOD)
    api.execute()
    assert api.time.naps == [1.0]


@pytest.mark.parametrize(
    "message",
    [
        "Query has complexity of 5000, which exceeds max complexity of 900",
        "Query cost is 2000, which exceeds the single query max cost limit (1000)",
        "Requesting 100 records on the `clients` connection exceeds the `first` limit of 50 records.",
        "`first` exceeds the maximum of 50",
    ],
)
def test_a_query_beyond_another_limit_is_to_be_smaller(requests_mock: Mocker, message: str) -> None:
    api = mocked(requests_mock, reply(errors({"message": message})))
    with pytest.raises(TooExpensiveError, match=re.escape(message)):
        api.execute()
    assert api.time.naps == []


def test_a_price_above_the_bucket_is_told_apart(requests_mock: Mocker) -> None:
    body = errors({"message": "Throttled", "extensions": {"code": "THROTTLED"}}, extensions=stated(10_001, 0, 10_000))
    api = mocked(requests_mock, reply(body))
    with pytest.raises(TooExpensiveError, match="10001 points, the bucket holds 10000") as raised:
        api.execute()
    assert raised.value.cost is not None
    assert raised.value.cost.requested_points == 10_001
    assert api.time.naps == []


@pytest.mark.parametrize(
    "body",
    [
        errors(HIDDEN_JOBS, data=None),
        errors(HIDDEN_JOBS, data={"jobs": None}),
        errors(HIDDEN_JOBS),
        errors({"message": "An object of type ProductOrService was hidden due to permissions"}, data=None),
    ],
)
def test_a_hidden_root_field_is_not_permitted(requests_mock: Mocker, body: object) -> None:
    api = mocked(requests_mock, reply(body))
    with pytest.raises(NotPermittedError, match=r"hidden due to permissions.*give the app the scope"):
        api.execute()
    assert requests_mock.call_count == 1


HIDDEN_LINK = {
    "message": "The field linkedTo on an object of type ClientNote was hidden due to permissions",
    "path": ["clients", "nodes", 0, "notes", "nodes", 2, "linkedTo"],
}
HIDDEN_BELOW = {**HIDDEN_NOTE, "path": ["requests", "nodes", 0, "notes", "nodes", 3]}


@pytest.mark.parametrize("data", [None, {"clients": None}])
def test_a_hidden_field_that_takes_everything_with_it_is_left_out(requests_mock: Mocker, data: object) -> None:
    notes = {**HIDDEN_BELOW, "path": ["clients", "nodes", 0, "notes"]}
    api = mocked(requests_mock, reply(errors(HIDDEN_LINK, notes, HIDDEN_BELOW, HIDDEN_LINK, data=data)))
    with pytest.raises(DriftError, match="hidden due to permissions") as raised:
        api.execute()
    assert [(str(strike), strike.is_hidden) for strike in raised.value.strikes] == [
        ("ClientNote.linkedTo", True),
        ("notes", True),
    ]


@pytest.mark.parametrize("data", [None, {"jobs": None}])
@pytest.mark.parametrize(
    "path", [["jobs", "nodes", 3], ["jobs", "nodes", 3, "notes", "nodes", 0], ["x", "edges", 3, "node"]]
)
def test_a_hidden_row_is_no_hidden_list(requests_mock: Mocker, data: object, path: list[object]) -> None:
    """Answer nothing where rows may not be null, with the rows around it still readable."""
    answer = mocked(requests_mock, reply(errors({**HIDDEN_NOTE, "path": path}, data=data))).execute()
    assert answer.data == (data or {})
    assert answer.hidden == (".".join(map(str, path)),)


def test_a_hidden_root_field_is_told_apart_even_if_others_are_hidden_too(requests_mock: Mocker) -> None:
    api = mocked(requests_mock, reply(errors(HIDDEN_JOBS, HIDDEN_LINK, data=None)))
    with pytest.raises(NotPermittedError, match="hidden due to permissions"):
        api.execute()


def gone(alias: str, *below: object) -> dict[str, object]:
    """Return the error that stands for an object that was deleted."""
    return {"message": "Visit not found", "path": [alias, *below]}


def test_what_is_left_of_single_objects_is_delivered_though_some_are_gone(requests_mock: Mocker) -> None:
    data = {"p0": None, "p1": {"id": "1"}, "p2": None}
    api = mocked(requests_mock, reply(errors(gone("p0"), gone("p2"), data=data, extensions=stated(9, 3, 9_997))))
    answer = api.execute()
    assert answer.data == data
    assert answer.hidden == ()
    assert answer.cost is not None


@pytest.mark.parametrize(
    ("listed", "data"),
    [
        ([gone("p0")], {"p0": None}),
        ([gone("p0")], None),
        ([gone("p1", "lineItems")], {"p0": {"id": "1"}, "p1": None}),
        ([{"message": "Visit not found"}], {"p0": {"id": "1"}, "p1": None}),
    ],
)
def test_not_found_is_no_answer_where_nothing_is_left_or_more_is_wrong(
    requests_mock: Mocker, listed: list[dict[str, object]], data: object
) -> None:
    api = mocked(requests_mock, reply(errors(*listed, data=data)))
    with pytest.raises(TapError, match=r"Jobber refused the query: .*not found"):
        api.execute()
    assert requests_mock.call_count == 1


def test_hidden_values_below_are_delivered_and_named(requests_mock: Mocker) -> None:
    data = {"jobs": {"nodes": [None, {"id": "2"}]}}
    api = mocked(requests_mock, reply(errors(HIDDEN_NOTE, {**HIDDEN_NOTE, "path": None}, data=data)))
    answer = api.execute()
    assert answer.data == data
    assert answer.hidden == ("jobs.nodes.0", "")


@pytest.mark.parametrize("data", [{"job": None}, {"clients": None}])
def test_null_without_an_error_is_delivered_as_it_is(requests_mock: Mocker, data: dict[str, object]) -> None:
    api = mocked(requests_mock, reply({"data": data}))
    assert api.execute().data == data


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "application/graphql-response+json", None])
def test_data_without_a_price_is_delivered_and_priced_by_its_fields(
    requests_mock: Mocker, content_type: str | None
) -> None:
    requests_mock.post(URL, [reply({"data": DATA}, 200, content_type)])
    pace = FakePace()
    api = Harness(pace=pace)
    answer = api.execute()
    assert answer.data == DATA
    assert answer.cost is None
    assert api.usage.points == 3
    assert pace.told[-1] == ("answered", 100.0, 97.0)


def test_an_unknown_field_is_drift(requests_mock: Mocker) -> None:
    api = mocked(requests_mock, reply(errors({"message": "Field 'x' doesn't exist on type 'Job'"})))
    with pytest.raises(DriftError, match="api_version") as raised:
        api.execute()
    assert [str(strike) for strike in raised.value.strikes] == ["Job.x"]
