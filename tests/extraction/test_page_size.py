"""Pages as large as their price allows."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tap_jobber.api.stated_cost import Cost
from tap_jobber.extraction.page_size import UNKNOWN_MARGIN, PageSizer, margin_of
from tap_jobber.graphql.cost import PAGE_POINTS

MAXIMUM = 10_000.0


def told(requested: float, maximum: float = MAXIMUM) -> Cost:
    """Return a server's statement of a query's cost."""
    return Cost(requested, requested, maximum, maximum, 500.0)


@given(
    estimate=st.floats(0.0, 20_000.0),
    page_size=st.integers(1, 150),
    ceiling=st.floats(500.0, 20_000.0),
    restore=st.floats(1.0, 5_000.0),
)
def test_pages_stay_below_the_ceiling(estimate: float, page_size: int, ceiling: float, restore: float) -> None:
    sizer = PageSizer(estimate, page_size)
    rows = sizer.rows(ceiling, restore)
    assert 2 <= rows <= max(2, min(page_size, 100))
    assert rows == 2 or sizer.points(rows) <= ceiling


@given(estimate=st.floats(1.0, 400.0), restore=st.floats(1.0, 2_000.0))
def test_what_refills_during_a_request_still_fits_the_bucket(estimate: float, restore: float) -> None:
    sizer = PageSizer(estimate)
    rows = sizer.rows(MAXIMUM, restore)
    assert rows == 2 or sizer.points(rows) + min(restore, 0.2 * MAXIMUM) <= MAXIMUM
    assert rows == 100 or sizer.points(rows + 1) + min(restore, 0.2 * MAXIMUM) > MAXIMUM


@pytest.mark.parametrize(("estimate", "rows"), [(106, 89), (118, 80), (50, 100), (10, 100), (9_000, 2)])
def test_typical_pages(estimate: float, rows: int) -> None:
    assert PageSizer(estimate, margin=1.0).rows(MAXIMUM, 500.0) == rows


@given(estimate=st.floats(1.0, 200.0), rows=st.integers(2, 100), price=st.floats(10.0, 9_000.0))
def test_it_takes_over_the_servers_price(estimate: float, rows: int, price: float) -> None:
    sizer = PageSizer(estimate)
    sizer.learn(rows, told(price))
    assert sizer.points(rows) == pytest.approx(price)


def test_a_price_that_says_nothing_is_not_learnt() -> None:
    sizer = PageSizer(50)
    sizer.learn(100, told(0.0))
    assert sizer.points(100) == PageSizer(50, margin=1.0).points(100)


@given(
    estimate=st.floats(1.0, 200.0),
    dearer=st.floats(0.2, UNKNOWN_MARGIN),
    once=st.integers(0, PAGE_POINTS),
    ceiling=st.floats(1_000.0, MAXIMUM),
    first=st.integers(2, 100),
)
def test_no_page_costs_more_than_is_waited_for(
    estimate: float, dearer: float, once: int, ceiling: float, first: int
) -> None:
    """Whatever of the page is free, and however much dearer its rows are up to the margin."""
    sizer, asked = PageSizer(estimate), first
    for most_rows in (first, 100, 3, 100):
        asked = min(most_rows, sizer.rows(ceiling, 500.0))
        price = once + asked * estimate * dearer
        assert price <= sizer.points(asked) * (1 + 1e-9)
        assert asked == 2 or sizer.points(asked) <= ceiling
        sizer.learn(asked, told(price, ceiling))


def test_after_a_price_without_surprise_another_shape_is_not_feared() -> None:
    assert margin_of(1.0) == margin_of(0.7) == 1.0
    assert margin_of(1.5) > 1.5
    assert margin_of(None) == UNKNOWN_MARGIN


@given(
    estimate=st.floats(0.1, 200.0),
    true_price=st.floats(0.1, 20_000.0),
    says_price=st.booleans(),
    maximum=st.floats(500.0, MAXIMUM),
)
def test_it_shrinks_until_a_page_fits_or_cannot(
    *, estimate: float, true_price: float, says_price: bool, maximum: float
) -> None:
    sizer = PageSizer(estimate)
    asked: list[int] = []
    while True:
        rows = sizer.rows(maximum, 500.0)
        price = 4 + rows * true_price
        if price <= maximum:
            break
        assert rows not in asked, "the same page is asked for twice"
        asked.append(rows)
        if not sizer.shrink(rows, told(price, maximum) if says_price else None):
            assert rows == 2
            break
    assert asked == sorted(asked, reverse=True)
    assert len(asked) <= 8


@given(estimate=st.floats(1.0, 100.0), price=st.floats(1.0, 4_000.0))
def test_after_one_answer_pages_fill_the_bucket_and_no_more(estimate: float, price: float) -> None:
    sizer = PageSizer(estimate)
    first = sizer.rows(MAXIMUM, 500.0)
    assume(4 + first * price <= MAXIMUM)
    sizer.learn(first, told(4 + first * price))
    rows = sizer.rows(MAXIMUM, 500.0)
    assert rows == 2 or 4 + rows * price <= MAXIMUM
    assert rows == 100 or 4 + (rows + 1) * (price + PAGE_POINTS / first) > MAXIMUM - 500.0


@pytest.mark.parametrize("page_size", [1, 2])
def test_a_page_always_has_room_for_the_shared_row_and_one_more(page_size: int) -> None:
    assert PageSizer(10, page_size).rows(MAXIMUM, 500.0) == 2
