"""Rows that a walk hands on, how far it has come, and what makes it begin a part of itself again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_jobber.extraction.overlap import Node


@dataclass(frozen=True)
class Found:
    """A row of a stream.

    Attributes:
        name: The stream.
        node: The row's node.
        parent: The node that it is in a list of, or of which further rows are made; None for the node's own row.
    """

    name: str
    node: Node
    parent: Node | None = None


@dataclass(frozen=True)
class Reached:
    """All rows of some streams up to a moment have been handed on.

    Attributes:
        names: The streams.
        moment: Up to when, in seconds since 1970.
        is_end: True if nothing is left of this walk.
        rows: Nodes of the root field, and rows of their lists, that this took.
        heaviest: Rows of the node with the longest lists, as far as is known.
    """

    names: tuple[str, ...]
    moment: int
    is_end: bool = False
    rows: int = 0
    heaviest: int = 0


class TooDenseError(Exception):
    """A window holds too many rows to be read in one go.

    Attributes:
        moment: Timestamp of one of them; None if rows do not show it.
    """

    def __init__(self, moment: int | None) -> None:
        super().__init__(moment)
        self.moment = moment


class SourceChangedError(Exception):
    """The server does not know an argument or does not heed it, so that what has been read cannot be gone on with."""
