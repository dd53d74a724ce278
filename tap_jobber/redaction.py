"""Keep secrets out of logs, and control characters out of terminals."""

from __future__ import annotations

import logging
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

_HIDDEN = "[secret]"
# Hiding shorter ones in all log lines would make them unreadable; real tokens are longer.
_SHORTEST_CHARACTERS = 6
# A foreign text is cut to a readable length, so that of a secret in it only the beginning may be left.
_BEGINNING_CHARACTERS = 12
_FORMATTER = logging.Formatter()


class RedactionFilter(logging.Filter):
    """Replace secrets in log records.

    Args:
        secrets: Returns all secrets known at the time.
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
        return hide_secrets(text, self._secrets())


def printable(text: str) -> str:
    """Return a text on one line, without characters that control a terminal; for names that people have chosen."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def hide_secrets(text: str, secrets: Iterable[str], *, shortest_characters: int = _SHORTEST_CHARACTERS) -> str:
    """Return a text with secrets replaced by `[secret]`.

    Args:
        text: The text.
        secrets: The secrets.
        shortest_characters: Length below which a secret is left; at least 1.
    """
    # The longest first, since one may be part of another.
    known = sorted(secrets, key=len, reverse=True)
    for secret in known:
        if len(secret) >= shortest_characters and secret in text:
            text = text.replace(secret, _HIDDEN)
    return _hide_beginnings(text, [secret for secret in known if len(secret) > _BEGINNING_CHARACTERS])


def _hide_beginnings(text: str, secrets: Collection[str]) -> str:
    """Hide as much as there is of secrets that have been cut off; several may begin alike."""
    for beginning in {secret[:_BEGINNING_CHARACTERS] for secret in secrets}:
        found = text.find(beginning)
        while found >= 0:
            length = max(_common_characters(text[found:], secret) for secret in secrets)
            text = text[:found] + _HIDDEN + text[found + length :]
            found = text.find(beginning, found + len(_HIDDEN))
    return text


def _common_characters(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _message(record: logging.LogRecord) -> str:
    """Return the text of a record, even if its arguments do not fit: logging reports that only after filters."""
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return f"{record.msg} {record.args}"


def redact_logs(secrets: Callable[[], Iterable[str]]) -> None:
    """Keep secrets out of all log lines from now on.

    Args:
        secrets: Returns all secrets known at the time.
    """
    redaction = RedactionFilter(secrets)
    for handler in logging.getLogger().handlers:
        for old in [each for each in handler.filters if isinstance(each, RedactionFilter)]:
            handler.removeFilter(old)
        handler.addFilter(redaction)
