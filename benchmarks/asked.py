"""What the tap's streams ask for, for the readers that it is compared with: the same fields of the same rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_jobber.graphql.navigation import listed_type, lookup_of
from tap_jobber.streams import STREAMS
from tap_jobber.streams.child_stream import ChildStream

if TYPE_CHECKING:
    from tap_jobber.graphql.selection import Selection
    from tap_jobber.streams.root_stream import RootStream


_HALF_SPAN = dt.timedelta(days=270)


@dataclass(frozen=True)
class Asked:
    """One stream, as a query has to name it.

    Attributes:
        name: The stream.
        root: The root field, of the parent for a list.
        node_type: The type of its nodes.
        selection: What is asked for of each.
        json_schema: What a row looks like.
        is_connection: Whether it comes in pages.
        further_arguments: What the root field must be told.
        parent: For a list, the stream of the rows that it belongs to.
        parent_column: The column of the parent's id.
        list_field: The connection of the parent's node.
        lookup: The root field that finds a single parent, and its argument.
    """

    name: str
    root: str
    node_type: str
    selection: Selection
    json_schema: dict[str, Any]
    is_connection: bool = True
    further_arguments: str = ""
    parent: str | None = None
    parent_column: str = "id"
    list_field: str = ""
    lookup: tuple[str, str] = ("", "")


def asked() -> list[Asked]:
    """All streams that are selected by default."""
    every: list[Any] = [each for each in STREAMS if each.selected_by_default]
    return [
        _list(each.name, each.parent.name, each) if issubclass(each, ChildStream) else _table(each.name, each)
        for each in every
    ]


def _table(name: str, stream: type[RootStream]) -> Asked:
    return Asked(
        name,
        stream.root,
        stream.node_type(),
        stream.full_selection(),
        stream.derived_schema(),
        is_connection=listed_type("Query", stream.root)[1],
        further_arguments=_further(stream),
    )


def _list(name: str, parent: str, stream: type[ChildStream]) -> Asked:
    schema = stream.derived_schema()
    return Asked(
        name,
        stream.parent.root,
        stream.node_type(),
        stream.full_selection(),
        schema,
        further_arguments=_further(stream.parent),
        parent=parent,
        parent_column=schema["required"][0],
        list_field=stream.path().field,
        lookup=lookup_of(stream.parent.node_type()) or ("", ""),
    )


def _further(table: type[RootStream]) -> str:
    """What the root field of a table must be told."""
    return f", filter: {{{table.fixed_filter}, {_calendar()}}}" if table.fixed_filter else ""


def _calendar() -> str:
    """What the calendar must be told: which part of it to show, at most a year and a half, here around today."""
    now = dt.datetime.now(dt.timezone.utc).replace(microsecond=0)
    return f'occursWithin: {{startAt: "{(now - _HALF_SPAN).isoformat()}", endAt: "{(now + _HALF_SPAN).isoformat()}"}}'
