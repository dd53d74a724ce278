"""Runs one command and prints the resources that it used, as JSON; a script with few imports for a reason.

Linux counts the size of the process that starts a command towards the command's own peak memory, so this one
loads next to nothing. Usage: launcher.py CORE,... OUTPUT LOG COMMAND...
"""

from __future__ import annotations

import os
import sys
import time


def main(cores: str, output: str, log: str, *command: str) -> None:
    """Run a command to its end.

    Args:
        cores: Cores that it may run on, separated by commas; empty for all.
        output: File for its standard output.
        log: File for its standard error.
        *command: The command, as a path and its arguments.
    """
    if sys.platform == "linux" and cores:
        os.sched_setaffinity(0, [int(core) for core in cores.split(",")])
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    files = [(os.POSIX_SPAWN_OPEN, number, path, flags, 0o600) for number, path in ((1, output), (2, log))]
    began = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=files)
    _, status, usage = os.wait4(pid, 0)
    wall_seconds = time.perf_counter() - began
    peak_bytes = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(
        f'{{"status": {os.waitstatus_to_exitcode(status)}, "wall_seconds": {wall_seconds},'
        f' "cpu_seconds": {usage.ru_utime + usage.ru_stime}, "peak_mib": {peak_bytes / 2**20}}}'
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
