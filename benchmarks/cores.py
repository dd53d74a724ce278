"""Divides the processor's cores between the tap and the servers that it reads from."""

from __future__ import annotations

import os
import sys


def _available() -> list[int]:
    return sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []


def _divided(cores: list[int]) -> tuple[frozenset[int], frozenset[int]]:
    """Return one core for the tap and the others for its servers; bind nothing where there is only one."""
    if len(cores) == 1:
        return frozenset(), frozenset()
    return frozenset(cores[:1]), frozenset(cores[1:])


TAP_CORES, SERVER_CORES = _divided(_available())


def bind(pid: int, cores: frozenset[int]) -> None:
    """Keep a process on some cores, as far as the platform can.

    Args:
        pid: The process; 0 for this one.
        cores: Cores that it may run on; none for all.
    """
    if sys.platform == "linux" and cores:
        os.sched_setaffinity(pid, cores)
