"""Shares of history that are due, and the spans that remember when each part was read."""

from __future__ import annotations

from tap_jobber.extraction.resync import (
    LEAST_ROWS,
    MOST_SPANS,
    SMALL_ROWS,
    Coverage,
    Span,
    Stretch,
    is_whole_list_due,
    is_worth_reading,
)
from tap_jobber.extraction.windows import NARROWEST_SECONDS

_DAY = 86_400
_WEEK = 7 * _DAY
_NOW = 1_800_000_000


def _covered(*spans: Span, shared: int = 0) -> Coverage:
    return Coverage(spans, shared)


def test_a_run_reads_the_share_of_the_time_since_the_last_one() -> None:
    covered = _covered(Span(_NOW - _WEEK, _NOW, 7_000), shared=_NOW)
    assert covered.due_rows(_NOW + _DAY, _WEEK) == 1_000
    assert covered.due_rows(_NOW + _WEEK, _WEEK) == 7_000
    assert covered.due_rows(_NOW + 3 * _WEEK, _WEEK) == 7_000


def test_a_share_too_small_for_a_request_waits_until_it_is_due() -> None:
    covered = _covered(Span(_NOW - _WEEK, _NOW, 700), shared=_NOW)
    assert covered.due_rows(_NOW + _DAY // 8, _WEEK) == 0
    assert covered.due_rows(_NOW + _DAY // 2, _WEEK) == 50
    few = _covered(Span(_NOW - _WEEK, _NOW, 3), shared=_NOW)
    assert few.due_rows(_NOW + _DAY, _WEEK) == 0
    assert few.due_rows(_NOW + _WEEK, _WEEK) == 3


def test_what_is_left_of_a_share_waits_unless_it_is_worth_a_request() -> None:
    assert not is_worth_reading(LEAST_ROWS - 1, 60)
    assert is_worth_reading(LEAST_ROWS, 60)
    assert not is_worth_reading(99, 1_000)
    assert is_worth_reading(float("inf"), float("inf")), "what is overdue is read to its end"


def test_what_will_soon_be_overdue_is_read_though_it_is_little() -> None:
    covered = _covered(Span(_NOW - _WEEK, _NOW - 6 * _DAY, 30), Span(_NOW, _NOW, 700), shared=_NOW - _DAY // 4)
    assert covered.due_rows(_NOW, _WEEK) == 0
    assert 0 < covered.due_rows(_NOW, _WEEK, early_seconds=_DAY) < 30


def test_a_share_can_wait_for_the_next_run_while_it_stays_small() -> None:
    covered = _covered(Span(_NOW - _WEEK, _NOW - _DAY, 5_000))
    assert covered.can_wait(60, _NOW, _WEEK, gap_seconds=3_600)
    assert not covered.can_wait(60, _NOW, _WEEK, gap_seconds=_DAY), "a day later it would be a seventh of all"
    assert not covered.can_wait(160, _NOW, _WEEK, gap_seconds=3_600)
    assert not covered.can_wait(60, _NOW + 6 * _DAY, _WEEK, gap_seconds=3_600), "it is overdue"
    assert not covered.can_wait(60, _NOW + 6 * _DAY - 1_800, _WEEK, gap_seconds=3_600), "it would be by then"


def test_what_will_fall_due_at_once_does_not_make_the_share_larger() -> None:
    old, new = Span(_NOW - 2 * _DAY, _NOW - 6 * _DAY, 600), Span(_NOW, _NOW, 100)
    covered = _covered(old, new, shared=_NOW)
    assert covered.due_rows(_NOW + _DAY // 2, _WEEK) == 50
    assert covered.next_stretch(0, _NOW + _DAY, _WEEK) == Stretch(None, old.until, float("inf"), 600)


def test_what_a_run_reads_beyond_its_share_is_taken_from_the_next_ones() -> None:
    covered = _covered(Span(_NOW - _WEEK, _NOW, 7_000)).shared(_NOW, -2_500, _WEEK)
    days = [covered.due_rows(_NOW + number * _DAY, _WEEK) for number in (1, 2, 3, 4)]
    assert days == [0, 0, 500, 1_500]


def test_what_a_run_leaves_of_its_share_is_left_to_the_next_one() -> None:
    covered = _covered(Span(_NOW - _WEEK, _NOW - _DAY, 7_000)).shared(_NOW, 700, _WEEK)
    assert covered.due_rows(_NOW + _DAY, _WEEK) == 1_700


def test_the_part_that_was_read_longest_ago_comes_first() -> None:
    first, second, third = Span(100, _NOW - 5, 50), Span(200, _NOW - _DAY, 40), Span(300, _NOW - 9, 60)
    assert _covered(first, second, third).next_stretch(15, _NOW, _WEEK) == Stretch(100, 200, 15, 40)


def test_a_mass_edit_waits_until_all_of_it_is_due() -> None:
    covered = _covered(Span(100, _NOW - 5, 50), Span(100 + NARROWEST_SECONDS, _NOW - _DAY, 40))
    assert covered.next_stretch(39, _NOW, _WEEK) is None
    assert covered.next_stretch(40, _NOW, _WEEK) == Stretch(100, 100 + NARROWEST_SECONDS, 40, 40)
    assert covered.next_stretch(0, _NOW + _WEEK, _WEEK) == Stretch(100, 100 + NARROWEST_SECONDS, float("inf"), 40)


def test_a_part_waits_until_its_heaviest_node_is_due() -> None:
    covered = _covered(Span(9_000, _NOW - _DAY, 900, heaviest=300), Span(_NOW, _NOW - 5, 50))
    assert covered.next_stretch(299, _NOW, _WEEK) is None
    assert covered.next_stretch(300, _NOW, _WEEK) == Stretch(None, 9_000, 300, 900, heaviest=300)
    assert covered.next_stretch(0, _NOW + _WEEK, _WEEK) == Stretch(None, 9_000, float("inf"), 900, heaviest=300)


def test_what_is_left_of_a_part_holds_no_heavier_node_than_rows() -> None:
    covered = Coverage((Span(_NOW, 5, 900, 300),), 0, _NOW - 1_000).read_again(_NOW - 1_000, _NOW - 90, 820, 9, 300)
    assert covered.spans == (Span(_NOW - 90, 9, 820, 300), Span(_NOW, 5, 80, 80))


def test_the_years_before_the_first_row_are_a_part_of_their_own() -> None:
    covered = Coverage().extended(1_000, 0, 5).spread(9_000, 40, 5, [3_000] * 40).extended(9_500, 2, 6)
    assert covered.spans == (Span(2_970, 5, 0), Span(9_000, 5, 40, 40), Span(9_500, 6, 2))
    for end in range(10_000, 40_000, 1_000):
        covered = covered.extended(end, 3, end).compacted()
    assert covered.spans[0] == Span(2_970, 5, 0)
    assert len(covered.spans) == MOST_SPANS
    assert covered.next_stretch(9, 90_000, _WEEK) == Stretch(None, 2_970, 1, 0)


def test_what_is_read_first_is_cut_into_spans_of_as_many_rows_each() -> None:
    places = [*range(500_000, 600_000, 200), *range(8_000_000, 8_080_000, 100)]
    covered = Coverage().spread(9_000_000, 1_310, 5, places)
    assert covered.spans[0] == Span(499_970, 5, 0)
    assert [round(span.rows) for span in covered.spans[1:]] == [100] * 12 + [110]
    assert covered.end == 9_000_000


def test_more_rows_than_were_thought_of_leave_some_to_be_read() -> None:
    """Or all the rest would be read at once on its last day."""
    begin = _NOW - 100 * _DAY
    covered = Coverage((Span(_NOW, 5, 50),), 0, begin).read_again(begin, _NOW - 40 * _DAY, 80, _NOW)
    assert covered.spans[1].rows == 10


def test_a_part_that_is_overdue_is_read_whole_however_small_the_share() -> None:
    covered = _covered(Span(10, _NOW - _WEEK, 50), Span(20, _NOW - 1, 50))
    assert covered.next_stretch(0, _NOW, _WEEK) == Stretch(None, 10, float("inf"), 50)


def test_what_this_run_has_read_is_not_read_again_in_it() -> None:
    assert _covered(Span(10, _NOW, 50)).next_stretch(100, _NOW, _WEEK) is None


def test_the_rest_of_a_span_keeps_its_age() -> None:
    covered = _covered(Span(100, 5, 50), Span(200, 7, 10)).read_again(None, 40, 20, _NOW)
    assert covered.spans == (Span(40, _NOW, 20), Span(100, 5, 30), Span(200, 7, 10))
    assert covered.read_again(40, 100, 33, _NOW).spans == (Span(40, _NOW, 20), Span(100, _NOW, 33), Span(200, 7, 10))


def test_where_nothing_is_new_the_last_span_reaches_further() -> None:
    covered = _covered(Span(100, 5, 50))
    assert covered.extended(200, 0, 9).spans == (Span(200, 5, 50),)
    assert covered.extended(200, 3, 9).spans == (Span(100, 5, 50), Span(200, 9, 3))
    assert covered.extended(100, 3, 9) is covered


def test_an_earlier_start_date_adds_what_has_never_been_read() -> None:
    covered = Coverage((Span(200, 5, 50),), 0, 100)
    assert covered.starting_at(40).spans == (Span(100, 0, 0), Span(200, 5, 50))
    assert covered.starting_at(None).spans == (Span(100, 0, 0), Span(200, 5, 50))
    assert covered.starting_at(40).next_stretch(0, _NOW, _WEEK) == Stretch(40, 100, float("inf"), 0)


def test_a_later_start_date_leaves_out_what_lies_before_it() -> None:
    covered = _covered(Span(100, 5, 50), Span(900, 6, 50)).starting_at(150)
    assert covered.spans == (Span(900, 6, 50),)
    assert covered.next_stretch(10, _NOW, 2 * _NOW) == Stretch(150, 900, 10, 50)


def test_a_short_list_is_due_each_time_and_long_ones_take_turns() -> None:
    short, long = _covered(Span(_NOW, _NOW, SMALL_ROWS)), _covered(Span(_NOW, _NOW, SMALL_ROWS + 1))
    assert is_whole_list_due("users", short, _NOW + 1, _WEEK)
    assert not is_whole_list_due("properties", short, _NOW + 1, _WEEK, shows_news=True), "its head is cheaper"
    assert is_whole_list_due("properties", short, _NOW + _WEEK, _WEEK, shows_news=True)
    assert is_whole_list_due("users", Coverage(), _NOW + 1, _WEEK)
    names = [f"list {number}" for number in range(40)]
    turns = [next(day for day in range(8) if is_whole_list_due(each, long, _NOW + day * _DAY, _WEEK)) for each in names]
    assert set(turns) == {1, 2, 3, 4, 5, 6, 7}
    again = _covered(Span(_NOW, _NOW, SMALL_ROWS + 1), shared=_NOW)
    assert {is_whole_list_due(each, again, _NOW + _WEEK - 1, _WEEK) for each in names} == {False}
