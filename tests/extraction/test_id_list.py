"""All ids of a list are read while it changes, though nothing of a row shows that it was edited."""

from __future__ import annotations

import sqlite3
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tap_jobber.api.client import NotPermittedError
from tap_jobber.errors import TapError
from tap_jobber.extraction.id_list import Spool, read_ids, reader_for, spool
from tap_jobber.extraction.overlap import Page
from tap_jobber.extraction.source import ascending
from tests.effort import effort
from tests.extraction.changing_list import ChangingList
from tests.extraction.scripted import answer, pipes, reading

if TYPE_CHECKING:
    from collections.abc import Iterator

ORDERS = {"fixed": ascending("CREATED_AT"), "place": ascending("PLACE", place="place"), "recency": None}
CHANGES = st.tuples(st.sampled_from(["delete", "edit", "insert"]), st.integers(0, 60))
EVENTS = st.lists(st.lists(CHANGES, max_size=4), max_size=40)

INSERT = ("insert", 0)
BEHIND_A_KNOWN_HEAD = [[("edit", 2), ("edit", 1), INSERT]]
"""A row not yet read comes to stand behind another one that looks, at the head, as it did before."""


@pytest.fixture
def ids() -> Iterator[Spool]:
    with spool() as made:
        yield made


def read(rows: ChangingList, ids: Spool, kind: str, first: int, events: list[list[tuple[str, int]]]) -> int:
    """Read to the end while one event follows each page; return the number of pages read."""
    reader = reader_for(ORDERS[kind], ids)
    shown = ("id", "place") if kind == "place" else ("id",)
    still = list(events)
    pages = calm_pages = 0
    while not reader.is_done:
        page = rows.page(reader.after, first)
        reader.accept(
            Page([{name: node[name] for name in shown} for node in page.nodes], page.has_next_page, page.end_cursor)
        )
        pages += 1
        calm_pages += not still
        assert calm_pages <= 4 * len(rows.rows) + 20, "the reader does not come to an end"
        _change(rows, still.pop(0) if still else (), once=kind == "recency")
    return pages


def _change(rows: ChangingList, changes: list[tuple[str, int]] | tuple[()], *, once: bool) -> None:
    """Change a list; ordered by recency, no row is edited twice, since that could hide it for ever."""
    for kind, index in changes:
        at = index % len(rows.rows) if rows.rows else 0
        if not (once and kind == "edit" and rows.rows and rows.rows[at]["id"] in rows.touched):
            rows.change([(kind, index)])


@pytest.mark.parametrize("kind", ORDERS)
@settings(max_examples=effort(60, 2_000), deadline=None)
@given(size=st.integers(0, 40), first=st.integers(2, 7), events=EVENTS)
@example(size=4, first=2, events=BEHIND_A_KNOWN_HEAD).via("the head looks as it did")
def test_no_id_of_a_row_that_stays_is_missing(
    kind: str, size: int, first: int, events: list[list[tuple[str, int]]]
) -> None:
    rows = ChangingList(size, by_place=kind == "place", by_recency=kind == "recency")
    with spool() as ids:
        read(rows, ids, kind, first, events)
        assert set(rows.original) - rows.deleted <= set(ids)


@pytest.mark.parametrize("kind", ORDERS)
@settings(max_examples=effort(20, 500), deadline=None)
@given(size=st.integers(0, 40), first=st.integers(2, 7))
def test_a_list_at_rest_is_read_once_or_where_nothing_tells_that_it_rests_twice(
    kind: str, size: int, first: int
) -> None:
    rows = ChangingList(size, by_place=kind == "place", by_recency=kind == "recency")
    with spool() as ids:
        pages = read(rows, ids, kind, first, [])
        assert set(ids) == set(rows.original)
    needed = 1 if size <= first else 1 + -(-(size - first) // (first - 1))
    assert pages == needed * (2 if kind == "recency" and size > first else 1)


@given(st.dictionaries(st.text(), st.integers(-(2**63), 2**63 - 1)))
def test_a_spool_keeps_what_it_is_given_in_order_of_the_ids(given: dict[str, int]) -> None:
    with spool() as ids:
        ids.update(given)
        ids.update(given)
        assert dict(ids) == given
        assert len(ids) == len(given)
        assert all(one < other for one, other in pairwise(text.encode() for text in ids))
        for key in given:
            del ids[key]
        assert not list(ids)


def test_a_spool_knows_only_what_it_was_given(ids: Spool) -> None:
    ids["a"] = 1
    assert "b" not in ids
    with pytest.raises(KeyError):
        del ids["b"]
    ids.clear()
    assert "a" not in ids


def test_a_disk_that_fails_is_said_in_one_line() -> None:
    with pytest.raises(TapError, match="TMPDIR") as caught, spool():
        raise sqlite3.OperationalError("database or disk is full")
    assert "disk is full" in caught.value.cause


def test_a_list_with_rows_that_are_hidden_is_not_complete(ids: Spool) -> None:
    page = answer("abc", hidden=("pipes.nodes.1",))
    page.data["pipes"]["nodes"][1] = None
    reader, _client = reading([page])
    with pytest.raises(NotPermittedError, match="may not see all of pipes"):
        read_ids(reader.fetcher(pipes()), pipes().part, ids)
