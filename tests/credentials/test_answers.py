"""Every row of the table of answers of the token endpoint."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.credentials.answers import RESENDABLE, Outcome, Tokens, classify

JSON = "application/json; charset=utf-8"
INVALID = "The provided refresh token is not valid."
DISCONNECTED = "User has disconnected this app from their account. Please delete this token"
STANDARD_REFUSAL = "The provided authorization grant is invalid, expired, revoked, or was issued to another client."
WAITING_ROOM = "<!DOCTYPE html><html><head><title>Jobber | Waiting Room</title></head></html>"

ROWS = [
    (401, JSON, {"error": "invalid_grant", "error_description": INVALID}, Outcome.REFUSED, True),
    (400, JSON, {"error": "invalid_grant", "error_description": STANDARD_REFUSAL}, Outcome.REFUSED, True),
    (401, JSON, {"error": INVALID}, Outcome.REFUSED, True),
    (401, JSON, {"message": INVALID}, Outcome.REFUSED, True),
    (401, "text/plain", INVALID, Outcome.REFUSED, True),
    (422, JSON, {"message": INVALID}, Outcome.REFUSED, True),
    (200, JSON, {"error": INVALID}, Outcome.REFUSED, True),
    (401, JSON, {}, Outcome.REFUSED, False),
    (401, "", "", Outcome.REFUSED, False),
    (403, "text/plain", "Forbidden", Outcome.REFUSED, False),
    (400, JSON, {"error": "invalid_request"}, Outcome.REFUSED, False),
    (401, JSON, {"error": "invalid_client"}, Outcome.CLIENT_REFUSED, True),
    (401, JSON, {"error": "unauthorized_client"}, Outcome.CLIENT_REFUSED, True),
    (401, JSON, {"message": "Client authentication failed"}, Outcome.CLIENT_REFUSED, True),
    (401, "text/plain", "Unknown client", Outcome.CLIENT_REFUSED, True),
    (400, JSON, {"message": "client_secret is wrong"}, Outcome.CLIENT_REFUSED, True),
    (401, JSON, {"message": DISCONNECTED}, Outcome.DISCONNECTED, True),
    (200, JSON, {"message": DISCONNECTED}, Outcome.DISCONNECTED, True),
    (403, JSON, {"error": {"message": "This account is not active"}}, Outcome.INACTIVE, True),
    (429, "text/plain", "Too Many Requests", Outcome.UNAVAILABLE, True),
    (429, "text/plain", "Retry later", Outcome.UNAVAILABLE, False),
    (408, "", "", Outcome.UNAVAILABLE, False),
    (500, JSON, {"error": "Internal Server Error"}, Outcome.UNAVAILABLE, False),
    (502, "text/html", "<html>Bad gateway</html>", Outcome.UNAVAILABLE, False),
    (503, "text/html", WAITING_ROOM, Outcome.UNAVAILABLE, False),
    (200, "text/html; charset=utf-8", WAITING_ROOM, Outcome.UNAVAILABLE, False),
    (200, "", "\n" + WAITING_ROOM, Outcome.UNAVAILABLE, False),
    (401, "text/html", "<html>firewall</html>", Outcome.UNAVAILABLE, False),
    (200, JSON, {"message": "Service temporarily unavailable"}, Outcome.UNAVAILABLE, True),
    (200, JSON, {"message": "Something else"}, Outcome.UNAVAILABLE, False),
    (504, "text/html", "<html>time-out</html>", Outcome.LOST, False),
    (504, "", "", Outcome.LOST, False),
    (200, JSON, "", Outcome.LOST, False),
    (200, JSON, {}, Outcome.LOST, False),
    (200, JSON, {"refresh_token": "r"}, Outcome.LOST, False),
    (200, JSON, {"access_token": ""}, Outcome.LOST, False),
    (200, JSON, {"access_token": 5}, Outcome.LOST, False),
    (200, JSON, {"access_token": "two\nlines", "refresh_token": "r"}, Outcome.LOST, False),
    (200, JSON, {"access_token": "schlüssel", "refresh_token": "r"}, Outcome.LOST, False),
    (200, JSON, '{"access_token": "a", "client_id": "refresh token', Outcome.LOST, False),
    (200, JSON, "[]", Outcome.LOST, False),
    (204, "", "", Outcome.LOST, False),
    (302, "text/html", "<html>moved</html>", Outcome.MISDIRECTED, False),
    (301, "", "", Outcome.MISDIRECTED, False),
    (404, "text/html", "<html>nothing here</html>", Outcome.MISDIRECTED, False),
    (404, JSON, {"error": "Not Found"}, Outcome.MISDIRECTED, False),
    (405, "", "", Outcome.MISDIRECTED, False),
]


@pytest.mark.parametrize(("status", "content_type", "body", "outcome", "certain"), ROWS)
def test_row(status: int, content_type: str, body: object, outcome: Outcome, *, certain: bool) -> None:
    answer = classify(status, content_type, body if isinstance(body, str) else json.dumps(body))
    assert answer.outcome is outcome
    assert answer.tokens is None
    if outcome is Outcome.REFUSED:
        assert answer.certain is certain


def test_a_grant() -> None:
    body = {"access_token": "a", "refresh_token": "r", "expires_at": "2024-04-09 21:04:31 UTC", "warning": "w"}
    answer = classify(200, JSON, json.dumps(body))
    assert answer.outcome is Outcome.GRANTED
    assert answer.tokens == Tokens("a", "r", "2024-04-09 21:04:31 UTC", "w")


def test_a_grant_without_a_refresh_token() -> None:
    assert classify(200, JSON, '{"access_token": "a"}').tokens == Tokens("a", None)


def test_a_grant_shows_no_token() -> None:
    assert "secret" not in repr(classify(200, JSON, '{"access_token": "secret-a", "refresh_token": "secret-r"}'))


@pytest.mark.parametrize(("header", "seconds"), [("30", 30.0), (" 0 ", 0.0), ("Wed, 21 Oct", None), (None, None)])
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert classify(429, "text/plain", "", header).retry_after_seconds == seconds


@given(st.integers(100, 599), st.text(), st.text())
def test_any_answer_is_classified_and_only_a_grant_has_tokens(status: int, content_type: str, body: str) -> None:
    answer = classify(status, content_type, body)
    assert (answer.outcome is Outcome.GRANTED) == (answer.tokens is not None)


@given(st.integers(0, 60))
def test_half_a_grant_is_never_taken_for_nothing_and_never_shown(length: int) -> None:
    whole = json.dumps({"access_token": "token-one-" * 3, "refresh_token": "token-two"})
    answer = classify(200, JSON, whole[:length])
    assert answer.outcome not in RESENDABLE
    assert "token" not in answer.detail
