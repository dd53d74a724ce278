"""Keeps out of logs and terminals what is not for them: secrets, and signs that cannot be shown."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_HIDDEN = "[secret]"
# Shorter ones are no secrets, and hiding them would make every line unreadable.
_SHORTEST = 6
_FORMATTER = logging.Formatter()


class Redaction(logging.Filter):
    """Replaces secrets in log records.

    Args:
        secrets: Tells all secrets known at the time.
    """

    def __init__(self, secrets: Callable[[], Iterable[str]]) -> None:
        super().__init__()
        self._secrets = secrets

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite a record that holds a secret; all records pass."""
        message = _message(record)
        trace = _FORMATTER.formatException(record.exc_info) if record.exc_info else ""
        hidden = self._without_secrets(message)
        hidden_trace = self._without_secrets(trace)
        if hidden != message or hidden_trace != trace:
            record.msg, record.args = "\n".join(filter(None, (hidden, hidden_trace))), ()
            record.exc_info = record.exc_text = None
        return True

    def _without_secrets(self, text: str) -> str:
        return without_secrets(text, self._secrets())


def printable(text: str) -> str:
    """A text with names that people have chosen, on one line, without signs that steer a terminal."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """The text with secrets hidden."""
    for secret in secrets:
        if len(secret) >= _SHORTEST and secret in text:
            text = text.replace(secret, _HIDDEN)
    return text


def _message(record: logging.LogRecord) -> str:
    """The text of a record, also of one whose arguments do not fit: logging reports that only after filters."""
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return f"{record.msg} {record.args}"


def redact(secrets: Callable[[], Iterable[str]]) -> None:
    """Keep secrets out of everything that is logged from now on.

    Args:
        secrets: Tells all secrets known at the time.
    """
    redaction = Redaction(secrets)
    for handler in logging.getLogger().handlers:
        for old in [each for each in handler.filters if isinstance(each, Redaction)]:
            handler.removeFilter(old)
        handler.addFilter(redaction)
