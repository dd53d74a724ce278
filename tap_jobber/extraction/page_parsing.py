"""Parses pages and timestamps of an answer, and refuses malformed ones: no row may be lost to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

from tap_jobber.api.client import NotPermittedError
from tap_jobber.errors import StreamError
from tap_jobber.extraction.overlap import Page
from tap_jobber.timestamps import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_jobber.extraction.overlap import Node


HOLES = " holes"
"""A key that is added to a list, where rows have been taken out of it: their positions. No field has such a name."""
NO_REASON = "Jobber answered null for it, or for its id, and gave no reason"
"""The cause of a loss that no error is about."""


def read_root(data: Mapping[str, Any], name: str, root: str) -> Node:
    """Return the object that a root field was answered with.

    Args:
        data: The data of the answer.
        name: The stream, for errors.
        root: The root field.

    Raises:
        NotPermittedError: It is null: that is not "no rows", for a list without rows is an empty one.
        StreamError: It is no object, or the answer is to another query.
    """
    if root not in data:
        raise lacking(name, root)
    node: Any = data[root]
    if node is None:
        cause = f"Jobber answered null for {root} and gave no reason"
        raise NotPermittedError(cause, "check in Jobber that the account has this feature and the app its scope")
    if not isinstance(node, dict):
        cause = f"{name}: Jobber answered {root} with something else than an object"
        raise StreamError(cause, "run again; if it stays, check api_url and api_version")
    return node


def read_page(
    connection: object, name: str, *, has_id: bool = True, lose_row: Callable[[int], None] | None = None
) -> Page:
    """Return a page of a list.

    Args:
        connection: The answered value.
        name: The stream, for errors.
        has_id: True if its rows have an `id`.
        lose_row: Takes the position of a row that is null or has no id; if not given, such a row is an error.

    Raises:
        StreamError: If it is malformed.
    """
    found = connection if isinstance(connection, dict) else {}
    nodes, info = found.get("nodes"), found.get("pageInfo")
    if not isinstance(nodes, list) or not isinstance(info, dict):
        raise _odd(name, "no list of rows in pages")
    holes = tuple(found.get(HOLES, ()))
    if not all(_is_row(node, has_id=has_id) for node in nodes):
        if lose_row is None:
            raise _odd(name, "a row that is null or has no id")
        positions = list(Page(nodes, has_next_page=True, end_cursor=None, holes=holes).positions)
        lost = [place for place, node in zip(positions, nodes, strict=True) if not _is_row(node, has_id=has_id)]
        for place in lost:
            lose_row(place)
        nodes = [node for node in nodes if _is_row(node, has_id=has_id)]
        holes = tuple(sorted((*holes, *lost)))
    has_next_page, end_cursor = info.get("hasNextPage"), info.get("endCursor")
    if not isinstance(has_next_page, bool) or not isinstance(end_cursor, str | None):
        raise _odd(name, "a page without its end")
    return Page(nodes, has_next_page, end_cursor, holes)


def read_nodes(connection: Node, name: str) -> list[Node | None]:
    """Return the nodes of a list of which no page is wanted.

    Args:
        connection: The answered value.
        name: The stream, for errors.

    Raises:
        StreamError: If it is malformed.
    """
    nodes = connection.get("nodes")
    if not isinstance(nodes, list) or not all(isinstance(node, dict | None) for node in nodes):
        raise _odd(name, "no list of rows")
    return nodes


def _is_row(node: Any, *, has_id: bool) -> TypeGuard[Node]:  # noqa: ANN401 - JSON
    return isinstance(node, dict) and (not has_id or _is_id(node.get("id")))


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


def lacking(name: str, root: str) -> StreamError:
    """Return the error of an answer without the root field that was asked for, which is that to another query."""
    cause = f"{name}: Jobber's answer lacks {root}, which was asked for"
    return StreamError(cause, "run again; if it stays, look at proxies on the way")


def _odd(name: str, what: str) -> StreamError:
    return StreamError(
        f"{name}: Jobber answered {what}",
        "run again; if it stays, check api_url and api_version, or report it to Jobber's API support",
    )
