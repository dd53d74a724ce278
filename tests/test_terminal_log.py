"""Lines of the log as a terminal shows them."""

from __future__ import annotations

import io
import logging
from contextlib import redirect_stderr
from typing import TYPE_CHECKING

import pytest

from tap_jobber.process import terminal_log

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Terminal(io.StringIO):
    """A standard error that is a terminal or none."""

    is_terminal = True

    def isatty(self) -> bool:
        """Return True if it is one."""
        return self.is_terminal


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    """Provide a terminal that a handler of the log writes to, as the SDK sets it up."""
    shown = Terminal()
    handler = logging.StreamHandler(shown)
    handler.setFormatter(logging.Formatter("whole %(message)s"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield shown
    root.setLevel(level)
    root.removeHandler(handler)


def test_time_level_of_warnings_and_message(terminal: Terminal) -> None:
    with redirect_stderr(terminal):
        terminal_log.prepare({})
    log = logging.getLogger("tap-jobber.clients")
    log.info("begun")
    log.warning("odd")
    log.info("clients  1", extra=terminal_log.TABLE_ROW)
    first, second, third = terminal.getvalue().splitlines()
    assert (first[2], first[8:], second[8:], third) == (":", " begun", " WARNING odd", "clients  1")


@pytest.mark.parametrize(
    ("environment", "level", "is_terminal"),
    [({"SINGER_SDK_LOG_CONFIG": "x"}, logging.INFO, True), ({}, logging.DEBUG, True), ({}, logging.INFO, False)],
)
def test_the_sdk_s_lines_where_they_go_elsewhere_or_more_is_wanted(
    terminal: Terminal, environment: Mapping[str, str], level: int, *, is_terminal: bool
) -> None:
    terminal.is_terminal = is_terminal
    logging.getLogger().setLevel(level)
    with redirect_stderr(terminal):
        terminal_log.prepare(environment)
    logging.getLogger("tap-jobber").info("begun")
    assert terminal.getvalue() == "whole begun\n"
