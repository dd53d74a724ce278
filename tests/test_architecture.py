"""The map in ARCHITECTURE.md, against the code."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "tap_jobber"
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def test_the_map_has_every_room() -> None:
    mapped = set(re.findall(r"^  (\w+)/", TEXT, re.MULTILINE))

    assert mapped == {path.parent.name for path in PACKAGE.glob("*/__init__.py")}


def test_every_module_that_is_named_exists() -> None:
    named = re.findall(r"`([\w/]+\.py)`", TEXT)
    modules = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")}
    # After the first mention of a room its modules go by their own names.
    short = {Path(module).name for module in modules}

    assert named
    assert [name for name in named if name not in (modules if "/" in name else short)] == []
