"""Paths that a report could do harm at: nothing but a report is ever replaced by one."""

from __future__ import annotations

import json
import os

import pytest

from tests.e2e.harness import STATE, Bench, catalog
from tests.e2e.test_report import read

STREAMS = ["tax_rates"]


@pytest.mark.parametrize(
    ("name", "store"),
    [
        ("tokens.json", "tokens.json"),
        ("link.json", "tokens.json"),
        ("tokens.json.lock", "tokens.json"),
        ("keys/tokens.json", "keys"),
        ("tokens.db", "sqlite:///tokens.db"),
        ("tokens.db-wal", "sqlite:///tokens.db"),
    ],
)
def test_a_store_that_is_yet_to_be_made(tiny: Bench, name: str, store: str) -> None:
    (tiny.home / "keys").mkdir()
    (tiny.home / "link.json").symlink_to("tokens.json")
    outcome = tiny.tap("--report", name, streams=STREAMS, token_store=store)
    outcome.assert_refused(f"{name} is a file of the token store", "another file")
    assert tiny.log == []
    assert not (tiny.home / name).exists()
    assert tiny.tap("--report", "report.json", streams=STREAMS, token_store=store).status == 0
    read(tiny.home / "report.json")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fifo", "is not a report of a run"),
        ("folder-link", "is not a report of a run"),
        ("catalog.json", "is not a report of a run"),
        ("state.json", "is not a report of a run"),
        ("huge", "is not a report of a run"),
        ("-", "standard output belongs to the messages"),
        ("x" * 300, "File name too long"),
    ],
)
def test_what_is_no_file_for_a_report(tiny: Bench, name: str, words: str) -> None:
    os.mkfifo(tiny.home / "fifo")
    (tiny.home / "folder").mkdir()
    (tiny.home / "folder-link").symlink_to("folder")
    with (tiny.home / "huge").open("wb") as file:
        file.truncate(1 << 40)
    state = tiny.write("state.json", STATE)
    tiny.tap("--report", name, "--state", state, streams=STREAMS).assert_refused(words, "another file")
    assert tiny.log == []
    assert json.loads(state.read_text(encoding="utf-8")) == STATE
    assert (tiny.home / "catalog.json").read_text(encoding="utf-8") == json.dumps(catalog(STREAMS))


def test_what_has_come_to_be_there_during_the_run_stays(tiny: Bench) -> None:
    path = tiny.home / "state.json"

    def put(_request: int) -> None:
        path.write_text("{}", encoding="utf-8")

    tiny.sandbox.before_request = put
    outcome = tiny.tap("--report", path, streams=STREAMS).checked()
    assert path.read_text(encoding="utf-8") == "{}"
    assert [each for each in outcome.warnings if "report" in each] == [
        f"The report cannot be written to {path} (something else is there by now)"
    ]


def test_links_are_followed_and_stay(tiny: Bench) -> None:
    path = tiny.home / "latest.json"
    path.symlink_to("report.json")
    for _ in range(2):
        tiny.tap("--report", path, streams=STREAMS).checked()
        assert path.is_symlink()
        read(tiny.home / "report.json")
