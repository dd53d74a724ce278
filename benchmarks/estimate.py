"""Estimate: what `--estimate` says beside what a full sync then spends, at three sizes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.account import RUN_TAP, UNLIMITED_SPEED
from benchmarks.catalogs import is_small, write_catalog
from benchmarks.figures import aims, heading, table
from benchmarks.processes import measure
from benchmarks.rate_limited import rate_limited_account

if TYPE_CHECKING:
    from pathlib import Path

SCALES: tuple[float, ...] = (0.2, 1, 3)
SHORT_SCALES: tuple[float, ...] = (0.02,)
_POINTS_ALLOWED = 500
_SHARE_ALLOWED = 0.15


def run(directory: Path, *, is_short: bool) -> None:
    """Measure and print."""
    output, lines, figures = directory / "output", [], []
    catalog = ("--catalog", str(write_catalog(directory, is_small))) if is_short else ()
    for scale in SHORT_SCALES if is_short else SCALES:
        with rate_limited_account(directory, scale, UNLIMITED_SPEED) as account:
            measure((*RUN_TAP, *catalog, "--estimate", "--format=json"), directory, account.settings, output)
            said, asked = json.loads(output.read_bytes())["total"]["full_sync"]["points"], account.log().points
            account.clear_log()
            measure((*RUN_TAP, *catalog), directory, account.settings, output)
            spent = account.log().points
        lines.append((f"scale {scale:g}", f"{asked:,}", f"{said:,}", f"{spent:,}", f"{said / spent:.3f}", ""))
        figures += [
            (f"scale {scale:g}: points of the estimate", asked, "at most", _POINTS_ALLOWED),
            (f"scale {scale:g}: how far it is off", abs(said / spent - 1), "at most", _SHARE_ALLOWED),
        ]
    heading("estimate of a full sync", "all streams that are selected by default, and a full sync after it")
    table(("account", "asked", "estimated points", "spent points", "ratio", ""), lines)
    aims(*figures)
