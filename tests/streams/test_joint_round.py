"""A round of several walks is over once each has read all again since it began, whatever their clocks do."""

from __future__ import annotations

from typing import Any

import pytest

from tap_jobber.streams.joint_round import JointRound

THEN = 1_767_225_600
DAY = 86_400
WALKS = ("one", "other")


def test_it_is_over_once_each_walk_has_read_all_again() -> None:
    state: dict[str, Any] = {}
    first = JointRound(state, WALKS)
    assert first.take_part(THEN, 7) == 7
    assert not first.note("one", THEN, is_complete=True)
    second = JointRound(state, WALKS)
    assert second.take_part(THEN + DAY, 99) == 7, "rows of the round carry its version, whichever run writes them"
    assert not second.note("one", THEN - 1, is_complete=True)
    assert not second.note("other", THEN - 1, is_complete=True)
    assert second.note("other", THEN, is_complete=True)
    assert JointRound(state, WALKS).take_part(THEN + 2 * DAY, 99) == 99


@pytest.mark.parametrize("later", [-DAY, -1, 0])
def test_what_was_read_before_it_began_does_not_count_whatever_the_clock_says(later: int) -> None:
    state: dict[str, Any] = {}
    first = JointRound(state, WALKS)
    first.take_part(THEN, 7)
    first.note("one", THEN, is_complete=True)
    first.take_part(THEN, 7)
    assert first.note("other", THEN, is_complete=True)
    second = JointRound(state, WALKS)
    assert second.take_part(THEN + later, 7) == 8
    for walk in WALKS:
        assert not second.note(walk, THEN, is_complete=True)


def test_a_clock_that_was_far_ahead_does_not_hold_it_up() -> None:
    state: dict[str, Any] = {}
    JointRound(state, WALKS).take_part(THEN + 400 * DAY, 7)
    second = JointRound(state, WALKS)
    assert second.take_part(THEN, 8) == 8
    assert not second.note("one", THEN, is_complete=True)
    assert second.note("other", THEN, is_complete=True)


def test_a_round_in_which_rows_could_have_been_missed_tells_nothing() -> None:
    state: dict[str, Any] = {}
    first = JointRound(state, WALKS)
    first.take_part(THEN, 7)
    first.note("one", THEN, is_complete=False)
    assert not first.note("other", THEN, is_complete=True)
    second = JointRound(state, WALKS)
    assert second.take_part(THEN + DAY, 9) == 9
    second.note("one", THEN + DAY, is_complete=True)
    assert second.note("other", THEN + DAY, is_complete=True)


def test_a_run_that_keeps_no_account_of_what_it_reads_ends_it() -> None:
    state: dict[str, Any] = {}
    first = JointRound(state, WALKS)
    first.take_part(THEN, 7)
    first.note("one", THEN, is_complete=True)
    JointRound(state, WALKS).leave()
    third = JointRound(state, WALKS)
    third.take_part(THEN + DAY, 9)
    assert not third.note("other", THEN + DAY, is_complete=True)


@pytest.mark.parametrize("state", [5, [], {"began": "x"}, {"done": 3}])
def test_a_state_that_cannot_be_is_as_none(state: object) -> None:
    assert JointRound({"joint": state}, WALKS).take_part(THEN, 7) == 7
