"""How much the tests try: what a change needs in `make test`, and many times that in `make stress`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

IS_STRESS = os.environ.get("TAP_JOBBER_TEST_STRESS") == "1"


def effort(usual: T, stress: T) -> T:
    """Return what to try: `usual`, or `stress` if the environment has `TAP_JOBBER_TEST_STRESS=1`."""
    return stress if IS_STRESS else usual


def some(cases: Sequence[T], usual: int = 1) -> Sequence[T]:
    """Return the first cases, as many as usual, or all of them: those that tell most come first."""
    return effort(cases[:usual], cases)


def effort_of(variable: str, usual: int, stress: int) -> int:
    """Return the number that an environment variable gives by hand, and else that of `effort`."""
    return int(os.environ.get(variable) or effort(usual, stress))
