"""A filter on the time of change may know of an edit only some time after it, while the row shows it at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typing_extensions import override

from jobber_sandbox.filters import Arranger
from tests.truth.account import Time
from tests.truth.changes import populated, row_plans
from tests.truth.groups import GROUPS
from tests.truth.reading import Server, catalog_of, run, small_sizes

if TYPE_CHECKING:
    from jobber_sandbox.dynamic_types import Value
    from jobber_sandbox.filters import Test
    from jobber_sandbox.world import Row, World


class BehindArranger(Arranger):
    """Filters by the time of change that know of an edit only some time after it.

    Args:
        time: The server's time.
        lag_seconds: How long after it.
    """

    def __init__(self, time: Time, lag_seconds: float) -> None:
        super().__init__()
        self._time = time
        self._lag_seconds = lag_seconds
        self._before: dict[Row, int] = {}

    def note(self, row: Row) -> None:
        """Note that a row is about to be edited."""
        self._before[row] = row.updated

    @override
    def _test(self, world: World, type_name: str, name: str, value: Value) -> Test | None:
        test, known_seconds = super()._test(world, type_name, name, value), self._time.server() - self._lag_seconds
        if test is None or name != "updatedAt":
            return test

        def test_before(row: Row) -> bool:
            shown = row.updated
            row.updated = self._before.get(row, shown) if shown > known_seconds else shown
            try:
                return test(row)
            finally:
                row.updated = shown

        return test_before


@pytest.mark.parametrize("name", ["clients", "requests", "expenses"])
def test_an_edit_that_the_filter_learns_of_minutes_later_comes_with_the_next_run(name: str) -> None:
    group = GROUPS[name]
    account = populated(Time(), group, row_plans("minutes", 12))
    arranger, time = BehindArranger(account.time, lag_seconds=4 * 60), account.time
    rows = account.world.tables[group.type_name].rows
    catalog = catalog_of([group.root], [name], group.columns)
    state = run(Server(account, arranger=arranger), [group.root], catalog, page_size=4).states[-1]
    time.pass_by(3_600)
    for row in rows:
        arranger.note(row)
        account.edit(row, int(time.server()))
    written: set[str] = set()
    for _ in range(2):
        time.pass_by(200)
        account.world.cache.clear()
        outcome = run(Server(account, arranger=arranger), [group.root], catalog, state, page_size=4)
        state = outcome.states[-1]
        assert written < {row.id for row in rows}, "the filter of the first run showed all edits"
        written |= {row["id"] for row in outcome.rows(name)}
        time.pass_by(3_600)
    assert written == {row.id for row in rows}


@pytest.mark.parametrize("request_number", [1, 4, 9])
def test_a_filter_that_does_not_know_of_an_edit_yet_drops_no_row(request_number: int) -> None:
    group = GROUPS["clients"]
    account = populated(Time(), group, row_plans("behind", 20))
    arranger, time = BehindArranger(account.time, lag_seconds=30), account.time
    rows = account.world.tables["Client"].rows
    written: set[str] = set()
    state = None
    for number in range(4):

        def edit(asked: int, number: int = number) -> None:
            time.pass_by(0.5)
            account.world.cache.clear()
            if (number, asked) == (2, request_number):
                for row in rows[::3]:
                    arranger.note(row)
                    account.edit(row, int(time.server()))

        with small_sizes(5):
            outcome = run(
                Server(account, edit, arranger=arranger),
                [group.root],
                catalog_of([group.root], ["clients"], group.columns),
                state,
                page_size=4,
                resync_days=1,
                emit_activate_version_messages=True,
            )
        state = outcome.states[-1]
        kinds = {message["type"] for message in outcome.messages}
        brought = {row["id"] for row in outcome.rows("clients")}
        written = brought if "ACTIVATE_VERSION" in kinds else written | brought
        assert written >= {row.id for row in rows}, f"run {number}"
        time.pass_by(86_400)
