"""A fleet whose programs are scripts: what they say stands in files, what they were asked too."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster import DagsterInstance

from jobber_fleet.programs import Jobber
from jobber_fleet.tables import tables_asset

_TAP = """
import pathlib, sys
home = pathlib.Path({home!r})
print((home / ("catalog.json" if "--discover" in sys.argv else "connections.json")).read_text())
"""
_PIPELINE = """
import json, os, pathlib, sys
home = pathlib.Path({home!r})
given = dict(zip(sys.argv[1:], sys.argv[2:]))
asked = {{"words": sys.argv[1:], "schema": os.environ["TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA"]}}
if "--catalog" in given:
    asked["catalog"] = json.loads(pathlib.Path(given["--catalog"]).read_text())
with (home / "asked.jsonl").open("a") as file:
    print(json.dumps(asked), file=file)
endings = home / "endings.json"
ending, *others = json.loads(endings.read_text())
endings.write_text(json.dumps(others or [ending]))
if ending["report"]:
    pathlib.Path(given["--report"]).write_text(json.dumps(ending["report"]))
print(ending["log"], file=sys.stderr)
sys.exit(ending["status"])
"""
TABLES = ("clients", "jobs", "users")


@dataclass(frozen=True)
class Fleet:
    """A fleet on a home directory."""

    home: Path
    instance: DagsterInstance

    @property
    def jobber(self) -> Jobber:
        """The programs."""
        return Jobber(
            bin=str(self.home / "bin"), state=str(self.home / "state"), catalog=str(self.home / "catalog.json")
        )

    @property
    def tables(self) -> dg.AssetsDefinition:
        """The assets; retries do not wait."""
        return tables_asset(self.jobber.tables(), first_wait_seconds=0)

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The words and files that the pipeline was given, run by run."""
        path = self.home / "asked.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []

    def connections(self, *connections: dict[str, Any]) -> None:
        """Fill the token store."""
        self.write("connections.json", {"version": 1, "connections": connections})

    def endings(self, *endings: dict[str, Any]) -> None:
        """Let the pipeline end so, once each; the last one stays."""
        self.write("endings.json", endings)

    def sync(self, key: str = "1001", *, full_refresh: bool = False, **chosen: Any) -> dg.ExecuteInProcessResult:
        """Sync an account."""
        self.instance.add_dynamic_partitions("jobber_accounts", [key])
        return dg.materialize(
            [self.tables],
            partition_key=key,
            instance=self.instance,
            resources={"jobber": self.jobber},
            run_config=dg.RunConfig(ops={"sync": {"config": {"full_refresh": full_refresh}}}),
            raise_on_error=False,
            **chosen,
        )

    def write(self, name: str, content: object) -> None:
        """Write a file of JSON."""
        (self.home / name).write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Provide a fleet of no account."""
    (tmp_path / "bin").mkdir()
    for name, source in (("tap-jobber", _TAP), ("tap-jobber-pipeline", _PIPELINE)):
        program = tmp_path / "bin" / name
        program.write_text(f"#!{sys.executable} -IS\n{source.format(home=str(tmp_path))}", encoding="utf-8")
        program.chmod(0o755)
    with DagsterInstance.ephemeral() as instance:
        made = Fleet(tmp_path, instance)
        made.connections()
        streams = [_stream(name) for name in TABLES] + [_stream("client_ids", selected_by_default=False)]
        made.write("catalog.json", {"streams": streams})
        yield made


def _stream(name: str, *, selected_by_default: bool = True) -> dict[str, Any]:
    properties = {"id": {"type": "string"}, "updatedAt": {"type": ["string", "null"], "format": "date-time"}}
    table = {"inclusion": "available", "selected-by-default": selected_by_default}
    metadata = [{"breadcrumb": [], "metadata": table}]
    return {"tap_stream_id": name, "schema": {"properties": properties}, "metadata": metadata}


def connection(number: str, name: str = "", state: str = "connected", **changed: Any) -> dict[str, Any]:
    """Return a connection as the tap lists it."""
    since = "2026-03-01T00:00:00Z"
    account = {"id": f"gid-{number}==", "number": number, "name": name or f"Account {number}"}
    facts = {"state": state, "state_since": since, "state_reason": None, "since": since, "last_sync": None}
    return {"client_id": "app", "account": account, "name": None, **facts, **changed}


def last_sync(ended: str, status: str = "complete", **changed: Any) -> dict[str, Any]:
    """Return a sync as the tap lists it."""
    facts = {"exit_status": 0, "rows": 3, "error": None, "incomplete": {}}
    return {"began": ended, "ended": ended, "status": status, **facts, **changed}


def table(name: str, rows: int = 3, status: str = "complete", **changed: Any) -> dict[str, Any]:
    """Return a table of a report."""
    figures = {"rows": rows, "requests": 2, "points": 90, "waited_seconds": 1.5}
    facts = {"problem": None, "history_read_until": None, "resync": None, "columns_left_out": []}
    bookmark = {"before": None, "after": "2026-03-02T00:00:00Z"}
    return {"name": name, "is_selected": True, "status": status, "bookmark": bookmark, **facts, **figures, **changed}


def ending(status: int = 0, *tables: dict[str, Any], errors: tuple[str, ...] = (), log: str = "") -> dict[str, Any]:
    """Return an end of the pipeline, with a report of its tables, all of them if none is given."""
    streams = tables or tuple(table(name) for name in TABLES)
    account = {"id": "gid-1001==", "number": "1001", "name": "Maple Ridge Plumbing"}
    report = {"exit_status": status, "errors": list(errors), "account": account, "streams": streams}
    return {"status": status, "report": report, "log": log}
