"""Retries of a query, its tokens, and the log lines about it."""

from __future__ import annotations

import logging
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import backoff
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.api.client import TooExpensiveError
from tap_jobber.api.rate_limits import RateLimiter
from tap_jobber.api.retries import FIRST_CONTACT_SECONDS, RETRY_SECONDS
from tap_jobber.api.transport import Query
from tap_jobber.api.versioning import VersionCheck
from tap_jobber.errors import TapError
from tests.api.harness import DATA, GOOD, QUERY, URL, FakePace, FakeTokens, Harness, mocked, reply, stated, tokens_sent

if TYPE_CHECKING:
    from requests_mock import Mocker

BUSY = reply("busy", 503, "text/plain")
EXPIRED = reply({"message": "Access token expired"}, 401)


def test_the_answer_tells_what_it_cost_and_when_it_was_given(requests_mock: Mocker) -> None:
    api = mocked(
        requests_mock, reply({"data": DATA, "extensions": stated(100, 90, 9_910)}, Date="Thu, 01 Jan 1970 01:00:00 GMT")
    )
    answer = api.execute()
    assert answer.cost is not None
    assert (answer.cost.requested_points, answer.cost.actual_points) == (100, 90)
    assert answer.server_seconds == 3_600
    assert (api.usage.requests, api.usage.points, api.usage.refusals, api.usage.waited_seconds) == (1, 90, 0, 0)


@pytest.mark.parametrize(
    "date", ["", "soon", "2024-01-01", f"Thu, 01 Jan {'9' * 20} 00:00:00 GMT", f"Thu, 01 Jan 2026 00:00:00 +{'9' * 20}"]
)
def test_a_date_that_cannot_be_read_is_no_date(requests_mock: Mocker, date: str) -> None:
    assert mocked(requests_mock, reply({"data": DATA}, Date=date)).execute().server_seconds is None


def test_it_gives_up_after_fifteen_minutes_of_failures(requests_mock: Mocker) -> None:
    api = mocked(requests_mock, BUSY)
    with pytest.raises(TapError, match="503"):
        api.execute()
    assert RETRY_SECONDS == 900
    assert RETRY_SECONDS - 60 <= sum(api.time.naps) <= RETRY_SECONDS
    assert api.time.naps == sorted(api.time.naps)
    assert max(api.time.naps) == 60
    assert api.usage.requests == len(api.time.naps) + 1
    assert api.usage.waited_seconds == sum(api.time.naps)


def test_pauses_are_drawn_from_below_their_bound(requests_mock: Mocker) -> None:
    bounds: list[float] = []

    def half(bound: float) -> float:
        bounds.append(bound)
        return bound / 2

    requests_mock.post(URL, [BUSY] * 8 + [GOOD])
    api = Harness(jitter=half)
    api.execute()
    assert bounds == [1, 2, 4, 8, 16, 32, 60, 60]
    assert api.time.naps == [bound / 2 for bound in bounds]


@given(st.randoms(use_true_random=False))
def test_the_usual_jitter_stays_within_its_bound(random: Any) -> None:  # noqa: ANN401 - Hypothesis' own kind
    assert 0 <= backoff.full_jitter(random.uniform(0, 60)) <= 60


@pytest.mark.parametrize(
    "failure",
    [
        requests.exceptions.ConnectTimeout("secret-token-1"),
        requests.exceptions.ConnectionError("secret-token-1"),
        requests.exceptions.ProxyError("secret-token-1"),
        requests.exceptions.ReadTimeout("secret-token-1"),
        requests.exceptions.ChunkedEncodingError("secret-token-1"),
        requests.exceptions.ContentDecodingError("secret-token-1"),
        requests.exceptions.SSLError("secret-token-1 EOF"),
    ],
)
class TestFailedConnections:
    """Replies that do not arrive whole."""

    def test_an_address_that_never_answered_is_given_up_soon(self, requests_mock: Mocker, failure: Exception) -> None:
        """A person is likely waiting."""
        requests_mock.post(URL, exc=failure)
        api = Harness()
        with pytest.raises(TapError, match="api_url") as raised:
            api.execute()
        assert FIRST_CONTACT_SECONDS == 8
        assert 0 < sum(api.time.naps) <= FIRST_CONTACT_SECONDS
        assert "secret" not in str(raised.value)

    def test_an_address_that_has_answered_is_given_longer(self, requests_mock: Mocker, failure: Exception) -> None:
        """The network may come back."""
        requests_mock.post(URL, [GOOD, {"exc": failure}])
        api = Harness()
        api.execute()
        with pytest.raises(TapError):
            api.execute()
        assert sum(api.time.naps) > RETRY_SECONDS - 60

    def test_it_is_sent_again(self, requests_mock: Mocker, failure: Exception) -> None:
        """Reading twice does no harm."""
        requests_mock.post(URL, [{"exc": failure}, GOOD])
        assert Harness().execute().data == DATA


@pytest.mark.parametrize(
    ("failure", "remedy"),
    [
        (requests.exceptions.SSLError("CERTIFICATE_VERIFY_FAILED"), "REQUESTS_CA_BUNDLE"),
        (requests.exceptions.SSLError("hostname 'a' doesn't match 'b'"), "check api_url"),
        (requests.exceptions.SSLError("[SSL: WRONG_VERSION_NUMBER]"), "check api_url"),
        (requests.exceptions.InvalidURL("x"), "https URL"),
        (requests.exceptions.InvalidSchema("x"), "https URL"),
    ],
)
def test_what_no_second_attempt_can_mend(requests_mock: Mocker, failure: Exception, remedy: str) -> None:
    requests_mock.post(URL, exc=failure)
    api = Harness()
    with pytest.raises(TapError, match=remedy):
        api.execute()
    assert api.usage.requests == 1


def test_patience_begins_anew_with_each_query(requests_mock: Mocker) -> None:
    api = mocked(requests_mock, *[BUSY] * 16, GOOD, *[BUSY] * 16, GOOD)
    api.execute()
    api.execute()
    assert api.time.naps[0] == api.time.naps[16] == 1


def test_each_attempt_takes_the_token_of_its_moment(requests_mock: Mocker) -> None:
    requests_mock.post(URL, [BUSY, BUSY, GOOD])
    api = Harness(tokens=FakeTokens(always_new=True))
    api.execute()
    assert tokens_sent(requests_mock) == ["secret-token-2", "secret-token-3", "secret-token-4"]


def test_a_token_is_renewed_once_per_query_and_again_for_the_next(requests_mock: Mocker) -> None:
    api = mocked(requests_mock, EXPIRED, BUSY, GOOD, EXPIRED, GOOD)
    api.execute()
    api.execute()
    assert api.tokens.renewed == ["secret-token-1", "secret-token-2"]


def test_a_token_refused_again_after_other_failures_is_not_renewed_twice(requests_mock: Mocker) -> None:
    api = mocked(requests_mock, EXPIRED, BUSY, EXPIRED, GOOD)
    with pytest.raises(TapError):
        api.execute()
    assert len(api.tokens.renewed) == 1


@pytest.mark.parametrize(
    ("first", "is_free"),
    [
        (EXPIRED, True),
        (reply("", 401, None), True),
        (reply("Too Many Requests", 429, "text/plain"), True),
        (reply("<html>", 200, "text/html"), True),
        (reply({"errors": [{"message": "Throttled"}]}), True),
        ({"exc": requests.exceptions.ConnectTimeout}, True),
        (BUSY, False),
        ({"exc": requests.exceptions.ReadTimeout}, False),
        (reply("{}"), False),
    ],
)
def test_the_pace_learns_whether_a_failed_query_was_free(
    requests_mock: Mocker, first: dict[str, Any], *, is_free: bool
) -> None:
    requests_mock.post(URL, [first, GOOD])
    pace = FakePace()
    Harness(pace=pace).execute()
    assert pace.told == [
        ("sent", 100.0, 0.0),
        ("answered", 100.0, 100.0 if is_free else 0.0),
        ("sent", 100.0, 0.0),
        ("answered", 100.0, 0.0),
    ]


def test_the_pace_is_waited_for_before_anything_is_sent(requests_mock: Mocker) -> None:
    requests_mock.post(URL, **reply({"data": DATA, "extensions": stated(9_000, 9_000, 1_000)}))
    api = Harness(pace=RateLimiter())
    query = QUERY.__class__("clients", QUERY.text, {}, 9_000.0)
    api.execute(query)
    api.execute(query)
    assert api.time.naps == [16.0]
    assert api.usage.waited_seconds == 16.0


def test_a_price_the_server_finds_higher_is_waited_for(requests_mock: Mocker) -> None:
    throttled = reply({"errors": [{"message": "Throttled"}], "extensions": stated(2_000, 0, 500)})
    api = mocked(requests_mock, throttled, GOOD)
    api.execute()
    assert api.time.naps == [3.0]


def test_others_who_keep_the_bucket_empty_are_waited_for_no_longer_than_the_patience(requests_mock: Mocker) -> None:
    api = mocked(requests_mock, reply({"errors": [{"message": "Throttled"}], "extensions": stated(2_000, 0, 0)}))
    with pytest.raises(TapError, match="budget is used up"):
        api.execute()
    assert RETRY_SECONDS - 10 <= sum(api.time.naps) <= RETRY_SECONDS + 10
    assert set(api.time.naps) == {4.0}
    assert api.usage.refusals == len(api.time.naps) + 1


def test_where_no_price_is_stated_a_dear_query_that_is_refused_by_a_full_bucket_is_too_dear(
    requests_mock: Mocker,
) -> None:
    api = mocked(requests_mock, reply({"errors": [{"message": "Throttled"}]}))
    with pytest.raises(TooExpensiveError):
        api.execute(replace(QUERY, points=9_000.0))
    assert 20 <= sum(api.time.naps) <= 60
    with pytest.raises(TapError, match="budget is used up"):
        api.execute()
    assert sum(api.time.naps) > RETRY_SECONDS - 60, "a cheap one is waited for"


@pytest.mark.parametrize("last", [EXPIRED, BUSY, reply({"message": "Invalid query"}), reply("", 302, None)])
def test_no_error_and_no_log_line_holds_a_token(
    requests_mock: Mocker, last: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    api = mocked(requests_mock, last)
    with caplog.at_level(logging.DEBUG), pytest.raises(TapError) as raised:
        api.execute()
    assert "secret-token" not in "".join(traceback.format_exception(raised.value))
    assert "secret-token" not in caplog.text


def test_each_pause_is_told(requests_mock: Mocker, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        mocked(requests_mock, *[BUSY] * 8, GOOD).execute()
    assert caplog.messages[0] == "clients: Jobber answered 503; trying again in 1.0 s (0 s of 15 min)"
    assert caplog.messages[-1] == "clients: Jobber answered 503; trying again in 60.0 s (2 of 15 min)"


@pytest.mark.parametrize(
    ("query", "title"),
    [
        (Query("visits_rest", "query visits_rest { x }", {}, 1.0, label="visits"), "visits"),
        (Query(None, "{ x }", {}, 1.0), "query"),
    ],
)
def test_a_log_line_names_what_is_read(
    requests_mock: Mocker, caplog: pytest.LogCaptureFixture, query: Query, title: str
) -> None:
    with caplog.at_level(logging.WARNING):
        mocked(requests_mock, BUSY, GOOD).execute(query)
    assert [text.partition(":")[0] for text in caplog.messages] == [title]


def test_a_long_wait_for_points_is_told(requests_mock: Mocker, caplog: pytest.LogCaptureFixture) -> None:
    requests_mock.post(URL, [reply({"data": DATA, "extensions": stated(100, 100, 0, 100_000)}), GOOD])
    api = Harness()
    with caplog.at_level(logging.INFO):
        api.execute()
        api.execute(replace(QUERY, points=40_000.0))
    assert caplog.messages == ["clients: waiting 80.0 s until Jobber grants 40,000 points"]


def test_a_long_wait_for_the_limit_of_requests_is_told_as_such(
    requests_mock: Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    requests_mock.post(URL, [reply({"data": DATA, "extensions": stated(1, 1, 9_999)})])
    api = Harness(pace=RateLimiter(0.1))
    with caplog.at_level(logging.INFO):
        for _ in range(251):
            api.execute(replace(QUERY, points=1.0))
    assert caplog.messages == ["clients: waiting 300.0 s until Jobber grants another request"]


def versioning(**stated_versioning: object) -> dict[str, object]:
    """Return a body with `extensions.versioning`."""
    return {"data": DATA, "extensions": {"versioning": stated_versioning}}


def test_another_version_than_the_configured_one_is_told_once(
    requests_mock: Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    api = mocked(requests_mock, reply(versioning(version="2026-05-12")))
    with caplog.at_level(logging.WARNING):
        answers = [api.execute() for _ in range(3)]
    assert [answer.served_version for answer in answers] == ["2026-05-12"] * 3
    assert len(caplog.messages) == 1
    assert "2026-05-12" in caplog.messages[0]
    assert "2025-04-16" in caplog.messages[0]
    assert "set api_version" in caplog.messages[0]


def test_a_warning_of_the_version_is_told_once_and_on_one_line(
    requests_mock: Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    warning = "Support for API version 2025-04-16 is scheduled to stop.\nUpgrade before that date."
    api = mocked(requests_mock, reply(versioning(version="2025-04-16", warning=warning)))
    with caplog.at_level(logging.WARNING):
        api.execute()
        answer = api.execute()
    assert (
        answer.version_warning == "Support for API version 2025-04-16 is scheduled to stop. Upgrade before that date."
    )
    assert [answer.version_warning in message for message in caplog.messages] == [True]
    assert "Set api_version to a newer one" in caplog.messages[0]


def test_nothing_is_said_when_all_is_well(caplog: pytest.LogCaptureFixture) -> None:
    body = {"extensions": {"versioning": {"version": "2025-04-16"}}}
    assert VersionCheck("2025-04-16").check(body) == ("2025-04-16", None)
    assert caplog.messages == []


@pytest.mark.parametrize("body", [{}, {"extensions": None}, {"extensions": {"versioning": None}}])
def test_that_the_served_version_is_unknown_is_said_once(
    body: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    versions = VersionCheck("2025-04-16")
    assert [versions.check(body), versions.check(body)] == [(None, None)] * 2
    (said,) = caplog.messages
    assert "served version of Jobber's API is unknown" in said
    assert "2025-04-16" in said
