"""Paths into the data of an answer, as errors name them and as values are found by."""

from __future__ import annotations

from typing import Any

Steps = tuple[str | int, ...]


def read_path(text: str) -> Steps:
    """Return a path from its text with dots."""
    return tuple(int(step) if step.isdigit() else step for step in text.split("."))


def found_at(data: object, path: Steps) -> Any:  # noqa: ANN401 - JSON
    """Return the value at a path, or None if something on the way to it is null."""
    for step in path:
        if isinstance(data, list):
            data = data[step] if isinstance(step, int) and step < len(data) else None
        else:
            data = data.get(step) if isinstance(data, dict) else None
    return data
