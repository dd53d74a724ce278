"""ACTIVATE_VERSION makes targets drop what a run has not written, so it comes only where nothing was missed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import effort_of
from tests.truth.account import Time
from tests.truth.changes import Meddler, RowPlan, Step, drawn, drawn_rows, drawn_steps, populated, row_plans
from tests.truth.expectations import emitted
from tests.truth.groups import GROUPS, Group
from tests.truth.reading import Outcome, Server, catalog_of, run, small_sizes

EXAMPLES = effort_of("TRUTH_EXAMPLES", 11, 120)
_WHOLE = [name for name, group in GROUPS.items() if not group.is_incremental]


def _activated(group: Group, rows: list[RowPlan], schedule: list[Step], page_size: int) -> tuple[Outcome, set[str]]:
    """Return a run while the account changes, and the streams whose other rows a target is told to drop."""
    meddler = Meddler(populated(Time(), group, rows), group, schedule)
    streams = [group.root, *(child.stream for child in group.lists)]
    outcome = run(
        Server(meddler.account, meddler),
        streams,
        catalog_of(streams, group.names, group.columns),
        page_size=page_size,
        emit_activate_version_messages=True,
    )
    names = {each["stream"] for each in outcome.messages if each["type"] == "ACTIVATE_VERSION"}
    written = {key for key, _ in emitted(group, outcome, group.names)}
    for key in set(meddler.history[0]).intersection(*meddler.history):
        assert key in written or key[0] not in names, f"{key} would be dropped"
    return outcome, names


@pytest.mark.parametrize("name", _WHOLE)
def test_no_row_is_dropped_that_is_there(name: str) -> None:
    group = GROUPS[name]

    @drawn(EXAMPLES // len(_WHOLE))
    @given(rows=drawn_rows(name), schedule=drawn_steps(name), page_size=st.sampled_from((2, 3, 5)))
    def check(rows: list[RowPlan], schedule: list[Step], page_size: int) -> None:
        with small_sizes(5):
            _activated(group, rows, schedule, page_size)

    check()


@pytest.mark.parametrize("name", _WHOLE)
def test_in_an_account_at_rest_it_comes_for_each_stream(name: str) -> None:
    group = GROUPS[name]
    with small_sizes(5):
        _, names = _activated(group, row_plans(name, 12), [], 3)
    assert names == set(group.names)
