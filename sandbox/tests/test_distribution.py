"""The package stands alone: it imports what its distribution requires, and nothing of a tap."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import jobber_sandbox

PACKAGE = Path(str(jobber_sandbox.__file__)).parent
PROJECT = Path(__file__).parents[1] / "pyproject.toml"
DISTRIBUTIONS = {"graphql": "graphql-core", "jwt": "pyjwt", "typing_extensions": "typing-extensions"}
UNSEEN = {"python-multipart", "tzdata"}
"""Distributions that Starlette and the standard library need, and import by themselves."""


def imported() -> set[str]:
    """Return the top-level packages that the modules import."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                found.add(str(node.module).split(".", maxsplit=1)[0])
            elif isinstance(node, ast.Import):
                found |= {each.name.split(".")[0] for each in node.names}
    return found - set(sys.stdlib_module_names) - {"jobber_sandbox"}


def required() -> set[str]:
    """Return the distributions that are required."""
    (listed,) = re.findall(r"^dependencies = \[(.*?)^\]", PROJECT.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return set(re.findall(r'"([a-z-]+)', listed))


def test_it_imports_just_what_it_requires() -> None:
    assert {DISTRIBUTIONS.get(name, name) for name in imported()} == required() - UNSEEN
