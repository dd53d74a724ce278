"""Whatever happens to a list between two pages, no row of it is lost and none is told twice."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tap_jobber.extraction.overlap import Node, Page, Reader
from tests.effort import effort
from tests.extraction.changing_list import ChangingList

KINDS = ("fixed", "place", "recency")
CHANGES = st.tuples(st.sampled_from(["delete", "edit", "insert"]), st.integers(0, 60))
EVENTS = st.lists(st.lists(CHANGES, max_size=4), max_size=40)

INSERT = ("insert", 0)
BEHIND_EDITED_ROWS = [
    [],
    [("delete", 0), ("delete", 0)],
    [("edit", 3), ("edit", 1)],
    [("edit", 2), ("edit", 3)],
]
BEHIND_AN_OLD_ROW = [
    [INSERT],
    [("edit", 3), ("edit", 1)],
    [("edit", 0)],
    [("edit", 2), INSERT],
    [INSERT],
    [("delete", 0), INSERT],
    [("delete", 0), ("delete", 0)],
]
BEHIND_A_NEW_START = [
    [("edit", 2), INSERT],
    [("edit", 2), INSERT],
    [],
    [INSERT],
    [("delete", 0), ("delete", 0)],
]
BEHIND_A_MOVED_ROW = [
    [("edit", 2)],
    [("edit", 6), ("edit", 15), ("edit", 13)],
    [],
    [("edit", 9)],
    [("edit", 2), ("edit", 11), ("edit", 8), ("edit", 17)],
    [("delete", 15), ("delete", 17), ("delete", 9), ("delete", 10)],
    [("edit", 7), ("delete", 8)],
]


def opened(kind: str, size: int) -> tuple[ChangingList, Reader]:
    """Return a list of one kind of order, and the reader for it."""
    rows = ChangingList(size, by_place=kind == "place", by_recency=kind == "recency")
    return rows, Reader(rereads_head=kind == "recency", place_field="place" if kind == "place" else None)


def read(rows: ChangingList, reader: Reader, first: int, events: list[list[tuple[str, int]]]) -> list[Node]:
    """Read to the end while one event follows each page, and return the pages read."""
    emitted: list[Node] = []
    still = list(events)
    calm_pages = 0
    while not reader.is_done:
        emitted += reader.accept(rows.page(reader.after, first))
        calm_pages += not still
        assert calm_pages <= 4 * len(rows.rows) + 20, "the reader does not come to an end"
        rows.change(still.pop(0) if still else ())
    return emitted


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=effort(75, 2_000), deadline=None)
@given(size=st.integers(0, 40), first=st.integers(2, 7), events=EVENTS)
def test_no_row_is_lost_while_the_list_changes(
    kind: str, size: int, first: int, events: list[list[tuple[str, int]]]
) -> None:
    check(*opened(kind, size), first, events)


@settings(max_examples=effort(100, 2_000), deadline=None)
@given(
    size=st.integers(4, 9),
    first=st.integers(2, 4),
    events=st.lists(st.lists(CHANGES, min_size=1, max_size=3), min_size=4, max_size=16),
)
@example(size=6, first=3, events=BEHIND_EDITED_ROWS).via("rows edited after it hide it")
@example(size=4, first=2, events=BEHIND_AN_OLD_ROW).via("the next page begins with a row known from before")
@example(size=3, first=2, events=BEHIND_A_NEW_START).via("the read has started over in between")
@example(size=12, first=2, events=BEHIND_A_MOVED_ROW).via("the next page begins with a row that has moved")
def test_no_row_is_lost_while_edited_rows_keep_jumping_to_the_head(
    size: int, first: int, events: list[list[tuple[str, int]]]
) -> None:
    check(*opened("recency", size), first, events)


def check(rows: ChangingList, reader: Reader, first: int, events: list[list[tuple[str, int]]]) -> None:
    """Read a list that changes, and assert that no row is lost or reported twice."""
    emitted = read(rows, reader, first, events)
    told = [(node["id"], node["value"]) for node in emitted]
    assert len(told) == len(set(told)), "an unchanged row is told twice"
    ids = {row_id for row_id, _value in told}
    for row_id, row in rows.original.items():
        if row_id not in rows.deleted:
            assert row_id in ids, "a row that was there all the time is lost"
        if row_id not in rows.deleted | rows.touched:
            assert (row_id, row["value"]) in told


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=effort(40, 1_000), deadline=None)
@given(size=st.integers(0, 40), first=st.integers(2, 7))
def test_a_list_at_rest_is_read_in_order_and_without_waste(kind: str, size: int, first: int) -> None:
    rows, reader = opened(kind, size)
    pages = 0
    emitted: list[Node] = []
    while not reader.is_done:
        emitted += reader.accept(rows.page(reader.after, first))
        pages += 1
    assert emitted == rows.rows
    needed = 1 if size <= first else 1 + -(-(size - first) // (first - 1))
    assert pages == needed + (kind == "recency" and size > first)


@settings(max_examples=effort(40, 1_000), deadline=None)
@given(size=st.integers(0, 40), first=st.integers(1, 7))
def test_cursors_that_are_no_offsets_are_followed_as_they_are(size: int, first: int) -> None:
    reader = Reader()
    pages = [list(range(at, min(at + first, size))) for at in range(0, max(size, 1), first)]
    asked: list[str | None] = []
    emitted: list[Node] = []
    while not reader.is_done:
        asked.append(reader.after)
        number = 0 if reader.after is None else int(reader.after.removeprefix("cursor-"))
        nodes = [{"id": f"row-{at}"} for at in pages[number]]
        is_last = number + 1 == len(pages)
        emitted += reader.accept(Page(nodes, not is_last, f"cursor-{number + 1}"))
    assert asked == [None, *(f"cursor-{number}" for number in range(1, len(pages)))]
    assert emitted == [{"id": f"row-{at}"} for at in range(size)]
