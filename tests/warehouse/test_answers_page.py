"""The examples of docs/answers.md: each shows what its statement brings of a made-up business."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import answers_docs

from tests.e2e import truth
from tests.e2e.harness import bench
from tests.warehouse.account import Messages
from tests.warehouse.business import leave_uninvoiced
from tests.warehouse.targets import JsonLines
from tests.warehouse.transform import Built

if TYPE_CHECKING:
    from pathlib import Path

_TODAY = "2026-03-04"


def test_the_page_shows_what_its_statements_bring(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with bench(home, scale=0.1, world="business", today=_TODAY) as one:
        leave_uninvoiced(one)
        said = one.tap(streams=truth.NAMES).checked().stdout
    messages = tmp_path / "messages.jsonl"
    messages.write_text(said, encoding="utf-8")
    target = JsonLines(tmp_path / "loaded")
    target.load(Messages(messages))
    built = Built(target, "run", "--select", "+path:models/marts", JOBBER_TODAY=_TODAY)
    page = answers_docs.PAGE.read_text(encoding="utf-8")
    statements = answers_docs.statements(page)
    found = built.ask({str(number): sql for number, sql in enumerate(statements)})
    wanted = answers_docs.with_results(page, [[row[0] for row in rows] for rows in found.values()])
    if os.environ.get("REFRESH_SNAPSHOTS") == "1":
        answers_docs.PAGE.write_text(wanted, encoding="utf-8")
    assert page == wanted
