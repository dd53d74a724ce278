"""Tells the streams of one walk what they go without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_jobber.graphql.tree import columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_jobber.streams.protocols import WalkedStream


def leave_out(streams: Sequence[WalkedStream], name: str | None, what: str, cause: str, count: int) -> None:
    """Tell the streams of one walk what they go without: one list, a column of the nodes, or whole rows."""
    concerned = [stream for stream in streams if stream.name == name and stream.part.path is not None]
    if not concerned and name is not None:
        column = what.partition(".")[0]
        nodes = [stream for stream in streams if stream.part.path is None]
        concerned = [stream for stream in nodes if column in columns(stream.part.node)]
    for stream in concerned or streams:
        stream.leave_out(what, cause, count)


def is_lost(stream: WalkedStream) -> bool:
    """Return True if a stream was not read, or not to its end."""
    return stream.outcome.refusal is not None or stream.outcome.is_set_aside
