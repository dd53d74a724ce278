"""Histories of an account over weeks, read again and again: no row grows old, none is lost, and what is gone goes."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobber_sandbox.timestamps import DAY_SECONDS
from tests.effort import effort, effort_of
from tests.truth.changes import Meddler, drawn, steps
from tests.truth.groups import EACH_WAY, GROUPS
from tests.truth.histories import History
from tests.truth.reading import small_sizes

if TYPE_CHECKING:
    from tests.truth.account import Key, Truth

EXAMPLES = effort_of("TRUTH_EXAMPLES", 19, 76)
_GAPS_SECONDS = (900, 3_600, 3_600, 6 * 3_600, DAY_SECONDS, 2 * DAY_SECONDS, 9 * DAY_SECONDS)
_MARGIN_SECONDS = 60
_TELLS_NEW = {name for name, group in GROUPS.items() if group.is_incremental or group.root.recency is not None}
_TELLS_NEW |= {"visits", "tasks"}
"""Groups of which a run reads each row that is new."""


class Weeks:
    """Weeks of an account, some runs of which are killed and during some of which it changes.

    Args:
        name: The group of streams.
        seed: What happens to it.
        days: The time within which every row is to be read again.
    """

    def __init__(self, name: str, seed: str, days: float) -> None:
        self._chance = random.Random(f"history {seed}")  # noqa: S311 - it has to be repeatable, not secret
        self._seed = seed
        self.days = days
        self.history = History(name, seed, self._chance.randrange(6, 14))
        self.gone: dict[Key, float] = {}
        self.born: dict[Key, float] = dict.fromkeys(self.history.truth, 0.0)
        self.longest_gap = 0.0
        self._completed: float | None = None

    def sync(self, number: int) -> None:
        """Change the account, read it, and look at what the target holds."""
        gap = self._chance.choice(_GAPS_SECONDS)
        history, time = self.history, self.history.account.time
        before = history.truth
        time.pass_by(gap)
        history.change(f"{self._seed} {number}", self._chance.randrange(4))
        time.pass_by(2 * _MARGIN_SECONDS)
        now = time.server()
        self._note(before, now)
        fate = self._chance.random() if history.state is not None else 1.0
        last = self._chance.randrange(2, 30) if fate < 0.15 else None
        schedule = steps(f"{self._seed} during {number}", 6) if 0.15 <= fate < 0.4 else ()
        meddler = Meddler(history.account, history.group, schedule)
        outcome = history.sync(
            last_message=last, meddler=meddler, resync_days=self.days, page_size=3 if schedule else 100
        )
        for earlier in meddler.history[:-1]:
            self._note(earlier, now)
        if not outcome.is_killed:
            # A run that was killed makes the time between two complete ones longer.
            self.longest_gap = max(self.longest_gap, now - (self._completed if self._completed is not None else now))
            self._completed = now
            self._check(now, set(meddler.history[0]).intersection(*meddler.history))

    def _note(self, before: Truth, now: float) -> None:
        """Note which rows have come and gone."""
        truth = self.history.truth
        self.gone |= dict.fromkeys(before.keys() - truth.keys(), now)
        self.gone = {key: since for key, since in self.gone.items() if key not in truth}
        self.born = {key: self.born.get(key, now) for key in truth}

    def _check(self, now: float, there: set[Key]) -> None:
        """Compare the target with the rows that were there all the time."""
        period, rows, group = self.days * DAY_SECONDS, self.history.target.rows, self.history.group
        for key in there:
            # What is hung below a row unseen is found when the row's turn comes.
            # One that was gone for a while may still be there as it was read before.
            read = max(rows[key][2], self.born[key]) if key in rows else self.born[key]
            age = now - read
            assert age <= period + _MARGIN_SECONDS, f"{key} was last read {age / DAY_SECONDS:.2f} days ago"
            if key[0] == group.name and group.name in _TELLS_NEW:
                assert key in rows, f"{key} is lost; dropped: {key in self.history.target.dropped}"
        for key, since in self.gone.items():
            if now - since > 2 * (period + self.longest_gap) + _MARGIN_SECONDS:
                assert key not in rows, f"{key} has been gone for {(now - since) / DAY_SECONDS:.1f} days"


@pytest.mark.parametrize("name", effort(EACH_WAY, tuple(GROUPS)))
def test_no_row_grows_old_and_none_is_lost(name: str) -> None:
    @drawn(max(1, EXAMPLES // len(GROUPS)))
    @given(seed=st.integers(0, 2**32 - 1), days=st.sampled_from((0.5, 1.0, 3.0, 7.0)))
    def check(seed: int, days: float) -> None:
        with small_sizes(5):
            weeks = Weeks(name, str(seed), days)
            for number in range(12):
                weeks.sync(number)

    check()
