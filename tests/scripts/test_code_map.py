"""Figures of the code map."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import code_map
import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

ALPHA = '''"""A module."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_jobber.room import beta


def late() -> bool:
    """Whether it is late."""
    return True


def _hidden() -> None:
    """Whether it counts, which it does not."""
'''
BETA = '''"""Another module."""


def later() -> bool:
    """Returns True if it is later."""
    from tap_jobber.other.alpha import late

    return late()
'''


def checkout(path: Path, files: Mapping[str, str]) -> Path:
    """Write files, given by their paths below a folder."""
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text, encoding="utf-8")
    return path


def test_figures_of_a_small_package(tmp_path: Path) -> None:
    files = {
        "tap_jobber/__init__.py": "",
        "tap_jobber/alpha.py": '"""A name that stands twice."""\n',
        "tap_jobber/other/alpha.py": ALPHA,
        "tap_jobber/room/beta.py": BETA,
        "tests/test_alpha.py": "\n" * 7,
    }

    found = code_map.count(checkout(tmp_path, files))

    assert {name: lines for name, lines in found.items() if name.startswith("lines of")} == {
        "lines of tap_jobber": "1",
        "lines of tap_jobber/other": "17",
        "lines of tap_jobber/room": "8",
        "lines of tests": "7",
    }
    assert found["largest module"] == "17 (alpha.py)"
    assert found["import circles"] == "1 (of 2 modules)"
    assert found["module names that stand twice"] == "1"
    assert found["which"] == "alpha"
    assert found["public docstrings that break the rules"] == "2 of 5"


@pytest.mark.parametrize(
    ("imports", "expected"),
    [
        ({"a": ["b"], "b": []}, []),
        ({"a": ["b"], "b": ["a"]}, [["a", "b"]]),
        ({"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"]}, [["a", "b", "c"]]),
        ({"a": ["b"], "b": ["a"], "c": ["d", "a"], "d": ["c"]}, [["a", "b"], ["c", "d"]]),
    ],
)
def test_modules_that_reach_each_other_are_one_circle(imports: dict[str, list[str]], expected: list[list[str]]) -> None:
    assert code_map.circles(imports) == expected


def test_a_member_of_a_package_is_the_module_where_there_is_one() -> None:
    module = code_map.Module(
        "tap_jobber.a", Path("tap_jobber/a.py"), "from tap_jobber import b\nfrom tap_jobber.c import D\n"
    )

    assert code_map.imported(module, {"tap_jobber", "tap_jobber.b", "tap_jobber.c"}) == {"tap_jobber.b", "tap_jobber.c"}


def test_functions_are_measured_with_their_docstrings() -> None:
    source = "def one(): pass\n\n\nasync def three():\n    '''Wait.'''\n    await one()\n"

    assert sorted(code_map.function_lengths(source)) == [1, 3]
