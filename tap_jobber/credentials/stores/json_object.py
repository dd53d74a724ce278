"""Takes a stored JSON object apart, key by key, and keeps what it does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


_NEVER = 253_402_300_800
"""Epoch seconds of the year 10000, which no calendar of Python's has."""


class RecordError(ValueError):
    """A stored record does not have the shape of one."""


class NewerRecordError(RecordError):
    """A later version of the tap has written the record."""


class JsonObject:
    """A JSON object whose keys are taken one by one; what is left over is `rest()`.

    Its messages name keys and never values, since values are secrets.

    Args:
        stored: The value that should be an object.
        what: What to call it.
    """

    def __init__(self, stored: object, what: str) -> None:
        if not isinstance(stored, dict):
            message = f"{what} is not a JSON object"
            raise RecordError(message)
        self._left: dict[str, object] = dict(stored)

    def text_or_none(self, key: str) -> str | None:
        """A string, or None if it is missing or null."""
        value = self._left.pop(key, None)
        if value is not None and not isinstance(value, str):
            message = f"{key} is not a string"
            raise RecordError(message)
        return value

    def text(self, key: str) -> str:
        """A string that is not empty."""
        value = self.text_or_none(key)
        if not value:
            message = f"{key} is missing"
            raise RecordError(message)
        return value

    def number_or_none(self, key: str) -> float | None:
        """A number that may be a time, or None if it is missing or null."""
        if self._left.get(key) is None:
            self._left.pop(key, None)
            return None
        return self.number(key)

    def number(self, key: str) -> float:
        """A number that may be a time."""
        value = self._left.pop(key, None)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < _NEVER:
            message = f"{key} is not a number, or not of a time that there is"
            raise RecordError(message)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """The strings of a list; empty if it is missing or null."""
        values = self.items(key)
        if not all(isinstance(value, str) for value in values):
            message = f"{key} is not a list of strings"
            raise RecordError(message)
        return tuple(str(value) for value in values)

    def items(self, key: str) -> list[object]:
        """A list; empty if it is missing or null."""
        value = self._left.pop(key, None)
        if value is not None and not isinstance(value, list):
            message = f"{key} is not a list"
            raise RecordError(message)
        return value or []

    def counts(self, key: str) -> dict[str, int]:
        """An object of whole numbers; empty if it is missing or null."""
        value = self._left.pop(key, None) or {}
        if not isinstance(value, dict) or not all(isinstance(each, int) for each in value.values()):
            message = f"{key} is not an object of whole numbers"
            raise RecordError(message)
        return value

    def texts_by_name(self, key: str) -> dict[str, str]:
        """An object of strings; empty if it is missing or null."""
        value = self._left.pop(key, None) or {}
        if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
            message = f"{key} is not an object of strings"
            raise RecordError(message)
        return value

    def nested(self, key: str) -> JsonObject | None:
        """An object, or None if it is missing or null."""
        value = self._left.pop(key, None)
        return None if value is None else JsonObject(value, key)

    def rest(self) -> Mapping[str, object]:
        """What has not been taken."""
        return self._left
