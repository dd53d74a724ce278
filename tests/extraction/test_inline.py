"""How many children are read with each parent: nearly all of what they have, and not much more."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.extraction.inline import InlineSizer

COUNTS = st.lists(st.integers(0, 100), min_size=1, max_size=400)


def seen(counts: list[int]) -> InlineSizer:
    """A sizer that has seen parents with so many children, none of them with more."""
    sizer = InlineSizer()
    for count in counts:
        sizer.learn(count, has_more=False)
    return sizer


def test_it_begins_with_few() -> None:
    assert InlineSizer().rows == 5


def test_parents_without_children_cost_the_least() -> None:
    assert seen([0] * 20).rows == 1


def test_parents_alike_are_read_whole() -> None:
    assert seen([3] * 20).rows == 3
    assert seen([4] * 20).rows == 5
    assert seen([100] * 20).rows == 100


def test_one_parent_in_twenty_may_have_more() -> None:
    assert seen([2] * 97 + [80] * 3).rows == 2
    assert seen([2] * 90 + [80] * 10).rows == 100


@given(COUNTS)
def test_the_lists_of_nearly_all_parents_fit(counts: list[int]) -> None:
    rows = seen(counts).rows
    last = counts[-300:]
    assert 1 <= rows <= 100
    assert sum(count > rows for count in last) <= 0.05 * len(last)
    assert all(count <= rows for count in last) or len(last) >= 20


@given(COUNTS)
def test_it_is_no_larger_than_the_largest_list_asks_for(counts: list[int]) -> None:
    largest = max(counts)
    assert seen(counts).rows <= max(1, 5 / 3 * largest + 1)


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_a_list_that_goes_on_asks_for_twice_as_many(more: list[bool]) -> None:
    sizer = InlineSizer()
    for has_more in more:
        before = sizer.rows
        sizer.learn(before, has_more=has_more)
        if has_more:
            assert sizer.rows >= min(100, before)
    assert sizer.rows <= 100


def test_lists_that_go_on_grow_to_the_most_that_jobber_answers() -> None:
    sizer = InlineSizer()
    sizes = []
    for _ in range(12):
        sizes.append(sizer.rows)
        sizer.learn(sizer.rows, has_more=True)
    assert sizes == sorted(sizes)
    assert sizes[-1] == 100


def test_what_was_long_ago_is_forgotten() -> None:
    assert seen([90] * 300 + [1] * 300).rows == 1


@given(COUNTS)
def test_shrinking_ends_at_one_and_stays(counts: list[int]) -> None:
    sizer = seen(counts)
    sizes = [sizer.rows]
    while sizer.shrink():
        sizes.append(sizer.rows)
        assert len(sizes) <= 10
    assert sizes[-1] == 1
    assert sizes == sorted(set(sizes), reverse=True)
    sizer.learn(50, has_more=True)
    assert sizer.rows == 1 or len(sizes) == 1, "what did not fit once is not tried again"
