"""Derives what a stream writes: for each stream map a name, a schema, and rows with just the columns of it.

The SDK flattens a row by what it happens to hold. So an object that is null leaves its own name, which SCHEMA does not
have, and not the columns that SCHEMA has in its place. Here the schema alone decides: it is flattened once, by the SDK,
with the path that leads to each column, and a flat row is what is found at these paths.

    {"id": "1", "address": null}  with the columns  id, address__city, address__street
    {"id": "1", "address__city": null, "address__street": null}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from singer_sdk.exceptions import MapExpressionError, StreamMapConfigError
from singer_sdk.helpers._flattening import flatten_key, flatten_schema
from singer_sdk.mapper import CustomStreamMap, RemoveRecordTransform
from singer_sdk.singerlib.json import serialize_json

from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from singer_sdk.helpers._flattening import FlatteningOptions
    from singer_sdk.mapper import StreamMap

Row = dict[str, Any]
Excess = dict[str, "Excess | None"]


class Output(NamedTuple):
    """The output of one stream map.

    Attributes:
        name: The stream that a target sees.
        schema: The JSON Schema of its rows.
        keys: The columns that tell its rows apart.
        bookmark_keys: The column of the replication key, or nothing where that is left out.
        transform: Turns a row into what is written, None if that is nothing; no function where rows stay as they are.
    """

    name: str
    schema: dict[str, Any]
    keys: list[str]
    bookmark_keys: list[str]
    transform: Callable[[Row], Row | None] | None


def outputs(
    stream_maps: Iterable[StreamMap],
    columns: Iterable[str],
    replication_key: str | None,
    flattening: FlatteningOptions | None,
) -> Iterator[Output]:
    """Yield what each stream map makes of a stream, but for those that remove it.

    Args:
        stream_maps: The maps, none of which flattens.
        columns: The columns of the rows that they are given.
        replication_key: The stream's replication key.
        flattening: Options for flattening the rows; None if they stay as they are.

    Raises:
        StreamMapConfigError: If a stream comes out under a name that cannot be.
        TapError: If a key comes out as no column, or two columns as one.
    """
    blank = dict.fromkeys(columns)
    for each in stream_maps:
        if isinstance(each, RemoveRecordTransform):
            continue
        name: Any = each.stream_alias
        if not isinstance(name, str) or not name:
            raise StreamMapConfigError(f"{name!r} is no name for a stream")
        schema = each.transformed_schema
        bookmark_keys = [replication_key] if replication_key is not None else []
        transform = _mapping(each, blank) if isinstance(each, CustomStreamMap) else None
        keys = list(each.transformed_key_properties or ())
        output = Output(name, schema, keys, [each for each in bookmark_keys if each in schema["properties"]], transform)
        if flattening is not None:
            output = _flattened(output, flattening)
        missing = [key for key in output.keys if key not in output.schema["properties"]]
        if missing:
            cause = f"{name} has no column {', '.join(missing)} to be its key"
            raise TapError(cause, "correct the key properties in the catalog or in stream_maps")
        yield output


def _mapping(stream_map: CustomStreamMap, blank: Row) -> Callable[[Row], Row | None]:
    """Apply a stream map, for which a column that a row does not have is null."""

    def transform(row: Row) -> Row | None:
        whole = row if len(row) == len(blank) else blank | row
        try:
            return stream_map.transform(whole)
        except Exception as error:
            # Expressions are the user's own, so they can raise anything.
            cause = str(error) if isinstance(error, MapExpressionError) else f"{type(error).__name__}: {error}"
            raise MapExpressionError(f"{stream_map.stream_name}: {cause}") from error

    return transform


def _flattened(output: Output, options: FlatteningOptions) -> Output:
    try:
        flat = flatten_schema(
            output.schema, options.max_level, options.separator, max_key_length=options.max_key_length
        )
    except ValueError as error:
        remedy = "choose another flattening_separator or a greater flattening_max_key_length"
        raise TapError(f"{output.name} cannot be flattened ({error})", remedy) from error

    def named(columns: Iterable[str]) -> list[str]:
        """Return columns of the row's own under their names, which can be shorter than before."""
        return [flatten_key(each, [], options.separator, max_key_length=options.max_key_length) for each in columns]

    return Output(
        output.name,
        {**flat, "required": [each for each in named(output.schema.get("required", ())) if each in flat["properties"]]},
        named(output.keys),
        named(output.bookmark_keys),
        _flattening(_columns(output.schema, flat["properties"], options), output.transform),
    )


class _Column(NamedTuple):
    name: str
    path: tuple[str, ...]
    is_json: bool


def _columns(
    schema: Mapping[str, Any], flat: Mapping[str, Any], options: FlatteningOptions, above: tuple[str, ...] = ()
) -> list[_Column]:
    """Return the columns of a flat row with their paths, as the SDK flattens a schema."""
    found = []
    for field, described in schema["properties"].items():
        path, types = (*above, field), described.get("type", ())
        if "object" in types and "properties" in described and len(above) < options.max_level:
            found += _columns(described, flat, options, path)
            continue
        name = flatten_key(field, list(above), options.separator, max_key_length=options.max_key_length)
        if name in flat:
            # What is no text to begin with: lists, objects that are not taken apart, and what can be anything.
            found.append(_Column(name, path, is_json=flat[name] != described and "string" in flat[name]["type"]))
    return found


def _flattening(columns: list[_Column], before: Callable[[Row], Row | None] | None) -> Callable[[Row], Row | None]:
    """Lay out what a stream map makes of a row, if there is one, by columns."""

    def transform(row: Row) -> Row | None:
        whole = row if before is None else before(row)
        return None if whole is None else {column.name: _value(whole, column) for column in columns}

    return transform


def _value(row: Row, column: _Column) -> object:
    value: Any = row
    for step in column.path:
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    if value is None or isinstance(value, str) or not column.is_json:
        return value
    return serialize_json(value)


def excess(whole: Mapping[str, Any], part: Mapping[str, Any]) -> Excess:
    """Find what rows of one JSON Schema have and those of another have not: by name, None or what is more in an object.

    Args:
        whole: The schema that rows are made by.
        part: The schema that rows go out by.
    """
    found: Excess = {}
    for name, described in whole["properties"].items():
        if name not in part["properties"]:
            found[name] = None
        elif "properties" in described and "properties" in part["properties"][name]:
            below = excess(described, part["properties"][name])
            if below:
                found[name] = below
    return found


def prune(row: Row, surplus: Excess) -> Row:
    """Take columns out of a row.

    Args:
        row: The row; it is changed, but nothing in it.
        surplus: The columns to take out.
    """
    for name in row.keys() & surplus.keys():
        below = surplus[name]
        if below is None:
            del row[name]
        elif isinstance(row[name], dict):
            row[name] = prune(dict(row[name]), below)
    return row
