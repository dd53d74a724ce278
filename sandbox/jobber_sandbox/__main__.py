"""The command line: `serve` a sandbox, or `exec` a command beside one."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from jobber_sandbox import launch
from jobber_sandbox.faults import BadFaultError
from jobber_sandbox.options import add_environment_options, add_options, options_of
from jobber_sandbox.server import Running, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

COMMAND_MISSING = 127
SIGNAL_BASE = 128
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(words: Sequence[str] | None = None) -> None:
    """Do as the command line says and leave with its status."""
    arguments = command_line().parse_args(words)
    options = options_of(arguments)
    command: list[str] = getattr(arguments, "command", [])
    if command[:1] == ["--"]:
        command = command[1:]
    executable = shutil.which(command[0]) if command else None
    if arguments.action == "exec" and executable is None:
        _say(f"no command {command[0]!r} was found" if command else "exec needs a command after --")
        sys.exit(COMMAND_MISSING if command else 2)
    started = time.monotonic()
    try:
        with _stoppable() as stop, running(options) as sandbox:
            _say_started(sandbox, time.monotonic() - started)
            status = _run(executable, command, sandbox, stop) if executable else _serve(sandbox, stop)
    except (OSError, BadFaultError, ValueError) as error:
        _say(str(error))
        status = 1
    sys.exit(status)


def command_line() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser("jobber-sandbox", description="A local Jobber over invented data.")
    actions = parser.add_subparsers(dest="action", required=True)
    serve = actions.add_parser("serve", help="answer until stopped; prints one line of JSON when ready")
    add_options(serve)
    execute = actions.add_parser("exec", help="run a command beside a sandbox and return its status")
    add_options(execute)
    add_environment_options(execute)
    execute.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND...", help="what to run")
    return parser


class _Stop:
    """Signals received, and the child process to pass them on to."""

    def __init__(self) -> None:
        self.happened = threading.Event()
        self.child: subprocess.Popen[bytes] | None = None
        self.pending: int | None = None

    def handle(self, number: int, _frame: FrameType | None) -> None:
        """Note a signal and pass it on to the command."""
        self.happened.set()
        if self.child is None:
            self.pending = number
        elif number != signal.SIGINT or not _terminal_tells_child():
            with contextlib.suppress(ProcessLookupError):
                self.child.send_signal(number)


@contextlib.contextmanager
def _stoppable() -> Iterator[_Stop]:
    stop = _Stop()
    before = {number: signal.signal(number, stop.handle) for number in STOP_SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _terminal_tells_child() -> bool:
    """Return True if Ctrl-C reaches the command by itself, as it does in a terminal's foreground."""
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False


def _serve(sandbox: Running, stop: _Stop) -> int:
    credentials = sandbox.sandbox.credentials
    ready = {
        "url": sandbox.url,
        "api_url": sandbox.api_url,
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret,
        "refresh_token": sandbox.sandbox.first_refresh_tokens[1],
        "refresh_tokens": sandbox.sandbox.first_refresh_tokens,
        "pid": os.getpid(),
    }
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    stop.happened.wait()
    return 0


def _run(executable: str, command: list[str], sandbox: Running, stop: _Stop) -> int:
    if stop.pending is not None:
        return SIGNAL_BASE + stop.pending
    launcher = [sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), executable, *command]
    child = subprocess.Popen(launcher, env={**os.environ, **sandbox.env})  # noqa: S603 the user's own command
    stop.child = child
    if stop.happened.is_set():
        child.terminate()
    status = child.wait()
    return SIGNAL_BASE - status if status < 0 else status


def _say_started(sandbox: Running, seconds: float) -> None:
    options, rows = sandbox.sandbox.options, sum(sandbox.sandbox.world().counts().values())
    restore_rate = sandbox.sandbox.bucket().status().restore_rate
    _say(
        f"{sandbox.url}: {rows:,} rows (scale {options.scale:g}, seed {options.seed}) after {seconds:.1f} s; "
        f"{restore_rate:,} points restored a second (speed {options.speed:g})"
    )


def _say(text: str) -> None:
    sys.stderr.write(f"jobber-sandbox: {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
