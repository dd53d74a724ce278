"""The settings of the connect page, good and bad."""

from __future__ import annotations

from pathlib import Path

import pytest

from tap_jobber.config.environment import variables
from tap_jobber.connect.connect_settings import SETTINGS, ConnectSettings, read_settings, secret_words
from tap_jobber.errors import TapError

GIVEN = {
    "TAP_JOBBER_CLIENT_ID": "id",
    "TAP_JOBBER_CLIENT_SECRET": "very secret",
    "TAP_JOBBER_CONNECT_SESSION_SECRET": "x" * 32,
}


def config(**changed: str) -> ConnectSettings:
    given = {**GIVEN, **{f"TAP_JOBBER_{name}": value for name, value in changed.items()}}
    return read_settings(given, {})


def test_defaults() -> None:
    found = config()
    assert found.base_url == "http://127.0.0.1:8766"
    assert found.callback_url == "http://127.0.0.1:8766/oauth/callback"
    assert found.api_url == "https://api.getjobber.com/api"
    assert not found.is_secure
    assert (found.token_store, found.trusted_proxies, found.session_minutes) == (None, 0, 30)


def test_options_win_over_variables() -> None:
    found = read_settings({**GIVEN, "TAP_JOBBER_CONNECT_PORT": "1"}, {"port": "99", "host": None})
    assert (found.port, found.host) == (99, "127.0.0.1")


def test_base_url_loses_its_slash() -> None:
    found = config(CONNECT_BASE_URL="https://jobber.example.com/")
    assert found.manage_url == "https://jobber.example.com/manage"
    assert found.is_secure


def test_file_that_is_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_bytes(b"\xff\xfe")
    with pytest.raises(TapError, match=r"\.env cannot be read \(it is not UTF-8\)"):
        variables()


def test_loopback_may_be_plain_http() -> None:
    assert config(CONNECT_BASE_URL="http://localhost:9000").base_url == "http://localhost:9000"
    assert config(CONNECT_HOST="::1").base_url == "http://[::1]:8766"


@pytest.mark.parametrize("missing", sorted(GIVEN))
def test_missing(missing: str) -> None:
    given = {name: value for name, value in GIVEN.items() if name != missing}
    with pytest.raises(TapError, match=f"^{missing} is missing: set it"):
        read_settings({**given, "TAP_JOBBER_REFRESH_TOKEN": "unused"}, {})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"CONNECT_SESSION_SECRET": "x" * 31}, "TAP_JOBBER_CONNECT_SESSION_SECRET is too short (31 of 32 characters)"),
        ({"CONNECT_BASE_URL": "http://jobber.example.com"}, "plain http on jobber.example.com"),
        ({"CONNECT_BASE_URL": "https://jobber.example.com/here"}, "has a path (/here)"),
        ({"CONNECT_BASE_URL": "https://jobber.example.com?a=b"}, "not a usable address"),
        ({"CONNECT_BASE_URL": "jobber.example.com"}, "not a usable address"),
        ({"CONNECT_BASE_URL": "https://user:pass@jobber.example.com"}, "not a usable address"),
        ({"CONNECT_BASE_URL": "https://[nonsense"}, "not a usable address"),
        ({"CONNECT_HOST": "0.0.0.0"}, "TAP_JOBBER_CONNECT_BASE_URL is missing"),  # noqa: S104 - a setting
        ({"CONNECT_PORT": "80a"}, "TAP_JOBBER_CONNECT_PORT is '80a'"),
        ({"CONNECT_PORT": "70000"}, "from 1 to 65535"),
        ({"CONNECT_TRUSTED_PROXIES": "-1"}, "TAP_JOBBER_CONNECT_TRUSTED_PROXIES"),
        ({"CONNECT_PRIVACY_URL": "javascript:alert(1)"}, "TAP_JOBBER_CONNECT_PRIVACY_URL is not a usable address"),
        ({"CONNECT_CONTACT_URL": "help@example.com"}, "write it as https://... or mailto:..."),
        ({"CONNECT_HOOK_URL": "ftp://pass@receiver"}, "TAP_JOBBER_CONNECT_HOOK_URL is not a usable address"),
        ({"CONNECT_HOOK_URL": "https://user:pass@receiver/hook"}, "TAP_JOBBER_CONNECT_HOOK_SECRET is missing"),
        ({"CONNECT_HOOK_URL": "https://r/hook", "CONNECT_HOOK_SECRET": "x"}, "HOOK_SECRET is too short (1 of 32"),
        ({"CONNECT_HOOK_URL": "https://r/hook", "CONNECT_HOOK_SECRET": f"whsec_{'!' * 40}"}, "is not base64"),
        ({"API_URL": "ftp://api"}, "TAP_JOBBER_API_URL is not a usable address"),
    ],
)
def test_bad_settings(changed: dict[str, str], said: str) -> None:
    with pytest.raises(TapError) as refused:
        config(**changed)
    assert said in str(refused.value)
    for secret in ("very secret", "pass@", "x" * 31):
        assert secret not in str(refused.value)


def test_links_for_visitors() -> None:
    found = config(CONNECT_CONTACT_URL="mailto:help@example.com", CONNECT_PRIVACY_URL="https://example.com/privacy?a=b")
    assert (found.contact_url, found.privacy_url) == ("mailto:help@example.com", "https://example.com/privacy?a=b")


def test_words_of_the_hook_s_address_that_may_be_secret() -> None:
    url = "https://hooks.example.com/services/T0123456789AB/hook?key=a-secret-of-theirs&short=1"
    assert secret_words(url) == ["T0123456789AB", "a-secret-of-theirs"]
    assert secret_words(None) == []


def test_no_secret_is_shown() -> None:
    hook = {"CONNECT_HOOK_URL": "https://user:pass@receiver/hook", "CONNECT_HOOK_SECRET": "x" * 40}
    shown = repr(config(TOKEN_STORE="postgresql://user:pass@host/db", **hook))
    for secret in ("very secret", "x" * 32, "pass"):
        assert secret not in shown


def test_every_setting_fills_a_field() -> None:
    assert {setting.field for setting in SETTINGS} == set(ConnectSettings.__dataclass_fields__)
