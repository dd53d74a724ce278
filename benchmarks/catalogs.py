"""Catalogs that select the streams of a benchmark."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from benchmarks.processes import TAP, measure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Stream = dict[str, Any]


def is_default(stream: Stream) -> bool:
    """Return True for streams that are selected by default."""
    root = next(entry["metadata"] for entry in stream["metadata"] if not entry["breadcrumb"])
    return bool(root["selected"])


def is_small(stream: Stream) -> bool:
    """Return True for default streams but those of visits, which repeat the long lists of their jobs."""
    return is_default(stream) and not str(stream["tap_stream_id"]).startswith("visit")


def write_catalog(directory: Path, is_selected: Callable[[Stream], bool]) -> Path:
    """Write the discovered catalog with other streams selected.

    Args:
        directory: Folder to write to.
        is_selected: Predicate for streams.

    Returns:
        The path of the catalog.
    """
    discovered, path = directory / "discovered.json", directory / "catalog.json"
    measure((TAP, "--discover"), directory, output=discovered)
    catalog: dict[str, Any] = json.loads(discovered.read_text(encoding="utf-8"))
    for stream in catalog["streams"]:
        root = next(entry["metadata"] for entry in stream["metadata"] if not entry["breadcrumb"])
        root["selected"] = is_selected(stream)
    path.write_text(json.dumps(catalog), encoding="utf-8")
    return path
