"""Counts what the tap has written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_RECORD = b'{"type":"RECORD"'


@dataclass(frozen=True)
class Size:
    """The size of the rows of a run.

    Attributes:
        rows: How many there are.
        columns: Top-level properties of a row, on average.
        values: Values of a row at any depth, on average.
        written_bytes: Bytes of a message, on average.
    """

    rows: int
    columns: float
    values: float
    written_bytes: float


def count_rows(output: Path) -> int:
    """How many record messages a file holds."""
    with output.open("rb") as file:
        return sum(line.startswith(_RECORD) for line in file)


def size_of(output: Path) -> Size:
    """The size of the rows in a file of messages."""
    rows = columns = values = written_bytes = 0
    with output.open("rb") as file:
        for line in file:
            if line.startswith(_RECORD):
                record = json.loads(line)["record"]
                rows += 1
                columns += len(record)
                values += _values(record)
                written_bytes += len(line)
    return Size(rows, columns / rows, values / rows, written_bytes / rows)


def _values(value: object) -> int:
    if isinstance(value, dict):
        return sum(map(_values, value.values()))
    if isinstance(value, list):
        return sum(map(_values, value))
    return 1
