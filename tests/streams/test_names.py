"""Names of tables and columns that any warehouse can have, as they are or with a column for each value of an object."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tap_jobber.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterator

# PostgreSQL cuts longer ones short.
LONGEST_BYTES = 63
SEPARATOR = "__"
SCHEMAS: dict[str, dict[str, Any]] = {stream.name: stream.derived_schema() for stream in STREAMS}
TYPES = {"array", "boolean", "integer", "number", "object", "string"}


def flat(schema: dict[str, Any], *prefix: str) -> Iterator[str]:
    """Yield the columns of a schema with one for each value of an object, however deep."""
    for name, described in schema["properties"].items():
        if "properties" in described:
            yield from flat(described, *prefix, name)
        yield SEPARATOR.join((*prefix, name))


@pytest.mark.parametrize("name", SCHEMAS)
def test_names_are_short_and_differ_by_more_than_case(name: str) -> None:
    assert re.fullmatch("[a-z_]+", name)
    assert len(name) <= LONGEST_BYTES
    columns = list(flat(SCHEMAS[name]))
    for column in columns:
        assert re.fullmatch(r"\w+", column, re.ASCII)
        assert len(column) <= LONGEST_BYTES
        assert not column.lower().startswith("_sdc_")
    assert len({column.lower() for column in columns}) == len(columns)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_value_has_one_type_besides_null(name: str) -> None:
    waiting = [SCHEMAS[name]]
    while waiting:
        schema = waiting.pop()
        kinds = {schema["type"]} if isinstance(schema["type"], str) else set(schema["type"]) - {"null"}
        assert len(kinds) == 1
        assert kinds <= TYPES
        waiting += schema.get("properties", {}).values()
        waiting += [schema["items"]] if "items" in schema else []


def test_each_type_of_row_has_one_home() -> None:
    homes = Counter(type_name for stream in STREAMS for type_name in stream.types_referred_to())
    assert not {type_name for type_name, count in homes.items() if count > 1}
