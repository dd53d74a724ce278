"""Pace: the tap's points and time against the least that its rows can cost, under Jobber's rate limits."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from benchmarks.account import RUN_TAP
from benchmarks.catalogs import is_small, write_catalog
from benchmarks.figures import aims, heading, table
from benchmarks.minimum_cost import emitted_rows, requests_per_parent, root_streams
from benchmarks.processes import measure
from benchmarks.rate_limited import LATENCY_SECONDS, RESTORE_POINTS_PER_SECOND, rate_limited_account

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.minimum_cost import EmittedRows
    from benchmarks.rate_limited import RequestLog

SCALE, SHORT_SCALE = 1, 0.02
# The sandbox must answer well within the time that its points take to come back; more is too much for two cores.
FACTOR = 25


def run(directory: Path, *, is_short: bool) -> None:
    """Measure and print."""
    scale, output = SHORT_SCALE if is_short else SCALE, directory / "output.jsonl"
    command = (*RUN_TAP, "--catalog", str(write_catalog(directory, is_small))) if is_short else RUN_TAP
    with rate_limited_account(directory, scale, FACTOR) as account:
        used = measure(command, directory, account.settings, output)
        log = account.log()
    found = emitted_rows(output)
    least_points = sum(found.points.values())
    per_parent = requests_per_parent(found)
    heading(
        f"pace, scale {scale:g}: all streams, at {FACTOR} times real speed",
        f"latency {LATENCY_SECONDS / FACTOR:g} s, {RESTORE_POINTS_PER_SECOND * FACTOR:,} points a second",
        "least points: the fields of the emitted rows, each row once",
        "least reading time: (points - 10,000) / points a second; start-up is not scaled",
    )
    figures = (
        ("rows", f"{found.rows.total():,}", ""),
        ("rows written twice", f"{found.repeated.total():,}", ""),
        ("requests", f"{log.requests:,}", ""),
        ("requests with one per parent and list", f"{per_parent:,}", "at least, in pages of 50"),
        ("points", f"{log.points:,}", ""),
        ("least points", f"{least_points:,}", ""),
        ("points lost to a full bucket", f"{log.overflow_points:,.0f}", ""),
        ("reading time", f"{log.reading_seconds:.1f}", "s"),
        ("least reading time", f"{log.least_seconds:.1f}", "s"),
        ("process", f"{used.wall_seconds:.1f}", "s"),
    )
    table(("figure", "value", ""), figures)
    _print_roots(found, log)
    aims(
        ("reading time over the least", log.reading_seconds / log.least_seconds, "at most", 1.05),
        ("points over the least", log.points / least_points, "at most", 1.05),
        ("throttled requests", log.throttled, "at most", 0),
        ("requests with one per parent over those of the tap", per_parent / log.requests, "at least", 10),
    )


def _print_roots(found: EmittedRows, log: RequestLog) -> None:
    """Print rows, requests and points by root field."""
    roots = root_streams()
    names = sorted(set(roots.values()), key=len, reverse=True)
    rows, least = Counter[str](), Counter[str]()
    for name, root in roots.items():
        rows[root] += found.rows[name]
        least[root] += found.points[name]
    charged, requests = Counter[str](), Counter[str]()
    for entry in log.entries:
        operation = entry["operation"] or ""
        root = next((each for each in names if operation == each or operation.startswith(f"{each}_")), operation)
        charged[root] += entry["actual"]
        requests[root] += 1
    lines = [
        (
            root,
            f"{rows[root]:,}",
            f"{requests[root]:,}",
            f"{charged[root]:,}",
            f"{least[root]:,}",
            f"{charged[root] / least[root]:.3f}" if least[root] else "-",
            "",
        )
        for root in sorted(charged, key=lambda each: least[each] - charged[each])
    ]
    table(("root field, lists included", "rows", "requests", "points", "least points", "ratio", ""), lines)
