"""A run at one moment, in words and in fields."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tap_jobber.clock import duration
from tap_jobber.progress.snapshot import Snapshot, StreamProgress
from tap_jobber.waits import Wait

CLIENTS = StreamProgress("clients", 3_200, 12_800, 3_200, 320_000.0, 640.0)
RUN = Snapshot(CLIENTS, 49, 9, 345_300.4, 500.0, None, 1_000.0)


def with_wait(cause: str, seconds: float | None, spent_seconds: float) -> Snapshot:
    """Return the run in a wait."""
    return replace(RUN, wait=Wait(cause, RUN.now - spent_seconds, seconds))


def test_a_line_says_how_far_the_run_is() -> None:
    assert RUN.line() == (
        "clients: 3,200 of about 12,800 rows, 9 of 49 streams done, 345,300 points spent, about 32 min left of clients"
    )
    waiting = with_wait("3,000 points", 60.0, 15.0)
    assert ", waiting 45 s for 3,000 points, about 32 min" in waiting.line()


def test_of_a_list_of_unknown_length_only_the_rows_are_said() -> None:
    unknown = replace(RUN, stream=replace(CLIENTS, expected_rows=None, rows=1))
    assert unknown.line() == "clients: 1 row, 9 of 49 streams done, 345,300 points spent"
    assert not {"expected_rows", "share", "seconds_left"} & unknown.fields().keys()
    assert unknown.live_line(80) == ("clients 1 row", 0, "9/49 streams, 345,300 points")


def test_no_number_is_said_that_the_run_has_shown_to_be_wrong() -> None:
    beyond = replace(RUN, stream=replace(CLIENTS, rows=12_801))
    assert beyond.line().startswith("clients: 12,801 rows, 9 of 49")


def test_before_the_first_stream() -> None:
    early = Snapshot(None, 2, 0, 0.0, 500.0, Wait("an access token", 0.0, 20.0), 5.0)
    assert early.line() == "0 of 2 streams done, 0 points spent, waiting 15 s for an access token"
    assert early.live_line(80) == ("connecting", 0, "0/2 streams, 0 points, waiting 15 s for an access token")


@pytest.mark.parametrize(
    ("stream", "seconds"),
    [
        (CLIENTS, 9_600 * 100 / 500),  # the budget is what it waits for
        (replace(CLIENTS, seconds=3_200.0), 9_600.0),  # slower than the budget allows
        (replace(CLIENTS, priced_rows=100, points=10_000.0, seconds=9.0), 1_920.0),  # too short to tell its speed
        (replace(CLIENTS, priced_rows=99), None),
        (replace(CLIENTS, expected_rows=None), None),
        (replace(CLIENTS, rows=12_800), 0.0),
    ],
)
def test_time_left(stream: StreamProgress, seconds: float | None) -> None:
    assert replace(RUN, stream=stream).left_seconds == seconds


@pytest.mark.parametrize(
    ("seconds", "spent_seconds", "is_said"),
    [(2.9, 0.0, False), (3.0, 2.0, True), (None, 2.9, False), (None, 3.0, True)],
)
def test_short_waits_are_not_worth_a_word(seconds: float | None, spent_seconds: float, *, is_said: bool) -> None:
    waiting = with_wait("Jobber's answer", seconds, spent_seconds)
    assert ("waiting" in waiting.line()) == is_said
    assert ("waiting_for" in waiting.fields()) == is_said


def test_fields_of_a_record() -> None:
    assert with_wait("3,000 points", 60.0, 15.0).fields() == {
        "event_name": "progress",
        "stream_name": "clients",
        "rows": 3_200,
        "expected_rows": 12_800,
        "share": 0.25,
        "points": 345_300.4,
        "streams": 49,
        "streams_done": 9,
        "seconds_left": 1_920,
        "waiting_for": "3,000 points",
        "wait_seconds": 45.0,
    }
    assert "wait_seconds" not in with_wait("the target", None, 9.0).fields()


def test_a_line_of_a_terminal_leaves_out_what_does_not_fit() -> None:
    begin, waiting = "clients 3,200 of ~12,800 rows", with_wait("3,000 points", 60.0, 15.0)
    end = "32 min left, 9/49 streams, 345,300 points"
    assert RUN.live_line(119) == (begin, 30, end)
    assert RUN.live_line(79) == (begin, 0, end)
    assert RUN.live_line(70) == (begin, 12, "32 min left, 9/49 streams")
    assert waiting.live_line(119) == (begin, 14, f"{end}, waiting 45 s for 3,000 points")
    assert waiting.live_line(79) == (begin, 0, "32 min left, waiting 45 s for 3,000 points")
    assert waiting.live_line(30) == (begin, 0, "")
    assert waiting.live_line(10) == (begin[:10], 0, "")


@pytest.mark.parametrize("columns", range(1, 200))
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    for run in (RUN, with_wait("3,000 points", 60.0, 15.0), replace(RUN, stream=None)):
        begin, bar, end = run.live_line(columns)
        assert len(begin) + len(end) + (bar + 4 if bar else 2 if end else 0) <= columns


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (99.4, "99 s"), (100, "2 min"), (3_540, "59 min"), (3_580, "1 h 0 min"), (12_000, "3 h 20 min")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
