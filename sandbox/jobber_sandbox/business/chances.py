"""Numbers and events by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random


def some(expected: float, chance: random.Random) -> int:
    """Return a whole number that is as expected on average."""
    whole = int(expected)
    return whole + likely(expected - whole, chance)


def likely(share: float, chance: random.Random) -> bool:
    """Return True in a share of all cases."""
    return chance.random() < share
