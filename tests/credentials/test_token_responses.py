"""Every row of the table of answers of the token endpoint."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.credentials.token_responses import RESENDABLE, TokenOutcome, Tokens, classify_response

INVALID = "The provided refresh token is not valid."
WRONG_CLIENT = "The provided client id and secret do not match an existing application"
DISCONNECTED = "User has disconnected this app from their account. Please delete this token"
STANDARD_REFUSAL = "The provided authorization grant is invalid, expired, revoked, or was issued to another client."
WAITING_ROOM = "<!DOCTYPE html><html><head><title>Jobber | Waiting Room</title></head></html>"

ROWS = [
    (401, {"error": "invalid_grant", "error_description": INVALID}, TokenOutcome.REFUSED, True),
    (400, {"error": "invalid_grant", "error_description": STANDARD_REFUSAL}, TokenOutcome.REFUSED, True),
    (401, {"error": INVALID}, TokenOutcome.REFUSED, True),
    (401, {"message": INVALID}, TokenOutcome.REFUSED, True),
    (401, INVALID, TokenOutcome.REFUSED, True),
    (422, {"message": INVALID}, TokenOutcome.REFUSED, True),
    (200, {"error": INVALID}, TokenOutcome.REFUSED, True),
    (401, {}, TokenOutcome.REFUSED, False),
    (401, "", TokenOutcome.REFUSED, False),
    (403, "Forbidden", TokenOutcome.REFUSED, False),
    (400, {"error": "invalid_request"}, TokenOutcome.REFUSED, False),
    (401, {"error": "invalid_client"}, TokenOutcome.CLIENT_REFUSED, True),
    (401, {"error": "unauthorized_client"}, TokenOutcome.CLIENT_REFUSED, True),
    (401, {"message": "Client authentication failed"}, TokenOutcome.CLIENT_REFUSED, True),
    (401, "Unknown client", TokenOutcome.CLIENT_REFUSED, True),
    (400, {"message": "client_secret is wrong"}, TokenOutcome.CLIENT_REFUSED, True),
    (401, {"message": DISCONNECTED}, TokenOutcome.DISCONNECTED, True),
    (200, {"message": DISCONNECTED}, TokenOutcome.DISCONNECTED, True),
    (403, {"error": {"message": "This account is not active"}}, TokenOutcome.INACTIVE, True),
    (429, "Too Many Requests", TokenOutcome.UNAVAILABLE, True),
    (429, "Retry later", TokenOutcome.UNAVAILABLE, False),
    (408, "", TokenOutcome.UNAVAILABLE, False),
    (500, {"error": "Internal Server Error"}, TokenOutcome.UNAVAILABLE, False),
    (502, "<html>Bad gateway</html>", TokenOutcome.UNAVAILABLE, False),
    (503, WAITING_ROOM, TokenOutcome.UNAVAILABLE, False),
    (200, WAITING_ROOM, TokenOutcome.UNAVAILABLE, False),
    (200, "\n" + WAITING_ROOM, TokenOutcome.UNAVAILABLE, False),
    (403, "<html>firewall</html>", TokenOutcome.UNAVAILABLE, False),
    (401, "<html>log in</html>", TokenOutcome.REFUSED_BY_PAGE, False),
    (400, "<html>client error</html>", TokenOutcome.REFUSED_BY_PAGE, False),
    (401, f"<html><body><p>{INVALID}</p></body></html>", TokenOutcome.REFUSED, True),
    (401, f"\ufeff {INVALID}\n", TokenOutcome.REFUSED, True),
    (401, f'"{INVALID}"', TokenOutcome.REFUSED, True),
    (401, f"<p>{WRONG_CLIENT}</p>", TokenOutcome.CLIENT_REFUSED, True),
    (401, WRONG_CLIENT, TokenOutcome.CLIENT_REFUSED, True),
    (400, "The provided authorization code was not valid.", TokenOutcome.REFUSED, True),
    (200, f"<html>{INVALID}</html>", TokenOutcome.UNAVAILABLE, False),
    (200, {"message": "Service temporarily unavailable"}, TokenOutcome.UNAVAILABLE, True),
    (200, {"message": "Something else"}, TokenOutcome.UNAVAILABLE, False),
    (504, "<html>time-out</html>", TokenOutcome.LOST, False),
    (504, "", TokenOutcome.LOST, False),
    (200, "", TokenOutcome.LOST, False),
    (200, {}, TokenOutcome.LOST, False),
    (200, {"refresh_token": "r"}, TokenOutcome.LOST, False),
    (200, {"access_token": ""}, TokenOutcome.LOST, False),
    (200, {"access_token": 5}, TokenOutcome.LOST, False),
    (200, {"access_token": "two\nlines", "refresh_token": "r"}, TokenOutcome.LOST, False),
    (200, {"access_token": "schlüssel", "refresh_token": "r"}, TokenOutcome.LOST, False),
    (200, '{"access_token": "a", "client_id": "refresh token', TokenOutcome.LOST, False),
    (200, "[]", TokenOutcome.LOST, False),
    (204, "", TokenOutcome.LOST, False),
    (302, "<html>moved</html>", TokenOutcome.MISDIRECTED, False),
    (301, "", TokenOutcome.MISDIRECTED, False),
    (404, "<html>nothing here</html>", TokenOutcome.MISDIRECTED, False),
    (404, {"error": "Not Found"}, TokenOutcome.MISDIRECTED, False),
    (405, "", TokenOutcome.MISDIRECTED, False),
]


@pytest.mark.parametrize(("status", "body", "outcome", "is_certain"), ROWS)
def test_row(status: int, body: object, outcome: TokenOutcome, *, is_certain: bool) -> None:
    answer = classify_response(status, body if isinstance(body, str) else json.dumps(body))
    assert answer.outcome is outcome
    assert answer.tokens is None
    if outcome is TokenOutcome.REFUSED:
        assert answer.is_certain is is_certain


def test_a_grant() -> None:
    body = {"access_token": "a", "refresh_token": "r", "expires_at": "2024-04-09 21:04:31 UTC", "warning": "w"}
    answer = classify_response(200, json.dumps(body))
    assert answer.outcome is TokenOutcome.GRANTED
    assert answer.tokens == Tokens("a", "r", "2024-04-09 21:04:31 UTC", "w")


def test_a_grant_without_a_refresh_token() -> None:
    assert classify_response(200, '{"access_token": "a"}').tokens == Tokens("a", None)


def test_a_refresh_token_that_cannot_be_sent_replaces_none() -> None:
    assert classify_response(200, r'{"access_token": "a", "refresh_token": "\ud800r"}').tokens == Tokens("a", None)


@pytest.mark.parametrize("rest", ["\0\0", "<!-- from a cache -->", '\n{"access_token": "b"}'])
def test_what_follows_a_grant_takes_nothing_from_it(rest: str) -> None:
    body = '{"access_token": "a", "refresh_token": "r"}' + rest
    assert classify_response(200, body).tokens == Tokens("a", "r")


def test_a_grant_shows_no_token() -> None:
    assert "secret" not in repr(classify_response(200, '{"access_token": "secret-a", "refresh_token": "secret-r"}'))


@pytest.mark.parametrize(("header", "seconds"), [("30", 30.0), (" 0 ", 0.0), ("Wed, 21 Oct", None), (None, None)])
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert classify_response(429, "", header).retry_after_seconds == seconds


@given(st.integers(100, 599), st.text())
def test_any_answer_is_classified_and_only_a_grant_has_tokens(status: int, body: str) -> None:
    answer = classify_response(status, body)
    assert (answer.outcome is TokenOutcome.GRANTED) == (answer.tokens is not None)


@given(st.integers(0, 60))
def test_half_a_grant_is_never_taken_for_nothing_and_never_shown(length: int) -> None:
    whole = json.dumps({"access_token": "token-one-" * 3, "refresh_token": "token-two"})
    answer = classify_response(200, whole[:length])
    assert answer.outcome not in RESENDABLE
    assert "token" not in answer.detail
