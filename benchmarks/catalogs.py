"""Catalogs that select the streams and columns of a benchmark."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from benchmarks.processes import TAP, measure

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

Stream = dict[str, Any]


def is_small(stream: Stream) -> bool:
    """Return True for default streams but those of visits, which repeat the long lists of their jobs."""
    root = next(entry["metadata"] for entry in stream["metadata"] if not entry["breadcrumb"])
    return bool(root["selected"]) and not str(stream["tap_stream_id"]).startswith("visit")


def write_catalog(
    directory: Path, is_selected: Callable[[Stream], bool], columns: Collection[str] | None = None
) -> Path:
    """Write the discovered catalog with a selection of its own.

    Args:
        directory: Folder to write to.
        is_selected: Predicate for streams.
        columns: Names of the columns to select; None selects all.

    Returns:
        The path of the catalog.
    """
    discovered, path = directory / "discovered.json", directory / "catalog.json"
    measure((TAP, "--discover"), directory, output=discovered)
    catalog: dict[str, Any] = json.loads(discovered.read_text(encoding="utf-8"))
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = is_selected(stream)
            elif columns is not None:
                entry["metadata"]["selected"] = entry["breadcrumb"][1] in columns
    path.write_text(json.dumps(catalog), encoding="utf-8")
    return path
