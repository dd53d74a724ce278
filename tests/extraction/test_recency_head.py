"""How far a list is read whose most recently changed rows come first."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tap_jobber.extraction.recency_head import REMEMBERED_ROWS, RecencyHead

Row = dict[str, object]


def _read(rows: list[Row], known: tuple[int, ...] = ()) -> tuple[list[Row], tuple[int, ...]]:
    head, taken = RecencyHead(known), []
    for row in rows:
        if head.is_done:
            break
        head.accept(row)
        taken.append(row)
    return taken, head.remembered()


def _rows(*names: str) -> list[Row]:
    return [{"id": name, "name": name} for name in names]


def test_where_nothing_is_known_as_many_rows_are_read_as_are_remembered() -> None:
    taken, known = _read(_rows(*map(str, range(100))))
    assert len(taken) == len(known) == REMEMBERED_ROWS


def test_where_nothing_has_changed_a_few_rows_are_read() -> None:
    rows = _rows(*"abcdefghij")
    _, known = _read(rows)
    taken, again = _read(rows, known)
    assert [row["id"] for row in taken] == [*"abcde"]
    assert again == known


def test_it_reads_past_one_known_row_that_an_unseen_edit_has_moved() -> None:
    rows = _rows(*"abcdefghij")
    _, known = _read(rows)
    # j was edited unseen, then x was made, then c was edited unseen.
    taken, _ = _read(_rows(*"cxjabdefghi"), known)
    assert [row["id"] for row in taken[:3]] == ["c", "x", "j"]


def test_it_reads_the_whole_list_where_no_landmark_is_left() -> None:
    _, known = _read(_rows(*"abcdefghij"))
    taken, _ = _read(_rows(*"kjihgfedcba"), known)
    assert len(taken) == 11


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 2**32 - 1), size=st.integers(0, 60))
def test_every_row_that_moved_is_read(seed: int, size: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - it has to be repeatable, not secret
    rows: list[Row] = [{"id": str(number), "edit": 0} for number in range(size)]
    _, known = _read(rows)
    for step in range(1, 6):
        moved = [chance.choice(rows) for _ in range(chance.randrange(5))] if rows else []
        for row in moved:
            rows.remove(row) if row in rows else None
            # Half of the edits show in no column.
            rows.insert(0, {**row, "edit": step} if chance.random() < 0.5 else row)
        seen = {row["id"]: row for row in rows}
        taken, known = _read(rows, known)
        ids = {row["id"] for row in taken}
        assert {row["id"] for row in moved if row["id"] in seen} <= ids
