"""Prints figures as plain tables."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SPREAD_COLUMNS = ("figure", "min", "median", "max", "unit")


def spread(name: str, values: Sequence[float], unit: str, digits: int = 0) -> tuple[str, ...]:
    """Return the row of a repeated figure: its smallest, median and largest value."""
    chosen = (min(values), statistics.median(values), max(values))
    return (name, *(f"{value:,.{digits}f}" for value in chosen), unit)


def heading(name: str, *conditions: str) -> None:
    """Print the conditions of the figures that follow."""
    print(f"\n== {name} ==")
    for condition in conditions:
        print(f"   {condition}")


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, its first and last columns left-aligned and the figures between right-aligned."""
    lines = [columns, *rows]
    widths = [max(len(cell) for cell in cells) for cells in zip(*lines, strict=True)]
    print()
    for line in lines:
        name, *figures, last = (cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join([name.strip().ljust(widths[0]), *figures, last.strip()]).rstrip())


def aims(*figures: tuple[str, float, str, float]) -> None:
    """Print figures beside their aims: a name, the measured value, `at most` or `at least`, and the aim."""
    print()
    for name, measured, sense, aim in figures:
        is_met = measured <= aim if sense == "at most" else measured >= aim
        print(f"{'met   ' if is_met else 'MISSED'}  {name}: {measured:.3g} ({sense} {aim:g})")
