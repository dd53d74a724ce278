"""Write the staging models of the dbt package, one per stream, from what the tap declares.

`make refresh` runs it; a test runs it with `--check`, which writes nothing and fails where a file would change.
"""

from __future__ import annotations

import io
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from tap_jobber.streams.custom_field_values import CustomFieldValues
from tap_jobber.streams.id_streams import IdStream
from tap_jobber.tap import TapJobber

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STAGING = Path(__file__).resolve().parent.parent / "transform" / "models" / "staging"
_WIDTH = 118
# As transform/.sqlfluff has it.
_LINE_WIDTH = 120
PREFIX = "stg_jobber__"
_NOTE = "Made by scripts/transform_models.py from what the tap declares."
# Where the loaded tables are, as macros/source_rows.sql has it; dbt would not render the default of a variable here.
_DATABASE = "{{ var('jobber_database') or ('loaded' if env_var('JOBBER_LOADED', '') else target.database) }}"
_SCHEMA = (
    "{{ var('jobber_schema') or env_var('JOBBER_SCHEMA', '') or ('main' if target.type == 'duckdb' else 'public') }}"
)
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# Words of SQL that cannot name a column.
_RESERVED = {"default", "primary"}
_UNITS = {"In whole cents.": "cents", "In minutes.": "minutes", "In seconds.": "seconds"}
_SCALARS = {"string": "text", "integer": "integer", "number": "money", "boolean": "boolean", "array": "json"}
# Numbers that are no amounts of money, by the last part of their name.
_FLOATS = {
    "direction",
    "discountRate",
    "fuelPercentage",
    "latitude",
    "length",
    "longitude",
    "markup",
    "profitPercentage",
    "quantity",
    "speed",
    "starterBatteryVoltage",
    "tax",
    "valueNumeric",
    "defaultValueNumeric",
    "width",
}


@dataclass(frozen=True)
class Column:
    """A column of a staging model.

    Attributes:
        name: Its name.
        path: The names that lead to its value: the stream's column, then those within it.
        kind: Its type, as the macros name it.
        description: A sentence on what it holds.
    """

    name: str
    path: tuple[str, ...]
    kind: str
    description: str

    @property
    def expression(self) -> str:
        """The SQL of its value."""
        first, *rest = self.path
        kind = "timestamp" if self.kind == "day" else self.kind
        steps = ", ".join(f"'{name}'" for name in rest)
        reached = f"jobber.json_value('current_rows.\"{first}\"', [{steps}], '{kind}')" if rest else None
        if self.kind != "day":
            return f"{{{{ {reached} }}}}" if reached else f'current_rows."{first}"'
        inner = reached or f"'current_rows.\"{first}\"'"
        return f"{{{{ jobber.day({inner}) }}}}"


def snake(name: str) -> str:
    """Return a name of Jobber's API in snake_case."""
    found = _WORD.sub("_", name).replace("__", "").lower()
    return f"is_{found}" if found in _RESERVED else found


def columns_of(stream: Any) -> list[Column]:  # noqa: ANN401 - streams differ by what they are read from
    """Return the columns of the staging model of a stream."""
    return list(_columns(stream.derived_schema()["properties"], ()))


def _columns(properties: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[Column]:
    for name, described in properties.items():
        path = (*above, name)
        if described.get("properties"):
            yield from _columns(described["properties"], path)
            continue
        text = described.get("description", "")
        parts = [snake(each) for each in path]
        unit = next((unit for sentence, unit in _UNITS.items() if sentence in text), None)
        if unit is not None and not parts[-1].endswith(unit):
            parts.append(unit)
        source = f"`{'.'.join(path)}` of Jobber's API."
        yield Column("_".join(parts), path, _kind(name, described), f"{text} {source}".strip())


def _kind(name: str, described: Mapping[str, Any]) -> str:
    types = described.get("type", ())
    (kind,) = {each for each in ([types] if isinstance(types, str) else types) if each != "null"}
    if described.get("format") == "date":
        return "date"
    if described.get("format") == "date-time":
        return "day" if name.lower().endswith("date") else "timestamp"
    return "float" if kind == "number" and name in _FLOATS else _SCALARS.get(kind, "json")


_ZONES = """,

zones as (
    select * from {{ ref('jobber_time_zones') }}
)"""


def model(stream: Any, ids: Mapping[str, str]) -> str:  # noqa: ANN401 - as above
    """Return the SQL of the staging model of a stream.

    Args:
        stream: The stream.
        ids: The streams that list the ids of others, by these.
    """
    columns, owners = columns_of(stream), _owners(stream)
    given = {column.path[0]: _loaded(column) for column in columns}
    listed = "\n".join(f"            '{name}': '{kind}'," for name, kind in given.items())
    selected = "\n".join(_selected(column) for column in columns)
    has_days = any(column.kind == "day" for column in columns)
    join = '\nleft join zones on coalesce(current_rows."accountId" = zones.account_id, true)' if has_days else ""
    refers = "".join(f"-- depends_on: {{{{ ref('{PREFIX}{owner['stream']}') }}}}\n" for owner in owners)
    ids_of = f"'{ids[stream.name]}'" if stream.name in ids else "none"
    return f"""-- {_NOTE}
-- depends_on: {{{{ source('jobber', '{stream.name}') }}}}
{refers}with current_rows as (
    {{{{ jobber.current_rows(
        stream='{stream.name}',
        keys={list(stream.primary_keys)},
        columns={{
{listed}
        }},
        owners={_literal(owners)},
        ids={ids_of},
    ) | indent(4) }}}}
){_ZONES if has_days else ""}

select
    current_rows."accountId" as account_id,
{selected}
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows{join}
"""  # noqa: S608 - SQL of our own names


def _selected(column: Column) -> str:
    """Return a column as it is selected, in two lines where one would be too long."""
    line = f"    {column.expression} as {column.name},"
    return line if len(line) <= _LINE_WIDTH else line.replace(" as ", "\n        as ")


def _loaded(column: Column) -> str:
    """Return the type in which the column arrives that holds a value."""
    if len(column.path) > 1:
        return "json"
    return "timestamp" if column.kind == "day" else column.kind


def _owners(stream: Any) -> list[dict[str, object]]:  # noqa: ANN401 - as above
    """Return the streams whose rows those of a stream belong to, with the columns that tell which and since when."""
    if isinstance(stream, CustomFieldValues):
        parents, key = stream.owners, "ownerId"
    elif stream.parent_stream_type is not None and stream.parent_stream_type.derived_schema()["required"] == ["id"]:
        parents, key = (stream.parent_stream_type,), stream.primary_keys[0]
    else:
        return []
    change = f"{key.removesuffix('Id')}UpdatedAt"
    known = stream.derived_schema()["properties"]
    return [
        {
            "stream": parent.name,
            "id": key,
            # Rows of a list are written after the row that it belongs to.
            "comes_first": not isinstance(stream, CustomFieldValues),
            "change": change if change in known and "updatedAt" in parent.derived_schema()["properties"] else None,
        }
        for parent in parents
    ]


def _literal(owners: list[dict[str, object]]) -> str:
    if not owners:
        return "[]"
    lines = [re.sub(r"\b(None|True|False)\b", lambda word: word[0].lower(), str(owner)) for owner in owners]
    return "[\n" + "".join(f"            {line},\n" for line in lines) + "        ]"


def properties(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of the staging models: a sentence and tests for each."""
    return {"version": 2, "models": [model_properties(name, stream) for name, stream in given.items()]}


def model_properties(name: str, stream: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    """Return the properties of one staging model."""
    columns = columns_of(stream)
    named = {column.path: column.name for column in columns}
    keys = [named[key,] for key in stream.primary_keys]
    return {
        "name": PREFIX + name,
        "description": f"The current rows of `{name}`. {_doc(stream)}",
        "data_tests": [{"jobber.unique_key": {"arguments": {"columns": keys}}}],
        "columns": [
            {"name": "account_id", "description": "The account, where the rows say so (`add_account_id`)."},
            *({"name": column.name, "description": column.description} for column in columns),
            {
                "name": "extracted_at",
                "description": "When the row was read, in UTC, if the loader or the tap says so.",
            },
        ],
    }


def sources(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sources: the tables that a loader fills."""
    return {
        "version": 2,
        "sources": [
            {
                "name": "jobber",
                "description": "The tables that a loader has filled with what the tap reads.",
                "database": _DATABASE,
                "schema": _SCHEMA,
                "loaded_at_field": "_sdc_extracted_at",
                "config": {"freshness": None},
                "tables": [_source(name, stream) for name, stream in given.items()],
            }
        ],
    }


def _source(name: str, stream: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    found: dict[str, Any] = {"name": name, "description": _doc(stream)}
    if stream.replication_key is None:
        # Rows come with each run; elsewhere no row comes where nothing has changed.
        found["config"] = {
            "freshness": {
                "warn_after": {"count": 36, "period": "hour"},
                "error_after": {"count": 7, "period": "day"},
            }
        }
    return found


def _doc(stream: object) -> str:
    """Return the first paragraph of a stream's docstring as one line."""
    return " ".join((type(stream).__doc__ or "").split("\n\n")[0].split())


def streams() -> Mapping[str, Any]:
    """Return the tap's streams by name."""
    return TapJobber(validate_config=False).streams


def files() -> dict[Path, str]:
    """Return what each file of the staging models is to hold."""
    given = streams()
    ids = {stream.of.name: name for name, stream in given.items() if isinstance(stream, IdStream)}
    found = {STAGING / f"{PREFIX}{name}.sql": model(stream, ids) for name, stream in given.items()}
    for name, content in (("_sources", sources(given)), ("_staging", properties(given))):
        found[STAGING / f"{name}.yml"] = f"# {_NOTE}\n{_yaml(content)}"
    return found


def _yaml(content: dict[str, Any]) -> str:
    text, writer = io.StringIO(), YAML()
    writer.width, writer.default_flow_style = _WIDTH, False
    writer.dump(content, text)
    return text.getvalue()


def main() -> int:
    """Write the files, or with `--check` only tell which would change."""
    wanted = files()
    there = {path for path in STAGING.glob("*") if path.name.startswith((PREFIX, "_"))}
    changed = [path for path, text in wanted.items() if path not in there or path.read_text(encoding="utf-8") != text]
    changed += there - wanted.keys()
    if "--check" in sys.argv:
        for path in changed:
            sys.stderr.write(f"{path.name} is not what the tap declares: run make refresh\n")
        return 1 if changed else 0
    for path in there - wanted.keys():
        path.unlink()
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
