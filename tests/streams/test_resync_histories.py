"""Random histories of accounts under a rolling resync: no row grows old, none is lost, what is gone goes, at its price.

`TAP_JOBBER_TEST_HISTORIES` says how many. Each is made from its number, which a failure names.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.effort import effort_of
from tests.streams.resync_simulation import NO_STATE, Run
from tests.streams.simulated_changes import BEGIN_SECONDS, WAYS, Account

if TYPE_CHECKING:
    from collections.abc import Iterable

HISTORIES = effort_of("TAP_JOBBER_TEST_HISTORIES", 30, 1_000)
_BATCHES = 4
_RUNS = 40
_DAY = 86_400
_WEEK = 7 * _DAY
_GAPS_SECONDS = ((600,), (3_600,), (_DAY,), (300, 3_600, 6 * 3_600, _DAY), (900, _DAY, 3 * _DAY, 3 * _WEEK))
"""Rhythms of runs: the times between two of them to choose from."""
_HEAVY_ITEMS = 80
_SHARE_ALLOWED = 1.15


class History:
    """An account, what a target holds of it, and what reading it has cost in rows, those of lists counted.

    Args:
        number: The number of the history.
    """

    def __init__(self, number: int) -> None:
        self._name = f"history {number}"
        self._chance = chance = random.Random(number)  # noqa: S311 - it has to be repeatable, not secret
        self._way = WAYS[chance.choice(list(WAYS))]
        self._days = chance.choice((0.25, 1.0, 3.0, 7.0))
        self._gaps_seconds = chance.choice(_GAPS_SECONDS)
        self._changes_a_week = chance.choice((0.0, 0.1, 1.0, 5.0))
        self._deaths_a_run = chance.choice((0.0, 0.2))
        self._busy_share = chance.choice((0.0, 0.5, 1.0))
        self.account = account = Account(self._way)
        for _ in range(chance.choice((0, 3, 40, 250))):
            account.create(BEGIN_SECONDS - chance.randrange(1, 900 * _DAY), self._items())
        self._at_once = chance.choice((0, 0, 60))
        for _ in range(self._at_once):
            account.create(BEGIN_SECONDS - 500 * _DAY, 0)
        self._most_rows = 1.2 * len(account.rows)
        self._state = NO_STATE
        self._completed = BEGIN_SECONDS
        self._longest_gap = 0
        self._loaded: dict[str, tuple[int, int | None, int]] = {}
        self._quiet: set[str] = set()
        self._gone: dict[str, int] = {}
        self._changed = self._due = 0.0
        self._spent = self._lost = 0

    def _items(self) -> int:
        """Return the length of the list of a row; one in a hundred is long."""
        return self._chance.choice((0, 0, 0, 1, 2, 3)) if self._chance.randrange(100) else _HEAVY_ITEMS

    def pass_by(self) -> None:
        """Let time pass, in which some rows are made, edited and removed."""
        chance, account = self._chance, self.account
        gap = chance.choice(self._gaps_seconds) + chance.randrange(120)
        self._due += _rows(account, account.rows) * min(1.0, gap / self._period_seconds)
        mean = len(account.rows) * min(1.0, self._changes_a_week * gap / _WEEK)
        count = round(chance.expovariate(1 / mean)) if mean else 0
        stamps = sorted(account.now + chance.randrange(gap) for _ in range(count))
        account.now += gap
        self._longest_gap = max(self._longest_gap, account.now - self._completed)
        keys = list(account.rows)
        for stamp in stamps:
            key, what = chance.choice(keys), chance.choice(("create", "delete", "edit", "edit quietly"))
            if what == "create" and len(account.rows) < self._most_rows:
                account.create(stamp, self._items())
            elif what == "delete" and key in account.rows:
                account.delete(key)
                self._gone[key] = account.now
            elif what.startswith("edit") and key in account.rows:
                account.edit(key, stamp, is_quiet=what == "edit quietly")
                if key not in account.news:
                    self._quiet.add(key)

    def run(self) -> None:
        """Run the tap once, maybe not to its end."""
        account, is_first = self.account, self._state == NO_STATE
        is_busy = self._chance.random() < self._busy_share
        run = Run(self._way, account, self._state, self._days, is_busy=is_busy)
        last = self._chance.randrange(1, 80) if self._chance.random() < self._deaths_a_run else None
        read, saved, written = 0, 0, self._state
        for read, key in enumerate(run.rows(), start=1):
            if run.written is not written:
                saved, written = read - 1, run.written
            if key is not None:
                self._loaded[key] = (account.rows[key].value, run.version, account.now)
            if read == last:
                break
        is_killed = read == last
        self._spent += 0 if is_first else read
        self._lost += read - saved if is_killed else 0
        if not is_killed:
            self._changed += 0 if is_first else _rows(account, account.news)
            account.news.clear()
            if run.end():
                self._loaded = {key: each for key, each in self._loaded.items() if each[1] == run.version}
            self._completed = account.now
            self._check()
        self._state = run.written

    @property
    def _period_seconds(self) -> float:
        return self._days * _DAY

    def _check(self) -> None:
        """Compare what the target holds after a complete run with the account."""
        rows, loaded, now = self.account.rows, self._loaded, self.account.now
        assert not rows.keys() - loaded.keys(), f"{self._name}: no row is lost"
        age = now - min((loaded[key][2] for key in rows), default=now)
        assert age <= self._period_seconds, f"{self._name}: no row is older than the period"
        stale = {key for key, row in rows.items() if loaded[key][0] != row.value}
        assert stale <= self._quiet, f"{self._name}: what the API shows is read at once"
        long_ago = now - 2 * (self._period_seconds + self._longest_gap)
        gone = {key for key, since in self._gone.items() if since < long_ago}
        assert not gone & loaded.keys(), f"{self._name}: what is gone is dropped after two rounds"

    def check_price(self) -> None:
        """Check what all runs but the first have read."""
        # Some rows can only be read together, and a run that was killed had read some that it could not save.
        extra = max(self._at_once, *(row.rows for row in self.account.rows.values()), _HEAVY_ITEMS + 1) + self._lost
        assert self._spent <= _SHARE_ALLOWED * (self._changed + self._due) + extra, (
            f"{self._name}: a run costs what has changed"
        )


def _rows(account: Account, keys: Iterable[str]) -> int:
    return sum(account.rows[key].rows for key in keys)


@pytest.mark.parametrize("batch", range(_BATCHES))
def test_history_is_read_again_in_time_at_the_price_of_what_has_changed(batch: int) -> None:
    for number in range(batch, HISTORIES, _BATCHES):
        history = History(number)
        history.run()
        for _ in range(_RUNS):
            history.pass_by()
            history.run()
        history.check_price()


@pytest.mark.parametrize("busy_share", [0.0, 0.5])
@pytest.mark.parametrize("name", [name for name, way in WAYS.items() if way.stamp is not None])
def test_runs_read_even_shares(name: str, busy_share: float) -> None:
    chance = random.Random(name)  # noqa: S311 - as above
    account, state, sizes = Account(WAYS[name]), NO_STATE, []
    for _ in range(1_000):
        account.create(BEGIN_SECONDS - chance.randrange(1, 900 * _DAY), 0)
    for _ in range(7 * 12):
        run = Run(WAYS[name], account, state, days=7.0, is_busy=chance.random() < busy_share)
        sizes.append(sum(1 for _ in run.rows()))
        run.end()
        account.news.clear()
        account.now += 7_200
        state = run.written
    assert sizes[0] == 1_000
    assert 900 <= sum(sizes[1:]) <= 1_150
    assert max(sizes[1:]) <= 100
