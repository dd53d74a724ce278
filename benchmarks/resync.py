"""Re-sync: the cost of a second run over an unchanged account, at two sizes."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from benchmarks.account import RUN_TAP, UNLIMITED_SPEED
from benchmarks.catalogs import is_small, write_catalog
from benchmarks.figures import aims, heading, table
from benchmarks.messages import count_rows
from benchmarks.minimum_cost import emitted_rows
from benchmarks.processes import measure
from benchmarks.rate_limited import rate_limited_account
from tap_jobber.extraction.server_clock import SAFETY_MARGIN_SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.catalogs import Stream
    from benchmarks.rate_limited import RateLimitedAccount

SCALES: tuple[float, float] = (1, 5)
SHORT_SCALES: tuple[float, float] = (0.02, 0.04)
# The tap reads rows of the last minutes once more, since they may still be changing.
SETTLING_SECONDS = SAFETY_MARGIN_SECONDS + 5
_GROWTH_ALLOWED = 1.1


def run(directory: Path, *, is_short: bool) -> None:
    """Measure and print."""
    scales = SHORT_SCALES if is_short else SCALES
    catalog = write_catalog(directory, _is_small_and_has_bookmark if is_short else _has_bookmark)
    lines, points = [], []
    with ExitStack() as stack:
        sandboxes = [stack.enter_context(rate_limited_account(directory, scale, UNLIMITED_SPEED)) for scale in scales]
        time.sleep(0 if is_short else SETTLING_SECONDS)
        for scale, sandbox in zip(scales, sandboxes, strict=True):
            first, first_points, state = _synced(f"scale {scale:g}, first run", sandbox, directory, catalog)
            second, second_points, _ = _synced(f"scale {scale:g}, second run", sandbox, directory, catalog, state)
            points.append((first_points, second_points))
            lines += [first, second]
    (small, small_again), (large, large_again) = points
    heading("re-sync of an unchanged account: the incremental streams", "the second run has the first one's state")
    table(("run", "rows", "requests", "points", "process s", ""), lines)
    name = (
        f"points of the second run, scale {scales[1]:g} over scale {scales[0]:g} (the first run: {large / small:.2f})"
    )
    aims((name, large_again / small_again, "at most", _GROWTH_ALLOWED))


def _synced(
    name: str, sandbox: RateLimitedAccount, directory: Path, catalog: Path, state: dict[str, Any] | None = None
) -> tuple[tuple[str, ...], int, dict[str, Any]]:
    """Sync, from a state if there is one; return the line of the table, the points and the last state."""
    output, given = directory / "output.jsonl", directory / "state.json"
    given.write_text(json.dumps(state or {}), encoding="utf-8")
    sandbox.clear_log()
    words = (*RUN_TAP, "--catalog", str(catalog), "--state", str(given))
    used, found = measure(words, directory, sandbox.settings, output), emitted_rows(output)
    log, rows = sandbox.log(), count_rows(output)
    figures = (f"{rows:,}", f"{log.requests:,}", f"{log.points:,}", f"{used.wall_seconds:.1f}")
    return (name, *figures, ""), log.points, found.state


def _has_bookmark(stream: Stream) -> bool:
    return stream.get("replication_key") is not None


def _is_small_and_has_bookmark(stream: Stream) -> bool:
    return is_small(stream) and _has_bookmark(stream)
