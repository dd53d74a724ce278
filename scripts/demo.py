"""Runs Meltano against a sandbox and shows what came out; `make demo` is the way to start it.

Usage: jobber-sandbox exec -- python scripts/demo.py path/to/meltano
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from tap_jobber.extraction.windows import BEGINNING_SECONDS, Window
from tap_jobber.graphql.text import ChildList, page_query, single_query
from tap_jobber.streams.child_stream import ChildStream
from tap_jobber.streams.root_stream import RootStream
from tap_jobber.tap import TapJobber

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_sdk import Stream

    from tap_jobber.extraction.source import Stamp

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".demo"
OUTPUT = WORK / "output"
DATABASE = WORK / "answers.duckdb"
EVERYTHING = 10_000_000
PIPELINE = ("tap-jobber", "target-jsonl", "dbt-duckdb:build")
NEXT = """
The files are in       %s, one per stream.
The tables are in      %s, for any DuckDB client.
What each of them says docs/answers.md
With your own account  README.md, "Use it with your account", and then the same command\
"""

logger = logging.getLogger("demo")


def main() -> int:
    """Install the plugins, run the pipeline, compare what arrived with what the sandbox holds, and show answers."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    logging.getLogger("tap-jobber").setLevel(logging.WARNING)
    meltano = Path(sys.argv[1]).absolute()
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir(parents=True)
    log = WORK / "meltano.log"
    for file in (log, DATABASE):
        file.unlink(missing_ok=True)
    logger.info("Installing the plugins ...")
    if _run([meltano, "install", "tap-jobber", "target-jsonl", "dbt-duckdb"], log) != 0:
        return _failed(log)
    logger.info("Running: meltano run %s ...", " ".join(PIPELINE))
    began = time.monotonic()
    if _run([meltano, "--environment=demo", "run", "--full-refresh", *PIPELINE], log) != 0:
        return _failed(log)
    seconds = time.monotonic() - began
    if not _show_table():
        logger.error("\nThe files do not hold what the sandbox holds; the log is %s.", log)
        return 1
    answers = _answers(meltano, log)
    if answers is None:
        return _failed(log)
    logger.info("\nThe run took %.1f s. What the rows tell:\n%s", seconds, answers)
    logger.info(NEXT, OUTPUT, DATABASE)
    return 0


def _run(command: list[Path | str], log: Path) -> int:
    with log.open("ab") as file:
        return subprocess.run(command, cwd=ROOT, env=_environment(), stdout=file, stderr=file, check=False).returncode


def _answers(meltano: Path, log: Path) -> str | None:
    """Return what is asked of the tables first, with its answers; None if that fails."""
    command: list[Path | str] = [meltano, "--environment=demo", "invoke", "dbt-duckdb:answers"]
    with log.open("ab") as file:
        done = subprocess.run(command, cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, stderr=file, check=False)
    return done.stdout.decode() if done.returncode == 0 else None


def _environment() -> dict[str, str]:
    return os.environ | {
        "MELTANO_PROJECT_ROOT": str(ROOT),
        "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
        "NO_COLOR": "1",
        "TARGET_JSONL_DESTINATION_PATH": str(OUTPUT),
        "TARGET_JSONL_DO_TIMESTAMP_FILE": "false",
        "DBT_DUCKDB_FILES": str(OUTPUT),
        "DBT_DUCKDB_DUCKDB": str(DATABASE),
    }


def _failed(log: Path) -> int:
    logger.error("%s", "".join(log.read_text(encoding="utf-8").splitlines(keepends=True)[-15:]))
    logger.error("Meltano failed; the whole log is %s.", log)
    return 1


def _show_table() -> bool:
    """Print a line per stream; tell whether each file holds exactly the rows of the sandbox."""
    used = _used_by_operation()
    logger.info("\n%-28s%8s%10s%10s%9s  %s", "stream", "rows", "requests", "points", "seconds", "as in the sandbox")
    is_complete = True
    for name, stream in TapJobber(validate_config=False).streams.items():
        if not stream.selected:
            continue
        arrived = _arrived(name)
        is_same = _sorted(arrived) == _sorted(_truth(stream))
        is_complete = is_complete and is_same
        verdict = "yes" if is_same else "NO"
        if isinstance(stream, ChildStream):
            # Read in the walk of its parent, whose line says what that took.
            logger.info("%-28s%8d%10s%10s%9s  %s", name, len(arrived), "", "", "", verdict)
        else:
            logger.info("%-28s%8d%10d%10.0f%9.1f  %s", name, len(arrived), *used[name], verdict)
    return is_complete


def _arrived(name: str) -> list[dict[str, Any]]:
    file = OUTPUT / f"{name}.jsonl"
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


def _truth(stream: Stream) -> list[dict[str, Any]]:
    """All rows of a stream, read by the sandbox's own door: no paging, no price, no token."""
    if isinstance(stream, ChildStream):
        table = stream.parent(stream.tap)
        lists = [ChildList(stream.path(), EVERYTHING, stream.full_selection())]
        nodes = _nodes(table, lists)
        taken = [(node, (stream.path().take_from(node) or {"nodes": []})["nodes"]) for node in nodes]
        pairs = [(child, node, place) for node, children in taken for place, child in enumerate(children)]
        return [stream.row_of({"id": place} | child, node) for child, node, place in pairs]
    return [stream.shape(node) for node in _nodes(stream)] if isinstance(stream, RootStream) else []


def _nodes(table: RootStream, lists: Sequence[ChildList] = ()) -> list[dict[str, Any]]:
    selection, source = table.full_selection(), table.source
    if not source.is_connection:
        return [_asked(single_query(source.name, source.root, selection), {}, source.root)]
    by_id: dict[str, dict[str, Any]] = {}
    for window in _windows(source.stamp):
        text = page_query(source.name, source.root, source.arguments(window), selection, lists)
        for node in _asked(text, {"first": EVERYTHING, "after": None}, source.root)["nodes"]:
            by_id[node["id"]] = node
    return list(by_id.values())


def _windows(stamp: Stamp | None) -> list[Window | None]:
    """One for all, except where the API wants a span: then as many as the calendar has."""
    if stamp is None or stamp.span_seconds is None:
        return [None]
    seams = range(BEGINNING_SECONDS, int(time.time()) + 6 * 365 * 86_400, stamp.span_seconds)
    return [*(Window(lo, lo + stamp.span_seconds) for lo in seams), Window(seams[-1], None)]


def _sorted(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def _used_by_operation() -> dict[str, tuple[int, float, float]]:
    """Return requests, points charged and seconds since the stream before, by what the operation's name begins with."""
    used: dict[str, tuple[int, float, float]] = defaultdict(lambda: (0, 0.0, 0.0))
    before = None
    for entry in _ask("/sandbox/log")["requests"]:
        name = str(entry["operation"]).removesuffix("_rest").removesuffix("_beyond")
        requests, points, seconds = used[name]
        passed = 0.0 if before is None else entry["at"] - before
        used[name] = requests + 1, points + entry["actual"], seconds + passed
        before = entry["at"]
    return used


def _asked(text: str, variables: dict[str, object], root: str) -> dict[str, Any]:
    answer: dict[str, Any] = _ask("/sandbox/graphql", {"query": text, "variables": variables})["data"][root]
    return answer


def _ask(path: str, body: object = None) -> dict[str, Any]:
    url = os.environ["TAP_JOBBER_SANDBOX_URL"] + path
    response = requests.request("POST" if body else "GET", url, json=body, timeout=60)
    response.raise_for_status()
    answer: dict[str, Any] = response.json()
    return answer


if __name__ == "__main__":
    sys.exit(main())
