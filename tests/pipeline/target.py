"""A small target, run as a program: it writes each state that it reads, or does what else its words say.

garbage       writes lines that are no state, and half a line at the end
leave STATUS  ends at the first state, after writing that
late          writes only the last state, at the end of its input
slow          takes some seconds to end after its input has
deaf          reads nothing, and ends for no signal that it can ignore
"""

from __future__ import annotations

import json
import signal
import sys
import time


def main(how: str = "", status: str = "0") -> None:
    """Take messages from the standard input."""
    if how == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(600)
    last = ""
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "STATE":
            last = json.dumps(message["value"])
            if how not in {"late", "garbage"}:
                sys.stdout.write(last + "\n")
                sys.stdout.flush()
            if how == "leave":
                sys.exit(int(status))
    if how == "slow":
        time.sleep(4.5)
    if how == "late":
        sys.stdout.write(last + "\n")
    if how == "garbage":
        sys.stdout.write("3 streams done\n[]\n" + last[: len(last) // 2])


main(*sys.argv[1:])
