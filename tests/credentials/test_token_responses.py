"""Every row of the table of answers of the token endpoint."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.credentials.token_responses import RESENDABLE, Outcome, Tokens, classify

INVALID = "The provided refresh token is not valid."
WRONG_CLIENT = "The provided client id and secret do not match an existing application"
DISCONNECTED = "User has disconnected this app from their account. Please delete this token"
STANDARD_REFUSAL = "The provided authorization grant is invalid, expired, revoked, or was issued to another client."
WAITING_ROOM = "<!DOCTYPE html><html><head><title>Jobber | Waiting Room</title></head></html>"

ROWS = [
    (401, {"error": "invalid_grant", "error_description": INVALID}, Outcome.REFUSED, True),
    (400, {"error": "invalid_grant", "error_description": STANDARD_REFUSAL}, Outcome.REFUSED, True),
    (401, {"error": INVALID}, Outcome.REFUSED, True),
    (401, {"message": INVALID}, Outcome.REFUSED, True),
    (401, INVALID, Outcome.REFUSED, True),
    (422, {"message": INVALID}, Outcome.REFUSED, True),
    (200, {"error": INVALID}, Outcome.REFUSED, True),
    (401, {}, Outcome.REFUSED, False),
    (401, "", Outcome.REFUSED, False),
    (403, "Forbidden", Outcome.REFUSED, False),
    (400, {"error": "invalid_request"}, Outcome.REFUSED, False),
    (401, {"error": "invalid_client"}, Outcome.CLIENT_REFUSED, True),
    (401, {"error": "unauthorized_client"}, Outcome.CLIENT_REFUSED, True),
    (401, {"message": "Client authentication failed"}, Outcome.CLIENT_REFUSED, True),
    (401, "Unknown client", Outcome.CLIENT_REFUSED, True),
    (400, {"message": "client_secret is wrong"}, Outcome.CLIENT_REFUSED, True),
    (401, {"message": DISCONNECTED}, Outcome.DISCONNECTED, True),
    (200, {"message": DISCONNECTED}, Outcome.DISCONNECTED, True),
    (403, {"error": {"message": "This account is not active"}}, Outcome.INACTIVE, True),
    (429, "Too Many Requests", Outcome.UNAVAILABLE, True),
    (429, "Retry later", Outcome.UNAVAILABLE, False),
    (408, "", Outcome.UNAVAILABLE, False),
    (500, {"error": "Internal Server Error"}, Outcome.UNAVAILABLE, False),
    (502, "<html>Bad gateway</html>", Outcome.UNAVAILABLE, False),
    (503, WAITING_ROOM, Outcome.UNAVAILABLE, False),
    (200, WAITING_ROOM, Outcome.UNAVAILABLE, False),
    (200, "\n" + WAITING_ROOM, Outcome.UNAVAILABLE, False),
    (403, "<html>firewall</html>", Outcome.UNAVAILABLE, False),
    (401, "<html>log in</html>", Outcome.REFUSED_BY_PAGE, False),
    (400, "<html>client error</html>", Outcome.REFUSED_BY_PAGE, False),
    (401, f"<html><body><p>{INVALID}</p></body></html>", Outcome.REFUSED, True),
    (401, f"\ufeff {INVALID}\n", Outcome.REFUSED, True),
    (401, f'"{INVALID}"', Outcome.REFUSED, True),
    (401, f"<p>{WRONG_CLIENT}</p>", Outcome.CLIENT_REFUSED, True),
    (401, WRONG_CLIENT, Outcome.CLIENT_REFUSED, True),
    (400, "The provided authorization code was not valid.", Outcome.REFUSED, True),
    (200, f"<html>{INVALID}</html>", Outcome.UNAVAILABLE, False),
    (200, {"message": "Service temporarily unavailable"}, Outcome.UNAVAILABLE, True),
    (200, {"message": "Something else"}, Outcome.UNAVAILABLE, False),
    (504, "<html>time-out</html>", Outcome.LOST, False),
    (504, "", Outcome.LOST, False),
    (200, "", Outcome.LOST, False),
    (200, {}, Outcome.LOST, False),
    (200, {"refresh_token": "r"}, Outcome.LOST, False),
    (200, {"access_token": ""}, Outcome.LOST, False),
    (200, {"access_token": 5}, Outcome.LOST, False),
    (200, {"access_token": "two\nlines", "refresh_token": "r"}, Outcome.LOST, False),
    (200, {"access_token": "schlüssel", "refresh_token": "r"}, Outcome.LOST, False),
    (200, '{"access_token": "a", "client_id": "refresh token', Outcome.LOST, False),
    (200, "[]", Outcome.LOST, False),
    (204, "", Outcome.LOST, False),
    (302, "<html>moved</html>", Outcome.MISDIRECTED, False),
    (301, "", Outcome.MISDIRECTED, False),
    (404, "<html>nothing here</html>", Outcome.MISDIRECTED, False),
    (404, {"error": "Not Found"}, Outcome.MISDIRECTED, False),
    (405, "", Outcome.MISDIRECTED, False),
]


@pytest.mark.parametrize(("status", "body", "outcome", "certain"), ROWS)
def test_row(status: int, body: object, outcome: Outcome, *, certain: bool) -> None:
    answer = classify(status, body if isinstance(body, str) else json.dumps(body))
    assert answer.outcome is outcome
    assert answer.tokens is None
    if outcome is Outcome.REFUSED:
        assert answer.certain is certain


def test_a_grant() -> None:
    body = {"access_token": "a", "refresh_token": "r", "expires_at": "2024-04-09 21:04:31 UTC", "warning": "w"}
    answer = classify(200, json.dumps(body))
    assert answer.outcome is Outcome.GRANTED
    assert answer.tokens == Tokens("a", "r", "2024-04-09 21:04:31 UTC", "w")


def test_a_grant_without_a_refresh_token() -> None:
    assert classify(200, '{"access_token": "a"}').tokens == Tokens("a", None)


def test_a_grant_shows_no_token() -> None:
    assert "secret" not in repr(classify(200, '{"access_token": "secret-a", "refresh_token": "secret-r"}'))


@pytest.mark.parametrize(("header", "seconds"), [("30", 30.0), (" 0 ", 0.0), ("Wed, 21 Oct", None), (None, None)])
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert classify(429, "", header).retry_after_seconds == seconds


@given(st.integers(100, 599), st.text())
def test_any_answer_is_classified_and_only_a_grant_has_tokens(status: int, body: str) -> None:
    answer = classify(status, body)
    assert (answer.outcome is Outcome.GRANTED) == (answer.tokens is not None)


@given(st.integers(0, 60))
def test_half_a_grant_is_never_taken_for_nothing_and_never_shown(length: int) -> None:
    whole = json.dumps({"access_token": "token-one-" * 3, "refresh_token": "token-two"})
    answer = classify(200, whole[:length])
    assert answer.outcome not in RESENDABLE
    assert "token" not in answer.detail
