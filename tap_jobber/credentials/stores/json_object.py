"""Read a stored JSON object key by key, and keep the keys that nobody reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


_YEAR_10000_SECONDS = 253_402_300_800
"""The first time that Python's calendar lacks, in seconds since 1970."""


class RecordError(ValueError):
    """A stored record does not have the form of one."""


class NewerRecordError(RecordError):
    """A newer version of the tap wrote the record."""


class JsonObject:
    """A JSON object whose keys are read and removed one by one; `rest` returns the others.

    Errors name keys and never values, which are secrets.

    Args:
        stored: The value that should be an object.
        title: Its name in errors.
    """

    def __init__(self, stored: object, title: str) -> None:
        if not isinstance(stored, dict):
            message = f"{title} is not a JSON object"
            raise RecordError(message)
        self._left: dict[str, object] = dict(stored)

    def text_or_none(self, key: str) -> str | None:
        """Remove and return a string, or None if it is missing or null."""
        value = self._left.pop(key, None)
        if value is not None and not isinstance(value, str):
            message = f"{key} is not a string"
            raise RecordError(message)
        return value

    def text(self, key: str) -> str:
        """Remove and return a string that is not empty."""
        value = self.text_or_none(key)
        if not value:
            message = f"{key} is missing"
            raise RecordError(message)
        return value

    def number_or_none(self, key: str) -> float | None:
        """Remove and return a time in seconds since 1970, or None if it is missing or null."""
        if self._left.get(key) is None:
            self._left.pop(key, None)
            return None
        return self.number(key)

    def number(self, key: str) -> float:
        """Remove and return a time in seconds since 1970, or any other number from 0."""
        value = self._left.pop(key, None)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < _YEAR_10000_SECONDS:
            message = f"{key} is not a number, or not of a time that there is"
            raise RecordError(message)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Remove and return the strings of a list; none if it is missing or null."""
        values = self.items(key)
        if not all(isinstance(value, str) for value in values):
            message = f"{key} is not a list of strings"
            raise RecordError(message)
        return tuple(str(value) for value in values)

    def items(self, key: str) -> list[object]:
        """Remove and return a list; an empty one if it is missing or null."""
        value = self._left.pop(key, None)
        if value is not None and not isinstance(value, list):
            message = f"{key} is not a list"
            raise RecordError(message)
        return value or []

    def counts(self, key: str) -> dict[str, int]:
        """Remove and return an object of whole numbers; an empty one if it is missing or null."""
        value = self._left.pop(key, None) or {}
        if not isinstance(value, dict) or not all(isinstance(each, int) for each in value.values()):
            message = f"{key} is not an object of whole numbers"
            raise RecordError(message)
        return value

    def texts_by_name(self, key: str) -> dict[str, str]:
        """Remove and return an object of strings; an empty one if it is missing or null."""
        value = self._left.pop(key, None) or {}
        if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
            message = f"{key} is not an object of strings"
            raise RecordError(message)
        return value

    def nested(self, key: str) -> JsonObject | None:
        """Remove and return an object, or None if it is missing or null."""
        value = self._left.pop(key, None)
        return None if value is None else JsonObject(value, key)

    def rest(self) -> Mapping[str, object]:
        """Return the keys that have not been read, with their values."""
        return self._left
