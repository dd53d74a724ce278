"""The statements of docs/deletions.md find what is gone, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.warehouse.account import DATABASES, NAMES, SHAPES
from tests.warehouse.targets import Postgres

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.warehouse.account import Account, Key
    from tests.warehouse.conftest import Loaded

PAGE = Path(__file__).parents[2] / "docs" / "deletions.md"
_BLOCK = re.compile(r"^### ([^\n]+)\n(?:(?!^#).)*?^```sql\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STATEMENTS = dict(_BLOCK.findall(PAGE.read_text(encoding="utf-8")))
"""The statements of the page by their headings."""


def asked(titles: Iterable[str]) -> list[Any]:
    """Each statement with each warehouse that has its tables."""
    found = []
    for title in titles:
        tables = set(re.findall(r"(?:from|join) (\w+)", STATEMENTS[title])) - {"latest", "complete_reads"}
        shapes = [shape for shape in SHAPES if tables <= set(NAMES[shape])]
        found += [
            pytest.param((kind, shape), title, id=f"{title} ({kind}, {shape})")
            for kind in DATABASES
            for shape in shapes
        ]
    return found


def expected(title: str, account: Account) -> set[Key]:
    """Return the keys that a statement should find."""
    gone = account.gone
    jobs, visits = ({key[0] for key in account.there[name]} for name in ("jobs", "visits"))
    return {
        "Clients that are gone": gone["clients"],
        "Ids that are gone": gone["properties"],
        "Line items removed from jobs": {key for key in gone["job_line_items"] if key[0] in jobs},
        "Line items removed from visits": {key for key in gone["visit_line_items"] if key[0] in visits},
        "Line items of jobs that are gone": {key for key in gone["job_line_items"] if key[0] not in jobs},
        "Users that the last complete read has not brought": gone["users"],
        "Users that did not come with the last run": gone["users"],
    }[title]


@pytest.mark.parametrize(("loaded", "title"), asked(STATEMENTS), indirect=["loaded"])
def test_a_statement_of_the_page_finds_what_is_gone(loaded: Loaded, account: Account, title: str) -> None:
    wanted = expected(title, account)
    assert wanted, "nothing is gone"
    removes = isinstance(loaded.target, Postgres) and loaded.target.settings["hard_delete"]
    if removes and title in {"Ids that are gone", "Users that the last complete read has not brought"}:
        wanted = set()
    assert {tuple(row.values()) for row in loaded.target.query(STATEMENTS[title])} == wanted


@pytest.mark.parametrize(
    ("loaded", "title"),
    asked(["Clients that are gone", "Line items of jobs that are gone"]),
    indirect=["loaded"],
)
def test_a_load_that_was_stopped_halfway_makes_nothing_look_gone(loaded: Loaded, title: str) -> None:
    sql = STATEMENTS[title]
    (ids,) = set(re.findall(r"\b\w+_ids\b", sql))
    halfway = f"""
        (select id, "readCount",
         case when id > (select min(id) from {ids}) then "readAt" else "readAt" + interval '1 hour' end as "readAt"
         from {ids}) as {ids}"""  # noqa: S608 - our own names
    assert loaded.target.query(re.sub(rf"from {ids}\b", f"from {halfway}", sql)) == []
