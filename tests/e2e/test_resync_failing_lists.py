"""A list that fails in one run of a rolling resync is read again in the next, not when its rows fall due again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.harness import bench
from tests.e2e.test_containment import REFUSED
from tests.effort import some

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.harness import Bench, Outcome

_DAY_SECONDS = 86_400
_DAYS = 4


class _Reads:
    """When each row of a list was last read."""

    def __init__(self, one: Bench, root: str, name: str) -> None:
        self._one, self._streams, self._name = one, [root, name], name
        self._state: Any = None
        self._now = 0
        self.read_at: dict[tuple[str, ...], int] = {}

    def sync(self, seconds: int) -> Outcome:
        """Read after some time, and note which rows came."""
        self._now += seconds
        self._one.sandbox.advanced_seconds += seconds
        words = () if self._state is None else ("--state", self._one.write("state.json", self._state))
        outcome = self._one.tap(*words, streams=self._streams, resync_days=_DAYS)
        self._state = outcome.states[-1]
        keys = outcome.of_type("SCHEMA")[-1]["key_properties"]
        rows = outcome.rows(self._name)
        self.read_at |= {tuple(str(row[key]) for key in keys): self._now for row in rows}
        return outcome

    def oldest_seconds(self) -> int:
        """Return the age of the row that was read longest ago."""
        return self._now - min(self.read_at.values())


@pytest.mark.parametrize(
    ("root", "name", "field"),
    some(
        [
            ("jobs", "job_line_items", "lineItems"),
            ("invoices", "invoice_line_items", "lineItems"),
            ("properties", "property_contacts", "contacts"),
        ]
    ),
)
def test_what_a_list_missed_comes_with_the_next_run(tmp_path: Path, root: str, name: str, field: str) -> None:
    with bench(tmp_path, scale=0.1, clock_offset=-9 * _DAY_SECONDS) as one:
        reads = _Reads(one, root, name)
        assert reads.sync(0).status == 0
        assert reads.sync(_DAY_SECONDS).status == 0
        for _ in range(2):
            # More than the period passes, so that all that is left is due.
            one.arm(**REFUSED, match=f"{field}(first")
            assert reads.sync(2 * _DAY_SECONDS).status == 4
            one.sandbox.faults.clear()
        assert reads.sync(3_600).status == 0
        assert reads.oldest_seconds() <= _DAYS * _DAY_SECONDS + 3_600
        assert reads.sync(3_600).status == 0
