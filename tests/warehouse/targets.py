"""Targets, each in an environment of its own, and what they have loaded."""

from __future__ import annotations

import json
import os
import subprocess
from abc import ABC, abstractmethod
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tests.e2e.harness import environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.postgresql import PostgreSQL
    from tests.warehouse.account import Key, Messages, Row

    Table = dict[Key, Row]

_LIMIT_SECONDS = 120.0
# Values that are no JSON come as text.
_ASK_DUCKDB = """
import duckdb, json, sys
database = duckdb.connect(sys.argv[1], read_only=True)
found = {}
for name, sql in json.load(sys.stdin).items():
    rows = database.execute(sql)
    columns = [each[0] for each in rows.description]
    found[name] = [dict(zip(columns, row)) for row in rows.fetchall()]
json.dump(found, sys.stdout, default=str)
"""


class Target(ABC):
    """A target with a place of its own to load into.

    Args:
        home: A directory for its files.
    """

    name: str

    def __init__(self, home: Path) -> None:
        home.mkdir()
        self.home = home

    @property
    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """Its settings."""

    @abstractmethod
    def answers(self, statements: Mapping[str, str]) -> dict[str, list[Row]]:
        """Return the rows that each of some statements brings, values as JSON."""

    def query(self, sql: str) -> list[Row]:
        """Return the rows that a statement brings."""
        return self.answers({"": sql})[""]

    @property
    def folder(self) -> Path:
        """The programs of its environment."""
        return Path(os.environ["WAREHOUSE_TARGETS"]) / self.name.removeprefix("target-") / "bin"

    def load(self, messages: Messages) -> None:
        """Load what a run of the tap has written."""
        config = self.home / "config.json"
        config.write_text(json.dumps(self.settings), encoding="utf-8")
        with messages.path.open("rb") as lines:
            done = subprocess.run(
                [self.folder / self.name, "--config", config],
                cwd=self.home,
                env=environment(self.home),
                stdin=lines,
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=_LIMIT_SECONDS,
                check=False,
            )
        assert done.returncode == 0, done.stderr[-4000:]

    def tables(self, messages: Messages) -> dict[str, Table]:
        """All tables by key, each value as the database writes it."""
        found = self.answers({name: f'select * from "{name}"' for name in messages.schemas})  # noqa: S608 - our own names
        keys = {name: [self.column(key) for key in each["key_properties"]] for name, each in messages.schemas.items()}
        return {name: {tuple(str(row[key]) for key in keys[name]): row for row in found[name]} for name in found}

    def column(self, name: str) -> str:
        """Return the target's name of a column."""
        return name

    @abstractmethod
    def is_same(self, described: Row, sent: Any, stored: Any) -> bool:  # noqa: ANN401 - any JSON
        """Return True if a value is stored as it was sent, as far as the target's types allow.

        Args:
            described: The JSON Schema of its column.
            sent: The value in the RECORD message.
            stored: The value that the target has loaded.
        """


class DuckDB(Target):
    """A DuckDB file."""

    name = "target-duckdb"

    @property
    @override
    def settings(self) -> dict[str, Any]:
        return {
            "path": str(self.home / "jobber.duckdb"),
            "default_target_schema": "main",
            "add_metadata_columns": True,
        }

    @override
    def column(self, name: str) -> str:
        return name.lower()

    @override
    def is_same(self, described: Row, sent: Any, stored: Any) -> bool:
        if sent in ("", None):
            # The target writes a CSV file, where an empty text is none.
            return stored is None
        if isinstance(sent, (dict, list)):
            return bool(json.loads(stored) == json.loads(json.dumps(sent, default=float)))
        if isinstance(sent, str) and described.get("format") == "date-time":
            return bool(stored == _without_zone(sent).replace("T", " "))
        return bool(float(sent) == stored) if isinstance(sent, Decimal) else bool(sent == stored)

    @override
    def answers(self, statements: Mapping[str, str]) -> dict[str, list[Row]]:
        done = subprocess.run(
            [self.folder / "python", "-c", _ASK_DUCKDB, self.home / "jobber.duckdb"],
            input=json.dumps(statements),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_LIMIT_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, list[Row]] = json.loads(done.stdout)
        return found


class Postgres(Target):
    """A database of a PostgreSQL server.

    Args:
        home: A directory for its files.
        server: The server.
        hard_delete: True if ACTIVATE_VERSION deletes rows instead of marking them.
    """

    name = "target-postgres"

    def __init__(self, home: Path, server: PostgreSQL, *, hard_delete: bool) -> None:
        super().__init__(home)
        self._server, self._hard_delete = server, hard_delete
        self._database = server.create(home.name)

    @property
    @override
    def settings(self) -> dict[str, Any]:
        return {
            "host": self._server.host,
            "port": self._server.port,
            "user": self._server.user,
            "password": self._server.password,
            "database": self._database,
            "default_target_schema": "public",
            "hard_delete": self._hard_delete,
        }

    @override
    def answers(self, statements: Mapping[str, str]) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {name: [] for name in statements}
        asked = " union all ".join(
            f"select '{name}' as name, row_to_json(t)::text as row from ({sql.strip().rstrip(';')}) t"  # noqa: S608 - as above
            for name, sql in statements.items()
        )
        for each in self._server.query(self._database, asked):
            found[each["name"]].append(json.loads(each["row"], parse_float=Decimal))
        return found

    @override
    def is_same(self, described: Row, sent: Any, stored: Any) -> bool:
        if isinstance(sent, str) and described.get("format") == "date-time":
            return bool(stored == _without_zone(sent))
        if isinstance(sent, Decimal):
            # To the last digit that Jobber wrote, also a zero.
            return str(sent) == str(stored)
        return bool(sent == stored)


class JsonLines(Target):
    """A folder with a file for each stream, to which every load adds its rows."""

    name = "target-jsonl"

    @property
    @override
    def settings(self) -> dict[str, Any]:
        return {"destination_path": str(self.home), "do_timestamp_file": False}

    @override
    def is_same(self, described: Row, sent: Any, stored: Any) -> bool:
        return bool(sent == stored)

    @override
    def answers(self, statements: Mapping[str, str]) -> dict[str, list[Row]]:
        """Return the lines of each stream's file; there is nothing to ask but for all of it."""
        found = {}
        for name in statements:
            path = self.home / f"{name}.jsonl"
            lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
            found[name] = [json.loads(line, parse_float=Decimal) for line in lines]
        return found


def _without_zone(moment: str) -> str:
    """Return a moment as databases show it, who leave out a fraction of nothing."""
    return moment.removesuffix("Z").removesuffix(".000000")
