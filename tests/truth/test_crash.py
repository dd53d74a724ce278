"""A run that is killed at any moment loses nothing: the next one goes on from the last state written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import effort
from tests.truth.account import Time
from tests.truth.changes import Meddler, RowPlan, Step, drawn, drawn_rows, drawn_steps, populated
from tests.truth.expectations import Sync, check_union, emitted
from tests.truth.groups import EACH_WAY, GROUPS, Group
from tests.truth.reading import KilledError, Outcome, Server, catalog_of, run, small_sizes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.truth.account import Account
    from tests.truth.reading import State

_SHARE = effort(1, 6)
_RESUMES = ("clients", "requests", "quotes", "jobs", "invoices", "payment_records", "payout_records", "visits")
"""Streams that are read in windows of a stamp that their rows show, so that a window is never read twice."""


@dataclass
class Runs:
    """Runs over one account, one after the other, each from the state of the one before.

    Args:
        account: The account.
        group: The streams to read.
        page_size: The largest page.
    """

    account: Account
    group: Group
    page_size: int

    def __post_init__(self) -> None:
        """Begin without a state."""
        self.syncs: list[Sync] = []
        self.outcomes: list[Outcome] = []
        self.state: State = {}

    def go(
        self, schedule: Sequence[Step] = (), last_message: int | None = None, last_request: int | None = None
    ) -> Outcome:
        """Run once; killed after so many messages, or at a request."""
        meddler = Meddler(self.account, self.group, schedule)
        server = Server(self.account, _killing(meddler, last_request))
        streams = [self.group.root, *(child.stream for child in self.group.lists)]
        catalog = catalog_of(streams, self.group.names, self.group.columns)
        outcome = run(server, streams, catalog, self.state, last_message, page_size=self.page_size)
        rows = emitted(self.group, outcome, self.group.names)
        self.syncs.append(Sync(self.group, meddler.history, rows, self.group.names, self.state))
        self.outcomes.append(outcome)
        self.state = outcome.states[-1] if outcome.states else self.state
        return outcome


def _killing(meddler: Meddler, last_request: int | None) -> Callable[[int], None]:
    def before_request(number: int) -> None:
        if number == last_request:
            raise KilledError
        meddler(number)

    return before_request


@pytest.mark.parametrize("name", effort(EACH_WAY, tuple(GROUPS)))
def test_a_killed_run_is_gone_on_with(name: str) -> None:
    group = GROUPS[name]

    @drawn(_SHARE)
    @given(
        rows=drawn_rows(name),
        schedules=st.tuples(drawn_steps(name), drawn_steps(name)),
        is_quiet=st.booleans(),
        is_first=st.booleans(),
        kills=st.lists(st.tuples(st.booleans(), st.integers(0, 99)), min_size=1, max_size=3),
        page_size=st.sampled_from((2, 2, 3, 3, 4, 5)),
    )
    def check(
        rows: list[RowPlan],
        schedules: tuple[list[Step], list[Step]],
        is_quiet: bool,  # noqa: FBT001 - Hypothesis passes by name
        is_first: bool,  # noqa: FBT001
        kills: list[tuple[bool, int]],
        page_size: int,
    ) -> None:
        def begun() -> Runs:
            runs = Runs(populated(Time(), group, rows), group, page_size)
            if not is_first:
                # An incremental run is killed, over an account that has changed since the first one.
                runs.go(schedules[0])
            return runs

        schedule = [] if is_quiet else schedules[1]
        whole = begun().go(schedule)
        runs = begun()
        before = len(runs.syncs)
        for is_request, percent in kills:
            if is_request:
                runs.go(schedule, last_request=1 + whole.requests * percent // 100)
            else:
                runs.go(schedule, last_message=len(whole.messages) * percent // 100)
        assert runs.outcomes[before].is_killed
        runs.go()
        _check_still_rows(runs.syncs, is_quiet=is_quiet and is_first)
        if is_quiet and name in _RESUMES:
            _check_no_window_twice(runs.outcomes[before:], runs.syncs[before:])
        runs.account.time.pass_by(90)
        runs.go()
        check_union(runs.syncs, len(runs.syncs) - 1)

    with small_sizes(5):
        check()


def _check_still_rows(syncs: Sequence[Sync], *, is_quiet: bool) -> None:
    """Check that every row that was there all the time has been written, and no other in an account at rest."""
    written: dict[Any, Any] = {}
    for sync in syncs:
        written.update(sync.rows)
    timeline = [truth for sync in syncs for truth in sync.history]
    for key, value in timeline[0].items():
        parent = (key[0], key[1]) if len(key) == 2 else (syncs[0].group.name, key[1])
        if all(truth.get(key) == value and truth.get(parent) == timeline[0][parent] for truth in timeline):
            assert written.get(key) == value, key
    if is_quiet:
        assert written == timeline[-1]


def _check_no_window_twice(outcomes: Sequence[Outcome], syncs: Sequence[Sync]) -> None:
    """Check that no row written before a state is written again by the run that resumes from it."""
    done: set[Any] = set()
    for outcome, sync in zip(outcomes, syncs, strict=True):
        sync.check_start()
        assert not done & set(sync.rows), "a window was read twice"
        last = max((at for at, each in enumerate(outcome.messages) if each["type"] == "STATE"), default=0)
        rows = sum(each["type"] == "RECORD" for each in outcome.messages[:last])
        bookmarks = outcome.states[-1]["bookmarks"].values() if outcome.states else ()
        # Only then is it gone on with; otherwise it is over, and the next run is one of its own.
        done = done | set(sync.rows[:rows]) if any("read" in each for each in bookmarks) else set()
