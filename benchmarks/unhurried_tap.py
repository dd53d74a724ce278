"""The tap without its limit of 2,500 requests in five minutes, stopped by SIGTERM after some time.

Usage: python -m benchmarks.unhurried_tap SECONDS ARGUMENT... with the arguments of tap-jobber. Exits with 0
also if it was stopped.
"""

from __future__ import annotations

import os
import signal
import sys
from threading import Timer
from unittest.mock import patch

from tap_jobber.__main__ import main

_UNLIMITED = 1_000_000_000
_STOPPED = 128 + signal.SIGTERM


def run(seconds: str, *arguments: str) -> int:
    """Run the tap.

    Args:
        seconds: Time after which to stop it.
        *arguments: Its command line.

    Returns:
        Its exit status.
    """
    timer = Timer(float(seconds), os.kill, (os.getpid(), signal.SIGTERM))
    timer.daemon = True
    timer.start()
    try:
        with (
            patch("tap_jobber.api.rate_limits.MAXIMUM_REQUESTS", _UNLIMITED),
            patch.object(sys, "argv", [*arguments]),
        ):
            main()
    except SystemExit as end:
        return 0 if end.code in {None, _STOPPED} else int(end.code or 0)
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], "tap-jobber", *sys.argv[2:]))
