"""Rolling resync: the cost of a run an hour after the first, and of one a day, with and without `resync_days`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.catalogs import is_default, write_catalog
from benchmarks.figures import aims, heading, table
from benchmarks.unchanged_account import DAY_SECONDS, HOUR_SECONDS, Spent, Syncs, mean, unchanged_account

if TYPE_CHECKING:
    from pathlib import Path

WORLDS = ("business", "hostile")
SCALES: tuple[float, ...] = (0.05, 0.2, 1)
SHORT_SCALES: tuple[float, ...] = (0.02,)
DAYS = 7
_REQUESTS_ALLOWED = 40


def run(directory: Path, *, is_short: bool) -> None:
    """Measure and print."""
    catalog = write_catalog(directory, is_default)
    lines, idle_requests = [], 0
    for world in WORLDS[:1] if is_short else WORLDS:
        for scale in SHORT_SCALES if is_short else SCALES:
            with unchanged_account(directory, world, scale) as account:
                for days in (None, DAYS):
                    settings = {} if days is None else {"TAP_JOBBER_RESYNC_DAYS": str(days)}
                    syncs = Syncs(account, directory, catalog, settings)
                    whole, idle = syncs.after(0), syncs.after(HOUR_SECONDS)
                    daily = [syncs.after(DAY_SECONDS) for _ in range(days or 1)]
                    name = f"{world} {scale:g}, {'without' if days is None else f'resync_days: {days}'}"
                    lines.append((name, *_cells(whole, idle, mean(daily)), ""))
                idle_requests = max(idle_requests, idle.requests)
    heading("rolling resync: an unchanged account, the default streams", "each run has the state of the one before")
    columns = ("run", "rows", "points of all", "an hour later", "requests", "mean of a run a day", "requests", "")
    table(columns, lines)
    aims(("requests of a run an hour later, with resync_days", idle_requests, "at most", _REQUESTS_ALLOWED))


def _cells(whole: Spent, *others: Spent) -> tuple[str, ...]:
    found = [f"{whole.rows:,}", f"{whole.points:,}"]
    for each in others:
        found += [f"{each.points:,} ({each.points / whole.points:.1%})", f"{each.requests:,}"]
    return tuple(found)
