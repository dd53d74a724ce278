"""Rolling resync: the cost of a run an hour and a day after the first, with and without `resync_days`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import requests

from benchmarks.account import RUN_TAP, UNLIMITED_SPEED, credential
from benchmarks.catalogs import write_catalog
from benchmarks.figures import aims, heading, table
from benchmarks.messages import count_rows
from benchmarks.minimum_cost import emitted_rows
from benchmarks.processes import SANDBOX, measure, server
from benchmarks.rate_limited import RateLimitedAccount
from benchmarks.resync import SETTLING_SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.catalogs import Stream

SCALES: tuple[float, ...] = (0.2, 1, 5)
SHORT_SCALES: tuple[float, ...] = (0.02,)
DAYS = 7
_HOUR_SECONDS, _DAY_SECONDS = 3_600, 86_400
# Behind this machine's clock, since the tap believes no date that is far ahead of it.
_BEHIND_SECONDS = 9 * _DAY_SECONDS
_TIMEOUT_SECONDS = 60.0
_REQUESTS_ALLOWED = 40


def run(directory: Path, *, is_short: bool) -> None:
    """Measure and print."""
    catalog = write_catalog(directory, _is_default)
    lines, idle_requests = [], 0
    for scale in SHORT_SCALES if is_short else SCALES:
        for days in (None, DAYS):
            name = f"scale {scale:g}, {'without' if days is None else f'resync_days: {days}'}"
            line, idle_requests = _measured(directory, catalog, scale, days)
            lines.append((name, *line, ""))
    heading("rolling resync: an unchanged account, the default streams", "each run has the state of the one before")
    columns = ("run", "rows", "points of all", "an hour later", "requests", "23 hours later", "requests", "")
    table(columns, lines)
    aims(("requests of a run an hour later, with resync_days", idle_requests, "at most", _REQUESTS_ALLOWED))


def _measured(directory: Path, catalog: Path, scale: float, days: int | None) -> tuple[tuple[str, ...], int]:
    """Return the figures of three runs, and the requests of the second."""
    limits = ("--speed", str(UNLIMITED_SPEED), "--max-requests", "0", "--clock-offset", str(-_BEHIND_SECONDS))
    with server((SANDBOX, "serve", "--world", "hostile", "--scale", f"{scale:g}", *limits), directory) as ready:
        settings = credential(directory, ready, f"{scale:g}-{days}")
        if days is not None:
            settings["TAP_JOBBER_RESYNC_DAYS"] = str(days)
        sandbox = RateLimitedAccount(ready["url"], settings, UNLIMITED_SPEED)
        # The first run would leave what the account was made with to the next one, as it may still be changing.
        _move_clock(sandbox, SETTLING_SECONDS)
        state: dict[str, Any] = {}
        rows, figures = 0, []
        for seconds in (0, _HOUR_SECONDS, _DAY_SECONDS - _HOUR_SECONDS):
            _move_clock(sandbox, seconds)
            found, points, made, state = _synced(sandbox, directory, catalog, state)
            rows = rows or found
            figures.append((points, made))
    (whole, _), (idle, idle_requests), (daily, daily_requests) = figures
    return (
        f"{rows:,}",
        f"{whole:,}",
        f"{idle:,} ({idle / whole:.1%})",
        f"{idle_requests:,}",
        f"{daily:,} ({daily / whole:.1%})",
        f"{daily_requests:,}",
    ), idle_requests


def _synced(
    sandbox: RateLimitedAccount, directory: Path, catalog: Path, state: dict[str, Any]
) -> tuple[int, int, int, dict[str, Any]]:
    """Sync from a state; return rows, points and requests, and the last state."""
    output, given = directory / "output.jsonl", directory / "state.json"
    given.write_text(json.dumps(state), encoding="utf-8")
    sandbox.clear_log()
    measure((*RUN_TAP, "--catalog", str(catalog), "--state", str(given)), directory, sandbox.settings, output)
    log = sandbox.log()
    return count_rows(output), log.points, log.requests, emitted_rows(output).state


def _move_clock(sandbox: RateLimitedAccount, seconds: int) -> None:
    url = f"{sandbox.url}/sandbox/clock"
    requests.post(url, json={"seconds": seconds}, timeout=_TIMEOUT_SECONDS).raise_for_status()


def _is_default(stream: Stream) -> bool:
    root = next(entry["metadata"] for entry in stream["metadata"] if not entry["breadcrumb"])
    return bool(root["selected"])
