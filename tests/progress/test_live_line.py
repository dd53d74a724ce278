"""The line of a terminal, between lines of the log and of the target."""

from __future__ import annotations

import io
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tap_jobber.progress import live_line
from tap_jobber.progress.live_line import LiveLine
from tap_jobber.progress.snapshot import Snapshot, StreamProgress
from tests.e2e.terminals import Screen

if TYPE_CHECKING:
    from collections.abc import Iterator

RUN = Snapshot(StreamProgress("clients", 30, 120), 4, 1, 1_000.0, 500.0, None, 0.0)


class Terminal(io.StringIO):
    """A terminal that shows what is written to it."""

    encoding = "utf-8"

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.screen = Screen(columns)

    def write(self, text: str) -> int:
        """Show it."""
        self.screen.feed(text)
        return len(text)

    @property
    def lines(self) -> list[str]:
        """The lines that are seen."""
        return self.screen.picture.splitlines()


@pytest.fixture(params=[80, 120])
def terminal(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """Provide a terminal that the log goes to."""
    shown = Terminal(request.param)
    monkeypatch.setattr(live_line, "_USUAL_COLUMNS", request.param)
    handler = logging.StreamHandler(shown)
    logging.getLogger().addHandler(handler)
    yield shown
    logging.getLogger().removeHandler(handler)


def test_the_line_is_drawn_in_place(terminal: Terminal) -> None:
    line = LiveLine(terminal)
    line.show(RUN)
    width = 30
    filled = "█" * 7 + "▌"
    expected = f"clients 30 of ~120 rows [{filled}{' ' * (width - 8)}] 1/4 streams, 1,000 points"
    if terminal.screen.columns > len(expected):
        assert terminal.lines == [expected]
    line.show(replace(RUN, stream=StreamProgress("tax_rates", 8)))
    assert terminal.lines == ["tax_rates 8 rows  1/4 streams, 1,000 points"]
    line.close()
    assert terminal.lines == []


def test_lines_of_the_log_stay_whole_above_it(terminal: Terminal) -> None:
    line = LiveLine(terminal)
    line.show(RUN)
    logging.getLogger("tap-jobber").warning("short")
    logging.getLogger("tap-jobber").warning("%s", "long " * 12)
    assert terminal.lines[:-1] == ["short", ("long " * 12).rstrip()]
    assert terminal.lines[-1].startswith("clients 30 of ~120 rows [")
    line.close()
    logging.getLogger("tap-jobber").warning("after")
    assert terminal.lines == ["short", ("long " * 12).rstrip(), "after"]


def test_lines_of_a_target_begin_where_the_line_does(terminal: Terminal) -> None:
    line = LiveLine(terminal)
    line.show(RUN)
    report = "2026-01-02 10:00:00,000 | INFO | target-jsonl | wrote 1,000 rows of clients".ljust(79, ".")
    terminal.write(f"{report}\n")
    line.show(RUN)
    # On a wider terminal the end of the line is still to be seen behind it.
    assert terminal.lines[0].startswith(report)
    assert terminal.lines[1].startswith("clients 30 of ~120 rows [")
    line.close()
