"""Memory: the tap's peak while it reads about a million rows."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

from benchmarks.account import account
from benchmarks.catalogs import is_small, write_catalog
from benchmarks.figures import aims, heading, table
from benchmarks.processes import measure

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.catalogs import Stream

SCALE, SHORT_SCALE = 100, 0.02
LIMIT_SECONDS = 360
AIM_MIB = 150
# Streams read in windows, streams read whole (and remembered whole), and lists.
STREAMS = (
    "properties",
    "tasks",
    "clients",
    "client_contacts",
    "client_tags",
    "time_sheet_entries",
    "expenses",
    "payment_records",
    "requests",
    "request_line_items",
    "quotes",
    "quote_line_items",
    "jobs",
    "job_line_items",
    "invoices",
    "invoice_line_items",
    "visits",
    "visit_assigned_users",
    "visit_line_items",
)
# Few columns, so that the sandbox, which is slower than the tap, answers many rows in the time.
COLUMNS = frozenset({"id", "updatedAt", "createdAt", "name", "title", "startAt", "entryDate", "jobNumber", "quantity"})


def run(directory: Path, *, is_short: bool) -> None:
    """Measure and print."""
    scale = SHORT_SCALE if is_short else SCALE
    output = directory / "output.jsonl"
    catalog = write_catalog(directory, _is_read_in_short if is_short else _is_read, COLUMNS)
    with account(directory, scale) as settings:
        tap = (sys.executable, "-m", "benchmarks.unhurried_tap", f"{LIMIT_SECONDS}", "--config", "ENV")
        used = measure((*tap, "--catalog", str(catalog)), directory, settings, output)
    rows = _rows(output)
    heading(
        f"memory, scale {scale:g}: {rows.total():,} rows, at most {LIMIT_SECONDS} s",
        f"tap-jobber without its limit of requests, {len(STREAMS)} streams, {len(COLUMNS)} columns at the most",
    )
    table(("stream", "rows", ""), [(name, f"{count:,}", "") for name, count in rows.items()])
    print(f"\n{used.wall_seconds:.0f} s, of which {used.cpu_seconds:.0f} s on the processor")
    aims(
        ("rows", rows.total(), "at least", 1e6),
        ("peak memory in MiB", used.peak_mib, "at most", AIM_MIB),
    )


def _is_read(stream: Stream) -> bool:
    return stream["tap_stream_id"] in STREAMS


def _is_read_in_short(stream: Stream) -> bool:
    return is_small(stream) and _is_read(stream)


def _rows(output: Path) -> Counter[str]:
    found = Counter[str]()
    with output.open("rb") as file:
        for line in file:
            if line.startswith(b'{"type":"RECORD"'):
                found[line.split(b'"stream":"', 1)[1].split(b'"', 1)[0].decode()] += 1
    return found
