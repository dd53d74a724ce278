"""The authorize page, the token endpoint, and what ends a token."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests

from asking import Asker, asking
from jobber_sandbox.oauth import Credentials, Person, Refused
from jobber_sandbox.options import Options, RefusalType

CALLBACK = "http://localhost:8080/callback"


def claims(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def consent(asker: Asker, **form: str) -> requests.Response:
    parameters = {
        "response_type": "code",
        "client_id": asker.sandbox.credentials.client_id,
        "redirect_uri": CALLBACK,
        **form,
    }
    return requests.post(f"{asker.server.api_url}/oauth/authorize", data=parameters, allow_redirects=False, timeout=10)


def test_token_answer(asker: Asker) -> None:
    answer = asker.token()
    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == {"access_token", "refresh_token", "expires_at"}
    assert re.fullmatch("[0-9a-f]{32}", body["refresh_token"])
    payload = claims(body["access_token"])
    assert set(payload) == {"sub", "iss", "client_id", "scope", "app_id", "user_id", "account_id", "exp"}
    assert (payload["iss"], payload["user_id"]) == ("https://api.getjobber.com", 1)
    expires = datetime.strptime(body["expires_at"], "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=timezone.utc)
    assert abs(expires.timestamp() - payload["exp"]) <= 1


def test_expires_at_can_be_left_out() -> None:
    with asking(Options(world="hostile", scale=0.05, expires_at=False, token_seconds=7)) as asker:
        body = asker.token().json()
        assert set(body) == {"access_token", "refresh_token"}


def test_rotation_on(asker: Asker) -> None:
    fresh = asker.token().json()["refresh_token"]
    assert fresh != asker.refresh_token
    refused = asker.token()
    assert refused.status_code == 401
    assert refused.text == "The provided refresh token is not valid."
    assert asker.token(refresh_token=fresh).status_code == 200


def test_rotation_off() -> None:
    with asking(Options(world="hostile", scale=0.05, rotation="off")) as asker:
        for _ in range(2):
            body = asker.token().json()
            assert body["refresh_token"] == asker.refresh_token
            assert body["warning"].startswith("Refresh token rotation is off.")


def test_rotation_legacy() -> None:
    with asking(Options(world="hostile", scale=0.05, rotation="legacy")) as asker:
        first, second = asker.token().json(), asker.token().json()
        assert "warning" not in first
        assert second["warning"].startswith("Unexpected Refresh Token Redemption: A newer refresh token exists")
        assert len({asker.refresh_token, first["refresh_token"], second["refresh_token"]}) == 3


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ({"client_secret": "wrong"}, 401, "client id and secret do not match"),
        ({"client_id": "wrong"}, 401, "client id and secret do not match"),
        ({"refresh_token": "wrong"}, 401, "not valid"),
        ({"grant_type": "password"}, 400, "not supported"),
        ({"grant_type": "authorization_code", "code": "wrong", "redirect_uri": CALLBACK}, 400, "was not valid"),
    ],
)
def test_refusals(shared: Asker, form: dict[str, str], status: int, words: str) -> None:
    answer = shared.token(**form)
    assert answer.status_code == status
    assert answer.text.startswith("The provided ")
    assert words in answer.text


def test_json_is_no_form(shared: Asker) -> None:
    answer = requests.post(f"{shared.server.api_url}/oauth/token", json={}, timeout=10)
    assert (answer.status_code, answer.text) == (400, "The body must be form-encoded.")


def test_code_exchange(asker: Asker) -> None:
    answer = consent(asker, decision="allow", user="1:2", state="s t")
    assert answer.status_code == 302
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query["state"] == ["s t"]
    form = {"grant_type": "authorization_code", "code": query["code"][0], "redirect_uri": CALLBACK}
    body = asker.token(**form).json()
    assert set(body) == {"access_token", "refresh_token"}
    assert claims(body["access_token"])["user_id"] == 2
    again = asker.token(**form)
    assert (again.status_code, again.text) == (400, "The provided authorization code was not valid.")
    asker.access_token = body["access_token"]
    user = asker.data("{user{isCurrentUser isAccountAdmin isAccountOwner}}")
    assert user == {"isCurrentUser": True, "isAccountAdmin": True, "isAccountOwner": False}


def test_denial_adds_nothing_to_the_address(asker: Asker) -> None:
    assert consent(asker, decision="deny", state="x").headers["location"] == CALLBACK


def test_page_for_a_browser(shared: Asker) -> None:
    parameters = {
        "response_type": "code",
        "client_id": shared.sandbox.credentials.client_id,
        "redirect_uri": CALLBACK,
        "state": '"><script>',
    }
    page = requests.get(f"{shared.server.api_url}/oauth/authorize", params=parameters, timeout=10)
    assert page.headers["content-type"].startswith("text/html")
    assert "Allow access" in page.text
    assert "Deny" in page.text
    assert "<script>" not in page.text
    assert consent(shared, client_id="other").status_code == 400
    assert consent(shared, redirect_uri="nonsense").status_code == 400


def test_access_token_expires() -> None:
    with asking(Options(world="hostile", scale=0.05)) as asker:
        assert asker.post("{account{id}}").status_code == 200
        asker.admin("expire")
        answer = asker.post("{account{id}}")
        assert (answer.status_code, answer.json()) == (401, {"message": "Access token expired"})
        asker.access_token = asker.token().json()["access_token"]
        assert asker.post("{account{id}}").status_code == 200


@pytest.mark.parametrize("by_admin", [True, False])
def test_disconnect_ends_every_token(asker: Asker, *, by_admin: bool) -> None:
    if by_admin:
        asker.sign_in()
        asker.admin("disconnect")
    else:
        mutation = "mutation { appDisconnect { app { name author } userErrors { message } } }"
        assert asker.data(mutation) == {"app": {"name": "Sandbox", "author": "Sandbox"}, "userErrors": []}
    answer = asker.post("{account{id}}")
    message = "User has disconnected this app from their account. Please delete this token"
    assert (answer.status_code, answer.json()) == (401, {"message": message})
    assert asker.token().status_code == 401


def test_time_is_the_clock_that_is_given() -> None:
    now = 1_000.0
    credentials = Credentials(seed=1, clock=lambda: now, token_seconds=60)
    token = credentials.connect(Person(1, 1))["access_token"]
    assert credentials.person_of(token) == Person(1, 1)
    now = 1_060.0
    assert credentials.person_of(token) == Refused(401, "Access token expired")


def test_clock_offset_shows_in_the_date_header() -> None:
    with asking(Options(world="hostile", scale=0.05, clock_offset=-86_400)) as asker:
        shown = parsedate_to_datetime(asker.post("{account{id}}").headers["Date"])
        behind = datetime.now(timezone.utc).timestamp() - shown.timestamp()
        assert 86_398 < behind < 86_410


@pytest.mark.parametrize(
    ("kind", "header"),
    [
        ("text/html", "text/html; charset=utf-8"),
        ("text/plain", "text/plain; charset=utf-8"),
        ("application/json", "application/json; charset=utf-8"),
        ("none", None),
    ],
)
def test_refusals_are_prose_of_the_content_type_that_was_chosen(kind: RefusalType, header: str | None) -> None:
    with asking(Options(world="hostile", scale=0.05, refusals=kind)) as asker:
        refused = asker.token(client_secret="other")
        assert (refused.status_code, refused.headers.get("Content-Type")) == (401, header)
        assert refused.text == "The provided client id and secret do not match an existing application"
        assert asker.token().json()["access_token"]
