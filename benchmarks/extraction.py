"""ExtractionRun: the installed tap reads whole sandbox accounts of two sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.account import RUN_TAP, UNLIMITED_SPEED, account
from benchmarks.figures import SPREAD_COLUMNS, heading, spread, table
from benchmarks.messages import count_rows
from benchmarks.processes import measure

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.processes import Used

RUNS_BY_SCALE = {1: 3, 5: 3}


def run(directory: Path) -> None:
    """Measure and print."""
    for scale, runs in RUNS_BY_SCALE.items():
        output = directory / "output.jsonl"
        with account(directory, scale) as settings:
            used = [measure(RUN_TAP, directory, settings, output) for _ in range(runs)]
        rows = count_rows(output)
        heading(
            f"extraction, scale {scale}: {rows:,} rows, {output.stat().st_size / 2**20:.1f} MiB of messages",
            f"tap-jobber --config ENV > FILE, {runs} runs, credential in the store",
            f"jobber-sandbox serve --scale {scale} --speed {UNLIMITED_SPEED} --max-requests 0",
        )
        table(SPREAD_COLUMNS, run_figures(rows, used))


def run_figures(rows: int, used: list[Used]) -> list[tuple[str, ...]]:
    """The figures of repeated runs over the same rows."""
    return [
        spread("wall", [each.wall_seconds for each in used], "s", 2),
        spread("rows per second of wall", [rows / each.wall_seconds for each in used], "rows/s"),
        spread("CPU of the tap", [each.cpu_seconds for each in used], "s", 2),
        spread("rows per second of CPU", [rows / each.cpu_seconds for each in used], "rows/s"),
        spread("peak memory", [each.peak_mib for each in used], "MiB", 1),
    ]
