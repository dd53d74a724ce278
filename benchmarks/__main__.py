"""The command line: which benchmarks to run."""

from __future__ import annotations

import argparse
import platform
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from benchmarks import extraction, memory, pace, replay, startup
from benchmarks.cores import SERVER_CORES, TAP_CORES

BENCHMARKS = {"extraction": extraction.run, "pace": pace.run, "replay": replay.run, "startup": startup.run}
# Runs only when it is named.
LONG_BENCHMARKS = {"memory": memory.run}
_HELP = f"of {', '.join(BENCHMARKS)} (default: all of these) and {', '.join(LONG_BENCHMARKS)}"


def main() -> None:
    """Run the chosen benchmarks one after the other."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=_HELP)
    names = parser.parse_args().names or list(BENCHMARKS)
    unknown = sorted(set(names) - set(BENCHMARKS | LONG_BENCHMARKS))
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}")
    began = time.monotonic()
    print(f"Python {platform.python_version()} on {platform.platform()}, singer-sdk {version('singer-sdk')}")
    print(f"Cores: tap on {_shown(TAP_CORES)}, servers on {_shown(SERVER_CORES)}")
    for name in names:
        with tempfile.TemporaryDirectory(prefix="tap-jobber-benchmarks-") as directory:
            (BENCHMARKS | LONG_BENCHMARKS)[name](Path(directory))
    print(f"\nAll of it took {time.monotonic() - began:.0f} s.")


def _shown(cores: frozenset[int]) -> str:
    return ", ".join(str(core) for core in sorted(cores)) or "any"


if __name__ == "__main__":
    main()
