"""The catalog as it was last written down, one file a stream: names, keys and columns that users rely on."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "e2e" / "snapshots"


@cache
def entry(name: str) -> dict[str, Any]:
    """Return a stream's entry in the catalog; of a stream that has not been written down yet, an empty one."""
    path = FOLDER / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


def keys(name: str) -> list[str]:
    """Return the columns of a stream's key."""
    found: list[str] = entry(name).get("key_properties", [])
    return found


def replication_key(name: str) -> str | None:
    """Return the column of a stream's bookmark; None if it is read whole."""
    found: str | None = entry(name).get("replication_key")
    return found


def columns(name: str) -> list[str]:
    """Return the columns of a stream."""
    return list(entry(name).get("schema", {}).get("properties", {}))
