"""Snapshots of a run, taken from beside it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from tap_jobber.api.client import Usage
from tap_jobber.cli.run_progress import Observer
from tap_jobber.clock import Clock
from tap_jobber.waits import Wait, Waits


class Stream:
    """A stream under way."""

    name = "clients"

    def __init__(self) -> None:
        self.usage, self.is_done = Usage(), False
        self.reached: tuple[int, int | None] = (0, None)

    def rows_reached(self) -> tuple[int, int | None]:
        """Return how far it is."""
        return self.reached


class Run:
    """A tap under way, whose clock is set by hand."""

    def __init__(self) -> None:
        self.seconds, self.stream = 0.0, Stream()
        waits = Waits(Clock(now=lambda: self.seconds))
        limiter = SimpleNamespace(usable_points_per_second=500.0)
        self.connection = SimpleNamespace(waits=waits, extraction=SimpleNamespace(rate_limiter=limiter))
        self.streams, self.selected_streams = {"clients": self.stream}, [self.stream]
        self.reading, self.message_writer = "clients", SimpleNamespace(is_writing=False)
        self.observer = Observer(cast("Any", self))

    def at(self, seconds: float, rows: int, points: float, expected_rows: int | None = None) -> Any:  # noqa: ANN401
        """Return the snapshot at a time when so much has been read."""
        self.seconds, self.stream.reached = seconds, (rows, expected_rows)
        self.stream.usage.rows, self.stream.usage.points = rows, points
        return self.observer.look()


def test_what_was_spent_before_the_first_row_is_not_in_the_price_of_the_rest() -> None:
    run = Run()
    run.at(0.0, 0, 0.0)
    run.at(10.0, 0, 20_000.0, 1_000)
    seen = run.at(15.0, 500, 70_000.0, 1_000)
    assert (seen.stream.priced_rows, seen.stream.points, seen.stream.seconds) == (500, 50_000.0, 5.0)
    assert seen.left_seconds == 100.0
    assert seen.points == 70_000.0


def test_a_message_that_stays_unwritten_is_a_wait_for_the_target() -> None:
    run = Run()
    run.message_writer.is_writing = True
    assert run.at(0.0, 10, 0.0).wait is None
    assert run.at(1.0, 10, 0.0).wait == Wait("the target", 1.0)
    assert run.at(9.0, 10, 0.0).long_wait == Wait("the target", 1.0)
    assert run.at(10.0, 11, 0.0).wait is None


def test_the_wait_of_the_connection_is_seen_while_it_lasts() -> None:
    run = Run()
    with run.connection.waits.show("3,000 points", 60.0):
        assert run.at(5.0, 1, 0.0).wait == Wait("3,000 points", 0.0, 60.0)
    assert run.at(6.0, 1, 0.0).wait is None
