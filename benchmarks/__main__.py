"""The command line: which benchmarks to run."""

from __future__ import annotations

import argparse
import platform
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import answers, estimate, extraction, fleet, pace, resync, rolling_resync, startup
from benchmarks.cores import SERVER_CORES, TAP_CORES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BENCHMARKS: Mapping[str, Callable[..., None]] = {
    "answers": answers.run,
    "estimate": estimate.run,
    "extraction": extraction.run,
    "fleet": fleet.run,
    "pace": pace.run,
    "resync": resync.run,
    "rolling-resync": rolling_resync.run,
    "startup": startup.run,
}


def main() -> None:
    """Run the chosen benchmarks one after the other."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--short", action="store_true", help="only show that they run; the figures mean nothing")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}")
    began = time.monotonic()
    print(f"Python {platform.python_version()} on {platform.platform()}, singer-sdk {version('singer-sdk')}")
    print(f"Cores: tap on {_shown(TAP_CORES)}, servers on {_shown(SERVER_CORES)}")
    for name in arguments.names or BENCHMARKS:
        with tempfile.TemporaryDirectory(prefix="tap-jobber-benchmarks-") as directory:
            BENCHMARKS[name](Path(directory), is_short=arguments.short)
    print(f"\nAll of it took {time.monotonic() - began:.0f} s.")


def _shown(cores: frozenset[int]) -> str:
    return ", ".join(str(core) for core in sorted(cores)) or "any"


if __name__ == "__main__":
    main()
