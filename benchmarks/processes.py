"""Starts the measured commands, and the servers beside them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import launcher
from benchmarks.cores import SERVER_CORES, TAP_CORES, bind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SCRIPTS = Path(sysconfig.get_path("scripts"))
TAP = str(SCRIPTS / "tap-jobber")
SANDBOX = str(SCRIPTS / "jobber-sandbox")
STOP_SECONDS = 10.0

_ROOT = Path(__file__).resolve().parent.parent
_FOREIGN = ("TAP_JOBBER_", "SINGER_SDK_")


@dataclass(frozen=True)
class Used:
    """Resources used by a command.

    Attributes:
        wall_seconds: Time from start to end.
        cpu_seconds: Time on a processor, by the command alone.
        peak_mib: Peak of its memory.
    """

    wall_seconds: float
    cpu_seconds: float
    peak_mib: float


def environment(settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a child: without the user's own settings, with this package importable."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return inherited | {"PYTHONPATH": str(_ROOT)} | dict(settings or {})


def measure(
    command: Sequence[str],
    directory: Path,
    settings: Mapping[str, str] | None = None,
    output: Path = Path(os.devnull),
) -> Used:
    """Run a command alone on the tap's core.

    Args:
        command: The command, as a path and its arguments.
        directory: Working directory, without settings of the user.
        settings: Additions to its environment.
        output: File for its standard output.

    Raises:
        RuntimeError: The command fails; the end of its log is the message.
    """
    log = directory / "log.txt"
    cores = ",".join(str(core) for core in sorted(TAP_CORES))
    started = subprocess.run(  # noqa: S603 - the commands are our own
        [sys.executable, "-I", "-S", launcher.__file__, cores, str(output), str(log), *command],
        cwd=directory,
        env=environment(settings),
        stdout=subprocess.PIPE,
        check=True,
    )
    used: dict[str, Any] = json.loads(started.stdout)
    if used.pop("status") != 0:
        raise RuntimeError(f"{' '.join(command)}: {log.read_text(encoding='utf-8')[-2000:]}")
    return Used(**used)


@contextmanager
def server(command: Sequence[str], directory: Path) -> Iterator[dict[str, Any]]:
    """Run a server on the other cores until the context ends.

    Args:
        command: The command; it prints one line of JSON when it is ready.
        directory: Working directory.

    Yields:
        The line that it printed when it was ready.
    """
    with (
        (directory / "server.txt").open("wb") as log,
        subprocess.Popen(  # noqa: S603 - the commands are our own
            command, cwd=directory, env=environment(), stdout=subprocess.PIPE, stderr=log
        ) as process,
    ):
        bind(process.pid, SERVER_CORES)
        try:
            line = process.stdout.readline() if process.stdout else b""
            if not line:
                raise RuntimeError(f"{command[0]} did not start: {(directory / 'server.txt').read_text()[-2000:]}")
            yield json.loads(line)
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
