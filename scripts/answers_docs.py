"""The results of the examples in docs/answers.md: a Markdown table after each statement.

A test builds the tables of a made-up business, asks each statement of them, and fails where docs/answers.md has another
result; with `REFRESH_SNAPSHOTS=1` it writes what it found.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = Path(__file__).resolve().parent.parent / "docs" / "answers.md"
_EXAMPLE = re.compile(r"```sql\n(?P<sql>[^`{]+);\n```\n(?:\n(?:\|.*\n)+)?")


def statements(page: str) -> list[str]:
    """Return the statements of a page, each as JSON of its rows, but for those that dbt has to render."""
    return [f"select cast(to_json(rows) as text) from ({each['sql']}) as rows" for each in _EXAMPLE.finditer(page)]  # noqa: S608 - our own page


def with_results(page: str, results: Sequence[Sequence[str]]) -> str:
    """Return a page with the rows that each of its statements brings.

    Args:
        page: The page.
        results: For each statement its rows, each as a JSON object.
    """
    found = iter(results)
    return _EXAMPLE.sub(lambda each: f"```sql\n{each['sql']};\n```\n\n{_table(next(found))}", page)


def _table(rows: Sequence[str]) -> str:
    # Amounts are to be shown with their cents.
    named = [json.loads(row, parse_float=str) for row in rows]
    cells = [[_cell(value) for value in row.values()] for row in named]
    columns = list(named[0])
    return "".join(f"| {' | '.join(line)} |\n" for line in [columns, ["---"] * len(columns), *cells])


def _cell(value: object) -> str:
    if value is None:
        return ""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value).replace("|", "\\|")
