"""The tables of a Singer catalog: which are selected, their columns, and a catalog that selects some of them."""

import copy
from collections.abc import Collection, Mapping
from typing import Any

import dagster as dg

Catalog = Mapping[str, Any]


def selected_tables(catalog: Catalog) -> dict[str, dg.TableSchema]:
    """Return the tables that a catalog selects, each with its columns."""
    return {
        stream["tap_stream_id"]: _columns(stream["schema"]) for stream in catalog["streams"] if _is_selected(stream)
    }


def with_only(catalog: Catalog, names: Collection[str]) -> dict[str, Any]:
    """Return a catalog that selects some tables, with the columns that it selected before."""
    changed: dict[str, Any] = copy.deepcopy(dict(catalog))
    for stream in changed["streams"]:
        _table_metadata(stream)["selected"] = stream["tap_stream_id"] in names
    return changed


def _is_selected(stream: Mapping[str, Any]) -> bool:
    metadata = _table_metadata(stream)
    return metadata.get("inclusion") != "unsupported" and bool(
        metadata.get("selected", metadata.get("selected-by-default", False))
    )


def _table_metadata(stream: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(each["metadata"] for each in stream["metadata"] if each["breadcrumb"] in ([], ()))
    return found


def _columns(schema: Mapping[str, Any]) -> dg.TableSchema:
    return dg.TableSchema(
        columns=[
            dg.TableColumn(name=name, type=_type(each), description=each.get("description"))
            for name, each in schema.get("properties", {}).items()
        ]
    )


def _type(schema: Mapping[str, Any]) -> str:
    kinds = schema.get("type", "any")
    named = [kinds] if isinstance(kinds, str) else [each for each in kinds if each != "null"]
    return str(schema.get("format") or "/".join(named) or "any")
