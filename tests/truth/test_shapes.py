"""Catalog, stream maps, flattening and batches together: in whatever mix, wherever a run stops, no row is lost."""

from __future__ import annotations

import json
import random
import tempfile
from dataclasses import dataclass
from hashlib import md5
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.consumer import Consumer
from tests.effort import effort
from tests.truth.account import BEGIN_SECONDS, Time
from tests.truth.changes import drawn, populated, row_plans
from tests.truth.groups import GROUPS
from tests.truth.reading import Server, catalog_of, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.consumer import Row
    from tests.truth.groups import Group

EXAMPLES = effort(20, 200)


class Kind(NamedTuple):
    """A stream map, and what it makes of the root stream's rows.

    Attributes:
        maps: The setting, of the name of the stream.
        made: The rows that come out, by the stream that they come out as; of the name of the stream and a row.
        added: Columns that are added.
        keys: The columns of the key.
    """

    maps: Callable[[str], dict[str, Any]]
    made: Callable[[str, Row], dict[str, Row]]
    added: tuple[str, ...] = ()
    keys: tuple[str, ...] = ("id",)


def _md5(text: str) -> str:
    return md5(text.encode()).hexdigest()  # noqa: S324 - as stream maps have it


KINDS = {
    "none": Kind(lambda _: {}, lambda name, row: {name: row}),
    "under another name": Kind(lambda name: {name: {"__alias__": "other"}}, lambda _, row: {"other": row}),
    "twice": Kind(lambda name: {"copy": {"__source__": name}}, lambda name, row: {name: row, "copy": row}),
    "with a column more": Kind(
        lambda name: {name: {"more": "id"}}, lambda name, row: {name: {**row, "more": row["id"]}}, ("more",)
    ),
    "under a pattern": Kind(
        lambda _: {"*": {"more": "'x'"}}, lambda name, row: {name: {**row, "more": "x"}}, ("more",)
    ),
    "without a column": Kind(
        lambda name: {name: {"createdAt": None, "updatedAt": None}},
        lambda name, row: {name: {k: v for k, v in row.items() if k not in {"createdAt", "updatedAt"}}},
    ),
    "a part": Kind(
        lambda name: {name: {"__filter__": "md5(id)[0] < '8'"}},
        lambda name, row: {name: row} if _md5(row["id"])[0] < "8" else {},
    ),
    "by another key": Kind(
        lambda name: {name: {"own": "md5(id)", "id": None, "__key_properties__": ["own"]}},
        lambda name, row: {name: {**{k: v for k, v in row.items() if k != "id"}, "own": _md5(row["id"])}},
        ("own",),
        ("own",),
    ),
    "little": Kind(
        lambda name: {name: {"id": "id", "own": "md5(id)", "__else__": None}, "__else__": None},
        lambda name, row: {name: {"id": row["id"], "own": _md5(row["id"])}},
        ("own",),
    ),
}
"""All kinds of stream maps."""
_ALONE = {"little"}
"""Those that leave no other stream."""


@dataclass(frozen=True)
class Shape:
    """Settings and a catalog.

    Attributes:
        kind: Which stream map.
        depth: How deep to flatten; None if not at all.
        separator: What stands between the names.
        batch_size: The size of batches; None if rows are messages.
        compression: How files are compressed.
        left_out: Which share of all properties is deselected, and the seed by which they are chosen.
    """

    kind: str
    depth: int | None
    separator: str
    batch_size: int | None
    compression: str | None
    left_out: tuple[float, int]

    def settings(self, name: str, folder: str) -> dict[str, Any]:
        """Return the settings."""
        found: dict[str, Any] = {"stream_maps": KINDS[self.kind].maps(name)}
        if self.depth is not None:
            found |= {"flattening_enabled": True, "flattening_max_depth": self.depth}
            found["flattening_separator"] = self.separator
        if self.batch_size is not None:
            encoding = {"format": "jsonl", **({"compression": self.compression} if self.compression else {})}
            storage = {"root": folder}
            found["batch_config"] = {"encoding": encoding, "storage": storage, "batch_size": self.batch_size}
        return found

    def catalog(self, group: Group) -> dict[str, Any]:
        """Return the catalog."""
        catalog = catalog_of(_streams(group), group.names)
        share, seed = self.left_out
        chance = random.Random(seed)  # noqa: S311 - it has to be repeatable, not secret
        for entry in catalog["streams"]:
            for each in entry["metadata"]:
                if each["breadcrumb"] and each["metadata"].get("inclusion") != "automatic" and chance.random() < share:
                    each["metadata"]["selected"] = False
        return catalog

    def expected(self, group: Group, name: str, schema: dict[str, Any], row: Row) -> dict[str, Row]:
        """Return the rows expected from a row of the plain tap, by stream."""
        kind = KINDS[self.kind]
        if name == group.name:
            made = kind.made(name, row)
        elif self.kind in _ALONE:
            return {}
        else:
            made = {name: {**row, "more": "x"} if self.kind == "under a pattern" else row}
        depth = self.depth or 0
        described = {**schema["properties"], **{name: {} for name in kind.added}}
        return {out: _flat(described, each, depth, self.separator) for out, each in made.items()}


def _streams(group: Group) -> list[Any]:
    return [group.root, *(child.stream for child in group.lists)]


def _flat(described: dict[str, Any], row: Row, depth: int, separator: str) -> Row:
    """Return a row with columns for what is in its objects, down to a depth."""
    found: Row = {}
    for name, value in row.items():
        below = described[name].get("properties")
        if below is None or not depth:
            found[name] = value
            continue
        inner = _flat(below, dict.fromkeys(below) | (value or {}), depth - 1, separator)
        found |= {f"{name}{separator}{inside}": each for inside, each in inner.items()}
    return found


def _same(sent: object, expected: object) -> bool:
    if isinstance(expected, list | dict) and isinstance(sent, str):
        return bool(json.loads(sent) == expected)
    return sent == expected


def _by_key(rows: list[Row], keys: tuple[str, ...]) -> dict[tuple[str, ...], Row]:
    return {tuple(str(row[key]) for key in keys): row for row in rows}


SHAPES = st.builds(
    Shape,
    kind=st.sampled_from(sorted(KINDS)),
    depth=st.none() | st.integers(0, 5),
    separator=st.sampled_from(("__", ".", "_of_")),
    batch_size=st.none() | st.sampled_from((1, 3, 7, 10_000)),
    compression=st.sampled_from(("gzip", "none", None)),
    left_out=st.tuples(st.sampled_from((0.0, 0.0, 0.2, 0.7)), st.integers(0, 9)),
)


@pytest.mark.long
@drawn(EXAMPLES)
@given(
    name=st.sampled_from(("clients", "jobs", "invoices", "payment_records", "properties", "visits")),
    shape=SHAPES,
    stop=st.none() | st.integers(1, 60),
    seed=st.integers(0, 5),
)
def test_no_mix_of_settings_loses_a_row_or_changes_a_value(
    name: str, shape: Shape, stop: int | None, seed: int
) -> None:
    group = GROUPS[name]
    account, catalog = populated(Time(), group, row_plans(seed, 10)), shape.catalog(group)
    # Some columns are references that are never null.
    for type_name in ("User", "TaxRate", "ProductOrService", "Quote"):
        account.add(type_name, BEGIN_SECONDS - 9, BEGIN_SECONDS - 9)
    plain = Consumer().take(run(Server(account), _streams(group), catalog).messages)
    with tempfile.TemporaryDirectory() as folder:
        settings = shape.settings(name, folder)
        first = Consumer(is_exact=bool(shape.depth))
        first.take(run(Server(account), _streams(group), catalog, None, stop, **settings).messages)
        second = Consumer(is_exact=bool(shape.depth))
        second.take(run(Server(account), _streams(group), catalog, first.state, **settings).messages)
        _check(group, shape, plain, first, second)


def _check(group: Group, shape: Shape, plain: Consumer, first: Consumer, second: Consumer) -> None:
    wanted: dict[str, list[Row]] = {}
    for stream in group.names:
        for row in plain.rows.get(stream, []):
            for out, each in shape.expected(group, stream, plain.schemas[stream]["schema"], row).items():
                wanted.setdefault(out, []).append(each)
    assert set(second.rows) | {name for name in first.rows if first.durable(name)} <= set(wanted)
    for out, rows in wanted.items():
        keys = tuple(second.schemas[out]["key_properties"])
        expected = _by_key(rows, keys)
        found = _by_key([*first.durable(out), *second.rows.get(out, [])], keys)
        assert found.keys() == expected.keys(), out
        for key, row in found.items():
            for column in second.schemas[out]["schema"]["properties"]:
                assert _same(row.get(column), expected[key].get(column)), (out, column)
