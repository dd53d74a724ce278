"""Tells the exit status of a pipeline from how its tap, its target and its state have ended."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_jobber.errors import ExitStatus
from tap_jobber.process.termination import status_of

if TYPE_CHECKING:
    from tap_jobber.errors import TapError


@dataclass(frozen=True, kw_only=True)
class Ends:
    """The ends of the processes of a pipeline.

    Attributes:
        tap: Exit status of the tap, 128 + n if signal n ended it.
        target: Exit status of the target, likewise.
        has_target_left: True if the target ended while the tap still ran.
        stopped_by: The signal that asked the pipeline to end.
        state_failure: Why the last state could not be kept.
    """

    tap: int
    target: int
    has_target_left: bool = False
    stopped_by: int | None = None
    state_failure: TapError | None = None


READ = (ExitStatus.COMPLETE, ExitStatus.PARTIAL)
"""The exit statuses of a tap that has come to its end."""
_SEQUEL = (ExitStatus.MEND, status_of(signal.SIGPIPE), status_of(signal.SIGTERM))
"""How a tap ends whose target has gone: by itself, or because the pipeline ends it."""


def exit_status(ends: Ends) -> tuple[int, str]:
    """Return the exit status of a pipeline, and a line that says why it is not the tap's; empty if it is.

    What the tap says counts, unless it only says that the target has gone: then it is the target that has failed,
    which is tried again, since most often the place that it loads into is out of reach.
    """
    if ends.stopped_by is not None and not (ends.tap in READ and ends.target == 0):
        return status_of(ends.stopped_by), f"stopped by signal {ends.stopped_by}"
    is_sequel = ends.has_target_left and ends.tap in _SEQUEL
    if ends.target != 0 and (ends.tap in READ or is_sequel):
        return ExitStatus.TRY_LATER, f"the target has failed with status {ends.target}: see its own lines in this log"
    if is_sequel:
        return ExitStatus.MEND, "the target ended before the tap: see that --target is the command of a Singer target"
    if ends.tap in READ and ends.state_failure is not None:
        return (
            ends.state_failure.exit_status,
            "the rows are loaded, but the last state is not kept, so that the next run reads what it read before",
        )
    return ends.tap, ""


def portable(returncode: int) -> int:
    """Return the exit status that a shell gives a process, which Python gives as -n if signal n ended it."""
    return status_of(-returncode) if returncode < 0 else returncode
