"""The list of threats: each of its lines names tests, and these exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
ROWS = [line for line in SECURITY.splitlines() if line.startswith("| ") and not line.startswith(("| Threat", "| ---"))]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def functions(path: Path) -> set[str]:
    """Return the names of the functions of a module that are not nested."""
    return {node.name for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)}


def test_the_list_is_read() -> None:
    assert len(ROWS) >= 25
    assert len(NAMED.findall(SECURITY)) >= 50


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_tests_of_a_threat_exist(row: str) -> None:
    threat, done, tests = (cell.strip() for cell in row.strip("|").split(" | "))
    assert threat
    assert done.endswith(".")
    named = NAMED.findall(tests)
    assert named, "no test"
    assert NAMED.sub("", tests).strip(", ") == "", "something that is no test"
    for file, name in named:
        assert name in functions(ROOT / file), f"{file}::{name}"
        assert name.startswith("test_")
