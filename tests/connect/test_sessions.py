"""Sessions in signed cookies: what is in them, what they survive, and how they end."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace
from http.cookies import SimpleCookie

import pytest
from starlette.responses import Response

from tap_jobber.connect.sessions import FLOW_SECONDS, Flow, Person, Session, Sessions, shorten_name

SECRET = "s" * 32
ADA = Person("account 1", "Ada's Gardens", "user 1", "Ada")


class Time:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        """Epoch seconds."""
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def sessions(time: Time) -> Sessions:
    return Sessions(SECRET, 30, secure=True, clock=time)


def header_of(sessions: Sessions, session: Session) -> str:
    response = Response()
    sessions.write(session, response)
    return response.headers["set-cookie"]


def cookie_of(sessions: Sessions, session: Session) -> str:
    return SimpleCookie(header_of(sessions, session))[sessions.cookie].value


def test_session_comes_back_whole(sessions: Sessions, time: Time) -> None:
    session = replace(sessions.new(), person=ADA, waiting=ADA, flow=Flow("state", time(), again=True), told="connected")
    assert sessions.read(cookie_of(sessions, session)) == session


def test_flags_of_the_cookie(sessions: Sessions) -> None:
    words = [word.strip() for word in header_of(sessions, sessions.new()).split(";")]
    assert words[0].startswith("__Host-tap-jobber-connect=")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure", "Max-Age=1800"} == set(words[1:])


def test_flags_without_https(time: Time) -> None:
    sessions = Sessions(SECRET, 30, secure=False, clock=time)
    header = header_of(sessions, sessions.new())
    assert header.startswith("tap-jobber-connect=")
    assert "Secure" not in header
    assert "HttpOnly" in header


@pytest.mark.parametrize("cookie", [None, "", "nonsense", "a.b", "e30.AAAA", "." * 5_000])
def test_a_cookie_that_is_none_begins_anew(sessions: Sessions, cookie: str | None) -> None:
    assert sessions.read(cookie).person is None


def test_a_changed_cookie_is_no_good(sessions: Sessions) -> None:
    payload, _, signature = cookie_of(sessions, sessions.new()).rpartition(".")
    compressed = payload.startswith(".")
    raw = base64.urlsafe_b64decode(payload.lstrip(".") + "==")
    content = json.loads(zlib.decompress(raw) if compressed else raw)
    content["person"] = {"account_id": "account 2", "account_name": "", "user_id": "", "user_name": ""}
    forged = base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
    assert sessions.read(f"{forged}.{signature}").person is None


def test_another_secret_opens_nothing(sessions: Sessions, time: Time) -> None:
    cookie = cookie_of(sessions, replace(sessions.new(), person=ADA))
    other = Sessions("t" * 32, 30, secure=True, clock=time)
    assert other.read(cookie).person is None


def test_a_session_ends_after_its_time_whatever_happens(sessions: Sessions, time: Time) -> None:
    session = replace(sessions.new(), person=ADA)
    time.now += 29 * 60
    cookie = cookie_of(sessions, sessions.read(cookie_of(sessions, session)))
    assert sessions.read(cookie).person == ADA
    time.now += 61
    assert sessions.read(cookie).person is None


def test_clocks_may_be_some_seconds_apart(sessions: Sessions, time: Time) -> None:
    cookie = cookie_of(sessions, replace(sessions.new(), person=ADA))
    time.now -= 30
    assert sessions.read(cookie).person == ADA
    time.now -= 60
    assert sessions.read(cookie).person is None


def test_signing_out_ends_copies_too(sessions: Sessions) -> None:
    session = replace(sessions.new(), person=ADA)
    copy = cookie_of(sessions, session)
    sessions.end(session)
    assert sessions.read(copy).person is None


def test_signing_in_ends_the_session_before(sessions: Sessions) -> None:
    former = sessions.new()
    signed_in = sessions.sign_in(former, ADA)
    assert signed_in.person == ADA
    assert {signed_in.key, signed_in.form_token}.isdisjoint({former.key, former.form_token})
    assert sessions.read(cookie_of(sessions, former)).key != former.key


def test_what_has_ended_is_forgotten_when_it_would_have(sessions: Sessions, time: Time) -> None:
    for _ in range(50):
        sessions.end(sessions.new())
    time.now += 31 * 60
    sessions.end(sessions.new())
    assert len(sessions._ended) == 1  # noqa: SLF001 - that memory does not grow is not to be seen from outside


@pytest.mark.parametrize(
    ("state", "later_seconds", "expected"),
    [
        ("right", 0, True),
        ("right", -30, True),
        ("right", -90, False),
        ("right", FLOW_SECONDS, True),
        ("right", FLOW_SECONDS + 1, False),
        ("wrong", 0, False),
    ],
)
def test_state_of_an_authorisation(
    sessions: Sessions, time: Time, state: str, later_seconds: float, *, expected: bool
) -> None:
    session = replace(sessions.new(), flow=Flow("right", time()))
    assert session.awaits(state, time() + later_seconds) == expected


def test_no_state_is_awaited_without_an_authorisation(sessions: Sessions, time: Time) -> None:
    assert not sessions.new().awaits("", time())


def test_form_token(sessions: Sessions) -> None:
    session = sessions.new()
    assert session.accepts_form(session.form_token)
    for wrong in (None, "", session.form_token[:-1], "ü", sessions.new().form_token, 5):
        assert not session.accepts_form(wrong)


def test_long_names_fit_the_cookie(sessions: Sessions) -> None:
    name = shorten_name("Ä" * 5_000)
    person = Person("a" * 60, name, "u" * 60, name)
    cookie = cookie_of(sessions, replace(sessions.new(), person=person, waiting=person, flow=Flow("s" * 43, 1.0)))
    assert len(cookie) < 3_500
