"""How progress is shown, when a line is due, and what its thread may not do."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tap_jobber.progress.displays import LogLines, Mode, Reporter, choose
from tap_jobber.progress.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

RUN = Snapshot(None, 2, 1, 10.0, 500.0, None, 0.0)
XTERM = {"TERM": "xterm"}


@pytest.mark.parametrize(
    ("setting", "environment", "is_terminal", "has_messages", "mode"),
    [
        ("auto", XTERM, True, False, Mode.LIVE),
        ("auto", XTERM, False, False, Mode.PLAIN),
        ("auto", XTERM, True, True, Mode.PLAIN),
        ("auto", {"TERM": "dumb"}, True, False, Mode.PLAIN),
        ("auto", {}, True, False, Mode.PLAIN),
        ("auto", {**XTERM, "SINGER_SDK_LOG_CONFIG": "log.yml"}, True, False, Mode.PLAIN),
        ("plain", XTERM, True, False, Mode.PLAIN),
        ("off", XTERM, True, False, Mode.OFF),
        ("off", XTERM, False, False, Mode.OFF),
    ],
)
def test_mode(
    setting: str, environment: Mapping[str, str], mode: Mode, *, is_terminal: bool, has_messages: bool
) -> None:
    assert choose(setting, environment, is_terminal=is_terminal, has_messages=has_messages) is mode


def test_a_line_of_the_log_every_thirty_seconds(caplog: pytest.LogCaptureFixture) -> None:
    lines, said = LogLines(began=1_000.0), []
    with caplog.at_level(logging.INFO):
        for second in range(0, 100, 4):
            lines.show(replace(RUN, now=1_000.0 + second))
            if caplog.records:
                said.append((second, caplog.records[0].getMessage()))
                assert vars(caplog.records[0])["event_name"] == "progress"
                caplog.clear()
    assert said == [(second, RUN.line()) for second in (32, 64, 96)]


class Shown:
    """A display that keeps what it is shown."""

    every_seconds = 0.001

    def __init__(self, *, fails: bool = False) -> None:
        self.looks, self.is_closed, self.fails = 0, False, fails
        self.has_been_shown = threading.Event()

    def show(self, snapshot: Snapshot) -> None:
        """Count it."""
        del snapshot
        self.looks += 1
        self.has_been_shown.set()
        if self.fails:
            raise ValueError

    def close(self) -> None:
        """Note that it is over."""
        self.is_closed = True


def test_the_run_is_shown_until_it_ends() -> None:
    display = Shown()
    with Reporter(lambda: RUN, display):
        assert display.has_been_shown.wait(5)
        was_closed = display.is_closed
    looks = display.looks
    assert (was_closed, display.is_closed) == (False, True)
    assert not [each for each in threading.enumerate() if each.name == "progress"]
    assert display.looks == looks


def test_a_run_of_a_moment_is_shown() -> None:
    display = Shown()
    display.every_seconds = 60.0
    with Reporter(lambda: RUN, display):
        pass
    assert (display.looks, display.is_closed) == (1, True)


def test_an_error_ends_the_display_and_not_the_run(caplog: pytest.LogCaptureFixture) -> None:
    display = Shown(fails=True)
    with caplog.at_level(logging.DEBUG), Reporter(lambda: RUN, display):
        assert display.has_been_shown.wait(5)
    assert (display.looks, display.is_closed) == (1, True)
    assert [record.levelname for record in caplog.records] == ["DEBUG"]
