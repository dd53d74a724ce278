"""Building of the dbt package's tables over an account with many visits: time and memory, at first and once more."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import aims, heading, table
from benchmarks.processes import measure

if TYPE_CHECKING:
    from benchmarks.processes import Used

_ROOT = Path(__file__).resolve().parent.parent
_TRANSFORM = _ROOT / "transform"
_MIB_AIM = 1_536


def run(directory: Path, *, is_short: bool) -> None:
    """Write the files of the account, and build twice.

    Args:
        directory: Where the files and the database go.
        is_short: True to show only that it runs.
    """
    visits = 1_000 if is_short else 1_000_000
    heading(
        "answers",
        f"dbt run over files of {visits:,} visits, {2 * visits:,} line items and {visits:,} time sheet entries",
    )
    programs = Path(os.environ.get("WAREHOUSE_DBT", _ROOT / ".venv-dbt" / "bin"))
    if not (programs / "dbt").is_file():
        print("   left out, since dbt is not installed: make .venv-dbt/.installed")
        return
    files = directory / "output"
    files.mkdir()
    measure(
        [str(programs / "python"), str(_ROOT / "benchmarks" / "visits_files.py"), str(files), str(visits)], directory
    )
    builds = {"first": _build(programs, directory, files), "once more": _build(programs, directory, files)}
    size = sum(file.stat().st_size for file in files.iterdir()) / 2**20
    print(f"   {size:,.0f} MiB of files")
    rows = [
        (name, f"{used.wall_seconds:,.0f}", f"{used.cpu_seconds:,.0f}", f"{used.peak_mib:,.0f}", "")
        for name, used in builds.items()
    ]
    table(("build", "seconds", "CPU seconds", "peak MiB", ""), rows)
    aims(("MiB at the peak", max(used.peak_mib for used in builds.values()), "at most", _MIB_AIM))


def _build(programs: Path, directory: Path, files: Path) -> Used:
    settings = {
        "JOBBER_SOURCE": "files",
        "JOBBER_FILES": str(files),
        "JOBBER_DUCKDB": str(directory / "answers.duckdb"),
        "JOBBER_MEMORY": "1GB",
        "DBT_TARGET_PATH": str(directory / "target"),
        "DBT_LOG_PATH": str(directory / "logs"),
    }
    command = [str(programs / "dbt"), "run", "--project-dir", str(_TRANSFORM), "--profiles-dir", str(_TRANSFORM)]
    return measure(command, directory, settings)
