"""Notes in the token store how each run ended, for --credentials and the connect page."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from tap_jobber.api.client import DisconnectedError
from tap_jobber.cli.ending import ending_of
from tap_jobber.credentials.stores.record import Record, State, Sync
from tap_jobber.errors import PartialRunError, TapError
from tap_jobber.redaction import hide_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_jobber.tap import TapJobber

logger = logging.getLogger("tap-jobber")

_LONGEST_ERROR = 300


@contextmanager
def noted(tap: TapJobber, *, is_sync: bool = True) -> Iterator[None]:
    """Note how the block ends; a note that cannot be written does not make the run fail.

    Args:
        tap: The tap.
        is_sync: True for a run; a test only changes the state of the connection.
    """
    began_at = time.time()
    try:
        yield
    except BaseException as error:
        _note(tap, began_at, error, is_sync=is_sync)
        raise
    _note(tap, began_at, None, is_sync=is_sync)


def _note(tap: TapJobber, began_at: float, error: BaseException | None, *, is_sync: bool) -> None:
    if "connection" not in vars(tap):
        return  # it ended before a connection was needed
    connection = tap.connection
    rows = {each.name: each.usage.rows for each in tap.selected_streams}

    def shown(text: str) -> str:
        return hide_secrets(text, connection.credential.secrets())[:_LONGEST_ERROR]

    ending = ending_of(error)
    # Of an error that is partial: the streams, for each has a line of its own.
    lines = (str(error),) if isinstance(error, PartialRunError) else ending.lines
    line = shown("; ".join(lines)) if lines else None
    missing = error.incomplete if isinstance(error, PartialRunError) else {}
    incomplete = {name: shown(text) for name, text in missing.items()}
    now = time.time()
    versions = connection.extraction.client.versions

    def noting(record: Record) -> Record:
        record = stated(record, error, began_at, now)
        if is_sync:
            record = record.with_sync(Sync(began_at, now, rows, line, incomplete, ending.exit_status))
        if versions.served is None:
            return record
        return replace(record, api_version=versions.served, api_version_warning=versions.warning)

    try:
        connection.credential.update_record(noting)
    except TapError as failure:
        logger.warning("This run could not be noted in the token store: %s", failure)


def stated(record: Record, error: BaseException | None, began_at: float, now_seconds: float) -> Record:
    """Return the record with the state of the connection as a run left it.

    A successful run does not undo a disconnect that was noted while it ran: its last answer may be older.
    """
    if isinstance(error, DisconnectedError):
        return record.with_state(State.DISCONNECTED, now_seconds, error.cause)
    is_read = error is None or isinstance(error, PartialRunError)
    if not is_read or (record.state_since or 0.0) >= began_at:
        return record
    return record.with_state(State.CONNECTED, now_seconds)
