"""Shares of history that are due, and the spans that remember when each part was read."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_jobber.extraction.resync import (
    MOST_SPANS,
    SMALL_ROWS,
    Coverage,
    Span,
    Stretch,
    is_whole_list_due,
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


@dataclass
class _Simulation:
    """An account whose rows lie on an axis of time, and a reader that knows of them what the API tells.

    Attributes:
        chance: What happens to it.
        period_seconds: The time within which every row is to be read again.
        moves: True if an edit moves a row to the end of the axis, as with the time of change; else it stays.
    """

    chance: random.Random
    period_seconds: float
    moves: bool
    now: int = _NOW
    places: dict[int, int] = field(default_factory=dict)
    read_seconds: dict[int, int] = field(default_factory=dict)
    edited: set[int] = field(default_factory=set)
    coverage: Coverage = field(default_factory=Coverage)
    bookmark: int | None = None
    changes_read: int = 0
    shares_read: int = 0

    def run(self, last_window: int | None = None) -> None:
        """Read what is new, then the due share; a run that is killed ends after so many windows."""
        windows, all_rows = 0, self.coverage.rows
        ahead = min(0.0, self.coverage.owed_rows(self.now, self.period_seconds))
        left = due = self.coverage.due_rows(self.now, self.period_seconds)
        while (stretch := self.coverage.next_stretch(left, self.now, self.period_seconds)) is not None:
            begin = stretch.lo if stretch.lo is not None else min(self.places.values(), default=0)
            found = sorted((place, row) for row, place in self.places.items() if begin <= place < stretch.hi)
            some = found[: max(1, int(min(stretch.rows, len(found))))]
            hi = stretch.hi if len(some) >= len(found) else some[-1][0] + 1
            rows = [row for place, row in found if place < hi]
            self._read(rows)
            self.shares_read += len(rows)
            heaviest = max(Counter(place for place, _ in found if place < hi).values(), default=0)
            self.coverage = self.coverage.read_again(stretch.lo, hi, len(rows), self.now, heaviest)
            left -= max(len(rows), stretch.of_rows if hi == stretch.hi else 0)
            windows += 1
            if windows == last_window:
                return
        if due or left < due:
            self.coverage = self.coverage.shared(self.now, ahead + left, self.period_seconds, all_rows)
        new = [row for row, place in self.places.items() if self.bookmark is None or place >= self.bookmark]
        self._read({*new, *self.edited})
        self.changes_read += len(new) if self.bookmark is not None else 0
        added = self.coverage.spread if self.bookmark is None else self.coverage.extended
        self.coverage = added(self.now, len(new), self.now, [self.places[row] for row in new])
        self.bookmark = self.now
        self.edited.clear()

    def _read(self, rows: list[int] | set[int]) -> None:
        self.read_seconds |= dict.fromkeys(rows, self.now)

    def live(self, seconds: int, *, rate: float) -> None:
        """Let time pass, in which some rows are made, edited and removed."""
        count = len(self.places) * rate * seconds / _WEEK
        self.now += seconds
        for _ in range(round(self.chance.expovariate(1 / count)) if count else 0):
            row, stamp = self.chance.choice([*self.places, None]), self.now - 1 - self.chance.randrange(seconds)
            what = self.chance.random()
            if row is None or what < 0.3:
                self.places[len(self.places) + self.chance.randrange(1 << 60)] = stamp
            elif what < 0.6:
                del self.places[row]
                self.edited.discard(row)
            elif self.moves:
                self.places[row] = stamp
            else:
                self.edited.add(row)


@settings(max_examples=1_000, deadline=None, derandomize=True, database=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    days=st.sampled_from((0.25, 1.0, 3.0, 7.0)),
    moves=st.booleans(),
    rate=st.sampled_from((0.0, 0.1, 1.0, 5.0)),
    longest_gap=st.sampled_from((900, 3_600, _DAY, 3 * _WEEK)),
)
def test_no_row_is_older_than_the_period_after_a_run(
    seed: int, days: float, rate: float, longest_gap: int, *, moves: bool
) -> None:
    chance = random.Random(seed)  # noqa: S311 - it has to be repeatable, not secret
    account = _Simulation(chance, days * _DAY, moves)
    account.places = {row: _NOW - chance.randrange(1, 900 * _DAY) for row in range(chance.randrange(40))}
    for _ in range(12):
        is_killed = chance.random() < 0.2
        account.run(chance.randrange(1, 4) if is_killed else None)
        if account.bookmark == account.now:
            oldest = min((account.read_seconds[row] for row in account.places), default=account.now)
            assert account.now - oldest <= account.period_seconds
        account.coverage = account.coverage.compacted()
        assert len(account.coverage.spans) <= MOST_SPANS
        account.live(chance.randrange(60, longest_gap + 60), rate=rate)


# Chosen by number, since what Hypothesis draws depends on which other tests a worker has loaded.
@pytest.mark.parametrize("seed", range(12))
def test_a_week_costs_what_has_changed_and_the_history_once(seed: int) -> None:
    moves, rate, edited_at_once = bool(seed % 2), (0.0, 0.1, 0.5, 1.0)[seed % 4], (0, 0, 450)[seed % 3]
    chance = random.Random(seed)  # noqa: S311 - as above
    account = _Simulation(chance, _WEEK, moves)
    account.places = {row: _NOW - chance.randrange(1, 900 * _DAY) for row in range(1_000)}
    account.places |= dict.fromkeys(range(edited_at_once), _NOW - 500 * _DAY)
    account.run()
    largest = 0
    for _ in range(2 * 7 * 12):
        account.live(7_200, rate=rate)
        before = account.shares_read
        account.run()
        largest = max(largest, account.shares_read - before)
    history = 2 * len(account.places)
    # Rows of one second are read in one go, so that one time more of them can fall into the two weeks.
    assert account.shares_read + account.changes_read <= 1.15 * (account.changes_read + history) + edited_at_once
    # Evenly: never more than a small part at once.
    assert largest <= 0.1 * len(account.places) + edited_at_once
