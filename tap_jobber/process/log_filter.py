"""Keeps lines of the SDK that tell a user nothing out of the log, and gives each line the stream that it is about."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

_NOISE = ("Skipping deselected stream", "Child stream '%s' ")


@contextmanager
def warnings_only(logger: logging.Logger) -> Iterator[None]:
    """Log nothing below a warning inside the block."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def keep_out_noise(logger: logging.Logger) -> None:
    """Keep lines of the SDK out of the log that tell of each stream, or of each column, that it is as it should be.

    Args:
        logger: The tap's logger.
    """
    logger.addFilter(is_of_interest)
    selection = logging.getLogger("singer_sdk.singerlib.catalog")
    if selection.level == logging.NOTSET:  # whoever sets a level wants what it shows
        selection.setLevel(logging.INFO)


def is_of_interest(record: logging.LogRecord) -> bool:
    """Return False for the SDK's lines about each deselected stream and each child stream."""
    return not str(record.msg).startswith(_NOISE)


class StreamNameFilter(logging.Filter):
    """Give each record the field `stream_name`, as structured logs show it; all records pass.

    Args:
        names: The names of all streams, each of which has a logger of its own.
        reading: Returns the stream that is being read, which the lines of other loggers are about.
    """

    def __init__(self, names: Collection[str], reading: Callable[[], str | None]) -> None:
        super().__init__()
        self._names = frozenset(names)
        self._reading = reading

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        """Add the stream to a record that names none."""
        if not hasattr(record, "stream_name"):
            own = record.name.rpartition(".")[2]
            record.stream_name = own if own in self._names else self._reading()
        return True


def name_streams(names: Collection[str], reading: Callable[[], str | None]) -> None:
    """Give each line of the log from now on the stream that it is about.

    Args:
        names: The names of all streams.
        reading: Returns the stream that is being read.
    """
    naming = StreamNameFilter(names, reading)
    for handler in logging.getLogger().handlers:
        for old in [each for each in handler.filters if isinstance(each, StreamNameFilter)]:
            handler.removeFilter(old)
        handler.addFilter(naming)
