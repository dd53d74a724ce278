"""Starts taps from a process that has imported everything, since a run of a few rows is mostly its imports.

Each tap is a process of its own all the same, and so is each refresh of its token: its working directory, its
environment, its command line, its output and its exit status are those that the installed executable would have. That
one is started, and imports for itself, in the tests of what it does at its start and at its end, and in all tests with
`E2E_EXECUTABLE=1`.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn

from tap_jobber import connection  # noqa: F401 - so that the taps need not
from tap_jobber.__main__ import main as run_tap
from tap_jobber.cli import command_line, report, run_progress, summary, sync_history  # noqa: F401 - as above
from tap_jobber.credentials import refresh, refresh_process
from tap_jobber.credentials.stores import file  # noqa: F401 - as above
from tap_jobber.streams import STREAMS, custom  # noqa: F401 - as above
from tap_jobber.tap import TapJobber

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[2]
# The SDK's word on how long a Python is supported changes with the date, and is not the tap's.
QUIET = {"PYTHONWARNINGS": "ignore:Python 3"}
IS_USED = hasattr(os, "fork") and os.environ.get("E2E_EXECUTABLE") != "1"


class Nursery:
    """The process that taps are started from."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=ROOT,
            env={name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
            | QUIET
            | {"HOME": "/"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self, words: Sequence[str], home: Path, env: Mapping[str, str], limit_seconds: float
    ) -> tuple[int, str, str]:
        """Run a tap to its end.

        Args:
            words: Its command line.
            home: Its working directory.
            env: Its environment.
            limit_seconds: How long it may take.

        Returns:
            Its exit status, its standard output and its standard error.

        Raises:
            TimeoutError: If it takes longer.
        """
        with (home / ".stdout").open("w+b") as out, (home / ".stderr").open("w+b") as error:
            task = {"words": list(words), "home": str(home), "env": dict(env), "limit": limit_seconds}
            stdin, stdout = self._process.stdin, self._process.stdout
            assert stdin is not None
            assert stdout is not None
            stdin.write(json.dumps(task) + "\n")
            stdin.flush()
            answer = stdout.readline()
            assert answer, "the nursery has ended"
            written = out.read().decode(), error.read().decode()
        for name in (".stdout", ".stderr"):
            (home / name).unlink()
        status: int | None = json.loads(answer)
        if status is None:
            msg = f"longer than {limit_seconds} s:\n{written[1]}"
            raise TimeoutError(msg)
        return status, *written

    def close(self) -> None:
        """End it, at once: no tap of it runs, and to tear down all that it has imported takes its time."""
        self._process.kill()
        self._process.wait(10)


_IDLE: list[Nursery] = []


def run(words: Sequence[str], home: Path, env: Mapping[str, str], limit_seconds: float) -> tuple[int, str, str]:
    """Run a tap to its end, from a nursery that is free; as `Nursery.run`."""
    try:
        nursery = _IDLE.pop()
    except IndexError:
        nursery = Nursery()
        atexit.register(nursery.close)
    try:
        return nursery.run(words, home, env, limit_seconds)
    finally:
        _IDLE.append(nursery)


class _Refresher:
    """A substitute for `subprocess.Popen` that forks a refresh from this process, where all imports are done.

    Like that it is a process of its own, in a session of its own, with nothing of the tap's but its environment.
    """

    def __init__(self, _command: Sequence[str], **_options: object) -> None:
        (task, self._to), (self._from, answer) = os.pipe(), os.pipe()
        self.returncode: int | None = None
        self._child = os.fork()
        if self._child == 0:
            status = 1
            try:
                os.setsid()
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                for number, file in enumerate((task, answer, os.open(os.devnull, os.O_WRONLY))):
                    os.dup2(file, number)
                os.closerange(3, 1_024)
                refresh.main()
                status = 0
            finally:
                os._exit(status)
        os.close(task)
        os.close(answer)

    def communicate(self, line: bytes, timeout: float) -> tuple[bytes, bytes]:
        """Hand over the job and await the answer; the refresh bounds its own time."""
        del timeout
        with os.fdopen(self._to, "wb") as task:
            task.write(line)
        with os.fdopen(self._from, "rb") as answer:
            found = answer.read()
        self.returncode = os.waitstatus_to_exitcode(os.waitpid(self._child, 0)[1])
        return found, b""


def main() -> None:
    """Start a tap for each line of the standard input, one after the other."""
    own = {"PIPE": subprocess.PIPE, "Popen": _Refresher, "TimeoutExpired": subprocess.TimeoutExpired}
    vars(refresh_process)["subprocess"] = SimpleNamespace(**own)
    for stream in STREAMS:
        stream._own_schema()  # noqa: SLF001 - so that the taps need not
    assert TapJobber.plugin_version  # what reads it from the metadata of the package imports as much again
    # What is there already stays, so no tap has to look through it for garbage, and none copies it by doing so.
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        task = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(task)
        print(json.dumps(_status_of(child, task["limit"])), flush=True)  # noqa: T201 - its answer


def _become(task: Mapping[str, Any]) -> NoReturn:
    """Be a tap, as its executable would."""
    status = 1
    try:
        os.chdir(task["home"])
        os.environ.clear()
        os.environ.update(task["env"])
        for number, name, flags in (
            (0, os.devnull, os.O_RDONLY),
            (1, ".stdout", os.O_WRONLY),
            (2, ".stderr", os.O_WRONLY),
        ):
            os.dup2(os.open(name, flags), number)
        sys.argv = ["tap-jobber", *task["words"]]
        run_tap()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - as the interpreter would
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _status_of(child: int, limit_seconds: float) -> int | None:
    """Return the exit status of a child, negative if a signal ended it; None if it had to be ended."""
    is_late = threading.Event()

    def end() -> None:
        is_late.set()
        os.kill(child, signal.SIGKILL)

    timer = threading.Timer(limit_seconds, end)
    timer.start()
    _, status = os.waitpid(child, 0)
    timer.cancel()
    timer.join()
    return None if is_late.is_set() else os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    main()
