"""The setting `custom_streams`: what is made of it, and what is said of what cannot be used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from tap_jobber.config.schema import CUSTOM_STREAMS
from tap_jobber.graphql.parse import unknown_in
from tap_jobber.graphql.sdl import read_schema
from tap_jobber.streams import STREAMS
from tap_jobber.streams.custom import declare
from tap_jobber.tap import TapJobber

ROOT = Path(__file__).parents[2]
CONFIG: dict[str, Any] = {"client_id": "id", "client_secret": "secret"}
QUERY = "query ($first: Int!, $after: String) { clients(first: $first, after: $after) { nodes { id updatedAt } } }"
GOOD: dict[str, Any] = {"name": "mine", "query": QUERY, "primary_keys": ["id"]}


def complaints(given: object) -> list[str]:
    """Return the errors about a setting; the whole tap reports them too, at --discover and without other settings."""
    streams, lines = declare(given, ["clients"])
    assert not lines or len(streams) < len(given if isinstance(given, list) else [given])
    with pytest.raises(ConfigValidationError) as raised:
        TapJobber(config={**CONFIG, "custom_streams": given})
    assert raised.value.errors == lines
    with pytest.raises(ConfigValidationError) as raised:
        _ = TapJobber(config={"custom_streams": given}, validate_config=False).streams
    assert raised.value.errors == lines
    return lines


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("query {", "custom_streams is 'query {', which is not usable: A list of streams of your own"),
        ({}, "custom_streams is {}, which is not usable: A list"),
        ([7], "custom_streams.0 is 7, which is not usable: A list"),
        ([{**GOOD, "name": "my jobs"}], "custom_streams.0.name is 'my jobs', which is not usable: The stream's name"),
        ([{**GOOD, "name": "1st"}], "custom_streams.0.name is '1st'"),
        ([{**GOOD, "name": "mine\n"}], "custom_streams.0.name is 'mine\\n'"),
        ([{**GOOD, "name": "a" * 64}], "custom_streams.0.name is"),
        ([{**GOOD, "query": ""}], "custom_streams.0.query is ''"),
        ([{**GOOD, "query": ["x"]}], "custom_streams.0.query is ['x']"),
        ([{**GOOD, "primary_keys": []}], "custom_streams.0.primary_keys is [], which is not usable: A list of the col"),
        ([{**GOOD, "primary_keys": "id"}], "custom_streams.0.primary_keys is 'id', which is not usable"),
        ([{**GOOD, "primary_keys": ["id", 7]}], "custom_streams.0.primary_keys.1 is 7"),
        ([{**GOOD, "primary_keys": ["id", "id"]}], "custom_streams.0.primary_keys is ['id', 'id']"),
        ([{**GOOD, "primary_keys": [""]}], "custom_streams.0.primary_keys.0 is ''"),
        ([{**GOOD, "primary_keys": ["a\nb"]}], "custom stream mine has no column a b, which primary_keys names: ask"),
        ([{**GOOD, "records_path": "a\nb"}], "custom stream mine has no list to page at a b: set records_path to cl"),
        ([{**GOOD, "query": '{ a """\nb\n""" }'}], "custom stream mine is not GraphQL (Syntax Error: Expected Name"),
        ([{**GOOD, "replication_key": 7}], "custom_streams.0.replication_key is 7"),
        ([{"name": "a", "query": QUERY}], "custom_streams.0 has no primary_keys: A list of the columns"),
        ([{**GOOD, "keys": 1}], "custom_streams.0 has an unknown keys: it may have name, query, primary_keys, repl"),
        ([{**GOOD, "name": "Clients"}], "custom stream Clients has the name of another stream: give it another name"),
        ([GOOD, {**GOOD, "name": "Mine"}], "custom stream Mine has the name of another stream"),
        ([{**GOOD, "query": "nowhere.graphql"}], "custom stream mine has 'nowhere.graphql' for its query, a file that"),
        ([{**GOOD, "query": "/"}], "custom stream mine has '/' for its query, a file that cannot be read (Is a dir"),
        ([{**GOOD, "query": "x\0"}], "custom stream mine has 'x\\x00' for its query"),
        ([{**GOOD, "query": "{"}], "custom stream mine is not GraphQL (Syntax Error"),
        ([{**GOOD, "primary_keys": ["nr"]}], "custom stream mine has no column nr, which primary_keys names: ask"),
        ([{**GOOD, "replication_key": "id"}], "custom stream mine has id as its replication_key, which is not a date"),
        ([{**GOOD, "records_path": "jobs"}], "custom stream mine has no list to page at jobs: set records_path to cl"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(given: object, said: str) -> None:
    (line,) = complaints(given)
    assert line.startswith(said)
    assert "\n" not in line
    assert ": " in line


def test_a_line_for_each_stream() -> None:
    lines = complaints([{**GOOD, "query": "{"}, {**GOOD, "name": "good"}, {**GOOD, "name": "clients"}])
    assert [line.split()[2] for line in lines] == ["mine", "clients"]


def test_they_are_told_beside_what_is_wrong_with_other_settings() -> None:
    with pytest.raises(ConfigValidationError) as raised:
        TapJobber(config={**CONFIG, "page_size": 0, "custom_streams": [{**GOOD, "query": "{"}]})
    assert [line.split()[0] for line in raised.value.errors] == ["page_size", "custom"]


def test_text_of_json_is_as_good_as_a_list(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert "mine" in TapJobber(config={**CONFIG, "custom_streams": json.dumps([GOOD])}).streams
    monkeypatch.setenv("TAP_JOBBER_CUSTOM_STREAMS", json.dumps([GOOD]))
    assert "mine" in TapJobber(config=CONFIG, parse_env_config=True).streams
    monkeypatch.setenv("TAP_JOBBER_CUSTOM_STREAMS", "[{")
    with pytest.raises(ConfigValidationError) as raised:
        TapJobber(config=CONFIG, parse_env_config=True)
    (line,) = raised.value.errors
    assert line.startswith("custom_streams is '[{', which is not usable")


@pytest.mark.parametrize("given", [[], None, ""])
def test_none(given: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    if given == "":
        monkeypatch.setenv("TAP_JOBBER_CUSTOM_STREAMS", "")
    config = CONFIG if given == "" else {**CONFIG, "custom_streams": given}
    assert "mine" not in TapJobber(config=config, parse_env_config=given == "").streams


def test_the_catalog_has_them_among_the_others() -> None:
    settings = {"custom_streams": [{**GOOD, "replication_key": "updatedAt"}]}
    streams = TapJobber(config=settings, validate_config=False).catalog_dict["streams"]
    assert len(streams) == len(STREAMS) + 1
    (mine,) = [each for each in streams if each["tap_stream_id"] == "mine"]
    assert list(mine["key_properties"]) == ["id"]
    assert mine["replication_key"] == "updatedAt"
    assert mine["replication_method"] == "INCREMENTAL"
    assert mine["schema"]["properties"]["id"] == {"type": "string"}


def test_each_part_of_one_is_described() -> None:
    for each in CUSTOM_STREAMS["items"]["properties"].values():
        assert each["description"].endswith(".")


def examples() -> list[str]:
    """Return the settings that are shown to users."""
    page, readme = ((ROOT / name).read_text(encoding="utf-8") for name in ("docs/custom-streams.md", "README.md"))
    found = [each.partition("```")[0] for each in page.split("```json\n")[1:]]
    found += [f"{{{each.partition('```')[0]}}}" for each in readme.split("```json\n")[1:]]
    return [*found, (ROOT / "config.sample.json").read_text(encoding="utf-8")]


def test_what_is_shown_to_users_works() -> None:
    assert len(examples()) == 3
    for example in examples():
        (stream,), lines = declare(json.loads(example)["custom_streams"], [])
        assert lines == []
        assert list(unknown_in(read_schema(), stream.full().selection)) == []
