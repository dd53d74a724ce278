"""The pages as they stand in the repository: where their links lead, and the example of how to add a stream."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from jobber_sandbox.options import Options
from jobber_sandbox.server import running
from tests.e2e.harness import TINY

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "adding-a-stream.md"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "sandbox" / "README.md"])
READ = """
from tap_jobber.tap import TapJobber

catalog = TapJobber(validate_config=False).catalog
for name, entry in catalog.items():
    entry.metadata.root.selected = name == "job_expenses"
TapJobber(parse_env_config=True, catalog=catalog.to_dict()).sync_all()
"""


def block(language: str) -> str:
    """Return the code of a language on the page."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    ((indent, code),) = found
    return "".join(line.removeprefix(indent) for line in code.splitlines(keepends=True))


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1, before
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_the_stream_of_the_page(tmp_path: Path) -> None:
    package = tmp_path / "tap_jobber"
    shutil.copytree(ROOT / "tap_jobber", package, ignore=shutil.ignore_patterns("__pycache__"))
    work = package / "streams" / "work.py"
    edit(
        package / "graphql" / "work.graphql",
        "\ntype Job implements",
        f"\nextend type Job {{\n{block('graphql')}}}\n\ntype Job implements",
    )
    work.write_text(work.read_text(encoding="utf-8") + "\n\n" + block("python"), encoding="utf-8")
    served = tmp_path / "served.graphql"
    served.write_text("\n".join(path.read_text("utf-8") for path in sorted((package / "graphql").glob("*.graphql"))))
    with running(Options(schema=served, **{**TINY, "scale": 0.2})) as server:
        environment = {**os.environ, **server.env, "HOME": str(tmp_path)}
        run = subprocess.run(
            [sys.executable, "-c", READ], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        world = server.sandbox.world()
        jobs = {row.id: world.registry.read(row, "linkedJob") for row in world.tables["Expense"].rows}
    assert run.returncode == 0, run.stderr
    messages = [json.loads(line) for line in run.stdout.splitlines()]
    rows = [message["record"] for message in messages if message["type"] == "RECORD"]
    expected = {(job.id, key) for key, job in jobs.items() if job is not None}
    assert {(row["jobId"], row["expenseId"]) for row in rows} == expected
    assert len(rows) == len(expected) > 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_files_of_the_repository(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    paths = re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)(?:#[^)\s]*)?\)", text)
    assert [path for path in paths if not (page.parent / path).exists()] == []
