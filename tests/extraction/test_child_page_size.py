"""Number of children read with each parent: the cheapest that fits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.extraction.child_page_size import ChildPageSizer

SIZES = (1, 2, 3, 5, 8, 13, 20, 35, 60, 100)
PARENT, CHILD, CEILING = 60.0, 10.0, 10_000.0
COUNTS = st.lists(st.integers(0, 100), min_size=1, max_size=400)
PRICES = st.floats(1.0, 300.0)


def seen(counts: list[int], parent: float = PARENT, child: float = CHILD) -> ChildPageSizer:
    """Return a sizer that has seen parents with so many children, and chosen."""
    sizer = ChildPageSizer()
    for count in counts:
        sizer.learn(count)
    sizer.choose(parent, child, CEILING)
    return sizer


def test_it_begins_with_few() -> None:
    sizer = ChildPageSizer()
    assert sizer.rows == 5
    sizer.choose(PARENT, CHILD, CEILING)
    assert sizer.rows == 5, "nothing has been seen to choose by"


@pytest.mark.parametrize(("count", "size"), [(0, 1), (1, 1), (3, 3), (4, 5), (8, 8)])
def test_short_lists_are_read_whole(count: int, size: int) -> None:
    assert seen([count] * 20).rows == size


def test_lists_are_read_whole_where_parents_cost_little() -> None:
    assert seen([100] * 20, parent=2.0, child=1.0).rows == 100


def test_a_few_parents_with_many_children_are_left_to_the_rest() -> None:
    assert seen([2] * 97 + [80] * 3).rows == 2


@given(counts=COUNTS, parent=PRICES, child=PRICES)
def test_it_is_one_of_few_sizes_and_no_larger_than_the_largest_list_asks_for(
    counts: list[int], parent: float, child: float
) -> None:
    rows = seen(counts, parent, child).rows
    assert rows in SIZES
    assert rows <= next(size for size in SIZES if size >= max(counts[-300:]))


@given(parent=PRICES, child=PRICES, count=st.integers(1, 100))
def test_dearer_children_are_never_read_in_larger_numbers(parent: float, child: float, count: int) -> None:
    assert seen([count] * 50, parent, child * 8).rows <= seen([count] * 50, parent, child).rows


def test_the_choice_stays_until_enough_has_been_seen() -> None:
    sizer = seen([0] * 10)
    for _ in range(49):
        sizer.learn(8)
        sizer.choose(PARENT, CHILD, CEILING)
        assert sizer.rows == 1
    sizer.learn(8)
    sizer.choose(PARENT, CHILD, CEILING)
    assert sizer.rows == 8


@pytest.mark.parametrize("count", [101, 1_000])
def test_of_lists_longer_than_any_page_little_is_read_inline(count: int) -> None:
    assert seen([count] * 60).rows == 1, "each of them needs a query for its rest all the same"


def test_what_was_long_ago_is_forgotten() -> None:
    assert seen([90] * 300 + [1] * 300).rows == 1


@given(COUNTS)
def test_shrinking_ends_at_one_and_stays(counts: list[int]) -> None:
    sizer = seen(counts, 2.0, 1.0)
    sizes = [sizer.rows]
    while sizer.shrink():
        sizes.append(sizer.rows)
        assert len(sizes) <= 10
    assert sizes[-1] == 1
    assert sizes == sorted(set(sizes), reverse=True)
    for _ in range(60):
        sizer.learn(50)
    sizer.choose(2.0, 1.0, CEILING)
    assert sizer.rows == 1 or len(sizes) == 1, "what did not fit once is not tried again"
