"""Counts what the map of the code looks like: `python scripts/code_map.py [CHECKOUT ...]`, a column for each checkout.

Two checkouts side by side show what a change of the house has done: rooms and their lines, import circles (imports for
types and inside functions included), module names that stand twice, docstrings by the rules, lengths of functions.
"""

from __future__ import annotations

import argparse
import ast
import json
import subprocess
import sysconfig
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from docstring_rules import breaks_rules, docstrings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

PACKAGES = ("tap_jobber", "sandbox/jobber_sandbox")
FURTHER_FOLDERS = ("tests", "sandbox/tests", "scripts", "benchmarks")
SHORT_LINES = 22
_RUFF = Path(sysconfig.get_path("scripts")) / "ruff"
_MOOD = ("--isolated", "--select", "D401", "--config", 'lint.pydocstyle.convention="pep257"', "--output-format", "json")


@dataclass(frozen=True)
class Module:
    """A module, as far as it is counted.

    Attributes:
        name: Dotted name.
        path: File below the checkout.
        source: Text of the file.
    """

    name: str
    path: Path
    source: str

    @property
    def lines(self) -> int:
        """Number of lines."""
        return len(self.source.splitlines())

    @property
    def room(self) -> str:
        """Folder within the package; the package itself for the modules at its top."""
        return "/".join(self.path.parts[:-1])


def modules(checkout: Path, folder: str) -> list[Module]:
    """Return the modules below a folder of a checkout; none if it does not exist."""
    top = checkout / folder
    found = []
    for path in sorted(top.rglob("*.py")):
        parts = [top.name, *path.relative_to(top).with_suffix("").parts]
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.append(Module(name, path.relative_to(checkout), path.read_text(encoding="utf-8")))
    return found


def imported(module: Module, known: Collection[str]) -> set[str]:
    """Return the known modules that a module imports anywhere, also for types alone."""
    found = set()
    for node in ast.walk(ast.parse(module.source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            members = {f"{node.module}.{alias.name}" for alias in node.names}
            # `from package import module` needs the module; whatever else is imported needs the package.
            found |= {member if member in known else node.module for member in members}
    return (found & set(known)) - {module.name}


def circles(imports: Mapping[str, Collection[str]]) -> list[list[str]]:
    """Return the groups of modules that import each other, directly or through others.

    Args:
        imports: Names of the modules that each module imports.

    Example:
        >>> circles({"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"]})
        [['a', 'b', 'c']]
    """
    reached = {name: _reached(name, imports) for name in imports}
    groups = {frozenset({name} | {other for other in reached[name] if name in reached[other]}) for name in imports}
    return sorted(sorted(group) for group in groups if len(group) > 1)


def _reached(start: str, imports: Mapping[str, Collection[str]]) -> set[str]:
    found, waiting = set[str](), [start]
    while waiting:
        new = set(imports[waiting.pop()]) - found
        found |= new
        waiting += new
    return found


def repeated_names(every: Sequence[Module]) -> list[str]:
    """Return the names that more than one module of a package has."""
    counts = Counter(module.path.stem for module in every if not module.path.stem.startswith("__"))
    return sorted(name for name, count in counts.items() if count > 1)


def function_lengths(source: str) -> Iterator[int]:
    """Yield the number of lines of each function, its docstring included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            yield node.end_lineno - node.lineno + 1


def broken_docstrings(checkout: Path, every: Sequence[Module]) -> int:
    """Count the public docstrings that are not in the imperative or open as none should."""
    paths = [str(checkout / module.path) for module in every]
    found = subprocess.run([_RUFF, "check", *_MOOD, *paths], stdout=subprocess.PIPE, check=False).stdout
    moods = {(Path(each["filename"]), each["location"]["row"]) for each in json.loads(found)}
    return sum(
        each.is_public and (breaks_rules(each.text) or ((checkout / module.path).resolve(), each.line) in moods)
        for module in every
        for each in docstrings(module.source)
    )


def count(checkout: Path) -> dict[str, str]:
    """Return the figures of a checkout by their names."""
    packages = {package: modules(checkout, package) for package in PACKAGES}
    every = [module for found in packages.values() for module in found]
    rooms = Counter[str]()
    for module in every:
        rooms[f"lines of {module.room}"] += module.lines
    for folder in FURTHER_FOLDERS:
        rooms[f"lines of {folder}"] = sum(module.lines for module in modules(checkout, folder))
    known = {module.name for module in every}
    groups = circles({module.name: imported(module, known) for module in every})
    twice = [name for found in packages.values() for name in repeated_names(found)]
    lengths = [length for module in every for length in function_lengths(module.source)]
    public = sum(each.is_public for module in every for each in docstrings(module.source))
    largest = max(every, key=lambda module: module.lines)
    return {
        **{name: f"{lines:,}" for name, lines in sorted(rooms.items()) if lines},
        "modules of the packages": f"{len(every):,}",
        "largest module": f"{largest.lines:,} ({largest.path.name})",
        "import circles": f"{len(groups)} (of {sum(map(len, groups))} modules)",
        "module names that stand twice": str(len(twice)),
        "which": ", ".join(twice) or "-",
        f"functions within {SHORT_LINES} lines": f"{sum(each <= SHORT_LINES for each in lengths) / len(lengths):.1%}",
        "longest function": f"{max(lengths)} lines",
        "public docstrings that break the rules": f"{broken_docstrings(checkout, every):,} of {public:,}",
    }


def main(checkouts: Sequence[str]) -> None:
    """Print the figures as a Markdown table, a column for each checkout."""
    columns = [count(Path(each)) for each in checkouts]
    names = list(dict.fromkeys(name for column in columns for name in column))
    names.sort(key=lambda name: (0, name) if name.startswith("lines of") else (1, ""))
    print("| ", " | ".join(["figure", *checkouts]), " |", sep="")
    print("|", " --- |" * (len(columns) + 1), sep="")
    for name in names:
        print("| ", " | ".join([name, *(column.get(name, "-") for column in columns)]), " |", sep="")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs="*", default=["."], metavar="CHECKOUT", help="a folder; this one if none")
    main(parser.parse_args().checkouts)
