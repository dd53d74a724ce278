"""The worker's side of a refresh in a process of its own: start it, send the job, wait for the report."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import TYPE_CHECKING

from tap_jobber.clock import duration
from tap_jobber.credentials.refresh_job import RefreshReport
from tap_jobber.credentials.token_errors import AUTHORISE
from tap_jobber.credentials.token_responses import TokenOutcome

if TYPE_CHECKING:
    from tap_jobber.credentials.refresh_job import RefreshJob

# The child takes over this interpreter's search path as it is: with `-m` the working directory would come
# first, and a user's file there could stand in for a module.
_START = "import sys; sys.path[:] = sys.argv[1:]; from tap_jobber.credentials.refresh import main; main()"

_START_SECONDS = 15.0
_SILENT_SECONDS = 3.0

logger = logging.getLogger("tap-jobber.credentials")


def refresh_in_own_process(job: RefreshJob) -> RefreshReport:
    """Do a job in a new session, so that killing this process or its group does not interrupt it.

    The job goes over a pipe, since arguments and environment are visible to others. The new process inherits no open
    file, so a reader of this process's output does not wait for it.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - this very interpreter, no shell, no user's text
            [sys.executable, "-c", _START, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        cause = f"Cannot start the process that refreshes the token ({error.strerror})"
        return RefreshReport(TokenOutcome.FAILED, cause, "check this machine's limits on processes and memory")
    most_seconds = job.limit_seconds + _START_SECONDS
    try:
        try:
            output, errors = process.communicate(job.to_line(), timeout=_SILENT_SECONDS)
        except subprocess.TimeoutExpired:
            logger.info(
                "access token: waiting for Jobber, or for another process that refreshes it; %s at most",
                duration(most_seconds - _SILENT_SECONDS),
                extra={"event_name": "wait", "wait_seconds": most_seconds - _SILENT_SECONDS},
            )
            output, errors = process.communicate(timeout=most_seconds - _SILENT_SECONDS)
    except subprocess.TimeoutExpired:
        return _lost("it took too long")
    try:
        return RefreshReport.from_line(output)
    except ValueError:
        last_line = errors.decode(errors="replace").strip().splitlines()[-1:]
        return _lost(", ".join([f"exit status {process.returncode}", *last_line]))


def _lost(how: str) -> RefreshReport:
    """Return the report for a process that gave none; it may have ended after Jobber's answer."""
    cause = f"The process that refreshes the token ended early ({how})"
    remedy = f"run the tap again; if Jobber then refuses the refresh token, {AUTHORISE}"
    return RefreshReport(TokenOutcome.LOST, cause, remedy)
