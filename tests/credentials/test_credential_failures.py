"""A credential whose refreshes fail: retries, patience, and the exit status."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from tap_jobber.credentials.credential import Credential
from tap_jobber.credentials.refresh_job import RefreshJob, RefreshReport
from tap_jobber.credentials.token_responses import TokenOutcome, TokenResponse, classify_response
from tap_jobber.errors import ExitStatus, TapError
from tests.credentials.world import START

if TYPE_CHECKING:
    from tests.credentials.world import World

ROTATION_OFF = "Refresh token rotation is off. Turn it on."
UNEXPECTED = "Unexpected Refresh Token Redemption: A newer refresh token exists."


@pytest.mark.parametrize("outcome", [TokenOutcome.UNAVAILABLE, TokenOutcome.NOT_SENT])
def test_without_a_usable_token_it_waits_longer_each_time(
    world: World, outcome: TokenOutcome, caplog: pytest.LogCaptureFixture
) -> None:
    world.faults = [TokenResponse(outcome)] * 3
    assert world.credential().access_token() == "access-4"
    assert world.naps == [1, 2, 4]
    limit = "8 s" if outcome is TokenOutcome.NOT_SENT else "5 min"
    assert caplog.messages[-1].endswith(f"; trying again in 4.0 s (3 {'' if limit == '8 s' else 's '}of {limit})")
    assert all(text.startswith("access token: ") for text in caplog.messages)


def test_it_waits_as_long_as_the_server_asks(world: World) -> None:
    world.faults = [TokenResponse(TokenOutcome.UNAVAILABLE, retry_after_seconds=40.0)]
    world.credential().access_token()
    assert world.naps == [40]


def test_patience_ends(world: World) -> None:
    world.faults = [TokenResponse(TokenOutcome.UNAVAILABLE)] * 100
    with pytest.raises(TapError, match=r"not available.*later"):
        world.credential().access_token()
    assert world.now - START <= 300


@pytest.mark.parametrize(
    "outcome",
    [
        TokenOutcome.LOST,
        TokenOutcome.UNTRUSTED,
        TokenOutcome.MISDIRECTED,
        TokenOutcome.CLIENT_REFUSED,
        TokenOutcome.DISCONNECTED,
    ],
)
def test_nothing_else_is_sent_again(world: World, outcome: TokenOutcome) -> None:
    world.faults = [TokenResponse(outcome)] * 2
    with pytest.raises(TapError):
        world.credential().access_token()
    assert (len(world.sent), world.naps) == (1, [])


def test_a_passing_failure_does_not_matter_while_the_token_lasts(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    credential = world.credential()
    credential.access_token()
    world.now += 3300
    world.faults = [TokenResponse(TokenOutcome.UNAVAILABLE, "HTTP 503")]
    assert [credential.access_token() for _ in range(3)] == ["access-1"] * 3
    assert len(world.sent) == 2
    assert caplog.text.count("not available") == 1
    world.now += 31
    assert credential.access_token() == "access-3"


def test_after_a_lost_answer_the_same_token_is_not_sent_again(world: World) -> None:
    credential = world.credential()
    credential.access_token()
    world.now += 3300
    world.faults = [TokenResponse(TokenOutcome.LOST, "reset")]
    assert credential.access_token() == "access-1"
    world.now += 200
    assert credential.access_token() == "access-1"
    world.now += 100
    for _ in range(2):
        with pytest.raises(TapError, match="answer was lost"):
            credential.access_token()
    assert len(world.sent) == 2
    assert world.credential().access_token() == "access-3"
    assert credential.access_token() == "access-3"


def test_an_answer_lost_on_the_way_back_is_found_in_the_store(world: World) -> None:
    def dying(job: RefreshJob) -> RefreshReport:
        world.refresh(job)
        return RefreshReport(TokenOutcome.LOST, "the process died", "run again")

    credential = Credential(
        client_id="client",
        client_secret="client-secret",
        seed_refresh_token="seed",
        token_url="http://jobber/oauth/token",
        store=world.store,
        refresher=dying,
        clock=lambda: world.now,
    )
    assert credential.access_token() == "access-1"


@pytest.mark.parametrize(("warning", "level"), [(ROTATION_OFF, logging.INFO), (UNEXPECTED, logging.WARNING)])
def test_remarks_are_logged_once(world: World, caplog: pytest.LogCaptureFixture, warning: str, level: int) -> None:
    caplog.set_level(logging.DEBUG, logger="tap-jobber")
    world.warning = warning
    credential = world.credential()
    credential.renew(credential.access_token())
    assert [(record.levelno, warning in record.message) for record in caplog.records] == [(level, True)]


def failing(world: World, *faults: TokenResponse) -> TapError:
    """Return the error that a refresh ends in, whatever the server is asked."""
    world.faults = [*faults] * 50
    with pytest.raises(TapError) as caught:
        world.credential().access_token()
    return caught.value


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (classify_response(401, "The provided refresh token is not valid."), ExitStatus.RENEW),
        (classify_response(401, "User has disconnected this app from their account."), ExitStatus.RENEW),
        (classify_response(403, "This account is not active"), ExitStatus.RENEW),
        (
            classify_response(401, "The provided client id and secret do not match an existing application"),
            ExitStatus.MEND,
        ),
        (classify_response(404, "<html>nothing here</html>"), ExitStatus.MEND),
        (classify_response(503, "<html>busy</html>"), ExitStatus.TRY_LATER),
        (classify_response(504, ""), ExitStatus.TRY_LATER),
        (classify_response(200, "<html>Waiting Room</html>"), ExitStatus.TRY_LATER),
    ],
)
def test_the_exit_status_tells_who_can_help(world: World, answer: TokenResponse, status: ExitStatus) -> None:
    assert failing(world, answer).exit_status is status


def test_a_page_instead_of_a_refusal_is_believed_after_a_few_tries(world: World) -> None:
    error = failing(world, classify_response(401, "<html>Unauthorized</html>"))
    assert error.exit_status is ExitStatus.RENEW
    assert "the refresh token or the client (HTTP 401: a web page)" in error.cause
    assert "authorise the app again" in error.remedy
    assert 2 <= len(world.sent) <= 6
    assert sum(world.naps) <= 15


def test_a_page_that_passes_costs_nothing(world: World) -> None:
    world.faults = [classify_response(401, "<html>Unauthorized</html>")]
    assert world.credential().access_token() == "access-2"
