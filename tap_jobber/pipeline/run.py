"""Runs a pipeline: starts tap and target, keeps states as they come, passes signals on, and tells how it ended."""

from __future__ import annotations

import json
import logging
import os
import signal
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_jobber.credentials.encoded_ids import account_number, full_account_id
from tap_jobber.errors import TapError
from tap_jobber.pipeline.arguments import tap_words
from tap_jobber.pipeline.exit_status import READ, Ends, exit_status, portable
from tap_jobber.pipeline.kept_state import KeptState
from tap_jobber.pipeline.processes import Children, Ended, Said, send
from tap_jobber.pipeline.state_places import LocalState, state_place, without_password
from tap_jobber.process import termination
from tap_jobber.wording import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from tap_jobber.pipeline.arguments import Arguments
    from tap_jobber.pipeline.processes import Process
    from tap_jobber.pipeline.state_places import StatePlace

LOGGER_NAME = "tap-jobber-pipeline"
logger = logging.getLogger(LOGGER_NAME)

_LEAVING_SECONDS = 2.0
"""Seconds that the tap may take to see that the target has gone, and that the target's output may take to end."""
_KILL_SECONDS = 5.0
"""Seconds between the second signal, which goes to the target, and its end by force."""
_TICK_SECONDS = 0.5
"""Seconds between two looks at what is due."""
_SILENT_SECONDS = 3.0
"""Seconds that the target may take after the tap's end before the log says that it is waited for."""
_NEVER = float("inf")


class Run:
    """One run of a pipeline.

    Args:
        state: Keeps the states.
    """

    def __init__(self, state: KeptState) -> None:
        self._state = state
        self._children: Children | None = None
        self._stopped_by: int | None = None
        self._stopped_at = _NEVER
        self._foreign: TapError | None = None
        self._has_target_left = False
        self._terminates_tap_at = self._kills_target_at = self._ends_output_at = self._tells_of_wait_at = _NEVER

    def stop(self, number: int, frame: FrameType | None = None) -> None:
        """Stop the tap, so that the target loads what it has; the second time, stop the target too."""
        del frame
        now = time.monotonic()
        if self._stopped_by is None:
            self._stopped_by, self._stopped_at = number, now
            if self._children is not None:
                send(self._children.tap, number)
        elif self._children is not None and now - self._stopped_at > termination.SAME_SECONDS:
            self._stop_target(self._children)

    def _stop_target(self, children: Children) -> None:
        send(children.tap, signal.SIGKILL)
        send(children.target, signal.SIGTERM)
        self._kills_target_at = min(self._kills_target_at, time.monotonic() + _KILL_SECONDS)

    def follow(self, children: Children) -> Ends:
        """Keep states until both processes have ended.

        Raises:
            TapError: If the target writes the state of another account.
        """
        self._children = children
        if self._stopped_by is not None:
            send(children.tap, self._stopped_by)
        running, is_open = {children.tap, children.target}, True
        while running or is_open:
            events = children.next_events(_TICK_SECONDS)
            self._keep([line for each in events if isinstance(each, Said) for line in each.lines])
            for event in events:
                if isinstance(event, Ended):
                    running.discard(event.process)
                    self._note_end(event.process, has_other=bool(running))
                elif event.is_end:
                    is_open = False
            # Something that the target has started may hold its output open for ever.
            is_open = is_open and time.monotonic() < self._ends_output_at
            self._enforce(children)
        self._state.finish()
        if self._foreign is not None:
            raise self._foreign
        return Ends(
            tap=portable(children.tap.returncode),
            target=portable(children.target.returncode),
            has_target_left=self._has_target_left,
            stopped_by=self._stopped_by,
            state_failure=self._state.failure,
        )

    def _keep(self, lines: list[bytes]) -> None:
        try:
            self._state.take(lines)
        except TapError as error:
            self._foreign = error
            self._terminates_tap_at = 0.0

    def _note_end(self, process: Process, *, has_other: bool) -> None:
        if self._children is None or process is not self._children.target:
            self._tells_of_wait_at = time.monotonic() + _SILENT_SECONDS
            return
        self._tells_of_wait_at = _NEVER
        self._ends_output_at = time.monotonic() + _LEAVING_SECONDS
        if has_other:
            self._has_target_left = True
            self._terminates_tap_at = time.monotonic() + _LEAVING_SECONDS

    def _enforce(self, children: Children) -> None:
        now = time.monotonic()
        if now >= self._terminates_tap_at:
            self._terminates_tap_at = _NEVER
            send(children.tap, signal.SIGTERM)
        if now >= self._kills_target_at:
            send(children.target, signal.SIGKILL)
        if now >= self._tells_of_wait_at:
            self._tells_of_wait_at = _NEVER
            logger.info("The tap has ended; waiting for the target to load what it has been given")


def run(arguments: Arguments) -> dict[str, Any]:
    """Run a pipeline to its end, and return what there is to say of it.

    Raises:
        TapError: If it could not begin, or not keep the state of its account.
    """
    place, account_id = state_place(arguments.state), full_account_id(arguments.account)
    _check_report(arguments.report, place)
    place.check()
    state = KeptState(place, place.read(), is_full_refresh=arguments.is_full_refresh)
    if account_id is not None:
        state.check_account(account_id)
    going = Run(state)
    termination.handle(going.stop)
    ends = going.follow(_children(arguments, account_id, state.content))
    status, line = exit_status(ends)
    if line:
        logger.error("%s", sentence(line))
    elif status in READ and not state.has_come:
        logger.warning("The target has written no state: the next run begins where this one has begun")
    account_id = account_id or next(iter(state.account_ids), None)
    return {**ending(arguments, account_id, status), "tap_exit_status": ends.tap, "target_exit_status": ends.target}


def _check_report(name: str | None, place: StatePlace) -> None:
    """Check that the report does not take the place of the state.

    Raises:
        TapError: If it would.
    """
    path = Path(os.path.realpath(os.path.expanduser(name))) if name else None  # noqa: PTH111 - takes any text
    if isinstance(place, LocalState) and place.path == path:
        raise TapError("--report and --state name the same file", "give each a file of its own")


def ending(arguments: Arguments, account_id: str | None, status: int) -> dict[str, Any]:
    """Return what there is to say of a run, as far as it is known whatever became of it."""
    report = arguments.report
    return {
        "account_id": account_id,
        "account_number": account_id and account_number(account_id),
        "exit_status": int(status),
        "tap_exit_status": None,
        "target_exit_status": None,
        "state": without_password(arguments.state),
        "report": report if report and Path(report).expanduser().is_file() else None,
    }


def _children(arguments: Arguments, account_id: str | None, content: bytes | None) -> Children:
    """Start tap and target."""
    given = (
        None if account_id is None else json.dumps({"account_id": account_id}).encode(),
        None if arguments.is_full_refresh else content,
    )
    with ExitStack() as stack:
        files = [each if each is None else stack.enter_context(_passed(each)) for each in given]
        names = [None if each is None else f"/dev/fd/{each}" for each in files]
        return Children(tap_words(arguments, *names), arguments.target, [each for each in files if each is not None])


@contextmanager
def _passed(content: bytes) -> Iterator[int]:
    """Provide the descriptor of a file without a name, which nothing is left of, whatever ends this process."""
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        yield file.fileno()
