"""The settings: where they come from, their bounds, and what is said of those that cannot be used."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.exceptions import ConfigValidationError

from tap_jobber.config.schema import SECRETS, SETTINGS
from tap_jobber.config.validation import config_warnings
from tap_jobber.errors import TapError
from tap_jobber.streams import STREAMS
from tap_jobber.tap import TapJobber
from tap_jobber.timestamps import parse_timestamp

if TYPE_CHECKING:
    from pathlib import Path

    from tap_jobber.config.settings import Settings

CONFIG: dict[str, Any] = {"client_id": "id", "client_secret": "secret-of-the-app", "refresh_token": "refresh-token-1"}
DEFAULTS = {
    "redirect_uri": "http://localhost:8765/callback",
    "api_version": "2023-08-18",
    "credential_test_query": "query { account { id name } }",
    "api_url": "https://api.getjobber.com/api",
    "budget_share": 1,
    "page_size": 100,
    "request_timeout": 60,
    "on_missing_permission": "skip",
    "add_read_times": False,
    "emit_activate_version_messages": False,
}
GOOD: list[tuple[str, object]] = [
    ("api_version", "2026-05-12"),
    ("credential_test_query", "{ account { id } }"),
    ("api_url", "http://127.0.0.1:8000/api/"),
    ("api_url", "https://büro.example.test/api"),
    ("start_date", "2024-01-01T00:00:00Z"),
    ("start_date", "2024-01-01"),
    ("account_id", "Z2lkOi8vSm9iYmVyL0FjY291bnQvMQ=="),
    ("redirect_uri", "https://example.test/callback"),
    ("token_store", "postgresql+psycopg://user:password@host/database"),
    ("token_store", "command:vault --quiet"),
    ("token_store", "/tmp/tokens.json"),  # noqa: S108 - nothing is written
    ("budget_share", 0.05),
    ("budget_share", 1),
    ("page_size", 1),
    ("page_size", 100),
    ("request_timeout", 0.5),
    ("request_timeout", 3600),
    ("on_missing_permission", "skip"),
    ("on_missing_permission", "fail"),
    ("user_agent", "me/1.0 (mail@example.test)"),
]
BAD: list[tuple[str, object]] = [
    ("client_id", ""),
    ("api_version", "latest"),
    ("api_version", "2023-13-01"),
    ("api_version", "20230818"),
    ("api_version", "2023-8-18"),
    ("credential_test_query", ""),
    ("api_url", "api.getjobber.com"),
    ("api_url", "ftp://api.getjobber.com"),
    ("api_url", "https://"),
    ("api_url", "https://api.getjobber.com:port/api"),
    ("api_url", "https://api.getjobber.com/api?x=1"),
    ("api_url", "https://api.getjobber.com/api/graphql"),
    ("api_url", "https://api..getjobber.com/api"),
    ("start_date", "yesterday"),
    ("account_id", ""),
    ("redirect_uri", ""),
    ("redirect_uri", "localhost:8765/callback"),
    ("redirect_uri", "http://localhost:port/callback"),
    ("token_store", ""),
    ("budget_share", 0.04),
    ("budget_share", 1.01),
    ("budget_share", 0),
    ("budget_share", -1),
    ("page_size", 0),
    ("page_size", 101),
    ("page_size", 2.5),
    ("request_timeout", 0),
    ("request_timeout", -1),
    ("request_timeout", 3601),
    ("on_missing_permission", "ignore"),
    ("user_agent", ""),
    ("user_agent", "tap\njobber"),
    ("user_agent", "Jöbber"),
]
NOT_TEXT: list[tuple[str, object]] = [
    ("api_version", ""),
    ("api_url", ""),
    ("api_version", 20230818),
    ("api_url", ["https://api.getjobber.com/api"]),
    ("budget_share", "all"),
    ("budget_share", True),
    ("page_size", "100"),
    ("page_size", True),
    ("request_timeout", "60"),
    ("emit_activate_version_messages", "yes"),
    ("client_id", 5),
]


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting and no .env file from outside."""
    monkeypatch.chdir(tmp_path)
    for name in SETTINGS["properties"]:
        monkeypatch.delenv(f"TAP_JOBBER_{name.upper()}", raising=False)


def complaints(config: dict[str, Any], *, from_environment: bool = False) -> list[str]:
    """Return the errors and warnings about settings."""
    with pytest.raises(ConfigValidationError) as raised:
        TapJobber(config=config, parse_env_config=from_environment)
    return raised.value.errors


def set_all(monkeypatch: pytest.MonkeyPatch, settings: dict[str, object]) -> None:
    """Put settings into the environment."""
    for name, value in settings.items():
        monkeypatch.setenv(f"TAP_JOBBER_{name.upper()}", str(value))


def settings(**given: object) -> Settings:
    """Return the settings of a tap with those given."""
    return TapJobber(config={**CONFIG, **given}).settings


def test_the_defaults() -> None:
    config = TapJobber(config=CONFIG).config
    assert {name: config.get(name) for name in DEFAULTS} == DEFAULTS
    assert not {"start_date", "token_store", "user_agent"} & set(config)


def test_every_setting_has_a_title_and_a_description() -> None:
    own = {name for name in SETTINGS["properties"] if name in {*DEFAULTS, *CONFIG, *(name for name, _ in GOOD)}}
    assert own == {*DEFAULTS, *CONFIG, "start_date", "token_store", "user_agent", "account_id"}
    own.add("custom_streams")
    for name in own:
        described = SETTINGS["properties"][name]
        assert described["title"]
        assert described["description"].endswith(".")


def test_which_settings_are_secret() -> None:
    assert sorted(SECRETS) == ["client_secret", "refresh_token"]


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_a_usable_value(name: str, value: object) -> None:
    assert TapJobber(config={**CONFIG, name: value}).config[name] == value


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_a_usable_value_from_the_environment(name: str, value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, {**CONFIG, name: value})
    assert TapJobber(parse_env_config=True).config[name] == value


@pytest.mark.parametrize(("name", "value"), BAD + NOT_TEXT)
def test_an_unusable_value_is_named_in_one_line(name: str, value: object) -> None:
    (line,) = complaints({**CONFIG, name: value})
    assert line.startswith(f"{name} is {value!r}, which is not ")
    assert "\n" not in line


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, value in BAD if value != ""])
def test_an_unusable_value_from_the_environment(name: str, value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, {**CONFIG, name: value})
    (line,) = complaints({}, from_environment=True)
    assert line.startswith(f"{name} is ")


@pytest.mark.parametrize("name", ["page_size", "budget_share", "request_timeout"])
@pytest.mark.parametrize("text", ["many", "nan", "inf", "1,5", "0x10"])
def test_a_number_that_is_none_is_named(name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, {**CONFIG, name: text})
    (line,) = complaints({}, from_environment=True)
    assert re.match(f"{name} is '{text}', which is not a (whole )?number: ", line)


@pytest.mark.parametrize(
    ("name", "text"), [("emit_activate_version_messages", "maybe"), ("flattening_enabled", "ja"), ("stream_maps", "{")]
)
def test_another_type_that_does_not_fit_is_named(name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, {**CONFIG, name: text})
    (line,) = complaints({}, from_environment=True)
    assert line.startswith(f"{name} is '{text}', which is not ")


@pytest.mark.parametrize(("name", "text"), [("page_size", "50"), ("budget_share", "0.5"), ("flattening_enabled", "no")])
def test_quotation_marks_that_do_not_belong_there_are_named(name: str, text: str) -> None:
    (line,) = complaints({**CONFIG, name: text})
    assert line.endswith(": write it without quotation marks")


@pytest.mark.parametrize("name", [*CONFIG, "account_id", "api_url", "api_version", "user_agent"])
def test_what_copying_leaves_around_a_text_is_dropped(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    value = {**DEFAULTS, **CONFIG, "account_id": "Z2lkOi8vSm9iYmVyL0FjY291bnQvMQ==", "user_agent": "me/1.0"}[name]
    assert TapJobber(config={**CONFIG, name: f" {value}\r\n"}).config[name] == value
    set_all(monkeypatch, {**CONFIG, name: f" {value}\n"})
    assert TapJobber(parse_env_config=True).config[name] == value


def test_a_start_that_is_still_to_come_is_remarked_on() -> None:
    moment = parse_timestamp("2026-02-03T00:00:00Z")
    (line,) = config_warnings(settings(start_date="2026-02-04"), moment)
    assert line.startswith("start_date is '2026-02-04', which is still to come: ")
    assert not list(config_warnings(settings(start_date="2026-02-03"), moment))
    assert not list(config_warnings(settings(), moment))


def test_several_at_once_get_a_line_each() -> None:
    lines = complaints({**CONFIG, "page_size": 0, "budget_share": 7, "on_missing_permission": "x"})
    assert sorted(line.split()[0] for line in lines) == ["budget_share", "on_missing_permission", "page_size"]


@pytest.mark.parametrize("name", ["client_id", "client_secret"])
@pytest.mark.parametrize("absent", [True, False])
def test_a_missing_setting_is_named_with_where_to_set_it(name: str, *, absent: bool) -> None:
    config = {key: value for key, value in CONFIG.items() if key != name}
    assert complaints(config if absent else {**config, name: None}) == [
        f"{name} is missing: set it in the config file, or with --config ENV as TAP_JOBBER_{name.upper()}"
    ]


def test_nothing_set_names_both_that_are_needed() -> None:
    assert [line.split()[0] for line in complaints({})] == ["client_id", "client_secret"]


def test_a_refresh_token_is_not_needed() -> None:
    assert "refresh_token" not in TapJobber(config={"client_id": "a", "client_secret": "b"}).config


def test_unknown_settings_are_named_together() -> None:
    assert complaints({**CONFIG, "pagesize": 5, "api_key": "my-api-key"}) == [
        "unknown setting api_key, pagesize: remove it, or see tap-jobber --about for the settings there are"
    ]


def test_settings_of_the_sdk_are_known() -> None:
    settings: dict[str, object] = {
        "stream_maps": {},
        "flattening_enabled": True,
        "flattening_max_depth": 1,
        "batch_config": {"encoding": {"format": "jsonl"}, "storage": {"root": "file:///x"}},
    }
    assert settings.items() <= TapJobber(config={**CONFIG, **settings}).config.items()


@pytest.mark.parametrize("name", sorted(SECRETS))
@given(value=st.one_of(st.integers(10_000), st.lists(st.just("hidden-value"), min_size=1)))
def test_a_secret_is_never_shown(name: str, value: object) -> None:
    (line,) = complaints({**CONFIG, name: value})
    assert line.startswith(f"{name} is not usable: ")
    assert "hidden-value" not in line
    assert str(value) not in line


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_no_complaint_shows_a_secret_of_another_setting(name: str) -> None:
    lines = complaints({**CONFIG, "page_size": 0, "unknown": CONFIG[name], "api_url": "x"})
    assert not any(CONFIG[name] in line for line in lines)


def test_a_long_value_is_cut() -> None:
    (line,) = complaints({**CONFIG, "on_missing_permission": "x\n" * 500})
    assert len(line) < 300
    assert "\n" not in line


def test_a_file_named_dot_env_in_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "TAP_JOBBER_CLIENT_ID=from-file\nTAP_JOBBER_CLIENT_SECRET='s e'\nTAP_JOBBER_PAGE_SIZE=25\nOTHER=1\n"
    )
    config = TapJobber(parse_env_config=True).config
    assert (config["client_id"], config["client_secret"], config["page_size"]) == ("from-file", "s e", 25)


def test_a_file_named_dot_env_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("TAP_JOBBER_CLIENT_ID=from-file\n".encode("utf-16"))
    with pytest.raises(TapError, match=r"\.env cannot be read \(it is not UTF-8\): save it as UTF-8 text"):
        TapJobber(parse_env_config=True)


def test_a_dotenv_file_as_some_editors_save_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAP_JOBBER_CLIENT_ID", "so that it is put back")
    monkeypatch.delenv("TAP_JOBBER_CLIENT_ID")
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes("\ufeffTAP_JOBBER_CLIENT_ID=from-file\r\n".encode())
    assert TapJobber(config={"client_secret": "b"}, parse_env_config=True).config["client_id"] == "from-file"


def test_the_environment_is_read_only_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, {"page_size": 25})
    assert TapJobber(config=CONFIG).config["page_size"] == 100


def test_the_environment_wins_over_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, {"page_size": 25})
    assert TapJobber(config={**CONFIG, "page_size": 50}, parse_env_config=True).config["page_size"] == 25


@pytest.mark.parametrize("name", sorted({*DEFAULTS, "refresh_token", "start_date", "token_store", "user_agent"}))
def test_a_variable_set_to_nothing_is_not_set(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, {"client_id": "a", "client_secret": "b", name: ""})
    config = TapJobber(parse_env_config=True).config
    assert config.get(name) == DEFAULTS.get(name)


def test_a_needed_variable_set_to_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, {**CONFIG, "client_secret": ""})
    assert complaints({}, from_environment=True) == [
        "client_secret is missing: set it in the config file, or with --config ENV as TAP_JOBBER_CLIENT_SECRET"
    ]


@pytest.mark.parametrize(("text", "value"), [("true", True), ("Yes", True), ("1", True), ("off ", False), ("0", False)])
def test_yes_and_no_from_the_environment(text: str, *, value: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, {**CONFIG, "emit_activate_version_messages": text})
    assert TapJobber(parse_env_config=True).config["emit_activate_version_messages"] is value


@pytest.mark.parametrize(("text", "value"), [("25", 25), ("25.0", 25), ("1e1", 10)])
def test_whole_numbers_from_the_environment(text: str, value: int, monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, {**CONFIG, "page_size": text})
    found = TapJobber(parse_env_config=True).config["page_size"]
    assert found == value
    assert isinstance(found, int)


def test_discovery_needs_no_settings() -> None:
    tap = TapJobber(validate_config=False)
    assert len(tap.catalog_dict["streams"]) == len(STREAMS)
