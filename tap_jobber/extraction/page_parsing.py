"""Parses pages and timestamps of an answer, and refuses malformed ones: no row may be lost to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_jobber.errors import StreamError
from tap_jobber.extraction.overlap import Page
from tap_jobber.timestamps import parse_timestamp

if TYPE_CHECKING:
    from tap_jobber.extraction.overlap import Node


HOLES = " holes"
"""A key that is added to a list, where rows have been taken out of it: their positions. No field has such a name."""


def read_page(connection: object, name: str, *, has_id: bool = True) -> Page:
    """Return a page of a list.

    Args:
        connection: The answered value.
        name: The stream, for errors.
        has_id: True if its rows have an `id`.

    Raises:
        StreamError: If it is malformed.
    """
    found = connection if isinstance(connection, dict) else {}
    nodes, info = found.get("nodes"), found.get("pageInfo")
    if not isinstance(nodes, list) or not isinstance(info, dict):
        raise _odd(name, "no list of rows in pages")
    if not all(isinstance(node, dict) and (not has_id or _is_id(node.get("id"))) for node in nodes):
        raise _odd(name, "a row that is null or has no id")
    has_next_page, end_cursor = info.get("hasNextPage"), info.get("endCursor")
    if not isinstance(has_next_page, bool) or not isinstance(end_cursor, str | None):
        raise _odd(name, "a page without its end")
    return Page(nodes, has_next_page, end_cursor, tuple(found.get(HOLES, ())))


def _is_id(value: object) -> bool:
    """Return True if a value can tell a row from others; older versions have numbers for ids."""
    return value != "" and type(value) in {str, int}


def read_stamp(node: Node, column: str, name: str) -> int:
    """Return the timestamp of a row, in seconds since 1970.

    Args:
        node: The row.
        column: The column of the timestamp.
        name: The stream, for errors.

    Raises:
        StreamError: If it is malformed.
    """
    try:
        return parse_timestamp(str(node.get(column)))
    except ValueError:
        raise _odd(name, f"a row whose {column} is no time ({node.get(column)})") from None


def _odd(name: str, what: str) -> StreamError:
    return StreamError(
        f"{name}: Jobber answered {what}",
        "run again; if it stays, check api_url and api_version, or report it to Jobber's API support",
    )
