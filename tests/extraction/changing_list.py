"""A list that a server pages by offsets while others edit it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_jobber.extraction.overlap import Page, decode_offset, encode_offset

if TYPE_CHECKING:
    from collections.abc import Iterable

Row = dict[str, object]


@dataclass
class ChangingList:
    """Rows in an order of one kind, with offsets for cursors.

    Args:
        size: How many rows there are at first.
        by_place: True if an edited row moves to the end, in the order of edits.
        by_recency: True if an edited row, or a new one, comes first.
    """

    size: int
    by_place: bool = False
    by_recency: bool = False
    rows: list[Row] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    _ticks: int = 0

    def __post_init__(self) -> None:
        """Fill it."""
        for _ in range(self.size):
            self.insert()
        self.original: dict[str, Row] = {str(row["id"]): dict(row) for row in self.rows}

    def insert(self) -> None:
        """Insert a new row, at the head if the list is ordered by recency and at the end otherwise."""
        self._ticks += 1
        row: Row = {"id": f"row-{self._ticks}", "value": self._ticks, "place": self._ticks}
        self.rows.insert(0 if self.by_recency else len(self.rows), row)

    def delete(self, index: int) -> None:
        """Delete a row."""
        if self.rows:
            self.deleted.add(str(self.rows.pop(index % len(self.rows))["id"]))

    def edit(self, index: int) -> None:
        """Change a row's value, and move the row where the order depends on it."""
        if not self.rows:
            return
        self._ticks += 1
        at = index % len(self.rows)
        row = {**self.rows.pop(at), "value": self._ticks}
        if self.by_place:
            row["place"] = self._ticks
        to = 0 if self.by_recency else len(self.rows) if self.by_place else at
        self.rows.insert(to, row)
        self.touched.add(str(row["id"]))

    def change(self, changes: Iterable[tuple[str, int]]) -> None:
        """Several changes, each named by its kind and the index it is made at."""
        for kind, index in changes:
            if kind == "delete":
                self.delete(index)
            elif kind == "edit":
                self.edit(index)
            else:
                self.insert()

    def page(self, after: str | None, first: int) -> Page:
        """Return a page of the list as it is now."""
        start = decode_offset(after) or 0
        nodes = [dict(row) for row in self.rows[start : start + first]]
        return Page(nodes, start + len(nodes) < len(self.rows), encode_offset(start + len(nodes)) if nodes else None)
