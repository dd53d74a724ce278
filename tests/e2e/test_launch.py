"""The sandbox's executable with the real tap in it: statuses pass through, and no process stays behind."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest
import requests

from tests.e2e.harness import SANDBOX, TAP, Outcome, bench, catalog, run
from tests.e2e.processes import family, needs_proc
from tests.effort import some

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs_proc

EXEC: list[Path | str] = [SANDBOX, "exec", "--scale", "0.02", "--speed", "1000", "--"]
# Says its process id, then stays.
STAYING = [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(60)"]


def test_exec_runs_the_tap_as_it_is(tmp_path: Path) -> None:
    chosen = tmp_path / "catalog.json"
    chosen.write_text(json.dumps(catalog(["clients", "client_tags", "vehicles"])), encoding="utf-8")
    outcome = run([*EXEC, TAP, "--config=ENV", "--catalog", chosen], tmp_path)
    assert outcome.status == 0, outcome.stderr
    assert len(outcome.states) >= 1
    assert outcome.streams == {"clients", "client_tags", "vehicles"}
    assert not list(tmp_path.glob("**/tokens.json"))


@pytest.mark.parametrize("status", [0, 3, 255])
@pytest.mark.stress
def test_exec_returns_the_status_and_leaves_nothing(tmp_path: Path, status: int) -> None:
    with family([*EXEC, sys.executable, "-c", f"raise SystemExit({status})"], tmp_path) as started:
        started.head.communicate(timeout=20)
        assert started.head.returncode == status
        assert started.is_gone(1)


@pytest.mark.stress
def test_exec_of_a_tap_that_fails(tmp_path: Path) -> None:
    with family([*EXEC, TAP, "--config=ENV"], tmp_path, {"TAP_JOBBER_API_VERSION": "2020-02-29"}) as started:
        _, error = started.head.communicate(timeout=30)
        assert started.head.returncode == 1
        assert "'2020-02-29' does not exist" in error
        assert started.is_gone(1)


@pytest.mark.stress
def test_exec_of_a_command_that_is_not_there(tmp_path: Path) -> None:
    with family([*EXEC, "no-such-command"], tmp_path) as started:
        _, error = started.head.communicate(timeout=20)
        assert started.head.returncode == 127
        assert len(error.splitlines()) == 1
        assert started.is_gone(1)


@pytest.mark.parametrize(
    ("number", "is_for_group"),
    [(signal.SIGINT, True), (signal.SIGTERM, False), (signal.SIGTERM, True), (signal.SIGHUP, False)],
)
@pytest.mark.stress
def test_exec_that_is_stopped_leaves_nothing(tmp_path: Path, number: signal.Signals, *, is_for_group: bool) -> None:
    with family([*EXEC, *STAYING], tmp_path) as started:
        assert started.head.stdout is not None
        assert int(started.head.stdout.readline()) in started.alive()
        (os.killpg if is_for_group else os.kill)(started.head.pid, number)
        started.head.communicate(timeout=20)
        assert started.head.returncode != 0
        assert started.is_gone(3)


@pytest.mark.parametrize("number", some([signal.SIGINT, signal.SIGTERM]))
def test_exec_of_a_tap_that_is_stopped_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    slow = [*EXEC[:-1], "--latency", "0.5", "--", TAP, "--config=ENV"]
    with family(slow, tmp_path, {"TAP_JOBBER_PAGE_SIZE": "2"}) as started:
        assert started.head.stdout is not None
        assert json.loads(started.head.stdout.readline())["type"] == "STATE"  # names the account
        os.killpg(started.head.pid, number)
        out, error = started.head.communicate(timeout=20)
        assert started.head.returncode != 0
        assert all(json.loads(line)["type"] for line in out.splitlines())
        assert "Traceback" not in error
        assert started.is_gone(10)


@pytest.mark.parametrize("number", some([signal.SIGTERM, signal.SIGINT]))
def test_signals_that_repeat_end_it_once(tmp_path: Path, number: signal.Signals) -> None:
    with bench(tmp_path, latency=0.5) as one, family([TAP, "--config", one.config(page_size=2)], tmp_path) as started:
        assert started.head.stdout is not None
        assert json.loads(started.head.stdout.readline())["type"] == "STATE"  # names the account
        while started.head.poll() is None:
            started.head.send_signal(number)
            time.sleep(0.002)
        out, error = started.head.communicate(timeout=20)
    assert started.head.returncode == 128 + number
    # The account's state stands; a new one is written where there is one.
    assert {json.loads(line)["type"] for line in out.splitlines()} <= {"SCHEMA", "RECORD", "STATE"}
    outcome = Outcome(started.head.returncode, out, error)
    assert [text for text in outcome.warnings if "Stopped" in text] == [f"Stopped by {number.name}"]
    assert outcome.errors == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.stress
def test_serve_announces_itself_and_stops(tmp_path: Path, number: signal.Signals) -> None:
    with family([SANDBOX, "serve", "--scale", "0.02", "--seed", "7"], tmp_path) as started:
        assert started.head.stdout is not None
        ready = json.loads(started.head.stdout.readline())
        config = tmp_path / "config.json"
        settings = {name: ready[name] for name in ("api_url", "client_id", "client_secret", "refresh_token")}
        config.write_text(json.dumps({**settings, "token_store": str(tmp_path / "tokens.json")}), encoding="utf-8")
        run([TAP, "--config", config, "--test=credentials"], tmp_path).checked()
        state = requests.get(f"{ready['url']}/sandbox/state", timeout=5).json()
        assert state["options"]["seed"] == 7
        assert state["totals"]["tokenRefreshes"] == 1
        started.head.send_signal(number)
        assert started.head.wait(10) == 0
        assert started.is_gone(1)
    with pytest.raises(requests.ConnectionError):
        requests.get(ready["url"], timeout=2)
