"""The tap's messages for an account, before and after some of its rows have changed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_jobber.streams import STREAMS
from tests import snapshots
from tests.e2e import truth
from tests.e2e.harness import bench

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.e2e.harness import Bench

_SCHEMAS = {stream.name: stream.derived_schema() for stream in STREAMS}
SHAPES: dict[str, dict[str, Any]] = {"plain": {}, "flat": {"flattening_enabled": True, "flattening_max_depth": 4}}
"""How rows are shaped: with objects in columns, or a column for each of their values."""
NAMES = {
    "plain": tuple(_SCHEMAS),
    "flat": tuple(
        name
        for name, schema in _SCHEMAS.items()
        if name.endswith("_ids") or any("properties" in each for each in schema["properties"].values())
    ),
}
"""The streams that are loaded in each shape: flat those that are not the same in both, and the ids."""
SCALE = 0.05
DATABASES = ("duckdb", "postgres")
KINDS = (*DATABASES, "jsonl")
"""Targets to load into: those that can be asked, and files."""
PRICES = ("1234.1", "0.07", "1234567890123.45", "19.99")

Row = dict[str, Any]
Key = tuple[str, ...]


@dataclass(frozen=True)
class Messages:
    """The messages of one run of the tap.

    Attributes:
        path: The file that holds it.
    """

    path: Path

    @cached_property
    def every(self) -> list[dict[str, Any]]:
        """The messages, with amounts as they were written."""
        return [json.loads(line, parse_float=Decimal) for line in self.path.read_text(encoding="utf-8").splitlines()]

    @cached_property
    def schemas(self) -> dict[str, dict[str, Any]]:
        """The SCHEMA message of each stream."""
        return {each["stream"]: each for each in self.every if each["type"] == "SCHEMA"}

    @cached_property
    def rows(self) -> dict[str, dict[Key, Row]]:
        """The rows of each stream by key, as they are after the last message."""
        found: dict[str, dict[Key, Row]] = {name: {} for name in self.schemas}
        for each in self.every:
            if each["type"] == "RECORD":
                keys = self.schemas[each["stream"]]["key_properties"]
                found[each["stream"]][tuple(str(each["record"][key]) for key in keys)] = each["record"]
        return found


class Account(NamedTuple):
    """An account as it was and as it is.

    Attributes:
        runs: What the tap has said of it in each shape: at first, and with the state that it left, of what is new.
        there: The keys of the rows that the account held at the end, by stream.
        edited: The ids of rows that were edited in between, by stream.
        gone: The keys of rows that have gone in between, by stream.
        every: The keys of all rows that the account held at the end, by stream, but for sums.
    """

    runs: dict[str, tuple[Messages, Messages]]
    there: dict[str, set[Key]]
    edited: dict[str, set[str]]
    gone: dict[str, set[Key]]
    every: dict[str, set[Key]]


def captured(home: Path) -> Account:
    """Return an account, read twice in each shape."""
    home.mkdir()
    with bench(home, scale=SCALE) as one:
        for price, row in zip(PRICES, one.sandbox.world().tables["InvoiceLineItem"].rows, strict=False):
            one.change(op="edit", type="InvoiceLineItem", id=row.id, set={"unitPrice": float(price)})
        first = {shape: _run(one, home / f"{shape}-1.jsonl", shape) for shape in SHAPES}
        before = {name: _keys(one, name) for name in truth.INCREMENTAL + WHOLE}
        edited = _change(one)
        there = {name: _keys(one, name) for name in before}
        every = {name: _keys(one, name) for name in truth.EVERY if name not in truth.SUMS}
        second = {shape: _run(one, home / f"{shape}-2.jsonl", shape, first[shape]) for shape in SHAPES}
    gone = {name: before[name] - there[name] for name in before}
    return Account({shape: (first[shape], second[shape]) for shape in SHAPES}, there, edited, gone, every)


WHOLE = ("users", "visits", "properties", "visit_line_items", "visit_assigned_users", "job_line_items")
_EDITED = {"clients": "Client", "invoices": "Invoice", "jobs": "Job", "quotes": "Quote", "users": "User"}
_DELETED = ("Client", "Expense", "Invoice", "TimeSheetEntry", "User", "Visit")


def _change(one: Bench) -> dict[str, set[str]]:
    """Delete and edit rows; return the ids of the edited ones by stream."""
    tables = one.sandbox.world().tables
    for type_name in _DELETED:
        one.change(op="delete", type=type_name, id=tables[type_name].rows[-1].id)
    edited = {}
    for name, type_name in _EDITED.items():
        edited[name] = set(one.change(op="edit", type=type_name, count=2))
    world = one.sandbox.world()
    job = next(row for row in tables["Job"].rows if world.children(row, "JobLineItem"))
    one.change(op="delete", type="JobLineItem", id=world.children(job, "JobLineItem")[0].id)
    one.change(op="edit", type="Job", id=job.id)
    edited["jobs"].add(job.id)
    return edited


def _keys(one: Bench, name: str) -> set[Key]:
    return {tuple(str(row[column]) for column in snapshots.keys(name)) for row in truth.rows(one, name)}


def _run(one: Bench, path: Path, shape: str, since: Messages | None = None) -> Messages:
    words: Iterable[Path | str] = ()
    if since is not None:
        state = next(each["value"] for each in reversed(since.every) if each["type"] == "STATE")
        words = ("--state", one.write("state.json", state))
    settings = {**SHAPES[shape], "emit_activate_version_messages": True, "add_read_times": True}
    outcome = one.tap(*words, streams=NAMES[shape], **settings).checked()
    path.write_text(outcome.stdout, encoding="utf-8")
    return Messages(path)
