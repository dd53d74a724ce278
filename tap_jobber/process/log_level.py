"""Takes a log level that does not exist out of the environment: the SDK would end on it, with a traceback."""

from __future__ import annotations

import logging
import os

_NAMES = ("TAP_JOBBER_LOGLEVEL", "LOGLEVEL")


def prepare() -> None:
    """Do without a level that is none; it may have been meant for another program."""
    for name in _NAMES:
        level = os.environ.get(name, "")
        # Of a name that it does not know, it makes a text.
        if level and not isinstance(logging.getLevelName(level.upper()), int):
            del os.environ[name]
            # Before the log is set up, this goes to stderr as it is.
            logging.getLogger("tap-jobber").warning("%s is no log level: set it to DEBUG, INFO, WARNING or ERROR", name)
