"""Become the command that `exec` was given, after tying its life to the process that started it.

Run as a script by path, so that nothing but the standard library is loaded on the way.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent(parent_pid: int) -> None:
    """Arrange on Linux for a SIGTERM when the parent dies, however it dies."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent_pid:
        sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback of ours if Ctrl-C comes before the command does
    die_with_parent(int(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[3:])  # noqa: S606 running the user's command is the whole purpose
