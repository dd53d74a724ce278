"""Windows tile time, stop where they are told to, and follow how dense history is."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_jobber.extraction.windows import (
    BEGINNING_SECONDS,
    MOST_ROWS,
    NARROWEST_SECONDS,
    TARGET_ROWS,
    Window,
    WindowPlan,
)
from tests.effort import effort

NOW = 1_800_000_000
DAY = 86_400
MOMENTS = st.integers(BEGINNING_SECONDS + 1, NOW + 365 * DAY)
# What a window turns out to hold, one number for each that is read; above the limit it is narrowed instead.
DENSITIES = st.lists(st.integers(0, 5 * MOST_ROWS), max_size=40)


def walked(plan: WindowPlan, certain: int, rows: list[int]) -> list[Window]:
    """Return the windows of a plan when the next ones hold these rows and all further ones few."""
    read: list[Window] = []
    held = list(rows)
    for _ in range(2_000):
        if plan.is_done:
            return read
        window = plan.next(certain)
        count = held.pop(0) if held else 10
        if count > MOST_ROWS and not plan.is_narrow(window, certain):
            plan.narrow(window, certain)
            continue
        plan.finished(window, count)
        read.append(window)
    raise AssertionError("the plan does not come to an end")


@settings(max_examples=effort(150, 3_000), deadline=None)
@given(
    lo=st.none() | MOMENTS,
    stops=st.lists(MOMENTS, max_size=4),
    span=st.none() | st.integers(30 * DAY, 600 * DAY),
    rows=DENSITIES,
)
def test_windows_tile_time_without_gap_or_overlap(
    lo: int | None, stops: list[int], span: int | None, rows: list[int]
) -> None:
    plan = WindowPlan(lo, stops, float("inf") if span is None else span)
    windows = walked(plan, NOW, rows)
    assert windows[0].lo == lo
    assert windows[-1].hi is None
    for earlier, later in itertools.pairwise(windows):
        assert earlier.hi == later.lo
        assert earlier.hi is not None
        assert earlier.hi > (BEGINNING_SECONDS if earlier.lo is None else earlier.lo)
        assert earlier.hi < NOW or max(stops) >= earlier.hi, (
            "a window that ends holds what is certain, or comes to a stop"
        )
    for window in windows:
        begin = BEGINNING_SECONDS if window.lo is None else window.lo
        inside = [stop for stop in stops if stop > begin and (window.hi is None or stop < window.hi)]
        assert inside == [], "a window reaches across a stop"
        if span is not None and window.hi is not None:
            assert window.hi - begin <= span


@settings(max_examples=effort(100, 2_000), deadline=None)
@given(lo=st.none() | MOMENTS, rows=DENSITIES, moment=MOMENTS)
def test_every_moment_is_in_exactly_one_window(lo: int | None, rows: list[int], moment: int) -> None:
    windows = walked(WindowPlan(lo), NOW, rows)
    assert sum(window.holds(moment) for window in windows) == (lo is None or moment >= lo)


def test_a_window_is_half_open() -> None:
    window = Window(10, 20)
    assert [window.holds(moment) for moment in (9, 10, 19, 20)] == [False, True, True, False]
    assert Window(None, 20).holds(-(10**12))
    assert Window(10, None).holds(10**12)


def test_an_empty_account_needs_one_window() -> None:
    assert walked(WindowPlan(None), NOW, [0]) == [Window(None, None)]


def test_many_rows_before_a_stop_that_is_not_certain_yet_are_read_though_the_clock_stands_still() -> None:
    windows = walked(WindowPlan(NOW - 30, [NOW + 500]), NOW, [MOST_ROWS + 1] * 3_000)
    assert NOW + 500 in {window.lo for window in windows}
    assert len(windows) <= 20


def test_a_start_in_the_future_needs_one_window() -> None:
    assert walked(WindowPlan(NOW + DAY), NOW, [0]) == [Window(NOW + DAY, None)]


def test_a_calendar_of_22_years_needs_few_windows() -> None:
    end = BEGINNING_SECONDS + 22 * 365 * DAY
    assert len(walked(WindowPlan(None, span_seconds=540 * DAY), end, [0] * 40)) <= 16


@given(st.integers(NARROWEST_SECONDS + 1, 100_000_000))
def test_a_dense_window_becomes_a_quarter(width: int) -> None:
    plan = WindowPlan(NOW - width)
    window = plan.next(NOW)
    plan.narrow(window, NOW)
    narrower = plan.next(NOW)
    assert narrower == Window(window.lo, NOW - width + max(NARROWEST_SECONDS, width // 4))


def test_however_dense_a_window_is_it_stays_a_minute_wide() -> None:
    plan = WindowPlan(NOW - 1_000)
    for _ in range(50):
        plan.narrow(plan.next(NOW), NOW)
    window = plan.next(NOW)
    assert window == Window(NOW - 1_000, NOW - 1_000 + NARROWEST_SECONDS)
    assert plan.is_narrow(window, NOW)


@pytest.mark.parametrize("distance", [-2, -1, 0, 1, 2])
def test_no_two_windows_meet_at_a_second_of_many_rows(distance: int) -> None:
    plan = WindowPlan(NOW - 1_000)
    dense = NOW - 1_000 + NARROWEST_SECONDS + distance
    plan.narrow(plan.next(NOW), NOW)
    plan.narrow(plan.next(NOW), NOW, dense)
    assert plan.next(NOW).hi == dense - NARROWEST_SECONDS // 2
    plan.finished(plan.next(NOW), 0)
    plan.narrow(plan.next(NOW), NOW, dense)
    assert plan.next(NOW) == Window(dense - NARROWEST_SECONDS // 2, dense + NARROWEST_SECONDS // 2)


@pytest.mark.parametrize("span", [float("inf"), 540 * DAY])
def test_a_last_window_that_stays_dense_is_read_though_the_clock_goes_on(span: float) -> None:
    plan, certain = WindowPlan(None, span_seconds=span), NOW
    for _ in range(150):
        window = plan.next(certain)
        if window.hi is None and not plan.is_narrow(window, certain):
            plan.narrow(window, certain)
        else:
            plan.finished(window, 0)
        if plan.is_done:
            break
        certain += 5
    assert plan.is_done


@given(width=st.integers(4 * NARROWEST_SECONDS, 10_000_000), rows=st.integers(0, 100_000))
def test_the_next_window_is_as_wide_as_the_last_one_was_sparse(width: int, rows: int) -> None:
    plan = WindowPlan(NOW - 100 * width, [NOW - 99 * width])
    first = plan.next(NOW)
    assert first.hi == NOW - 99 * width
    plan.stops = ()
    plan.finished(first, rows)
    second = plan.next(NOW)
    assert (second.lo, second.hi is not None) == (first.hi, True)
    growth = plan.width_seconds(second, NOW) / width
    assert 1 / 4 - 1 / width <= growth <= 8
    if rows == 0:
        assert growth == 8
    elif TARGET_ROWS / 8 <= rows <= TARGET_ROWS * 4:
        assert abs(growth - TARGET_ROWS / rows) <= 1 / width


def test_100_000_rows_in_one_hour_of_ten_years_are_met_with_few_windows() -> None:
    hour = NOW - 1_000 * DAY
    per_second = 100_000 / 3_600

    def rows_of(window: Window) -> int:
        begin = hour - 10**9 if window.lo is None else window.lo
        end = NOW if window.hi is None else window.hi
        return int(max(0, min(end, hour + 3_600) - max(begin, hour)) * per_second)

    plan, read, probes, seen = WindowPlan(None), 0, 0, 0
    while not plan.is_done:
        window = plan.next(NOW)
        if rows_of(window) > MOST_ROWS and not plan.is_narrow(window, NOW):
            plan.narrow(window, NOW)
            probes += 1
            continue
        seen += rows_of(window)
        plan.finished(window, rows_of(window))
        read += 1
    assert seen >= 99_000, "rounding aside, all of them"
    assert read <= 100_000 / TARGET_ROWS * 2 + 40
    assert probes <= read


def test_what_becomes_certain_meanwhile_belongs_to_the_last_window() -> None:
    plan = WindowPlan(NOW - 100)
    window = plan.next(NOW)
    assert window == Window(NOW - 100, None)
    plan.finished(window, 5)
    assert plan.is_done


def test_windows_over_a_part_whose_rows_are_gone_grow_wider() -> None:
    plan = WindowPlan(0, end=800 * 86_400, target_rows=400, rows=1_600_000)
    count = 0
    while not plan.is_done:
        plan.finished(plan.next(900 * 86_400), 3)
        count += 1
    assert count <= 20


def test_windows_over_a_part_whose_rows_are_counted_grow_as_no_row_is_met() -> None:
    plan = WindowPlan(0, end=1_000_000, target_rows=25, rows=100)
    widths = []
    while not plan.is_done:
        window = plan.next(2_000_000)
        assert window.lo is not None
        assert window.hi is not None
        widths.append(window.hi - window.lo)
        plan.finished(window, 25 if window.lo >= 700_000 else 0)
    assert widths == [250_000, 500_000, 250_000]
    assert sum(widths) == 1_000_000


def test_a_look_ahead_is_taken_only_where_many_rows_are_thought_to_lie() -> None:
    assert WindowPlan(100, end=1_000, rows=5_000).is_worth_a_look
    assert WindowPlan(100, end=1_000).is_worth_a_look, "nothing is known of them"
    assert not WindowPlan(100, end=1_000, rows=0).is_worth_a_look
    assert not WindowPlan(100, end=1_000, rows=5_000, target_rows=60).is_worth_a_look, "a page holds what is wanted"
    assert not WindowPlan(100, rows=5_000).is_worth_a_look, "a first read looks once it has to"
