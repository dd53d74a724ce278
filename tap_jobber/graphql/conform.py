"""Makes the values of rows fit their JSON Schema where the served version types a field otherwise.

GraphQL tells of no change of a field's scalar type, nor that a field has become a list, so values are looked at. A
field has one type for all rows, so that a value of the right type is proof of it: each column is looked at until it
has had one. Only whole numbers are looked at for longer, since a number of another type may happen to be whole: those
of the row itself always, those in its objects for so many rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from tap_jobber.graphql.rows import json_text
from tap_jobber.timestamps import parse_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Row = dict[str, Any]

_MOST_ROWS = 1_000
# No 64-bit float, so no column, holds more, and an exponent of nine digits would fill the memory.
_LARGEST_EXPONENT = 308

_TYPES: dict[str, frozenset[type]] = {
    "array": frozenset({list}),
    "boolean": frozenset({bool}),
    "integer": frozenset({int}),
    "number": frozenset({int, float, Decimal}),
    "object": frozenset({dict}),
    "string": frozenset({str}),
}
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
# As JSON Schema has it, which is stricter than ISO 8601.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_WORDS = {"true": True, "false": False}


@dataclass(frozen=True)
class _Column:
    """A column, or a property of an object in one.

    Attributes:
        path: The way to it; through arrays as through objects.
        kind: Its type in JSON Schema.
        format: Its format.
        is_item: True if it is each item of the array at the path.
    """

    path: tuple[str, ...]
    kind: str
    format: str | None = None
    is_item: bool = False

    def fits(self, value: object) -> bool:
        """Return True if a value that is not null is of the column's type."""
        if type(value) not in _TYPES[self.kind]:
            return False
        if self.format not in {"date", "date-time"} or not isinstance(value, str) or not _DATE.match(value):
            return True
        form = _DATE if self.format == "date" else _MOMENT
        return form.fullmatch(value) is not None

    def fitted(self, value: Any) -> Any:  # noqa: ANN401 - any JSON
        """Return a value as the column's type, or None if it cannot be that."""
        if value is None or self.fits(value):
            return value
        if self.kind == "array":
            return [value]
        if isinstance(value, list) and self.kind != "string":
            return self.fitted(value[0]) if len(value) == 1 else None
        return _CONVERSIONS[self.kind](value, self.format)


class Conformer:
    """Makes rows fit a JSON Schema, each in place.

    Args:
        schema: The schema of a row.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        columns = list(_columns(schema))
        # Looking at these has to be quick.
        self._whole = {each.path[0]: each for each in columns if each.kind == "integer" and len(each.path) == 1}
        self._watched = [each for each in columns if each not in self._whole.values()]
        self._misfits: list[_Column] = []
        self._rows = 0

    @property
    def converted(self) -> list[str]:
        """The columns that have had a value of another type."""
        return list(dict.fromkeys(".".join(each.path) for each in self._misfits))

    def __call__(self, row: Row) -> Row:
        """Return the row with values that fit."""
        for column in self._misfits:
            _fit(row, column)
        for name in self._whole:
            value = row.get(name)
            if value is not None and type(value) is not int:
                self._misfits.append(self._whole.pop(name))
                return self(row)
        if self._watched:
            self._watch(row)
        return row

    def _watch(self, row: Row) -> None:
        self._rows += 1
        watched, self._watched = self._watched, []
        for column in watched:
            is_right = _is_right(row, column)
            if is_right is False:
                self._misfits.append(column)
                _fit(row, column)
            elif is_right is None or (column.kind == "integer" and self._rows < _MOST_ROWS):
                self._watched.append(column)


def _is_right(row: Row, column: _Column) -> bool | None:
    """Return whether the values of a column in a row are of its type; None if there is none."""
    path = column.path
    if len(path) == 1 and not column.is_item:
        value = row.get(path[0])
        return None if value is None else column.fits(value)
    values = [value for holder, key in _slots(row, column) if (value := holder[key]) is not None]
    return all(map(column.fits, values)) if values else None


def _fit(row: Row, column: _Column) -> None:
    for holder, key in _slots(row, column):
        holder[key] = column.fitted(holder[key])


def _slots(row: Row, column: _Column) -> Iterator[tuple[Any, Any]]:
    """Return where the values of a column stand."""
    holders: list[Any] = [row]
    for step in column.path[:-1]:
        found = [holder.get(step) for holder in holders]
        holders = [
            each
            for value in found
            for each in (value if isinstance(value, list) else [value])
            if isinstance(each, dict)
        ]
    name = column.path[-1]
    for holder in holders:
        if name not in holder:
            continue
        if not column.is_item:
            yield holder, name
        elif isinstance(holder[name], list):
            yield from ((holder[name], index) for index in range(len(holder[name])))


def _columns(schema: Mapping[str, Any], at: tuple[str, ...] = ()) -> Iterator[_Column]:
    for name, described in schema.get("properties", {}).items():
        yield from _column((*at, name), described)


def _column(path: tuple[str, ...], described: Mapping[str, Any], *, is_item: bool = False) -> Iterator[_Column]:
    types = described.get("type", [])
    kinds = [each for each in ([types] if isinstance(types, str) else types) if each != "null"]
    if len(kinds) != 1 or kinds[0] not in _TYPES:
        return
    yield _Column(path, kinds[0], described.get("format"), is_item)
    if kinds[0] == "object":
        yield from _columns(described, path)
    elif kinds[0] == "array" and not is_item:
        yield from _column(path, described.get("items", {}), is_item=True)


def _text(value: Any, form: str | None) -> str | None:  # noqa: ANN401 - any JSON
    if isinstance(value, str):
        return value[:10] if form == "date" else _moment(value)
    if form is not None:
        return None
    return str(value) if type(value) in {int, float, Decimal} else json_text(value)


def _moment(text: str) -> str | None:
    """Return a day, or a moment in another form of ISO 8601, as JSON Schema wants a moment."""
    try:
        return parse_moment(text).isoformat().replace("+00:00", "Z")
    except ValueError:
        return None


def _number(value: Any, _form: str | None) -> Decimal | None:  # noqa: ANN401 - any JSON
    if not isinstance(value, str):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _whole(value: Any, form: str | None) -> int | None:  # noqa: ANN401 - any JSON
    number = Decimal(value) if type(value) in {float, Decimal} else _number(value, form)
    if number is None or number.adjusted() > _LARGEST_EXPONENT:
        return None
    return int(number) if number == number.to_integral_value() else None


def _truth(value: Any, _form: str | None) -> bool | None:  # noqa: ANN401 - any JSON
    return _WORDS.get(value.lower()) if isinstance(value, str) else None


_CONVERSIONS: dict[str, Callable[[Any, str | None], Any]] = {
    "boolean": _truth,
    "integer": _whole,
    "number": _number,
    "object": lambda _value, _form: None,
    "string": _text,
}
