"""The worker's side of a refresh in a process of its own: start it, hand over the job, await the report."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict

from tap_jobber.credentials.refresh import RefreshJob, Report
from tap_jobber.credentials.token_errors import AUTHORISE
from tap_jobber.credentials.token_responses import Outcome

# The child takes over this interpreter's search path as it is: with `-m` the working directory would come
# first, and a user's file there could stand in for a module.
_START = "import sys; sys.path[:] = sys.argv[1:]; from tap_jobber.credentials.refresh import main; main()"

_START_SECONDS = 15.0


def run_detached(job: RefreshJob) -> Report:
    """Does the job in a new session, so that killing this process or its group does not interrupt it.

    The job goes over a pipe, since arguments and environment are visible to others. The new process inherits no open
    file, so a reader of this process's output is not kept waiting for it.
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
        return Report(Outcome.FAILED, cause, "check this machine's limits on processes and memory")
    line = json.dumps(asdict(job)).encode() + b"\n"
    try:
        output, complaint = process.communicate(line, timeout=job.limit_seconds + _START_SECONDS)
    except subprocess.TimeoutExpired:
        return _died("it took too long")
    try:
        return Report.from_line(output)
    except ValueError:
        last_words = complaint.decode(errors="replace").strip().splitlines()[-1:]
        return _died(", ".join([f"exit status {process.returncode}", *last_words]))


def _died(how: str) -> Report:
    """The report of a process that gave none: it may have died with an answer in hand."""
    cause = f"The process that refreshes the token ended early ({how})"
    return Report(Outcome.LOST, cause, f"run the tap again; if Jobber then refuses the refresh token, {AUTHORISE}")
