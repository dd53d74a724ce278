"""Shortens the lines of the log on a terminal, where the SDK's date, level and logger take 67 of its 80 columns."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from singer_sdk.logging import ConsoleFormatter
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLE_ROW: Mapping[str, object] = {"is_table_row": True}
"""Extra fields of a record that is a row of a table, which needs all columns."""


class TerminalFormatter(ConsoleFormatter):
    """Shows the time, the level from a warning on, and the message."""

    def __init__(self) -> None:
        super().__init__(fmt="{asctime} {message}", datefmt="%H:%M:%S")

    @override
    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return one line, without what comes of an exception."""
        if getattr(record, "is_table_row", False):
            return record.message
        level = f"{record.levelname} " if record.levelno >= logging.WARNING else ""
        return f"{record.asctime} {level}{record.message}"


def prepare(environment: Mapping[str, str]) -> None:
    """Shorten the lines if people read them on a terminal, and have not asked for more.

    Args:
        environment: The environment variables.
    """
    root = logging.getLogger()
    if "SINGER_SDK_LOG_CONFIG" in environment or root.level <= logging.DEBUG or not sys.stderr.isatty():
        return
    for handler in root.handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr:
            handler.setFormatter(TerminalFormatter())
