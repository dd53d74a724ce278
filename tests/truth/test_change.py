"""The account changes between any two requests, and yet no row is lost, none comes twice, and none is stale.

By hand, with many more examples: `TRUTH_EXAMPLES=20000 pytest -n auto tests/truth/test_change.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import effort_of
from tests.truth.account import Time
from tests.truth.changes import Meddler, RowPlan, Step, drawn, drawn_rows, drawn_steps, populated, row_plans, steps
from tests.truth.expectations import Sync, check_all, emitted
from tests.truth.groups import GROUPS, Group
from tests.truth.reading import Server, catalog_of, run, small_sizes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.truth.reading import State

EXAMPLES = effort_of("TRUTH_EXAMPLES", 28, 400)
HEAVY = ("clients", "requests", "quotes", "jobs", "invoices", "payment_records", "payout_records", "visits")
"""The groups with lists, which have twice as many examples."""

_SHARES = {name: 2 if name in HEAVY else 1 for name in GROUPS}
_MODES = ("everything", "everything", "only the lists", "the lists later", "the root later", "one list only")
_MOSTLY = st.sampled_from((True, True, True, False))


def selections(group: Group, mode: str) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
    """Return the streams that are selected in the first sync, in the second, and in the last."""
    every, lists = group.names, group.names[1:]
    if not lists:
        return every, every, every
    if mode == "only the lists":
        return lists, lists, lists
    if mode == "the lists later":
        return every[:1], every, every
    if mode == "the root later":
        return lists, every, every
    if mode == "one list only":
        return lists[-1:], lists[-1:], every
    return every, every, every


@pytest.mark.parametrize("name", GROUPS)
def test_nothing_is_lost_while_the_account_changes(name: str) -> None:
    @drawn(EXAMPLES * _SHARES[name] // sum(_SHARES.values()))
    @given(
        rows=drawn_rows(name),
        schedules=st.tuples(drawn_steps(name), drawn_steps(name)),
        mode=st.sampled_from(_MODES),
        page_size=st.sampled_from((2, 2, 3, 3, 4, 5)),
        is_inclusive=st.booleans(),
        are_dated=st.tuples(_MOSTLY, _MOSTLY, _MOSTLY),
        skew_minutes=st.integers(-10, 10),
        pause_seconds=st.sampled_from((0, 30, 90, 4_000)),
        most_rows=st.sampled_from((5, 1_000, 1_000)),
    )
    def check(
        rows: list[RowPlan],
        schedules: tuple[list[Step], list[Step]],
        mode: str,
        page_size: int,
        is_inclusive: bool,  # noqa: FBT001 - Hypothesis passes by name
        are_dated: tuple[bool, bool, bool],
        skew_minutes: int,
        pause_seconds: int,
        most_rows: int,
    ) -> None:
        _check(name, rows, schedules, mode, page_size, is_inclusive, are_dated, skew_minutes, pause_seconds, most_rows)

    check()


def test_a_look_that_begins_again_does_not_take_the_newest_rows_for_disorder() -> None:
    """Between two pages rows changed, so that the next begins at the head with rows newer than the last one read."""
    schedules = (steps("jobs 6565", 7), steps("jobs 29973429", 8))
    _check("jobs", row_plans("jobs 400000", 14), schedules, "everything", 4, False, (True, False, True), 9, 30, 5)  # noqa: FBT003 - as drawn


def test_a_row_that_comes_between_two_pages_is_not_taken_for_disorder() -> None:
    """Its stamp is older than that of the row that the next page begins with, and newer than that of the last one."""
    schedules = (steps("jobs 637", 14), steps("jobs 553", 9))
    plans, dated = row_plans("jobs 24340", 11), (True, False, True)
    _check("jobs", plans, schedules, "everything", 2, False, dated, 10, 4_000, 1_000)  # noqa: FBT003 - as drawn


def test_a_row_that_takes_the_place_of_a_deleted_one_before_the_next_page_is_not_hidden() -> None:
    """Of users 3, 1 and 4 two have come; then 3 is deleted, and 4 comes before 1."""
    schedules = (steps("visits 65537", 11), steps("visits 83", 11))
    dated = (False, False, True)
    _check("visits", row_plans("visits 11", 8), schedules, "only the lists", 3, False, dated, -10, 0, 1_000)  # noqa: FBT003 - as drawn


def _check(
    name: str,
    rows: list[RowPlan],
    schedules: tuple[list[Step], list[Step]],
    mode: str,
    page_size: int,
    is_inclusive: bool,  # noqa: FBT001 - as above
    are_dated: tuple[bool, bool, bool],
    skew_minutes: int,
    pause_seconds: int,
    most_rows: int,
) -> None:
    group = GROUPS[name]
    time = Time(skew_seconds=60.0 * skew_minutes)
    account = populated(time, group, rows)
    streams = [group.root, *(child.stream for child in group.lists)]
    state: State = {}
    syncs = []
    for schedule, names, is_dated in zip((*schedules, []), selections(group, mode), are_dated, strict=True):
        meddler = Meddler(account, group, schedule)
        server = Server(account, meddler, is_inclusive, is_dated)
        with small_sizes(most_rows):
            outcome = run(server, streams, catalog_of(streams, names, group.columns), state, page_size=page_size)
        syncs.append(Sync(group, meddler.history, emitted(group, outcome, names), names, state))
        state = outcome.states[-1]
        time.pass_by(pause_seconds)
    check_all(syncs)
