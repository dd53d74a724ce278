"""The parameters of a redirect, and the addresses that can receive it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.cli.redirect import Loopback, authorize_url, code_in, code_pasted, loopback
from tap_jobber.errors import TapError

REDIRECT_URI = "http://localhost:8765/callback"
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def test_the_page_to_open() -> None:
    url = authorize_url("https://api.test/api", "id & more", "http://localhost:8765/callback?x=1", "s")
    assert url.startswith("https://api.test/api/oauth/authorize?")
    assert parse_qs(urlsplit(url).query) == {
        "response_type": ["code"],
        "client_id": ["id & more"],
        "redirect_uri": ["http://localhost:8765/callback?x=1"],
        "state": ["s"],
    }


@pytest.mark.parametrize(
    ("redirect_uri", "address"),
    [
        ("http://localhost:8765/callback", Loopback(("127.0.0.1", "::1"), 8765, "/callback")),
        ("http://127.0.0.1:80", Loopback(("127.0.0.1",), 80, "/")),
        ("http://127.1.2.3/x", Loopback(("127.1.2.3",), 80, "/x")),
        ("http://[::1]:9000/a/b", Loopback(("::1",), 9000, "/a/b")),
    ],
)
def test_where_to_listen(redirect_uri: str, address: Loopback) -> None:
    assert loopback(redirect_uri) == address


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "https://localhost:8765/callback",
        "http://example.test:8765/callback",
        "http://192.168.0.1/",
        "http://0.0.0.0:8765/",
        "http://localhost.example.test/",
        "http://localhost:0/callback",
    ],
)
def test_where_not_to_listen(redirect_uri: str) -> None:
    with pytest.raises(TapError, match="redirect_uri"):
        loopback(redirect_uri)


def test_a_good_redirect() -> None:
    assert code_in("code=abc&state=s%20t", "s t") == "abc"


@pytest.mark.parametrize(
    "text",
    [
        f" {REDIRECT_URI}?state=s&code=a%2Bb \n",
        f"{REDIRECT_URI}?code=a%\n  2Bb&state=s",
        "https://elsewhere.test/?code=a%2Bb&state=s#_",
    ],
)
def test_a_good_redirect_that_was_pasted(text: str) -> None:
    assert code_pasted(text, "s", REDIRECT_URI) == "a+b"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "denied"),
        ("state=s", "denied"),
        ("code=&state=s", "denied"),
        ("code=abc", "state"),
        ("code=abc&state=", "state"),
        ("code=abc&state=S", "state"),
        ("code=abc&state=%C3%BC", "state"),
        ("error=access_denied&error_description=Not+today&state=s", r"access_denied Not today"),
    ],
)
def test_a_redirect_that_is_no_good(query: str, words: str) -> None:
    with pytest.raises(TapError, match=words):
        code_in(query, "s")


@pytest.mark.parametrize(
    "text",
    [
        "abc",
        "code=abc&state=state",
        "http://[/?code=abc&state=state",
        "ftp://x/?code=abc&state=state",
        "https://api.test/api/oauth/authorize?response_type=code&client_id=1&state=state",
        "https://api.test/",
        f"{REDIRECT_URI}?code=abc",
        f"{REDIRECT_URI}?code=abc&state=sta",
    ],
)
def test_what_is_pasted_must_be_the_address(text: str) -> None:
    with pytest.raises(TapError, match=r"What was pasted .*paste all of it"):
        code_pasted(text, "state", REDIRECT_URI)


@pytest.mark.parametrize(
    ("text", "words"),
    [(" \n", "No address"), (f"{REDIRECT_URI}\n", "denied"), (f"{REDIRECT_URI}?code=abc&state=other", "another one")],
)
def test_what_is_pasted_holds_no_code_of_this_log_in(text: str, words: str) -> None:
    with pytest.raises(TapError, match=words):
        code_pasted(text, "state", REDIRECT_URI)


@given(TEXT, TEXT.filter(bool))
def test_only_the_own_state_lets_a_code_through(other: str, state: str) -> None:
    assert code_in(urlencode({"code": "abc", "state": state}), state) == "abc"
    if other != state:
        with pytest.raises(TapError, match="state"):
            code_in(urlencode({"state": other, "code": "abc"}), state)
