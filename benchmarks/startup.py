"""Start-up: commands that need no account, beside the same commands of an empty tap."""

from __future__ import annotations

import statistics
import sys
from typing import TYPE_CHECKING

from benchmarks import empty_tap
from benchmarks.figures import SPREAD_COLUMNS, heading, spread, table
from benchmarks.processes import TAP, measure

if TYPE_CHECKING:
    from pathlib import Path

PAIRS, SHORT_PAIRS = 20, 1
FLAGS = ("--version", "--discover")


def run(directory: Path, *, is_short: bool) -> None:
    """Measure and print."""
    count = SHORT_PAIRS if is_short else PAIRS
    for flag in FLAGS:
        ours, empty = (TAP, flag), (sys.executable, empty_tap.__file__, flag)
        for command in (ours, empty):  # not counted: the first run of each finds cold files
            measure(command, directory)
        pairs = [(measure(ours, directory), measure(empty, directory)) for _ in range(count)]
        ours_ms = [each.wall_seconds * 1e3 for each, _ in pairs]
        empty_ms = [each.wall_seconds * 1e3 for _, each in pairs]
        ratios = [one / other for one, other in zip(ours_ms, empty_ms, strict=True)]
        heading(
            f"startup, {flag}",
            f"tap-jobber {flag} and a singer-sdk tap without streams, in turn, {count} pairs",
        )
        lines = [
            spread(f"tap-jobber {flag}", ours_ms, "ms"),
            spread(f"empty tap {flag}", empty_ms, "ms"),
            spread("ratio of a pair", ratios, "", 2),
            spread("peak memory of tap-jobber", [each.peak_mib for each, _ in pairs], "MiB", 1),
            spread("peak memory of the empty tap", [each.peak_mib for _, each in pairs], "MiB", 1),
        ]
        table(SPREAD_COLUMNS, lines)
        print(f"ratio of medians: {statistics.median(ours_ms) / statistics.median(empty_ms):.2f}")
