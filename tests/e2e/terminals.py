"""Runs the tap on a pseudo-terminal, and shows what a person would see there."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.e2e.harness import LIMIT_SECONDS, environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

ROWS = 40
_ESCAPE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")


@dataclass
class Screen:
    """The picture on a terminal: as much of one as a line that is drawn again and again takes.

    Args:
        columns: Its width.
    """

    columns: int
    lines: list[list[str]] = field(default_factory=lambda: [[]])
    row: int = 0
    column: int = 0

    def feed(self, text: str) -> None:
        """Show more of what a program writes."""
        at = 0
        while at < len(text):
            escape = _ESCAPE.match(text, at)
            if escape is not None:
                self._control(*escape.groups())
                at = escape.end()
                continue
            self._put(text[at])
            at += 1

    @property
    def picture(self) -> str:
        """The lines as they are now, without white space at their ends."""
        return "\n".join("".join(line).rstrip() for line in self.lines).rstrip()

    def _control(self, number: str, letter: str) -> None:
        if letter == "A":
            self.row = max(0, self.row - int(number or 1))
        elif letter == "K":
            del self.lines[self.row][0 if number == "2" else self.column :]

    def _put(self, sign: str) -> None:
        if sign == "\r":
            self.column = 0
        elif sign == "\n":
            self._move_down()
        else:
            if self.column == self.columns:
                self.column = 0
                self._move_down()
            line = self.lines[self.row]
            line.extend(" " * (self.column + 1 - len(line)))
            line[self.column] = sign
            self.column += 1

    def _move_down(self) -> None:
        self.row += 1
        if self.row == len(self.lines):
            self.lines.append([])


@dataclass
class Shown:
    """Status, output and screen of a run on a terminal.

    Args:
        status: Its exit status.
        stdout: Its standard output, where that was no terminal.
        pictures: The picture after each piece that it wrote, each once.
    """

    status: int
    stdout: str
    pictures: list[str]

    @property
    def last(self) -> str:
        """The screen at the end."""
        return self.pictures[-1] if self.pictures else ""


def run_on_terminal(
    words: Sequence[Path | str],
    home: Path,
    *,
    columns: int = 80,
    has_output: bool = False,
    env: Mapping[str, str] | None = None,
    watch: Callable[[str], int | None] = lambda _picture: None,
) -> Shown:
    """Run a command whose log goes to a terminal.

    Args:
        words: Its command line.
        home: Its working directory and home.
        columns: The width of the terminal.
        has_output: True if the standard output goes to the terminal, too.
        env: What else its environment holds.
        watch: Told each picture while it runs; returns a new width if the person changes that.
    """
    near, far = pty.openpty()
    _resize(far, columns)
    process = subprocess.Popen(
        list(words),
        cwd=home,
        env={"TERM": "xterm", "LANG": "C.UTF-8", **environment(home, env)},
        stdin=subprocess.DEVNULL,
        stdout=far if has_output else subprocess.PIPE,
        stderr=far,
        start_new_session=True,
    )
    os.close(far)
    screen, pictures, output = Screen(columns), [""], list[bytes]()
    reader = threading.Thread(target=lambda: output.append(process.stdout.read() if process.stdout else b""))
    reader.start()
    decoder = codecs.getincrementaldecoder("utf-8")()
    kill = threading.Timer(LIMIT_SECONDS, process.kill)
    kill.start()
    with suppress(OSError):  # Linux's way to say that the other end is closed
        while piece := os.read(near, 65_536):
            screen.feed(decoder.decode(piece))
            if screen.picture != pictures[-1]:
                pictures.append(screen.picture)
                if (resized := watch(screen.picture)) is not None:
                    _resize(near, resized)
                    screen.columns = resized
    status = process.wait()
    kill.cancel()
    reader.join()
    os.close(near)
    if process.stdout:
        process.stdout.close()
    return Shown(status, output[0].decode(), pictures)


def _resize(terminal: int, columns: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
