"""Memory: the most that the tap holds at once while it reads about a million rows; long, so run only when named."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from benchmarks.account import account
from benchmarks.figures import aims, heading, table
from benchmarks.processes import TAP, measure

if TYPE_CHECKING:
    from pathlib import Path

SCALE = 100
LIMIT_SECONDS = 360
AIM_MIB = 150
# What is read in windows, what is read whole (and remembered whole), and lists; first what holds most in memory.
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


def run(directory: Path) -> None:
    """Measure and print."""
    output, catalog = directory / "output.jsonl", _catalog(directory)
    with account(directory, SCALE) as settings:
        tap = (sys.executable, "-m", "benchmarks.unhurried_tap", f"{LIMIT_SECONDS}", "--config", "ENV")
        used = measure((*tap, "--catalog", str(catalog)), directory, settings, output)
    rows = _rows(output)
    heading(
        f"memory, scale {SCALE}: {rows.total():,} rows, at most {LIMIT_SECONDS} s",
        f"tap-jobber without its limit of requests, {len(STREAMS)} streams, {len(COLUMNS)} columns at the most",
    )
    table(("stream", "rows", ""), [(name, f"{count:,}", "") for name, count in rows.items()])
    print(f"\n{used.wall_seconds:.0f} s, of which {used.cpu_seconds:.0f} s on the processor")
    aims(
        ("rows", rows.total(), "at least", 1e6),
        ("peak memory in MiB", used.peak_mib, "at most", AIM_MIB),
    )


def _catalog(directory: Path) -> Path:
    """A catalog of the streams and columns."""
    discovered, path = directory / "discovered.json", directory / "catalog.json"
    measure((TAP, "--discover"), directory, output=discovered)
    catalog: dict[str, Any] = json.loads(discovered.read_text(encoding="utf-8"))
    place = {name: position for position, name in enumerate(STREAMS)}
    catalog["streams"].sort(key=lambda stream: place.get(stream["tap_stream_id"], len(place)))
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            column = entry["breadcrumb"][1] if entry["breadcrumb"] else None
            is_wanted = stream["tap_stream_id"] in place if column is None else column in COLUMNS
            entry["metadata"]["selected"] = is_wanted
    path.write_text(json.dumps(catalog), encoding="utf-8")
    return path


def _rows(output: Path) -> Counter[str]:
    found = Counter[str]()
    with output.open("rb") as file:
        for line in file:
            if line.startswith(b'{"type":"RECORD"'):
                found[line.split(b'"stream":"', 1)[1].split(b'"', 1)[0].decode()] += 1
    return found
