"""Imports between rooms: the tap imports nothing of the page, and neither imports the sandbox."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import tap_jobber

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(str(tap_jobber.__file__)).parent


def imports(room: Path) -> Iterator[str]:
    """Yield the imports of a room's modules."""
    for path in room.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                yield node.module
                yield from (f"{node.module}.{each.name}" for each in node.names)
            elif isinstance(node, ast.Import):
                yield from (each.name for each in node.names)


@pytest.mark.parametrize("room", ["api", "cli", "config", "credentials", "extraction", "graphql", "streams"])
def test_no_other_room_knows_the_page(room: str) -> None:
    found = set(imports(ROOT / room))
    assert found
    assert not {name for name in found if name.startswith("tap_jobber.connect.") or name == "tap_jobber.connect"}


def test_nothing_of_the_tap_knows_the_sandbox() -> None:
    assert not {name for name in imports(ROOT) if name.startswith("jobber_sandbox")}


def test_neither_does_the_tap() -> None:
    own = {name for path in ROOT.glob("*.py") for name in imports_of(path)}
    assert not {name for name in own if name.startswith(("tap_jobber.connect.", "starlette"))}


def imports_of(path: Path) -> set[str]:
    """Return the imports of one module."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}


def test_what_the_page_knows() -> None:
    rooms = {".".join(name.split(".")[:2]) for name in imports(ROOT / "connect") if name.startswith("tap_jobber.")}
    assert rooms <= {
        f"tap_jobber.{name}" for name in ("api", "clock", "config", "connect", "credentials", "errors", "redaction")
    }
