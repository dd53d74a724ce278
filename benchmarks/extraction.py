"""Extraction: the installed tap reads whole sandbox accounts of two sizes, without rate limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.account import RUN_TAP, UNLIMITED_SPEED, account
from benchmarks.catalogs import is_small, write_catalog
from benchmarks.figures import SPREAD_COLUMNS, heading, spread, table
from benchmarks.messages import count_rows
from benchmarks.processes import measure

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.processes import Used

RUNS_BY_SCALE: dict[float, int] = {1: 3, 5: 3}
SHORT_RUNS_BY_SCALE: dict[float, int] = {0.02: 1}


def run(directory: Path, *, is_short: bool) -> None:
    """Measure and print."""
    command = (*RUN_TAP, "--catalog", str(write_catalog(directory, is_small))) if is_short else RUN_TAP
    for scale, runs in (SHORT_RUNS_BY_SCALE if is_short else RUNS_BY_SCALE).items():
        output = directory / "output.jsonl"
        with account(directory, scale) as settings:
            used = [measure(command, directory, settings, output) for _ in range(runs)]
        rows = count_rows(output)
        heading(
            f"extraction, scale {scale:g}: {rows:,} rows, {output.stat().st_size / 2**20:.1f} MiB of messages",
            f"tap-jobber --config ENV > FILE, {runs} runs, credential in the store",
            f"jobber-sandbox serve --world hostile --scale {scale:g} --speed {UNLIMITED_SPEED} --max-requests 0",
        )
        table(SPREAD_COLUMNS, _figures(rows, used))


def _figures(rows: int, used: list[Used]) -> list[tuple[str, ...]]:
    """Return the figures of repeated runs over the same rows."""
    return [
        spread("wall", [each.wall_seconds for each in used], "s", 2),
        spread("rows per second of wall", [rows / each.wall_seconds for each in used], "rows/s"),
        spread("CPU of the tap", [each.cpu_seconds for each in used], "s", 2),
        spread("rows per second of CPU", [rows / each.cpu_seconds for each in used], "rows/s"),
        spread("peak memory", [each.peak_mib for each in used], "MiB", 1),
    ]
