"""A run as a person sees it on a terminal, alone and beside a target."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

import pytest

from tests.e2e.harness import TAP, Bench, catalog
from tests.e2e.terminals import run_on_terminal
from tests.effort import some

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


@pytest.mark.parametrize("columns", some([60, 120]))
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


@pytest.mark.stress
def test_the_line_follows_the_width_of_the_terminal(shared: Bench) -> None:
    widths: list[int] = []

    def narrow(picture: str) -> int | None:
        """Narrow the terminal as soon as the line is drawn, and note how wide it is from then on."""
        last = picture.splitlines()[-1] if picture else ""
        if "/5 streams" not in last:
            return None
        widths.append(len(last))
        return 45 if len(widths) == 1 else None

    shown = run_on_terminal(command(shared), shared.home, columns=120, watch=narrow)
    assert shown.status == 0, shown.last
    # What was under way may still be as wide as before.
    assert max(widths[3:]) < 45


def test_a_person_reads_lines_without_date_and_logger_and_a_table_that_fits(shared: Bench) -> None:
    shared.arm(kind="status", status=503, times=1, after=2)
    shown = run_on_terminal(command(shared), shared.home, env={"NO_COLOR": "1"})
    assert shown.status == 0, shown.last
    lines = shown.last.splitlines()
    (title,) = [number for number, line in enumerate(lines) if line.endswith("Summary of the run:")]
    assert re.fullmatch(r"\d\d:\d\d:\d\d Summary of the run:", lines[title])
    assert [line.split()[0] for line in lines[title + 1 :]] == ["stream", *sorted(STREAMS), "all"]
    figures = lines[title + 1 :]
    assert {len(line) for line in figures} == {77}
    assert re.search(r"\d\d:\d\d:\d\d WARNING ", shown.last)
    assert "read with clients; 2 of 5 streams done" in shown.last.replace("\n", "")


@pytest.mark.stress
def test_an_estimate_fits_a_narrow_terminal(tiny: Bench) -> None:
    shown = run_on_terminal([*command(tiny), "--estimate"], tiny.home, columns=60, has_output=True)
    assert shown.status == 0, shown.last
    (head,) = [line for line in shown.last.splitlines() if line.startswith("stream ")]
    assert head.split() == ["stream", "rows", "points", "next", "run"]
    rows = [line.split() for line in shown.last.splitlines() if line.startswith(("all ", *STREAMS))]
    assert {len(cells) for cells in rows} == {4}


@pytest.mark.stress
def test_a_target_on_the_same_terminal_is_read_as_it_writes(shared: Bench) -> None:
    words = " ".join(str(word) for word in command(shared))
    target = shared.write("target.py", TARGET)
    shown = run_on_terminal(["sh", "-c", f"{words} | {sys.executable} {target}"], shared.home, columns=120)
    assert shown.status == 0, shown.last
    said = [line for line in shown.last.splitlines() if "messages taken" in line]
    assert said
    assert all(line.startswith("target: ") for line in said)


@pytest.mark.parametrize("setting", ["plain", "off"])
@pytest.mark.stress
def test_no_live_line_if_none_is_wanted(tiny: Bench, setting: str) -> None:
    shown = run_on_terminal(command(tiny, progress=setting), tiny.home)
    assert shown.status == 0, shown.last
    assert not live_lines(shown.pictures)


def test_no_live_line_among_messages(tiny: Bench) -> None:
    shown = run_on_terminal(command(tiny), tiny.home, has_output=True)
    assert shown.status == 0, shown.last
    assert '{"type":"RECORD"' in shown.last
    assert not live_lines(shown.pictures)
