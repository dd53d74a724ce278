"""Rows of all lists, estimated from a few of them."""

from __future__ import annotations

import random

import pytest

from tap_jobber.extraction.list_lengths import Group, ListLengths


def sampled(lengths: list[int], count: int, groups: dict[int, Group] | None = None) -> ListLengths:
    """Return what is known of lists after a look at so many."""
    found = ListLengths(len(lengths))
    for place in found.next_places(count, 1):
        found.lengths[place] = lengths[place]
    for place in found.long_places:
        if groups is not None:
            found.groups[place] = groups[place]
    return found


def test_places_are_spread_evenly_and_never_asked_for_twice() -> None:
    found = ListLengths(100)
    seen: list[int] = []
    for _ in range(10):
        places = found.next_places(4, 2)
        found.lengths |= dict.fromkeys([place + each for place in places for each in (0, 1)], 0)
        seen += places
        spread = [sum(low <= place < low + 25 for place in seen) for low in range(0, 100, 25)]
        assert max(spread) - min(spread) <= 2
    assert len(set(seen)) == 40
    found.lengths |= dict.fromkeys(range(100), 0)
    assert found.next_places(4, 2) == []


def test_all_lists_seen_is_exact() -> None:
    lengths = [0, 3, 1, 0, 90]
    found = sampled(lengths, 5)
    assert found.rows == pytest.approx(sum(lengths))
    assert found.standard_error == 0
    assert ListLengths(0).rows == 0


def test_nothing_seen_is_what_is_assumed() -> None:
    assert ListLengths(100).rows == pytest.approx(150)
    assert ListLengths(100).standard_error > ListLengths(10).standard_error > 0


def test_a_group_counts_by_its_size_not_by_how_often_it_was_met() -> None:
    for seed in range(20):
        chance = random.Random(seed)  # noqa: S311 - it has to be repeatable, not secret
        lengths = [chance.choice((0, 1, 2, 3)) for _ in range(900)]
        members = set(chance.sample(range(900), 140))
        lengths = [300 if place in members else length for place, length in enumerate(lengths)]
        found = sampled(lengths, 60, dict.fromkeys(members, Group("job", 140)))
        assert found.rows == pytest.approx(sum(lengths), rel=0.03)
        assert found.standard_error < 0.03 * sum(lengths)
        alone = sampled(lengths, 60)
        assert alone.standard_error > 5 * found.standard_error


def test_typical_lengths_are_distributed_like_all() -> None:
    found = sampled([0, 0, 2, 2, 2, 2, 5, 5, 9, 9], 10)
    assert found.typical(100) == [0] * 20 + [2] * 40 + [5] * 20 + [9] * 20
    assert ListLengths(10).typical(100) == []
