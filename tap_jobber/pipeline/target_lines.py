"""Cuts what a target writes into lines."""

from __future__ import annotations

MOST_LINE_BYTES = 64 * 1024 * 1024
"""Bytes of the longest line that is waited for; the state of an account has a few thousand."""


class Lines:
    """Lines of a stream that comes in pieces.

    Args:
        most_bytes: Bytes of the longest line; what is longer is dropped.
    """

    def __init__(self, most_bytes: int = MOST_LINE_BYTES) -> None:
        self._most_bytes = most_bytes
        self._pieces: list[bytes] = []
        self._length = 0

    def feed(self, piece: bytes) -> list[bytes]:
        """Return the lines that a piece completes."""
        *ended, rest = piece.split(b"\n")
        lines = []
        for end in ended:
            self._add(end)
            lines.append(self._take())
        self._add(rest)
        return lines

    def rest(self) -> list[bytes]:
        """Return the last line, if it has no end; half a state is no JSON, so that it does not pass for one."""
        return [self._take()] if self._pieces else []

    def _add(self, piece: bytes) -> None:
        self._length += len(piece)
        if self._length > self._most_bytes:
            self._pieces = [b"too long"]
        elif piece:
            self._pieces.append(piece)

    def _take(self) -> bytes:
        line = b"".join(self._pieces)
        self._pieces, self._length = [], 0
        return line
