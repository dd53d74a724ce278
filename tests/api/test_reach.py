"""End of a run on a lasting error: its reach, and the exit status that says who can mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from tap_jobber.api.classification import classify
from tap_jobber.api.client import DisconnectedError, UnclearError
from tap_jobber.api.decision import Decision, Reach, Reply
from tap_jobber.api.transport import classify_failure
from tap_jobber.errors import ExitStatus, RenewalError, StreamError, TapError, ending_with
from tap_jobber.network.explanation import explain_failure
from tests.api.harness import GOOD, WAITING_ROOM, mocked, reply

if TYPE_CHECKING:
    from requests_mock import Mocker

MEND, RENEW, LATER = ExitStatus.MEND, ExitStatus.RENEW, ExitStatus.TRY_LATER
STREAM = ExitStatus.PARTIAL


def replied(body: Any, status: int = 200, content_type: str = "application/json") -> Reply:  # noqa: ANN401 - JSON
    """Return a reply off the wire."""
    return Reply(status, content_type, body)


def refused(message: str, **more: object) -> Reply:
    """Return an answer that is an error."""
    return replied({"errors": [{"message": message, **more}]})


@pytest.mark.parametrize(
    ("said", "reach", "status"),
    [
        (replied(None, 503, "text/html"), Reach.UNKNOWN, LATER),
        (replied(None, 404, "text/html"), Reach.UNKNOWN, MEND),
        (replied(None, 302, "text/html"), Reach.UNKNOWN, MEND),
        (replied({"message": "Access token expired"}, 401), Reach.UNKNOWN, RENEW),
        (replied({}, 401), Reach.UNKNOWN, RENEW),
        (refused("hidden, because you are unauthenticated"), Reach.UNKNOWN, RENEW),
        (replied({"message": "User has disconnected this app"}), Reach.CONNECTION, RENEW),
        (replied({"message": "This account is not active"}), Reach.CONNECTION, RENEW),
        (replied({"message": "Service temporarily unavailable"}), Reach.UNKNOWN, LATER),
        (replied({"message": "GraphQL API version '1' does not exist"}, 400), Reach.CONNECTION, MEND),
        (replied({"message": "Invalid query"}), Reach.QUERY, LATER),
        (replied({"message": "Who knows"}, 418), Reach.UNKNOWN, MEND),
        (replied({}, 429), Reach.UNKNOWN, LATER),
        (replied({}, 502), Reach.UNKNOWN, LATER),
        (replied({}), Reach.UNKNOWN, LATER),
        (refused("Throttled"), Reach.UNKNOWN, LATER),
        (refused("Something is wrong with the query"), Reach.QUERY, LATER),
        (refused("Field 'x' doesn't exist on type 'Y'"), Reach.QUERY, LATER),
        (refused("was hidden due to permissions", path=["clients"]), Reach.QUERY, LATER),
        (refused("Internal server error"), Reach.UNKNOWN, LATER),
    ],
)
def test_reach_and_status_of_answers(said: Reply, reach: Reach, status: ExitStatus) -> None:
    decision = classify(said)
    assert (decision.reach, decision.exit_status) == (reach, status)


@pytest.mark.parametrize(
    ("failure", "reach", "status"),
    [
        (requests.exceptions.SSLError("CERTIFICATE_VERIFY_FAILED"), Reach.CONNECTION, MEND),
        (requests.exceptions.InvalidURL("x"), Reach.CONNECTION, MEND),
        (requests.exceptions.ConnectionError("x"), Reach.UNKNOWN, LATER),
        (requests.exceptions.ReadTimeout("x"), Reach.UNKNOWN, LATER),
    ],
)
def test_reach_and_status_of_failures(failure: requests.RequestException, reach: Reach, status: ExitStatus) -> None:
    decision: Decision = classify_failure(explain_failure(failure, "https://jobber.test/api"))
    assert (decision.reach, decision.exit_status) == (reach, status)


@pytest.mark.parametrize("status", [MEND, RENEW, LATER, STREAM])
def test_each_status_has_its_kind_of_error(status: ExitStatus) -> None:
    assert ending_with(status)("cause", "remedy").exit_status is status


@pytest.mark.parametrize(
    ("answer", "kind", "status"),
    [
        (reply({"message": "User has disconnected this app"}), DisconnectedError, RENEW),
        (reply({"message": "This account is not active"}), RenewalError, RENEW),
        (reply({"message": "GraphQL API version '1' does not exist"}, 400), TapError, MEND),
        (reply({"errors": [{"message": "No."}]}), StreamError, STREAM),
        (reply({"message": "Access token expired"}, 401), UnclearError, RENEW),
        (reply(WAITING_ROOM, 200, "text/html"), UnclearError, LATER),
        (reply({"message": "Who knows"}, 418), UnclearError, MEND),
    ],
)
def test_what_the_client_raises(
    requests_mock: Mocker, answer: dict[str, Any], kind: type[TapError], status: ExitStatus
) -> None:
    api = mocked(requests_mock, GOOD, answer)
    api.execute()
    with pytest.raises(kind) as raised:
        api.execute()
    assert raised.value.exit_status is status
    assert isinstance(raised.value, StreamError) is (status is STREAM)


def test_where_nobody_has_ever_answered_there_is_nothing_to_ask(requests_mock: Mocker) -> None:
    with pytest.raises(TapError) as raised:
        mocked(requests_mock, {"exc": requests.exceptions.ConnectTimeout("x")}).execute()
    assert not isinstance(raised.value, UnclearError)
    assert raised.value.exit_status is LATER


@pytest.mark.parametrize(
    "stray",
    [
        reply("", 302, "text/html"),
        reply("<html>", 404, "text/html"),
        reply({"message": "Who knows"}, 418),
        reply("x", 404, "text/plain"),
    ],
)
def test_a_stray_refusal_between_answers_is_asked_about_again(requests_mock: Mocker, stray: dict[str, Any]) -> None:
    api = mocked(requests_mock, GOOD, stray, stray, GOOD, stray, GOOD)
    assert [api.execute().data for _ in range(3)] == [api.execute().data] * 3
    assert api.usage.requests == 7


def test_wrong_settings_are_told_at_once(requests_mock: Mocker) -> None:
    api = mocked(requests_mock, reply("", 302, "text/html"))
    with pytest.raises(TapError, match="redirect"):
        api.execute()
    assert api.usage.requests == 1
