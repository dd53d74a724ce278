"""Loads that the dbt package refuses, and which ones it takes beside the usual."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from typing_extensions import override

from tests.warehouse.account import KINDS, Messages
from tests.warehouse.targets import DuckDB, JsonLines, Postgres
from tests.warehouse.transform import Built, refusal

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgresql import PostgreSQL
    from tests.warehouse.targets import Target

_TEXT = {"type": ["string", "null"]}
_TIME = {"type": ["string", "null"], "format": "date-time"}
_AMOUNT = {"type": ["number", "null"]}
_AMOUNTS = {"invoiceBalance": 7.5, "subtotal": 10.0, "taxAmount": 0.5, "total": 10.5}
_PLAIN = {
    "id": {"type": "string"},
    "subject": _TEXT,
    "updatedAt": _TIME,
    "amounts": {"type": ["object", "null"], "properties": dict.fromkeys(_AMOUNTS, _AMOUNT)},
}
_FLAT = {"id": {"type": "string"}, "updatedAt": _TIME, **{f"amounts__{name}": _AMOUNT for name in _AMOUNTS}}


class _AppendOnly(Postgres):
    """A database to which every load adds its rows."""

    @property
    @override
    def settings(self) -> dict[str, Any]:
        return {**super().settings, "load_method": "append-only"}


@pytest.mark.parametrize("target", KINDS, indirect=True)
def test_flattened_loads_are_refused_by_the_name_of_the_setting(target: Target) -> None:
    flat = {f"amounts__{name}": amount for name, amount in _AMOUNTS.items()}
    target.load(_messages(target.home, 1, {"id": "1", "updatedAt": _moment(1), **flat}, columns=_FLAT))
    said = refusal(target, "run", "--select", "+stg_jobber__invoices")
    assert "invoices was loaded flattened, with amounts__" in said
    assert "in place of amounts: load it anew without the setting flattening_enabled" in said


@pytest.mark.parametrize("target", KINDS, indirect=True)
def test_a_build_of_nothing_is_refused_by_the_names_of_the_settings(target: Target) -> None:
    target.load(_messages(target.home, 1, _invoice("1", 1, "old")))
    assert "Completed successfully" in Built(target, "run", "--select", "+stg_jobber__invoices").log
    name = "JOBBER_FILES" if isinstance(target, JsonLines) else "JOBBER_SCHEMA"
    said = refusal(target, "run", "--select", "+stg_jobber__invoices", status=2, **{name: "elsewhere"})
    assert re.search(rf"elsewhere holds no stream that the tap reads: load one, or correct .*{name}", said)


@pytest.mark.parametrize("target", KINDS, indirect=True)
def test_the_pages_of_dbt_are_made(target: Target) -> None:
    target.load(_messages(target.home, 1, _invoice("1", 1, "old")))
    assert "failure" not in Built(target, "docs", "generate").log
    manifest = json.loads((target.home / "target" / "manifest.json").read_text(encoding="utf-8"))
    source = manifest["sources"]["source.jobber.jobber.invoices"]
    assert "{" not in source["database"] + source["schema"]


@pytest.mark.parametrize("target", ["postgres"], indirect=True)
def test_the_server_is_the_one_that_the_environment_names(target: Target) -> None:
    # Nobody listens at the first port; an empty variable is none.
    for port, meant in (("1", 1), ("", 5432)):
        said = refusal(target, "debug", PGHOST="127.0.0.2", PGPORT=port, PGUSER="", PGPASSWORD="", PGDATABASE="")
        assert {"host: 127.0.0.2", f"port: {meant}", "user: postgres", "database: postgres"} <= set(_settings_in(said))


def test_of_a_table_with_all_rows_that_ever_came_the_last_count(postgresql: PostgreSQL, tmp_path: Path) -> None:
    target = _AppendOnly(tmp_path / "append_only", postgresql, hard_delete=False)
    first = _messages(target.home, 1, _invoice("1", 1, "old"), _invoice("2", 1, "same"))
    second = _messages(target.home, 2, _invoice("1", 2, "new"))
    for messages in (first, second, second):
        target.load(messages)
    built = Built(target, "run", "--select", "+stg_jobber__invoices", JOBBER_APPEND_ONLY="true")
    assert _subjects(built) == [["1", "new", "10.50"], ["2", "same", "10.50"]]


def test_target_and_dbt_write_one_file_in_turn(tmp_path: Path) -> None:
    target = DuckDB(tmp_path / "one_file")
    file = {"JOBBER_DUCKDB": target.settings["path"], "JOBBER_LOADED": ""}
    for number, subject in enumerate(("old", "new"), 1):
        target.load(_messages(target.home, number, _invoice("1", number, subject)))
        built = Built(target, "run", "--select", "+stg_jobber__invoices", **file)
        assert _subjects(built) == [["1", subject, "10.50"]]
        assert target.query("select subject from invoices") == [{"subject": subject}]


def test_one_stream_alone_has_its_numbers(tmp_path: Path) -> None:
    target = JsonLines(tmp_path / "alone")
    days = {"issuedDate": "2026-02-28T23:59:59Z", "dueDate": "2026-03-05T00:00:00Z"}
    (target.home / "invoices.jsonl").write_text(json.dumps({"id": "1", "amounts": _AMOUNTS, **days}), encoding="utf-8")
    built = Built(target, "run", "--select", "+fct_invoices", JOBBER_TODAY="2026-03-10")
    sql = "select issued_month, days_overdue, ageing_bucket, open_balance, as_of_date from fct_invoices"
    assert built.ask({"": sql}) == {"": [["2026-02-01", 5, "1-30", "7.50", "2026-03-10"]]}


def _settings_in(said: str) -> list[str]:
    return re.findall(r"\b(?:host|port|user|database): \S+", said)


def _invoice(name: str, day: int, subject: str) -> dict[str, Any]:
    return {"id": name, "subject": subject, "updatedAt": _moment(day), "amounts": _AMOUNTS}


def _moment(day: int) -> str:
    return f"2026-01-{day:02}T12:00:00Z"


def _messages(home: Path, number: int, *rows: dict[str, Any], columns: dict[str, Any] = _PLAIN) -> Messages:
    """Return a run that has read some invoices."""
    schema = {"type": "object", "properties": columns}
    messages = [
        {"type": "SCHEMA", "stream": "invoices", "schema": schema, "key_properties": ["id"]},
        *({"type": "RECORD", "stream": "invoices", "record": row} for row in rows),
    ]
    path = home / f"{number}.messages"
    path.write_text("".join(f"{json.dumps(message)}\n" for message in messages), encoding="utf-8")
    return Messages(path)


def _subjects(built: Built) -> list[list[Any]]:
    sql = f"select id, subject, amounts_total from {built.table('invoices')} order by id"  # noqa: S608 - our own name
    return built.ask({"": sql})[""]
