"""Estimate: what `--estimate` says beside what runs then spend, at three sizes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from benchmarks.account import RUN_TAP
from benchmarks.catalogs import is_default, write_catalog
from benchmarks.figures import aims, heading, table
from benchmarks.processes import measure
from benchmarks.rate_limited import rate_limited_account
from benchmarks.unchanged_account import DAY_SECONDS, Spent, Syncs, mean, unchanged_account

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.rate_limited import RateLimitedAccount

WORLDS = ("business", "hostile")
SCALES: tuple[float, ...] = (0.2, 1, 3)
SHORT_SCALES: tuple[float, ...] = (0.02,)
DAYS = 7
_POINTS_ALLOWED = 500
_SHARE_ALLOWED = 0.15
# Of an account that is read in about twenty seconds, most of which the tap has to wait.
_PACED_SCALE, _PACED_FACTOR = 0.1, 5.0


def run(directory: Path, *, is_short: bool) -> None:
    """Measure and print."""
    catalog = write_catalog(directory, is_default)
    lines, figures = [], []
    for world in WORLDS[:1] if is_short else WORLDS:
        for scale in SHORT_SCALES if is_short else SCALES:
            with unchanged_account(directory, world, scale) as account:
                for name, said, spent in _compared(account, directory, catalog):
                    title = f"{world} {scale:g}: {name}"
                    lines.append((title, f"{said:,.0f}", f"{spent:,.0f}", f"{said / spent:.3f}", ""))
                    print("  ".join(lines[-1]), flush=True)
                    figures.append(_aim(title, said, spent))
    if not is_short:  # it takes minutes at Jobber's own pace, however few rows there are
        asked, said, spent = _paced(directory, catalog, _PACED_SCALE)
        lines.append(("paced: seconds of a full sync", f"{said:,.1f}", f"{spent:,.1f}", f"{said / spent:.3f}", ""))
        figures += [_aim("paced: seconds", said, spent), ("points of the estimate", asked, "at most", _POINTS_ALLOWED)]
    heading("estimate", "the default streams, and runs of them after it; daily runs: the mean of a round")
    table(("figure", "estimated", "spent", "ratio", ""), lines)
    aims(*figures)


def _compared(account: RateLimitedAccount, directory: Path, catalog: Path) -> Iterator[tuple[str, float, float]]:
    """Yield the names of figures, what is estimated, and what is spent."""
    said = _estimated(account.settings, directory, catalog)
    once = Syncs(account, directory, catalog)
    whole, daily = once.after(0), once.after(DAY_SECONDS)
    yield from _beside("full sync", said["total"]["full_sync"], whole)
    yield from _beside("daily run", said["total"]["next_run"], daily)
    column = said["dearest_columns"][0]
    thinner = Syncs(account, directory, _without(catalog, column["name"])).after(0)
    yield f"saved without {column['name']}, points", column["points"], whole.points - thinner.points
    again = Syncs(account, directory, catalog, {"TAP_JOBBER_RESYNC_DAYS": str(DAYS)})
    again.after(0)
    resynced = mean([again.after(DAY_SECONDS) for _ in range(DAYS)])
    yield from _beside(f"daily run, resync_days: {DAYS}", said["total"]["next_run_with_resync"], resynced)


def _beside(name: str, said: dict[str, Any], spent: Spent) -> Iterator[tuple[str, float, float]]:
    yield f"{name}, points", said["points"], spent.points
    yield f"{name}, requests", said["requests"], spent.requests


def _paced(directory: Path, catalog: Path, scale: float) -> tuple[float, float, float]:
    """Return the points of an estimate, the seconds that it says of a full sync, and those that one then takes."""
    with rate_limited_account(directory, scale, _PACED_FACTOR) as account:
        said = _estimated(account.settings, directory, catalog)
        asked = account.log().points
        account.clear_log()
        measure((*RUN_TAP, "--catalog", str(catalog)), directory, account.settings)
        return asked, said["total"]["full_sync"]["seconds"], account.log().reading_seconds


def _estimated(settings: dict[str, str], directory: Path, catalog: Path) -> dict[str, Any]:
    output = directory / "estimate.json"
    measure((*RUN_TAP, "--catalog", str(catalog), "--estimate", "--format=json"), directory, settings, output)
    document: dict[str, Any] = json.loads(output.read_bytes())
    return document


def _without(catalog: Path, column: str) -> Path:
    """Return a catalog without a column, which is given as `stream.column`."""
    stream, _, name = column.partition(".")
    document, path = json.loads(catalog.read_bytes()), catalog.with_name("without.json")
    entry = next(each for each in document["streams"] if each["tap_stream_id"] == stream)
    for each in entry["metadata"]:
        if each["breadcrumb"] == ["properties", name]:
            each["metadata"]["selected"] = False
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def _aim(name: str, said: float, spent: float) -> tuple[str, float, str, float]:
    return f"{name}: how far it is off", abs(said / spent - 1), "at most", _SHARE_ALLOWED
