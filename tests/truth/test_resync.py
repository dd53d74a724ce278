"""Histories of an account over weeks, read again and again: no row grows old, none is lost, and what is gone goes."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobber_sandbox.timestamps import DAY_SECONDS
from tests.truth.account import Time
from tests.truth.changes import Meddler, drawn, populated, row_plans, steps
from tests.truth.expectations import emitted
from tests.truth.groups import GROUPS, Group
from tests.truth.reading import Outcome, Server, catalog_of, run, small_sizes

if TYPE_CHECKING:
    from tests.truth.account import Key, Value

EXAMPLES = int(os.environ.get("TRUTH_EXAMPLES", "36"))
_GAPS_SECONDS = (900, 3_600, 3_600, 6 * 3_600, DAY_SECONDS, 2 * DAY_SECONDS, 9 * DAY_SECONDS)
_MARGIN_SECONDS = 60
_TELLS_NEW = {name for name, group in GROUPS.items() if group.is_incremental or group.root.recency is not None}
_TELLS_NEW |= {"visits", "tasks"}
"""Groups of which a run reads each row that is new."""


@dataclass
class Loaded:
    """What a target holds that understands ACTIVATE_VERSION.

    Attributes:
        rows: Of each row the value, the version and when it was last written.
    """

    rows: dict[Key, tuple[Value, Any, float]] = field(default_factory=dict)
    dropped: set[Key] = field(default_factory=set)

    def load(self, group: Group, outcome: Outcome, now: float) -> None:
        """Take the messages of a run, in their order."""
        written = iter(emitted(group, outcome, group.names))
        for message in outcome.messages:
            if message["type"] == "RECORD":
                key, value = next(written)
                self.rows[key] = (value, message["version"], now)
            elif message["type"] == "ACTIVATE_VERSION":
                name, version = message["stream"], message["version"]
                for key in [key for key, each in self.rows.items() if key[0] == name and each[1] != version]:
                    del self.rows[key]
                    self.dropped.add(key)


class History:
    """An account that is read every now and then.

    Args:
        name: The group of streams.
        seed: What happens to it.
        days: The time within which every row is to be read again.
    """

    def __init__(self, name: str, seed: str, days: float) -> None:
        self.group = GROUPS[name]
        self.days = days
        self._chance = random.Random(f"history {seed}")  # noqa: S311 - it has to be repeatable, not secret
        self._seed = seed
        self.account = populated(Time(), self.group, row_plans(f"{name} {seed}", self._chance.randrange(6, 14)))
        self.streams = [self.group.root, *(child.stream for child in self.group.lists)]
        self.state: dict[str, Any] | None = None
        self.target = Loaded()
        self.gone: dict[Key, float] = {}
        self.born: dict[Key, float] = dict.fromkeys(self.account.truth(self.group), 0.0)
        self.longest_gap = 0

    def sync(self, number: int) -> None:
        """Change the account, read it, and look at what the target holds; the run may be killed on the way."""
        gap = self._chance.choice(_GAPS_SECONDS)
        self.longest_gap = max(self.longest_gap, gap)
        before = self.account.truth(self.group)
        self.account.time.pass_by(gap)
        meddler = Meddler(self.account, self.group, steps(f"{self._seed} {number}", self._chance.randrange(4)))
        for each in range(1, 1 + len(meddler.schedule)):
            meddler(each)
        self.account.time.pass_by(2 * _MARGIN_SECONDS)
        now = self.account.time.server()
        truth = self.account.truth(self.group)
        self.gone |= dict.fromkeys(before.keys() - truth.keys(), now)
        self.gone = {key: since for key, since in self.gone.items() if key not in truth}
        self.born = {key: self.born.get(key, now) for key in truth}
        is_killed = self.state is not None and self._chance.random() < 0.15
        outcome = run(
            Server(self.account),
            self.streams,
            catalog_of(self.streams, self.group.names, self.group.columns),
            self.state,
            self._chance.randrange(2, 30) if is_killed else None,
            resync_days=self.days,
            emit_activate_version_messages=True,
        )
        self.state = outcome.states[-1] if outcome.states else self.state
        self.target.load(self.group, outcome, now)
        if not outcome.is_killed:
            self.check(truth, now)

    def check(self, truth: dict[Key, Value], now: float) -> None:
        """Compare the target with the account."""
        period = self.days * DAY_SECONDS
        for key in truth:
            # What is hung below a row unseen is found when the row's turn comes.
            read = self.target.rows[key][2] if key in self.target.rows else self.born[key]
            age = now - read
            assert age <= period + _MARGIN_SECONDS, f"{key} was last read {age / DAY_SECONDS:.2f} days ago"
            if key[0] == self.group.name and self.group.name in _TELLS_NEW:
                assert key in self.target.rows, f"{key} is lost; dropped: {key in self.target.dropped}"
        for key, since in self.gone.items():
            if now - since > 2 * (period + self.longest_gap) + _MARGIN_SECONDS:
                assert key not in self.target.rows, f"{key} has been gone for {(now - since) / DAY_SECONDS:.1f} days"


@pytest.mark.parametrize("name", GROUPS)
def test_no_row_grows_old_and_none_is_lost(name: str) -> None:
    @drawn(max(2, EXAMPLES // len(GROUPS)))
    @given(seed=st.integers(0, 2**32 - 1), days=st.sampled_from((0.5, 1.0, 3.0, 7.0)))
    def check(seed: int, days: float) -> None:
        with small_sizes(5):
            history = History(name, str(seed), days)
            for number in range(12):
                history.sync(number)

    check()
