"""Re-sync: what an unchanged account costs the second time, at two sizes."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from benchmarks.account import RUN_TAP, UNLIMITED_SPEED
from benchmarks.figures import aims, heading, table
from benchmarks.floor import emitted
from benchmarks.messages import count_rows
from benchmarks.metered import metered
from benchmarks.processes import TAP, measure
from tap_jobber.extraction.server_clock import SAFETY_MARGIN_SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.metered import Metered

SCALES = (1, 5)
# An account that was made a moment ago has rows that may still be changing, for all that the tap knows.
SETTLING_SECONDS = SAFETY_MARGIN_SECONDS + 5
_GROWTH_ALLOWED = 1.1


def run(directory: Path) -> None:
    """Measure and print."""
    catalog, lines, points = _incremental_only(directory), [], []
    with ExitStack() as stack:
        sandboxes = [stack.enter_context(metered(directory, scale, UNLIMITED_SPEED)) for scale in SCALES]
        time.sleep(SETTLING_SECONDS)
        for scale, sandbox in zip(SCALES, sandboxes, strict=True):
            first, first_points, state = _synced(f"scale {scale}, first run", sandbox, directory, catalog)
            second, second_points, _ = _synced(f"scale {scale}, second run", sandbox, directory, catalog, state)
            points.append((first_points, second_points))
            lines += [first, second]
    (small, small_again), (large, large_again) = points
    heading("re-sync of an unchanged account: the incremental streams", "the second run has the first one's state")
    table(("run", "rows", "requests", "points", "process s", ""), lines)
    name = f"points of the second run, scale {SCALES[1]} over scale {SCALES[0]} (the first run: {large / small:.2f})"
    aims((name, large_again / small_again, "at most", _GROWTH_ALLOWED))


def _synced(
    name: str, sandbox: Metered, directory: Path, catalog: Path, state: dict[str, Any] | None = None
) -> tuple[tuple[str, ...], int, dict[str, Any]]:
    """Sync, from a state if there is one: the line of the table, the points, the last state."""
    output, given = directory / "output.jsonl", directory / "state.json"
    given.write_text(json.dumps(state or {}), encoding="utf-8")
    sandbox.forget()
    words = (*RUN_TAP, "--catalog", str(catalog), "--state", str(given))
    used, found = measure(words, directory, sandbox.settings, output), emitted(output)
    bill, rows = sandbox.bill(), count_rows(output)
    figures = (f"{rows:,}", f"{bill.requests:,}", f"{bill.points:,}", f"{used.wall_seconds:.1f}")
    return (name, *figures, ""), bill.points, found.state


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
