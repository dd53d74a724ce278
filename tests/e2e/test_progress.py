"""A run as a person sees it on a terminal, alone and beside a target."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from tests.e2e.harness import TAP, Bench, catalog
from tests.e2e.terminals import run_on_terminal

if TYPE_CHECKING:
    from pathlib import Path

STREAMS = ["clients", "client_notes", "invoices", "jobs", "tax_rates"]
TARGET = """
import sys
for number, line in enumerate(sys.stdin.buffer, 1):
    if number % 50 == 0:
        print(f"target: {number} messages taken, and a few words more".ljust(79, "."), file=sys.stderr)
"""


def command(bench: Bench, **settings: object) -> list[Path | str]:
    """Return a command line of the tap."""
    return [TAP, "--config", bench.config(**settings), "--catalog", bench.write("catalog.json", catalog(STREAMS))]


def live_lines(pictures: list[str]) -> set[str]:
    """Return the lines that were drawn and are no lines of the log."""
    lasts = {picture.splitlines()[-1] for picture in pictures if picture}
    return {line for line in lasts if "/5 streams" in line and "points" in line}


@pytest.mark.parametrize("columns", [80, 120])
def test_one_line_on_a_terminal_and_nothing_of_it_afterwards(shared: Bench, columns: int) -> None:
    shown = run_on_terminal(command(shared), shared.home, columns=columns)
    assert shown.status == 0, shown.last
    drawn = live_lines(shown.pictures)
    assert drawn
    assert all(len(line) < columns for line in drawn)
    assert not drawn & set(shown.last.splitlines())
    assert {json.loads(line)["type"] for line in shown.stdout.splitlines()} == {"SCHEMA", "RECORD", "STATE"}
    unbroken = shown.last.replace("\n", "")
    assert all(f"Finished {name}: " in unbroken for name in STREAMS)


def test_a_target_on_the_same_terminal_is_read_as_it_writes(shared: Bench) -> None:
    words = " ".join(str(word) for word in command(shared))
    target = shared.write("target.py", TARGET)
    shown = run_on_terminal(["sh", "-c", f"{words} | {sys.executable} {target}"], shared.home, columns=120)
    assert shown.status == 0, shown.last
    said = [line for line in shown.last.splitlines() if "messages taken" in line]
    assert said
    assert all(line.startswith("target: ") for line in said)


@pytest.mark.parametrize("setting", ["plain", "off"])
def test_no_live_line_if_none_is_wanted(tiny: Bench, setting: str) -> None:
    shown = run_on_terminal(command(tiny, progress=setting), tiny.home)
    assert shown.status == 0, shown.last
    assert not live_lines(shown.pictures)


def test_no_live_line_among_messages(tiny: Bench) -> None:
    shown = run_on_terminal(command(tiny), tiny.home, has_output=True)
    assert shown.status == 0, shown.last
    assert '{"type":"RECORD"' in shown.last
    assert not live_lines(shown.pictures)
