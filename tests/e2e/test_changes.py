"""The account changes while it is read: no row that stays is missing, whatever the order of its list."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e import truth
from tests.e2e.harness import Bench, bench

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tap_jobber.sandbox.world import Row

STREAMS = {
    "clients": "Client",  # by time of change
    "jobs": "Job",  # by a number that never changes
    "properties": "Property",  # most recent first
    "visits": "Visit",  # by time of creation
}
ORDERS: dict[str, Callable[[Row], tuple[int, int]]] = {
    "clients": lambda row: (row.updated, row.number),
    "jobs": lambda row: (0, row.number),
    "properties": lambda row: (-row.updated, row.number),
    "visits": lambda row: (row.created, row.number),
}
PAGE_SIZE = 12


class Meddler:
    """Edits, deletes and creates rows between the pages, some of them already read and some not.

    Args:
        bench: Whose account.
        type_name: The type of the rows.
        seed: Everything it does follows from it.
        last_request: After this many requests it lets the account rest.
        kinds: What it does.
    """

    def __init__(
        self, bench: Bench, type_name: str, seed: int, last_request: int, kinds: tuple[str, ...] = ("edit", "delete")
    ) -> None:
        self._bench = bench
        self._type_name = type_name
        self._chance = random.Random(seed)  # noqa: S311 - it has to be repeatable, not secret
        self._last_request = last_request
        self._kinds = kinds
        self.edited: set[str] = set()
        self.deleted: set[str] = set()
        self.created: set[str] = set()

    def __call__(self, number: int) -> None:
        """Change a few rows before a request is answered."""
        if not 1 < number <= self._last_request:
            return
        for kind in self._kinds:
            self._do(kind)

    def _do(self, kind: str) -> None:
        what: dict[str, Any] = {"op": kind, "type": self._type_name}
        if kind == "create":
            self.created.update(self._bench.change(**what, count=self._chance.randint(0, 2)))
            return
        rows = self._bench.sandbox.world().tables[self._type_name].rows
        chosen = [row.id for row in self._chance.sample(rows, min(len(rows), self._chance.randint(1, 3)))]
        if kind == "delete" and self._chance.random() < 0.5:
            chosen = [row.id for row in rows[:2]]
        self._bench.change(**what, ids=chosen)
        (self.edited if kind == "edit" else self.deleted).update(chosen)


@pytest.mark.parametrize(("seed", "stream"), list(enumerate(STREAMS, 1)))
def test_no_row_that_stays_is_missing(tmp_path: Path, seed: int, stream: str) -> None:
    with bench(tmp_path, scale=0.4, seed=seed) as one:
        before = truth.ids(one, stream)
        meddler = Meddler(one, STREAMS[stream], seed, 10, ("edit", "delete", "create"))
        one.sandbox.before_request = meddler
        outcome = one.tap(streams=[stream], page_size=PAGE_SIZE).checked()
        after = truth.rows(one, stream)
    brought = set(outcome.ids(stream))
    staying = {row["id"] for row in after} & before
    assert len(one.log) > 10
    assert meddler.edited
    assert meddler.deleted
    assert staying <= brought, f"{len(staying - brought)} rows are missing"
    last, expected = outcome.last_rows(stream), {row["id"]: row for row in after}
    for each in staying - meddler.edited:
        assert _own(last[each]) == _own(expected[each])


def _own(row: dict[str, Any]) -> dict[str, Any]:
    """What does not depend on other rows, which may have gone."""
    return {name: value for name, value in row.items() if not (isinstance(value, (dict, list)) or name.endswith("Id"))}


@pytest.mark.parametrize("stream", ["clients", "properties"])
def test_an_edit_before_the_end_is_brought(tmp_path: Path, stream: str) -> None:
    """Where the order follows the edits, what the target ends up with is the account as it is now."""
    with bench(tmp_path, scale=0.4) as one:
        meddler = Meddler(one, STREAMS[stream], 3, 6, ("edit",))
        one.sandbox.before_request = meddler
        outcome = one.tap(streams=[stream], page_size=PAGE_SIZE).checked()
        after = {row["id"]: row for row in truth.rows(one, stream)}
    assert meddler.edited
    assert outcome.last_rows(stream) == after


@pytest.mark.parametrize("stream", STREAMS)
def test_deleting_what_was_read_skips_nothing(tmp_path: Path, stream: str) -> None:
    with bench(tmp_path, scale=0.4) as one:

        def delete(number: int) -> None:
            if number in {2, 4, 5}:
                ordered = sorted(one.sandbox.world().tables[STREAMS[stream]].rows, key=ORDERS[stream])
                one.change(op="delete", type=STREAMS[stream], ids=[row.id for row in ordered[: PAGE_SIZE - 2]])

        one.sandbox.before_request = delete
        outcome = one.tap(streams=[stream], page_size=PAGE_SIZE).checked()
        assert truth.ids(one, stream) <= set(outcome.ids(stream))
