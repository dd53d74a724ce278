"""Commands that need neither settings nor a network, with the same output for everyone.

After a wanted change of the catalog, write its snapshots anew and look at the difference before you commit it:
`make refresh`.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests import snapshots
from tests.e2e import truth
from tests.e2e.harness import TAP, catalog, discovered, run, run_tap
from tests.effort import some

if TYPE_CHECKING:
    from pathlib import Path

IS_REFRESHING = os.environ.get("REFRESH_SNAPSHOTS") == "1"
DEAD_PROXY = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
ELSEWHERE = {
    **DEAD_PROXY,
    "LANG": "C",
    "TZ": "Pacific/Auckland",
    "COLUMNS": "40",
    "XDG_STATE_HOME": "/nonexistent",
    "TAP_JOBBER_CLIENT_ID": "someone",
    "TAP_JOBBER_API_VERSION": "not a date",
}


@pytest.mark.parametrize(
    "words",
    some(
        [["--discover"], ["--about", "--format=json"], ["--version"], ["--about"], ["--about", "--format=markdown"]],
        usual=2,
    ),
    ids=" ".join,
)
def test_same_answer_for_everyone(tmp_path: Path, words: list[str]) -> None:
    first = run_tap(words, tmp_path, DEAD_PROXY)
    other = tmp_path / "other"
    other.mkdir()
    (other / ".env").write_text("TAP_JOBBER_CLIENT_SECRET=of-someone-else\n", encoding="utf-8")
    second = run([TAP, *words], other, ELSEWHERE)
    assert first.status == second.status == 0, first.stderr + second.stderr
    assert first.stdout
    assert first.stdout == second.stdout
    assert first.errors == second.errors == []
    assert sorted(tmp_path.iterdir()) == [other], "it left something in the home directory"


def test_version(tmp_path: Path) -> None:
    assert run([TAP, "--version"], tmp_path).stdout.startswith("tap-jobber v0.")


def test_about_tells_all_settings(tmp_path: Path) -> None:
    about = json.loads(run_tap(["--about", "--format=json"], tmp_path).stdout)
    settings: dict[str, Any] = about["settings"]["properties"]
    names = "client_id client_secret refresh_token api_version credential_test_query api_url start_date token_store"
    names += " account_id redirect_uri"
    names += (
        " custom_streams visit_lookback_days budget_share page_size request_timeout on_missing_permission user_agent"
    )
    assert set(names.split()) <= set(settings)
    for name in names.split():
        assert settings[name]["title"]
        assert settings[name]["description"]
    assert about["settings"]["required"] == ["client_id", "client_secret"]
    assert {name for name in settings if settings[name].get("secret")} == {"client_secret", "refresh_token"}
    defaults = {name: settings[name].get("default") for name in ("api_version", "budget_share", "page_size")}
    assert defaults == {"api_version": "2023-08-18", "budget_share": 1, "page_size": 100}
    text = run_tap(["--about"], tmp_path).stdout
    markdown = run_tap(["--about", "--format=markdown"], tmp_path).stdout
    for name in names.split():
        assert name in text
        assert settings[name]["description"] in " ".join(text.split())
        assert name in markdown
    assert 'Default: "2023-08-18"' in text


def test_all_streams_are_discovered_and_those_of_an_ordinary_account_selected() -> None:
    streams = {each["tap_stream_id"]: each for each in discovered()["streams"]}
    assert set(streams) == set(truth.EVERY)
    for stream in streams.values():
        whole = next(each["metadata"] for each in stream["metadata"] if each["breadcrumb"] == [])
        assert whole["selected"] is (stream["tap_stream_id"] in truth.NAMES)
        keys = snapshots.keys(stream["tap_stream_id"])
        assert whole["table-key-properties"] == stream["key_properties"] == keys
        inclusions = {tuple(each["breadcrumb"]): each["metadata"]["inclusion"] for each in stream["metadata"]}
        assert {inclusions["properties", key] for key in keys} == {"automatic"}
        is_incremental = stream["replication_method"] == "INCREMENTAL"
        assert is_incremental == (snapshots.replication_key(stream["tap_stream_id"]) is not None)
        assert stream.get("replication_key") == snapshots.replication_key(stream["tap_stream_id"])
    assert catalog([])["streams"] != discovered()["streams"]


@pytest.mark.parametrize("name", truth.EVERY)
def test_catalog_is_as_it_was(name: str) -> None:
    entry = next(each for each in discovered()["streams"] if each["tap_stream_id"] == name)
    text = json.dumps(entry, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    path = snapshots.FOLDER / f"{name}.json"
    if IS_REFRESHING:
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), "a stream without a snapshot: see the beginning of this file"
    assert json.loads(text) == json.loads(path.read_text(encoding="utf-8")), "see the beginning of this file"


@pytest.mark.skipif(IS_REFRESHING, reason="another worker may still be writing")
def test_every_snapshot_has_its_stream() -> None:
    assert {path.stem for path in snapshots.FOLDER.iterdir()} == set(truth.EVERY)
