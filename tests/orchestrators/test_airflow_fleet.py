"""The words, states and commands of the fleet on Airflow, without Airflow."""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
import threading
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import jobber_runs as fleet

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = fleet.Settings(states="s3://bucket/states")
STREAM = {"is_selected": True, "status": "complete", "problem": None, "rows": 3, "points": 9, "columns_left_out": []}


def _connection(number: str | None, owner: str, **changed: object) -> dict[str, Any]:
    account = None if number is None else {"id": "x", "number": number, "name": owner}
    known = {"client_id": "app", "name": None, "state": "connected", "state_since": None, "state_reason": None}
    return {"account": account, **known, **changed}


def _listed(*connections: dict[str, Any], client_id: str | None = "app") -> list[dict[str, Any]]:
    return fleet.accounts(json.dumps({"version": 1, "connections": connections}), client_id)


def _ending(status: int, *streams: dict[str, Any], words: str = "") -> fleet.Ending:
    totals = {"rows": sum(each["rows"] for each in streams), "points": 9, "requests": 1, "waited_seconds": 0.0}
    return fleet.Ending(status, words, report={"totals": totals, "streams": list(streams)})


def test_accounts_are_named_also_those_that_cannot_run() -> None:
    gone = {"state": "disconnected", "state_since": "2026-03-02T02:00:00Z", "state_reason": "by its admin"}
    found = _listed(
        _connection("7", "maple"),
        _connection("5", "Birch", **gone),
        _connection("6", "Acorn", name="North"),
        _connection(None, ""),
        _connection("8", "Other", client_id="another"),
    )
    assert [each["label"] for each in found] == ["Birch (5)", "maple (7)", "North (6)"]
    assert found[0]["problem"] == "disconnected since 2026-03-02 (by its admin): connect it again"
    assert found[1]["problem"] == ""
    assert len(_listed(_connection("7", "A"), _connection("8", "B", client_id="another"), client_id=None)) == 2


@pytest.mark.parametrize(
    ("status", "is_read", "is_retried"),
    [(0, True, False), (4, True, False), (75, False, True), (143, False, True), (137, False, True)]
    + [(each, False, False) for each in (1, 2, 77)],
)
def test_an_exit_status_says_whose_turn_it_is(status: int, *, is_read: bool, is_retried: bool) -> None:
    ending = fleet.Ending(status)
    assert (ending.is_read, ending.is_worth_another_try) == (is_read, is_retried)


def test_words_name_what_is_missing() -> None:
    hidden = {**STREAM, "name": "invoices", "rows": 0, "status": "not_permitted"}
    aside = {**STREAM, "name": "jobs", "rows": 0, "status": "set_aside", "problem": "502: run again later"}
    assert fleet.outcome(_ending(0, {**STREAM, "name": "users"})) == "3 rows"
    assert fleet.outcome(_ending(0, {**STREAM, "name": "users", "rows": 1}, hidden)) == "1 row, not complete: invoices"
    assert fleet.outcome(_ending(4, {**STREAM, "name": "users"}, aside)) == "3 rows, not complete: jobs"
    assert fleet.is_whole(_ending(0, {**STREAM, "name": "users"}))
    assert not fleet.is_whole(_ending(0, hidden))
    assert not fleet.is_whole(fleet.Ending(4))
    assert fleet.outcome(_ending(77, words="refused: connect again")) == "refused: connect again"
    assert fleet.outcome(fleet.Ending(137)) == "ended with status 137: see its log"
    assert fleet.figures(_ending(4, aside))["streams"]["jobs"]["problem"] == "502: run again later"
    assert fleet.figures(fleet.Ending(137)) == {"exit_status": 137}
    assert len(fleet.label({"label": "A (1)"}, "x" * 400)) == 240


def test_attention_has_a_line_for_each_account_that_was_not_read_whole() -> None:
    listed = _listed(*(_connection(str(number), "A") for number in range(1, 5)), _connection("5", "B", state="refused"))
    ends = {
        "1": {"exit_status": 0, "words": "3 rows", "is_whole": True},
        "2": {"exit_status": 0, "words": "3 rows, not complete: jobs", "is_whole": False},
        "3": {"exit_status": 77, "words": "connect again", "is_whole": False},
    }
    assert fleet.attention(listed, ends) == {
        "failed": ["A (3): connect again", "A (4): its worker is gone, or it never began: see its log"],
        "partial": ["A (2): 3 rows, not complete: jobs"],
        "skipped": ["B (5): refused: connect it again"],
    }


def test_each_account_gets_a_new_state_once_in_a_span_and_not_all_at_once() -> None:
    first = date(2026, 3, 2)
    days = [first + timedelta(days=number) for number in range(28)]
    for number in ("1001", "1002"):
        states = [fleet.state_path(SETTINGS, number, day) for day in days]
        changes = [day for day, one, next_one in zip(days[1:], states, states[1:], strict=False) if one != next_one]
        assert len(changes) == 4
        assert {later - sooner for sooner, later in itertools.pairwise(changes)} == {timedelta(days=7)}
        assert fleet.state_path(SETTINGS, number, changes[0]) == f"s3://bucket/states/{number}.{changes[0]}.json"
    began = {fleet.state_path(SETTINGS, str(number), first)[-15:] for number in range(1001, 1008)}
    assert len(began) == 7
    assert fleet.state_path(fleet.Settings(refresh_days=0), "1001", first) == "states/1001.json"


def test_settings_are_read_from_the_environment() -> None:
    read = fleet.Settings.read({"JOBBER_RETRIES": "2", "JOBBER_EMAIL": "a@b.example", "JOBBER_POOL": ""})
    assert read == fleet.Settings(retries=2, email="a@b.example")
    with pytest.raises(ValueError, match="soon"):
        fleet.Settings.read({"JOBBER_RETRY_SECONDS": "soon"})


def test_the_environment_has_the_destination_and_nothing_of_airflow() -> None:
    base = {"PATH": "/bin", "AIRFLOW__CORE__FERNET_KEY": "secret", "JOBBER_STATES": "x", "TAP_JOBBER_CLIENT_ID": "app"}
    settings = fleet.Settings(programs="/opt/jobber/bin")
    assert fleet.environment(settings, base, {"TAP_JOBBER_CLIENT_SECRET": "s"}, "7") == {
        "PATH": f"/opt/jobber/bin{os.pathsep}/bin",
        "TAP_JOBBER_CLIENT_ID": "app",
        "TAP_JOBBER_CLIENT_SECRET": "s",
        "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": "jobber_7",
    }


def _process(script: str, log: list[tuple[str, str]], report: Path | None = None) -> fleet.Process:
    words = [sys.executable, "-c", script]
    return fleet.Process(words, os.environ, lambda level, text: log.append((level, text)), 10, report)


def test_a_program_has_its_log_passed_on(tmp_path: Path) -> None:
    log: list[tuple[str, str]] = []
    script = (
        "import sys, pathlib; print('out');"
        "sys.stderr.write('t | ERROR    | tap | a: b | c\\nplain\\nt | INFO | tap | x');"
        f"pathlib.Path({str(tmp_path / 'r.json')!r}).write_text('{{}}'); sys.exit(77)"
    )
    ending = _process(script, log, tmp_path / "r.json").run()
    assert ending == fleet.Ending(77, "a: b | c", "out\n", {})
    assert log == [("ERROR", "tap: a: b | c"), ("INFO", "plain"), ("INFO", "tap: x")]
    missing = fleet.Process([str(tmp_path / "none")], {}, lambda _level, _text: None, 1).run()
    assert missing.status == 1
    assert "JOBBER_PROGRAMS" in missing.words


def test_a_program_that_is_stopped_may_finish() -> None:
    log: list[tuple[str, str]] = []
    script = (
        "import signal, sys, time\n"
        "def stop(number, frame): sys.stderr.write('drained\\n'); sys.exit(143)\n"
        "signal.signal(signal.SIGTERM, stop); sys.stderr.write('ready\\n'); sys.stderr.flush(); time.sleep(60)"
    )
    process = _process(script, log)

    def stop_once_it_is_ready(level: str, text: str) -> None:
        log.append((level, text))
        threading.Timer(0.1, process.stop).start()

    process.log = stop_once_it_is_ready
    assert process.run().status == 128 + signal.SIGTERM
    assert log == [("INFO", "ready"), ("INFO", "drained")]
