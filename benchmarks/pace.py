"""Pace: the tap against the floor of its points, and two other readers of the same account beside it."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

from benchmarks import resync
from benchmarks.account import RUN_TAP
from benchmarks.figures import aims, heading, table
from benchmarks.floor import emitted, walks
from benchmarks.messages import count_rows
from benchmarks.metered import LATENCY_SECONDS, RESTORE_POINTS_PER_SECOND, metered
from benchmarks.processes import measure
from tap_jobber.config.schema import API_VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.floor import Emitted
    from benchmarks.metered import Bill, Metered
    from benchmarks.processes import Used

SCALE = 1
# The sandbox must answer well within the time that its points take to come back; more is too much for two cores.
FACTOR = 25
_COLUMNS = (
    "reader",
    "rows",
    "requests",
    "refusals",
    "points",
    "over floor",
    "reading s",
    "floor s",
    "over floor",
    "process s",
    "",
)


def run(directory: Path) -> None:
    """Measure and print."""
    output = directory / "output.jsonl"
    with metered(directory, SCALE, FACTOR) as sandbox:
        used, bill = _read(sandbox, RUN_TAP, directory, output)
        found = emitted(output)
        floor_points = sum(found.points.values())
        lines = [_line("tap-jobber", found.rows.total() + found.repeated.total(), used, bill, floor_points)]
        bills = []
        for name, reader, further in (
            ("a request per parent", "sdk_tap", (f"{FACTOR:g}",)),
            ("all embedded", "embedding_reader", ()),
        ):
            words = (sandbox.api_url, sandbox.access_token(), API_VERSION, *further)
            other, its_bill = _read(sandbox, (sys.executable, "-m", f"benchmarks.{reader}", *words), directory, output)
            bills.append(its_bill)
            lines.append(_line(name, count_rows(output), other, its_bill, floor_points))
    heading(
        f"pace, scale {SCALE}: all streams, at {FACTOR} times real speed",
        f"latency {LATENCY_SECONDS / FACTOR:g} s, {RESTORE_POINTS_PER_SECOND * FACTOR:,} points a second",
        f"points: floor of {floor_points:,}, the fields of the rows that tap-jobber emitted, each row once",
        "reading s: first request to last; floor s: (points - 10,000) / points a second; start-up is not scaled",
    )
    table(_COLUMNS, lines)
    _print_walks(found, bill)
    print(
        f"\npoints of tap-jobber that ran over a full bucket: {bill.overflow_points:,.0f}; left: {bill.left_points:,}"
    )
    per_parent, embedded = bills
    aims(
        ("reading time over its floor", bill.reading_seconds / bill.floor_seconds, "at most", 1.05),
        ("points over their floor", bill.points / floor_points, "at most", 1.05),
        ("refusals", bill.refusals, "at most", 0),
        ("requests of the tap with one per parent", per_parent.requests / bill.requests, "at least", 10),
        ("points of the reader that embeds", embedded.points / bill.points, "at least", 3),
    )
    resync.run(directory)


def _read(sandbox: Metered, command: Sequence[str], directory: Path, output: Path) -> tuple[Used, Bill]:
    sandbox.forget()
    used = measure(command, directory, sandbox.settings, output)
    return used, sandbox.bill()


def _line(name: str, rows: int, used: Used, bill: Bill, floor_points: int) -> tuple[str, ...]:
    return (
        name,
        f"{rows:,}",
        f"{bill.requests:,}",
        f"{bill.refusals:,}",
        f"{bill.points:,}",
        f"{bill.points / floor_points:.3f}",
        f"{bill.reading_seconds:.1f}",
        f"{bill.floor_seconds:.1f}",
        f"{bill.reading_seconds / bill.floor_seconds:.3f}",
        f"{used.wall_seconds:.1f}",
        "",
    )


def _print_walks(found: Emitted, bill: Bill) -> None:
    """Print where the points went, by root field, and by what was asked for."""
    roots = walks()
    names = sorted(set(roots.values()), key=len, reverse=True)
    rows, floors = Counter[str](), Counter[str]()
    for name, root in roots.items():
        rows[root] += found.rows[name]
        floors[root] += found.points[name]
    charged, asked, rest = Counter[str](), Counter[str](), Counter[str]()
    for entry in bill.entries:
        operation = entry["operation"] or ""
        root = next((each for each in names if operation == each or operation.startswith(f"{each}_")), operation)
        charged[root] += entry["actual"]
        asked[root] += 1
        rest[root] += entry["actual"] if operation == f"{root}_rest" else 0
    lines = [
        (
            root,
            f"{rows[root]:,}",
            f"{asked[root]:,}",
            f"{charged[root]:,}",
            f"{rest[root]:,}",
            f"{floors[root]:,}",
            f"{charged[root] - floors[root]:,}",
            f"{charged[root] / floors[root]:.3f}" if floors[root] else "-",
        )
        for root in sorted(charged, key=lambda each: floors[each] - charged[each])
    ]
    table(("walk, lists included", "rows", "requests", "points", "of long lists", "floor", "above", "ratio"), lines)
