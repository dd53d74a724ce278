"""Processes that a test starts, and all that descend from them, found by what they inherited."""

from __future__ import annotations

import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.e2e.harness import environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MARK = "E2E_TEST_RUN"

needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds descendants by /proc")


def marked(mark: str) -> list[int]:
    """Return the processes whose environment holds a mark; one that only waits to be reaped shows none."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                is_marked = f"{MARK}={mark}".encode() in (entry / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if is_marked:
                found.append(int(entry.name))
    return found


class Family:
    """A process in a group of its own, and whatever it started.

    Args:
        command: Its command.
        home: Its home and working directory.
        env: What else its environment holds.
    """

    def __init__(self, command: Sequence[Path | str], home: Path, env: Mapping[str, str] | None = None) -> None:
        self._mark = uuid4().hex
        self.head = subprocess.Popen(
            [str(word) for word in command],
            cwd=home,
            env=environment(home, {**(env or {}), MARK: self._mark}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )

    def alive(self) -> list[int]:
        """Return the members that still run; one that only waits to be reaped does not."""
        return marked(self._mark)

    def is_gone(self, limit_seconds: float = 15.0) -> bool:
        """Return True if all of them end by themselves."""
        deadline = time.monotonic() + limit_seconds
        while self.alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True


@contextmanager
def family(command: Sequence[Path | str], home: Path, env: Mapping[str, str] | None = None) -> Iterator[Family]:
    """Start a process; at the end it is killed if it still runs, so that a failed test leaves nothing behind."""
    started = Family(command, home, env)
    try:
        yield started
    finally:
        started.head.kill()
        started.head.communicate()
