"""Bad input: one clear line with the remedy, status 1, and nothing lost."""

from __future__ import annotations

import codecs
import json
from typing import Any

import pytest

from tests.e2e.harness import STATE, Bench, catalog

SETTINGS: list[tuple[dict[str, Any], list[str]]] = [
    ({"client_id": None}, ["client_id is missing", "TAP_JOBBER_CLIENT_ID"]),
    ({"client_secret": None}, ["client_secret is missing", "TAP_JOBBER_CLIENT_SECRET"]),
    ({"client_secret": 12345678}, ["client_secret"]),
    ({"refresh_token": None}, ["no refresh token", "authorise the app"]),
    ({"refresh_token": ["x"]}, ["refresh_token"]),
    ({"api_version": "latest"}, ["api_version is 'latest'", "not a date", "YYYY-MM-DD"]),
    ({"api_version": "2023-02-30"}, ["api_version", "not a date"]),
    ({"api_url": "api.getjobber.com"}, ["api_url", "https://api.getjobber.com/api"]),
    ({"api_url": "ftp://api.getjobber.com/api"}, ["api_url", "https://"]),
    ({"api_url": "https://host:notaport/api"}, ["api_url", "https://"]),
    ({"start_date": "yesterday"}, ["start_date is 'yesterday'", "ISO 8601"]),
    ({"budget_share": 0}, ["budget_share is 0", "0.05 to 1"]),
    ({"budget_share": "much"}, ["budget_share is 'much'"]),
    ({"page_size": 0}, ["page_size is 0", "from 1 to 100"]),
    ({"page_size": 2.5}, ["page_size is 2.5"]),
    ({"request_timeout": "soon"}, ["request_timeout is 'soon'", "seconds"]),
    ({"on_missing_permission": "ask"}, ["on_missing_permission is 'ask'", "skip", "fail"]),
    ({"user_agent": "two\nlines"}, ["user_agent"]),
    ({"credential_test_query": ""}, ["credential_test_query"]),
    ({"page_sizes": 5}, ["unknown setting page_sizes", "remove it", "--about"]),
]


@pytest.mark.parametrize(("settings", "words"), SETTINGS, ids=[json.dumps(each) for each, _ in SETTINGS])
def test_setting(tiny: Bench, settings: dict[str, Any], words: list[str]) -> None:
    outcome = tiny.refused(**settings)
    outcome.assert_refused(*words)
    assert outcome.streams == set()
    assert tiny.log == []
    assert not tiny.store.exists()


def test_a_line_for_each_wrong_setting(tiny: Bench) -> None:
    outcome = tiny.refused(page_size=0, budget_share=7)
    outcome.assert_refused("page_size is 0", "budget_share is 7", lines=2)
    assert all(": " in line for line in outcome.errors)


def test_settings_of_the_environment(tiny: Bench) -> None:
    names = {f"TAP_JOBBER_{name.upper()}": str(value) for name, value in tiny.settings.items()}
    outcome = tiny.tap_with(["--config", "ENV"], {**names, "TAP_JOBBER_PAGE_SIZE": "many"})
    outcome.assert_refused("page_size is 'many'", "from 1 to 100")


def test_a_variable_that_is_nearly_a_setting_s(tiny: Bench) -> None:
    names = {f"TAP_JOBBER_{name.upper()}": str(value) for name, value in tiny.settings.items()}
    others = {"TAP_JOBBER_LOGLEVEL": "INFO", "TAP_JOBBER_CONNECT_PORT": "1", "TAP_JOBBER_SANDBOX_URL": "x"}
    outcome = tiny.tap_with(["--config", "ENV", "--test"], {**names, **others, "TAP_JOBBER_RESYNC_DAY": "7"})
    assert outcome.status == 0
    said = "TAP_JOBBER_RESYNC_DAY is no setting and is not read: if TAP_JOBBER_RESYNC_DAYS is meant, write it so"
    assert [line for line in outcome.warnings if "TAP_JOBBER_" in line] == [said]


@pytest.mark.parametrize("word", ["--test", "--test=credentials"])
def test_settings_are_checked_before_a_test(tiny: Bench, word: str) -> None:
    tiny.refused(word, api_version="soon").assert_refused("api_version", "YYYY-MM-DD")


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff\xfe{}", b""])
def test_config_file(tiny: Bench, content: bytes) -> None:
    path = tiny.write("bad.json", content)
    outcome = tiny.tap_with(["--config", path])
    outcome.assert_refused("config file", "bad.json")


def test_config_file_that_is_not_there(tiny: Bench) -> None:
    tiny.tap_with(["--config", "nowhere.json"]).assert_refused("nowhere.json", "No such file", "check --config")


CATALOGS = {
    "not JSON": (b"{", ["is not JSON", "--discover"]),
    "nested too deeply": (b"[" * 100_000, ["is not JSON", "--discover"]),
    "not UTF-8": (b"\xff\xfe{}", ["catalog", "--discover"]),
    "a list": (b"[]", ["not a JSON object", "--discover"]),
    "no streams": (b"{}", ["not a Singer catalog", "--discover"]),
    "streams of another kind": (b'{"streams": {"clients": {}}}', ["not a Singer catalog", "--discover"]),
    "streams of text": (b'{"streams": ["clients"]}', ["not a Singer catalog", "--discover"]),
    "stream without a name": (b'{"streams": [{"schema": {}}]}', ["not a Singer catalog", "--discover"]),
    "null": (b'{"streams": null}', ["not a Singer catalog", "--discover"]),
    "no schema": (b'{"streams": [{"tap_stream_id": "users"}]}', ["no columns of users", "--discover"]),
}


@pytest.mark.parametrize(("content", "words"), CATALOGS.values(), ids=CATALOGS)
def test_catalog(tiny: Bench, content: bytes, words: list[str]) -> None:
    outcome = tiny.refused("--catalog", tiny.write("bad.json", content))
    outcome.assert_refused("bad.json", *words)
    assert tiny.log == []


def test_catalog_that_names_an_unknown_stream(tiny: Bench) -> None:
    chosen = catalog(["account"])
    chosen["streams"][0] = {**chosen["streams"][0], "tap_stream_id": "klients"}
    outcome = tiny.refused("--catalog", tiny.write("bad.json", chosen))
    outcome.assert_refused("bad.json", "unknown streams (klients)", "--discover")
    assert tiny.log == []


@pytest.mark.parametrize("schema", [{"type": "object"}, {"type": "object", "properties": {}}])
def test_catalog_without_columns(tiny: Bench, schema: dict[str, object]) -> None:
    chosen = catalog(["account"])
    for stream in chosen["streams"]:
        stream["schema"] = schema
    outcome = tiny.refused("--catalog", tiny.write("bad.json", chosen))
    outcome.assert_refused("bad.json", "no columns of account (", "--discover")
    assert tiny.log == []


def test_files_with_a_byte_order_mark_and_a_catalog_with_a_stream_that_is_gone_but_not_selected(tiny: Bench) -> None:
    chosen = catalog(["account"])
    chosen["streams"].append({**chosen["streams"][-1], "tap_stream_id": "klients"})
    files = {"--config": tiny.settings, "--catalog": chosen, "--state": {"bookmarks": {}}}
    words = [(word, tiny.write(f"bom{word}", codecs.BOM_UTF8 + json.dumps(files[word]).encode())) for word in files]
    assert tiny.tap_with([each for pair in words for each in pair]).checked().streams == {"account"}


@pytest.mark.parametrize("word", ["--catalog", "--state"])
def test_file_that_is_not_there(tiny: Bench, word: str) -> None:
    outcome = tiny.tap(word, "nowhere.json")
    assert outcome.status == 1
    assert len(outcome.errors) == 1
    assert "nowhere.json" in outcome.errors[0]


STATES = {
    "not JSON": (b"{", ["is not JSON"]),
    "nested too deeply": (b"[" * 100_000, ["is not JSON"]),
    "not UTF-8": (b"\xff\xfe{}", ["state"]),
    "a list": (b"[]", ["not a JSON object"]),
    "bookmarks of another kind": (b'{"bookmarks": []}', ["not a Singer state"]),
    "bookmark of another kind": (b'{"bookmarks": {"clients": 1}}', ["not a Singer state"]),
    "partitions of another kind": (
        b'{"bookmarks": {"custom_field_values": {"partitions": [{"owner": "clients"}]}}}',
        ["not a Singer state", "partitions"],
    ),
}


@pytest.mark.parametrize(("content", "words"), STATES.values(), ids=STATES)
def test_state(tiny: Bench, content: bytes, words: list[str]) -> None:
    outcome = tiny.tap("--state", tiny.write("bad.json", content))
    outcome.assert_refused("bad.json", "last state", *words)
    assert tiny.log == []
    assert not tiny.store.exists()


def test_state_that_is_a_whole_message_is_not_taken_for_an_empty_one(tiny: Bench) -> None:
    message = {"type": "STATE", "value": STATE}
    tiny.tap("--state", tiny.write("bad.json", message)).assert_refused("bad.json", "last state", "its value alone")


def test_stream_map_that_is_no_expression(tiny: Bench) -> None:
    tiny.refused(stream_maps={"users": {"upper": "upper("}}).assert_refused("stream_maps", "upper(", "correct")
    outcome = tiny.refused(stream_maps={"account": {"more": "no_such_column"}}, keeps_store=False)
    outcome.assert_refused("stream_maps", "no_such_column", "correct")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--replace-installer", "--name", "x"], "--replace-installer, --name without --login"),
        (["--credentials", "--no-browser"], "--no-browser without --login"),
        (["--login", "--credentials"], "two things"),
        (["--login", "--login-timeout", "nan"], "'--login-timeout': 'nan'"),
        (["--login", "--login-timeout", "1000000000000000000"], "'--login-timeout'"),
    ],
)
def test_options_of_a_log_in(tiny: Bench, words: list[str], said: str) -> None:
    outcome = tiny.tap(*words)
    assert outcome.status == 1
    assert [said in line for line in outcome.errors] == [True]
    assert outcome.stdout == ""
    assert not tiny.store.exists()


def test_unknown_option(tiny: Bench) -> None:
    outcome = tiny.tap_with(["--nonsense"])
    assert outcome.status not in {0, None}
    assert "Traceback" not in outcome.stderr
    assert "--nonsense" in outcome.stderr
