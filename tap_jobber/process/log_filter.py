"""Keeps lines of the SDK that tell a user nothing out of the log."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def warnings_only(logger: logging.Logger) -> Iterator[None]:
    """Log nothing below a warning inside the block."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def is_of_interest(record: logging.LogRecord) -> bool:
    """Return False for the SDK's line about each deselected stream, which would fill half of a usual log."""
    return not str(record.msg).startswith("Skipping deselected stream")
