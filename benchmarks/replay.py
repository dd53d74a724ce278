"""Replay: the installed tap reads recorded answers, since the sandbox is slower than the tap."""

from __future__ import annotations

import json
import statistics
import sys
from typing import TYPE_CHECKING

from benchmarks.account import RUN_TAP, account
from benchmarks.extraction import run_figures
from benchmarks.figures import SPREAD_COLUMNS, heading, spread, table
from benchmarks.messages import size_of
from benchmarks.processes import TAP, measure, server

if TYPE_CHECKING:
    from pathlib import Path

SCALE = 5
RUNS = 7
PASSES = 5
STAGE_NAMES = {
    "parsing": "parsing: decode of bodies",
    "overlap": "deriving: overlap reader",
    "shaping": "deriving: shaper",
    "writing": "writing: stream maps, message writer",
    "walking": "walking: walk, queries, SDK's loop of records",
}


def run(directory: Path) -> None:
    """Record, replay, measure and print."""
    recording, output = directory / "recording.msgpack", directory / "output.jsonl"
    with account(directory, SCALE) as settings:
        measure((sys.executable, "-m", "benchmarks.recording", str(recording)), directory, settings)
    with server((sys.executable, "-m", "benchmarks.replayer", str(recording)), directory) as ready:
        replayed = settings | {"TAP_JOBBER_API_URL": ready["api_url"]}
        used = [measure(RUN_TAP, directory, replayed, output) for _ in range(RUNS)]
    size = size_of(output)
    heading(
        f"replay, scale {SCALE}: {size.rows:,} rows",
        f"{size.columns:.1f} columns and {size.values:.1f} values a row, {size.written_bytes:,.0f} bytes a message",
        f"tap-jobber --config ENV > FILE, {RUNS} runs, answers recorded and gzipped beforehand, over HTTP",
    )
    table(SPREAD_COLUMNS, run_figures(size.rows, used))
    cpu_microseconds = statistics.median(each.cpu_seconds for each in used) / size.rows * 1e6
    _print_stages(directory, recording, settings, cpu_microseconds, size.rows)


def _print_stages(
    directory: Path, recording: Path, settings: dict[str, str], cpu_microseconds: float, rows: int
) -> None:
    """Print what each stage takes of a row's time, measured alone, and what is left for the rest."""
    found = directory / "stages.json"
    measure((sys.executable, "-m", "benchmarks.stages", str(recording), str(PASSES)), directory, settings, found)
    passes = json.loads(found.read_text(encoding="utf-8"))
    each = {label: [one[stage] / one["rows"] * 1e6 for one in passes] for stage, label in STAGE_NAMES.items()}
    discovering = [measure((TAP, "--discover"), directory).cpu_seconds for _ in range(PASSES)]
    each["start-up: CPU of --discover"] = [seconds / rows * 1e6 for seconds in discovering]
    rest = cpu_microseconds - sum(map(statistics.median, each.values()))
    heading(
        f"stages: CPU time of a row, of {cpu_microseconds:.1f} microseconds in all (the replay's median)",
        f"the tap on the recorded bodies, without HTTP, to /dev/null, {PASSES} passes",
    )
    lines = [
        (*spread(label, values, "us", 2), f"{statistics.median(values) / cpu_microseconds:.1%}")
        for label, values in each.items()
    ]
    lines.append(("rest: HTTP, gzip", "", f"{rest:.2f}", "", "us", f"{rest / cpu_microseconds:.1%}"))
    table((*SPREAD_COLUMNS, "share"), lines)
