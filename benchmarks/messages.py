"""Counts the messages of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def count_rows(output: Path) -> int:
    """Count the RECORD messages of a file."""
    with output.open("rb") as file:
        return sum(line.startswith(b'{"type":"RECORD"') for line in file)
