"""Re-sync: what an unchanged account costs the second time, at two sizes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from benchmarks.account import RUN_TAP, UNLIMITED_SPEED
from benchmarks.figures import aims, heading, table
from benchmarks.floor import emitted
from benchmarks.messages import count_rows
from benchmarks.metered import metered
from benchmarks.processes import TAP, measure

if TYPE_CHECKING:
    from pathlib import Path

SCALES = (1, 5)
# Rows that changed within the safety margin come again; an account made a moment ago has some.
_GROWTH_ALLOWED = 1.5


def run(directory: Path) -> None:
    """Measure and print."""
    lines, points = [], []
    catalog = _incremental_only(directory)
    for scale in SCALES:
        output, state = directory / "output.jsonl", directory / "state.json"
        with metered(directory, scale, UNLIMITED_SPEED) as sandbox:
            words = (*RUN_TAP, "--catalog", str(catalog))
            first = measure(words, directory, sandbox.settings, output)
            bill, rows = sandbox.bill(), count_rows(output)
            state.write_text(json.dumps(emitted(output).state), encoding="utf-8")
            sandbox.forget()
            second = measure((*words, "--state", str(state)), directory, sandbox.settings, output)
            again, rows_again = sandbox.bill(), count_rows(output)
        points.append(again.points)
        for name, count, one, used in (("first", rows, bill, first), ("second", rows_again, again, second)):
            figures = (f"{count:,}", f"{one.requests:,}", f"{one.points:,}", f"{used.wall_seconds:.1f}")
            lines.append((f"scale {scale}, {name} run", *figures, ""))
    heading("re-sync of an unchanged account: the incremental streams", "the second run has the first one's state")
    table(("run", "rows", "requests", "points", "process s", ""), lines)
    aims(
        (
            f"points of the second run, scale {SCALES[1]} over {SCALES[0]}",
            points[1] / points[0],
            "at most",
            _GROWTH_ALLOWED,
        )
    )


def _incremental_only(directory: Path) -> Path:
    """A catalog in which the streams with a bookmark are selected."""
    discovered, path = directory / "discovered.json", directory / "catalog.json"
    measure((TAP, "--discover"), directory, output=discovered)
    catalog: dict[str, Any] = json.loads(discovered.read_text(encoding="utf-8"))
    for stream in catalog["streams"]:
        root = next(entry["metadata"] for entry in stream["metadata"] if not entry["breadcrumb"])
        root["selected"] = stream.get("replication_key") is not None
    path.write_text(json.dumps(catalog), encoding="utf-8")
    return path
