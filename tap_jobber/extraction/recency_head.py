"""Decide how far to read a list whose most recently changed rows come first, though no row shows when it changed.

Of the last read a few dozen digests are remembered, in the order of the list. A row that changes moves to the head, so
the next read meets what is new and then rows that it knows, in their old order:

    remembered    a b c d e f
    answered      x c a b d e f     x is new, c has changed
    landmark              d e f     known, unchanged, in their old order

One known row is not enough: an edit may show in no column that is read, so that a moved row looks like one that stayed.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import msgspec.json

if TYPE_CHECKING:
    from collections.abc import Sequence

REMEMBERED_ROWS = 24
"""Digests that are kept of a list."""
_LANDMARK_ROWS = 5


class RecencyHead:
    """The read of one head; it does no I/O.

    Args:
        known: The digests of the last read, most recently changed first.
    """

    def __init__(self, known: Sequence[int]) -> None:
        self._places = {digest: place for place, digest in enumerate(known)}
        self._known = tuple(known)
        self._met: list[int] = []
        self._in_order: list[int] = []

    @property
    def is_done(self) -> bool:
        """True once nothing further down can be new: at the landmark; where nothing is known, once enough is."""
        return self._is_at_landmark if self._known else len(self._met) >= REMEMBERED_ROWS

    @property
    def _is_at_landmark(self) -> bool:
        return len(self._in_order) >= _LANDMARK_ROWS

    def accept(self, row: object) -> None:
        """Take the next row of the list, as far as it was asked for."""
        digest = zlib.crc32(msgspec.json.encode(row))
        self._met.append(digest)
        place = self._places.get(digest)
        if place is None or (self._in_order and place < self._in_order[-1]):
            self._in_order.clear()
        if place is not None:
            self._in_order.append(place)

    def remembered(self) -> tuple[int, ...]:
        """Return the digests to keep for the next read."""
        below = self._known[self._in_order[-1] + 1 :] if self._is_at_landmark else ()
        return (*self._met, *below)[:REMEMBERED_ROWS]
