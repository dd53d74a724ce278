"""Fails on docstrings whose opening hides what they say: `python scripts/docstring_rules.py FOLDER ...`.

A docstring is one plain sentence in the imperative, or a noun phrase. "Whether it is late." and "What is asked for."
make the reader turn the sentence round first. Ruff's D401 checks the mood of verbs; these openings pass it.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_OPENING = re.compile(r"(Whether|What|That which|If (it|they))\b")
_ENTRY = re.compile(r"\*{0,2}\w+: Whether\b")
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


class Docstring(NamedTuple):
    """One docstring, or the documented name that has it.

    Attributes:
        name: Name of the function or class; empty for a module.
        line: Line on which it begins.
        text: The docstring without its indentation.
    """

    name: str
    line: int
    text: str

    @property
    def is_public(self) -> bool:
        """True if the name is part of the module's interface."""
        return not self.name.startswith("_")


def docstrings(source: str) -> Iterator[Docstring]:
    """Yield every docstring of a module, its own first."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, _DOCUMENTED) and (text := ast.get_docstring(node)):
            yield Docstring(getattr(node, "name", ""), node.body[0].lineno, text)


def breaks_rules(text: str) -> bool:
    """Return True if a docstring, or the entry of one of its attributes, opens as none should.

    Example:
        >>> breaks_rules("Whether it is late."), breaks_rules("True if it is late.")
        (True, False)
    """
    return bool(_OPENING.match(text)) or any(_ENTRY.match(line.strip()) for line in text.splitlines())


def main(folders: Sequence[str]) -> int:
    """Print each docstring that breaks the rules and return the exit status.

    Args:
        folders: Folders with Python modules.
    """
    broken = [
        f"{path}:{each.line}: {each.text.splitlines()[0]}"
        for folder in folders
        for path in sorted(Path(folder).rglob("*.py"))
        for each in docstrings(path.read_text(encoding="utf-8"))
        if breaks_rules(each.text)
    ]
    if broken:
        print(*broken, "Begin a docstring with a verb or a noun, and a boolean with 'True if'.", sep="\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
