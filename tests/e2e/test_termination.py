"""A run that is told to stop does so within seconds, whatever it waits for, with a status that names the signal."""

from __future__ import annotations

import array
import fcntl
import json
import signal
import sys
import termios
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tap_jobber.process.termination import GRACE_SECONDS
from tests.e2e.harness import STATE, TAP, Bench, Outcome, bench, catalog
from tests.e2e.processes import Family, family, needs_proc
from tests.effort import some

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

pytestmark = needs_proc

# What a run takes that need not wait for anything, on a machine that is busy.
SOON_SECONDS = GRACE_SECONDS - 1
STILL_SECONDS = 0.4


def waiting_bytes(started: Family) -> int:
    """Return the number of bytes of its output that nobody has read."""
    assert started.head.stdout is not None
    count = array.array("i", [0])
    fcntl.ioctl(started.head.stdout.fileno(), termios.FIONREAD, count)
    return count[0]


def wait_until(is_so: Callable[[], bool], limit_seconds: float = 20.0) -> None:
    deadline = time.monotonic() + limit_seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def wait_until_stuck(started: Family) -> None:
    """Wait until the pipe is all but full and it writes no more."""
    assert started.head.stdout is not None
    full = fcntl.fcntl(started.head.stdout.fileno(), fcntl.F_GETPIPE_SZ)
    before, since = 0, time.monotonic()
    while time.monotonic() - since < STILL_SECONDS:
        if (now := waiting_bytes(started)) != before or now < full / 2:
            before, since = now, time.monotonic()
        time.sleep(0.02)


def ended(started: Family, limit_seconds: float) -> Outcome:
    """Return the outcome, once it has ended by itself."""
    started.head.wait(limit_seconds)
    out, error = started.head.communicate()
    return Outcome(started.head.returncode, out or "", error)


@contextmanager
def stuck(home: Path, *words: Path | str, program: Sequence[Path | str] = (TAP,)) -> Iterator[Family]:
    """Provide a run whose target has stopped reading.

    Args:
        home: Its home.
        words: Further words of its command line.
        program: The words that start the tap.
    """
    with bench(home, scale=0.15) as one:
        chosen = one.write("catalog.json", catalog(["clients", "client_emails"]))
        with family([*program, "--config", one.config(), "--catalog", chosen, *words], home) as started:
            wait_until_stuck(started)
            yield started


def check_whole(outcome: Outcome) -> None:
    """Check that what came before a line that was cut is a run as it was when it wrote its last state."""
    lines = outcome.stdout.split("\n")[:-1]
    messages = [json.loads(line) for line in lines]
    assert {each["type"] for each in messages} <= {"SCHEMA", "RECORD", "STATE"}
    assert "Traceback" not in outcome.stderr
    assert outcome.errors == []


def test_a_target_that_has_stopped_reading_is_not_waited_for(tmp_path: Path) -> None:
    with stuck(tmp_path) as started:
        started.head.send_signal(signal.SIGTERM)
        outcome = ended(started, GRACE_SECONDS + SOON_SECONDS)
    assert outcome.status == 128 + signal.SIGTERM
    assert outcome.warnings[-1].startswith("Stopped by SIGTERM; within 5 s nothing took")
    check_whole(outcome)


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    with stuck(tmp_path) as started:
        started.head.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert started.head.poll() is None
        started.head.send_signal(signal.SIGTERM)
        outcome = ended(started, 1.0)
    assert outcome.status == 128 + signal.SIGTERM
    check_whole(outcome)


@pytest.mark.stress
def test_a_target_that_reads_again_gets_the_message_and_the_state(tmp_path: Path) -> None:
    with stuck(tmp_path) as started:
        started.head.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        out, error = started.head.communicate(timeout=SOON_SECONDS)
    outcome = Outcome(started.head.returncode, out, error)
    assert outcome.status == 128 + signal.SIGTERM
    assert outcome.messages[-1]["type"] == "STATE"
    assert outcome.warnings[-1] == "Stopped by SIGTERM"


@pytest.mark.stress
def test_a_target_that_goes_as_the_signal_comes(tmp_path: Path) -> None:
    with stuck(tmp_path) as started:
        assert started.head.stdout is not None
        started.head.send_signal(signal.SIGINT)
        time.sleep(0.2)
        assert started.head.stderr is not None
        started.head.stdout.close()
        assert started.head.wait(SOON_SECONDS) == 128 + signal.SIGINT
        outcome = Outcome(0, "", started.head.stderr.read())
        started.head.stdout = started.head.stderr = None
    assert outcome.warnings[-1] == "Stopped by SIGINT"
    assert outcome.errors == []


HINDRANCES: dict[str, dict[str, object]] = {
    "a request that hangs": {"kind": "hang", "seconds": 20.0, "times": None},
    "retries": {"kind": "status", "status": 503, "times": None, "after": 2},
    "a refresh of the token": {"kind": "token_slow", "seconds": 2.0},
    "a token endpoint that fails": {"kind": "token_status", "status": 503, "times": None},
}


@pytest.mark.parametrize(
    ("hindrance", "number"),
    some(
        [
            ("a refresh of the token", signal.SIGINT),
            ("retries", signal.SIGHUP),
            ("a request that hangs", signal.SIGTERM),
            ("a request that hangs", signal.SIGINT),
            ("a refresh of the token", signal.SIGTERM),
            ("retries", signal.SIGTERM),
            ("a token endpoint that fails", signal.SIGTERM),
        ],
        usual=2,
    ),
)
def test_waiting_ends(tiny: Bench, hindrance: str, number: signal.Signals) -> None:
    tiny.arm(**HINDRANCES[hindrance])
    fault = tiny.sandbox.faults.armed[-1]
    command: list[Path | str] = [TAP, "--config", tiny.config(), "--state", tiny.write("state.json", STATE)]
    with family(command, tiny.home) as started:
        wait_until(lambda: fault.fired > 0)
        time.sleep(0.1)
        started.head.send_signal(number)
        outcome = ended(started, SOON_SECONDS)
        assert started.is_gone(10.0)
    assert outcome.status == 128 + number
    assert outcome.warnings[-1] == f"Stopped by {number.name}"
    assert outcome.errors == []
    assert outcome.messages[-1]["type"] == "STATE"
    if "refresh of" in hindrance:
        tiny.sandbox.faults.clear()
        tiny.tap("--test=credentials", refresh_token=None).checked()


@pytest.mark.parametrize("words", some([["--login"], ["--test"]]))
def test_what_writes_no_messages_writes_no_state(tiny: Bench, words: list[str]) -> None:
    tiny.arm(kind="hang", seconds=20.0, times=None)
    with family([TAP, "--config", tiny.config(), *words], tiny.home, {"BROWSER": "true"}) as started:
        if words == ["--login"]:
            assert started.head.stdout is not None
            assert "Log in" in started.head.stdout.readline()
        else:
            wait_until(lambda: tiny.sandbox.faults.armed[-1].fired > 0)
        started.head.send_signal(signal.SIGINT)
        outcome = ended(started, SOON_SECONDS)
    assert outcome.status == 128 + signal.SIGINT
    assert "STATE" not in outcome.stdout
    assert outcome.warnings == ["Stopped by SIGINT"]


def test_a_stop_before_anything_has_begun(tmp_path: Path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        starting = "import os; from tap_jobber.__main__ import main; import tap_jobber.process.termination as t\n"
        sent = f"{starting}of = t._watch\nt._watch = lambda: (of(), os.kill(os.getpid(), {int(number)}))\nmain()"
        with family([sys.executable, "-c", sent], tmp_path) as started:
            outcome = ended(started, SOON_SECONDS)
        assert (outcome.status, outcome.stdout, outcome.stderr) == (128 + number, "", "")


def test_a_main_thread_that_takes_no_notice(tmp_path: Path) -> None:
    deaf = """if True:
        import time
        from tap_jobber.process import standard_streams, termination
        standard_streams.prepare()
        with termination.bounded():
            termination.handle(lambda number, frame: None)
            print("ready", flush=True)
            while True:
                time.sleep(60)
    """
    with family([sys.executable, "-c", deaf], tmp_path) as started:
        assert started.head.stdout is not None
        assert started.head.stdout.readline() == "ready\n"
        began = time.monotonic()
        started.head.send_signal(signal.SIGTERM)
        ended(started, GRACE_SECONDS + SOON_SECONDS)
    assert started.head.returncode == 128 + signal.SIGTERM
    assert time.monotonic() - began > GRACE_SECONDS - 0.5


def test_a_hang_up_is_ignored_where_it_is_to_be(tmp_path: Path) -> None:
    with bench(tmp_path, latency=0.2) as one:
        command = [sys.executable, "-c", _AS_NOHUP, str(TAP), "--config", str(one.config()), "--test=credentials"]
        with family(command, tmp_path) as started:
            wait_until(lambda: bool(one.log))
            started.head.send_signal(signal.SIGHUP)
            assert ended(started, 20.0).status == 0


_AS_NOHUP = "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
