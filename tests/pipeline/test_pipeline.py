"""The installed pipeline: the tap, a target, the state between two runs, and each of them gone or broken."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from jobber_sandbox.oauth import Person
from tap_jobber.credentials.encoded_ids import account_number
from tests.e2e.harness import TAP, Bench, Outcome, bench, catalog, run
from tests.e2e.processes import family, needs_proc
from tests.effort import some

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.processes import Family

PIPELINE = TAP.with_name("tap-jobber-pipeline")
STREAMS = ("clients", "users")
SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schemas/report.schema.json").read_text(encoding="utf-8"))
STATE = {"bookmarks": {"clients": {"replication_key": "updatedAt", "replication_key_value": "2024-01-01T00:00:00Z"}}}


def target(*words: str) -> str:
    return shlex.join([sys.executable, "-S", str(Path(__file__).with_name("target.py")), *words])


def command(one: Bench, *words: str, target: str = target()) -> list[str]:
    catalogued = one.write("catalog.json", catalog(STREAMS))
    given = ["--target", target, "--state", "state.json", "--config", str(one.config()), "--catalog", str(catalogued)]
    return [str(PIPELINE), *given, *words]


def said(outcome: Outcome) -> dict[str, Any]:
    """Return the one line on the standard output."""
    (line,) = outcome.stdout.splitlines()
    found: dict[str, Any] = json.loads(line)
    assert found["exit_status"] == outcome.status
    return found


def pipeline(one: Bench, *words: str, target: str = target()) -> Outcome:
    outcome = run(command(one, *words, target=target), one.home)
    one.assert_secret(outcome)
    assert "Traceback" not in outcome.stderr
    return outcome


def kept(one: Bench, name: str = "state.json") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((one.home / name).read_text(encoding="utf-8"))
    return found


def bookmark(one: Bench) -> str | None:
    found: str | None = kept(one)["bookmarks"].get("clients", {}).get("replication_key_value")
    return found


def rows_of_clients(one: Bench) -> int:
    """Return how many clients the run so far has asked for; the next one counts anew."""
    report = json.loads((one.home / "report.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(SCHEMA).validate(report)
    (found,) = (each["rows"] for each in report["streams"] if each["name"] == "clients")
    return int(found)


def test_each_run_begins_where_the_last_one_ended(tiny: Bench) -> None:
    outcomes = [pipeline(tiny, "--report", "report.json", "--state", f"local://{tiny.home}/state.json")]
    whole = rows_of_clients(tiny)
    assert whole > 0
    (tiny.home / "state.json").chmod(0o640)
    outcomes.append(pipeline(tiny, "--report", "report.json"))
    assert rows_of_clients(tiny) == 0
    outcomes.append(pipeline(tiny, "--report", "report.json", "--full-refresh"))
    assert rows_of_clients(tiny) == whole
    for outcome in outcomes:
        found = said(outcome)
        assert (found["exit_status"], found["tap_exit_status"], found["target_exit_status"]) == (0, 0, 0)
        assert [found["account_id"]] == [*kept(tiny)["accounts"]]
        assert found["account_number"].isdigit()
        assert found["report"] == "report.json"
    assert found["state"] == "state.json"
    assert (tiny.home / "state.json").stat().st_mode & 0o777 == 0o640


@pytest.mark.stress
def test_accounts_are_told_apart_by_their_numbers(tmp_path: Path) -> None:
    with bench(tmp_path, accounts=2) as one:
        for number in (1, 2):
            token = str(one.sandbox.credentials.connect(Person(number, 1))["refresh_token"])
            of_account = account_number(str(one.sandbox.world(number).tables["Account"].rows[0].id))
            outcome = one.tap("--test=credentials", refresh_token=token, account_id=of_account)
            assert outcome.status == 0, outcome.stderr
        listed = json.loads(one.tap("--credentials", "--format=json", refresh_token=None).stdout)["connections"]
        accounts = {each["account"]["number"]: each["account"]["id"] for each in listed}
        assert len(accounts) == 2
        words = command(one)
        one.config(refresh_token=None)
        for number, account_id in accounts.items():
            outcome = run([*words, "--account", number, "--state", f"{number}.json"], one.home)
            assert (said(outcome)["account_id"], said(outcome)["account_number"]) == (account_id, number)
            assert [*kept(one, f"{number}.json")["accounts"]] == [account_id]


@pytest.mark.parametrize(
    ("how", "status", "target_status", "word"),
    some(
        [
            (("leave", "3"), 75, 3, "target has failed with status 3"),
            (("garbage",), 0, 0, "target has written no state"),
            (("leave", "0"), 1, 0, "ended before the tap"),
            (("slow",), 0, 0, "waiting for the target to load what it has been given"),
        ],
        usual=1,
    ),
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else None,
)
def test_a_target_that_does_not_do_as_it_should(
    tiny: Bench, how: tuple[str, ...], status: int, target_status: int, word: str
) -> None:
    tiny.write("state.json", STATE)
    outcome = pipeline(tiny, target=target(*how))
    found = said(outcome)
    assert (found["exit_status"], found["target_exit_status"]) == (status, target_status), outcome.stderr
    assert word in outcome.stderr
    assert (kept(tiny) == STATE) == (how[0] == "garbage")


@pytest.mark.parametrize(("words", "status"), some([("head -n 1", 1), ("false", 75)]))
def test_a_target_that_leaves_is_not_read_for(tiny: Bench, words: str, status: int) -> None:
    began = time.monotonic()
    tiny.arm(kind="hang", root="users", seconds=60)
    assert said(pipeline(tiny, target=words))["exit_status"] == status
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("--target", "no-such-target --config x"), "no-such-target cannot be run"),
        (("--state", "nowhere/state.json"), "make the directory"),
        (("--state", "broken.json"), "broken.json is not JSON"),
        (("--state", "."), "Is a directory"),
        (("--report", "./state.json"), "name the same file"),
        (("--state", "/dev/null"), "keeps nothing"),
        (("--state", "nonesuch://bucket/1.json"), "Protocol not known"),
        (("--state", "s3://bucket/1.json"), "Install s3fs"),
        (("--state", "state.json", "--account", "7"), "give each account a state of its own"),
    ],
)
def test_what_cannot_begin_is_one_line_and_moves_nothing(tiny: Bench, words: tuple[str, ...], remedy: str) -> None:
    tiny.write("broken.json", '{"bookmarks": {"cli')
    before = tiny.write("state.json", {**STATE, "accounts": {"Z2lkOi8vSm9iYmVyL0FjY291bnQvMQ==": "x"}}).read_bytes()
    outcome = pipeline(tiny, *words)
    assert outcome.status == 1
    assert said(outcome)["tap_exit_status"] is None
    (line,) = outcome.stderr.splitlines()
    assert ": " in line.split(" | ")[-1]
    assert remedy in line
    assert (tiny.home / "state.json").read_bytes() == before
    assert (tiny.home / "broken.json").read_text(encoding="utf-8") == '{"bookmarks": {"cli'
    assert not tiny.log


def test_the_taps_own_status_passes_through(tiny: Bench) -> None:
    tiny.arm(kind="error", root="users", times=None)
    assert pipeline(tiny).status == 4
    tiny.sandbox.faults.clear()
    state = kept(tiny)
    tiny.write("state.json", {**state, "accounts": {"Z2lkOi8vSm9iYmVyL0FjY291bnQvOQ==": "Elm"}})
    outcome = pipeline(tiny)
    assert outcome.status == 1
    assert "the state has bookmarks of Elm" in outcome.stderr.replace("The", "the")
    assert list(kept(tiny)["accounts"].values()) == ["Elm"]


def _kill(started: Family, program: str) -> None:
    """Kill the tap or the target; the words of the pipeline name both."""
    words = {each: Path(f"/proc/{each}/cmdline").read_bytes() for each in started.alive()}
    (process,) = (each for each in words if program.encode() in words[each] and b"--target" not in words[each])
    os.kill(process, signal.SIGKILL)


def _interrupt(started: Family) -> None:
    """Signal the group, as a terminal does, and once more at once, as `timeout` does."""
    os.killpg(started.head.pid, signal.SIGINT)
    time.sleep(0.05)
    os.killpg(started.head.pid, signal.SIGINT)


@needs_proc
@pytest.mark.parametrize(
    ("how", "stop", "status"),
    some(
        [
            pytest.param("late", _interrupt, 130, id="interrupted"),
            pytest.param("", lambda each: each.head.kill(), -9, id="killed"),
            pytest.param("late", lambda each: _kill(each, "tap-jobber"), 137, id="tap-killed"),
            pytest.param("", lambda each: _kill(each, "target.py"), 75, id="target-killed"),
        ],
        usual=1,
    ),
)
def test_what_has_come_is_kept_and_nothing_runs_on(
    tiny: Bench, how: str, stop: Callable[[Family], None], status: int
) -> None:
    tiny.write("state.json", STATE)
    tiny.arm(kind="hang", root="users", seconds=60)
    with family(command(tiny, target=target(how)), tiny.home) as started:
        _wait_for(lambda: tiny.sandbox.faults.armed[0].fired == 1)
        if not how:
            _wait_for(lambda: bookmark(tiny) != "2024-01-01T00:00:00Z")
        stop(started)
        stdout, stderr = started.head.communicate(timeout=30)
        assert started.head.returncode == status, stderr
        assert started.is_gone()
    assert bookmark(tiny) != "2024-01-01T00:00:00Z"
    assert (json.loads(stdout)["exit_status"] == status) if status > 0 else not stdout


@needs_proc
@pytest.mark.stress
def test_a_target_that_neither_reads_nor_ends_is_ended_by_the_second_signal(tiny: Bench) -> None:
    with family(command(tiny, target=target("deaf")), tiny.home) as started:
        _wait_for(lambda: any(entry.operation and entry.operation.startswith("users") for entry in tiny.log))
        started.head.terminate()
        time.sleep(1)
        assert started.head.poll() is None
        started.head.terminate()
        started.head.communicate(timeout=30)
        assert started.head.returncode == 143
        assert started.is_gone()


def _wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)
