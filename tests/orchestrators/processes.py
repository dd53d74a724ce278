"""The processes of a run, as Linux tells of them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_PROCESSES = Path("/proc")


def pipelines_of(home: Path, account: str) -> list[int]:
    """Return the pipelines of an account that run.

    Args:
        home: A directory that their states are in, of one engine among several.
        account: The number of the account.
    """
    return [
        process
        for process, words in _all()
        if _is_program("tap-jobber-pipeline", words)
        and account in words
        and any(word.startswith(str(home)) for word in words)
    ]


def tap_of(pipeline: int) -> int:
    """Return the tap that a pipeline has started."""
    taps = (process for process, words in _all() if _is_program("tap-jobber", words))
    return next(process for process in taps if parent_of(process) == pipeline)


def parent_of(process: int) -> int:
    """Return the process that has started another."""
    return int(_status(process)[1])


def members_of(sessions: Collection[int]) -> list[int]:
    """Return the processes of sessions."""
    return [process for process, _ in _all() if int((_status(process) or ["", "", "", "0"])[3]) in sessions]


def command_line(process: int) -> list[str]:
    """Return the command of a process; nothing if it has gone."""
    try:
        return (_PROCESSES / str(process) / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def _all() -> Iterator[tuple[int, list[str]]]:
    for entry in _PROCESSES.iterdir():
        with suppress(ValueError):
            process = int(entry.name)
            yield process, command_line(process)


def _status(process: int) -> list[str]:
    """Return the state, parent, group and session of a process, and more; nothing if it has gone."""
    try:
        return (_PROCESSES / str(process) / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return []


def _is_program(name: str, words: list[str]) -> bool:
    """Return True if a command is a script, which an interpreter runs."""
    return any(word.endswith(f"/{name}") for word in words[:3])
