"""Cut one page out of an ordered list of rows, with its cursors."""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class BadCursorError(ValueError):
    """A cursor that this server never gave out."""


class Places(Protocol):
    """Naming of a list's rows by cursors."""

    def cursor(self, index: int) -> str:
        """Return the cursor of the row at an index."""

    def after(self, cursor: str) -> int:
        """Return the index of the first row behind a cursor."""

    def before(self, cursor: str) -> int:
        """Return the index of the row that a cursor names, or where it would stand."""

    def again(self, cursor: str | None) -> str:
        """Return another cursor for the same row; None stands for the beginning."""


class Offsets:
    """Cursors that count rows: the fifth row of any list is unpadded base64 of "5"."""

    def cursor(self, index: int) -> str:
        """Return the cursor of the row at an index."""
        return _encoded(str(index + 1))

    def after(self, cursor: str) -> int:
        """Return the index of the first row behind a cursor."""
        text = _decoded(cursor)
        if not text.isdigit():
            raise BadCursorError(cursor)
        return int(text)

    def before(self, cursor: str) -> int:
        """Return the index of the row that a cursor names."""
        return self.after(cursor) - 1

    def again(self, cursor: str | None) -> str:
        """Return another cursor for the same row: a leading zero does not change the number."""
        return _encoded(f"0{_decoded(cursor)}" if cursor else "0")


class Keys:
    """Cursors that hold a row's place in the order, so that rows removed before it do not shift it.

    Args:
        keys: For each row, in order, the values it is ordered by; they must be JSON.
        comparable: Makes such values comparable with `<`.
    """

    def __init__(self, keys: Sequence[Sequence[object]], comparable: Callable[[Sequence[object]], Any]) -> None:
        self._keys = keys
        self._comparable = comparable
        self._sorted = [comparable(key) for key in keys]

    def cursor(self, index: int) -> str:
        """Return the cursor of the row at an index."""
        return _encoded(json.dumps(self._keys[index], separators=(",", ":")))

    def after(self, cursor: str) -> int:
        """Return the index of the first row behind a cursor."""
        return bisect_right(self._sorted, self._key(cursor))

    def before(self, cursor: str) -> int:
        """Return the index of the row that a cursor names, or where it would stand."""
        return bisect_left(self._sorted, self._key(cursor))

    def again(self, cursor: str | None) -> str:
        """Return another cursor for the same row: a blank does not change the JSON, and the empty key sorts first."""
        return _encoded(f"{_decoded(cursor)} " if cursor else "[]")

    def _key(self, cursor: str) -> object:
        try:
            return self._comparable(json.loads(_decoded(cursor)))
        except (json.JSONDecodeError, TypeError, ValueError) as error:
            raise BadCursorError(cursor) from error


class Page:
    """Some rows of a list, with their cursors.

    Args:
        rows: All rows of the list, in order.
        arguments: `first`, `last`, `after` and `before` as asked for.
        page_cap: The largest page, and the page when none is asked for; None does not limit.
        places: The naming of rows by cursors.
    """

    __slots__ = ("after", "empty", "end_cursor", "places", "rows", "start", "stop", "stuck", "total")

    def __init__(
        self,
        rows: Sequence[Any],
        arguments: Mapping[str, Any],
        page_cap: int | None,
        places: Places | None = None,
    ) -> None:
        self.places = places or OFFSETS
        self.rows = rows
        self.total = len(rows)
        self.empty = False
        self.after: str | None = arguments.get("after")
        self.stuck = False
        self.end_cursor: str | None = None
        start, stop = 0, self.total
        if arguments.get("after"):
            start = min(self.places.after(arguments["after"]), stop)
        if arguments.get("before"):
            stop = max(start, min(self.places.before(arguments["before"]), stop))
        first, last = arguments.get("first"), arguments.get("last")
        if first is None and last is None:
            first = page_cap
        if first is not None:
            stop = min(stop, start + _capped(first, page_cap))
        if last is not None:
            start = max(start, stop - _capped(last, page_cap))
        self.start, self.stop = start, stop

    def nodes(self) -> Sequence[Any]:
        """Return the rows of the page."""
        return [] if self.empty else self.rows[self.start : self.stop]

    def edges(self) -> list[dict[str, Any]]:
        """Return the rows of the page, each with its cursor."""
        return [
            {"cursor": self.places.cursor(self.start + index), "node": node} for index, node in enumerate(self.nodes())
        ]

    def page_info(self) -> dict[str, Any]:
        """Return the cursors of the page, and if there are pages beside it.

        A stuck page claims a next one but gives no new cursor; an empty page gives one that leads to its rows.
        """
        if self.empty:
            return {
                "hasNextPage": True,
                "hasPreviousPage": self.start > 0,
                "startCursor": None,
                "endCursor": self.places.again(self.after),
            }
        has_rows = self.stop > self.start
        end_cursor = self.places.cursor(self.stop - 1) if has_rows else None
        return {
            "hasNextPage": self.stuck or self.stop < self.total,
            "hasPreviousPage": self.start > 0,
            "startCursor": self.places.cursor(self.start) if has_rows else None,
            "endCursor": self.end_cursor if self.stuck else end_cursor,
        }


def _capped(asked: int, page_cap: int | None) -> int:
    asked = max(0, asked)
    return asked if page_cap is None else min(asked, page_cap)


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode().rstrip("=")


def _decoded(cursor: str) -> str:
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise BadCursorError(cursor) from error


OFFSETS = Offsets()
