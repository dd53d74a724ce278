"""The look-back: filters that find what is new and what may well have changed, of rows that show no time of change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_jobber.timestamps import format_timestamp

if TYPE_CHECKING:
    from tap_jobber.streams.protocols import ResyncOwner

_DAY_SECONDS = 86_400
LOOKBACK_DAYS = 14
"""Days around now in which rows without a time of change may well change, where no look-back is configured."""


def lookback(owner: ResyncOwner, until: int, since: int, before: int | None = None) -> list[str]:
    """Return filters, as GraphQL text, that find what is new and what may well have changed since the last run.

    Args:
        owner: The root stream.
        until: The timestamp before which the look-back begins.
        since: When the last run began.
        before: The timestamp at which the look-back ends; None if it has no end.
    """
    stamp = owner.stamp.filter if owner.stamp is not None else ""
    around, *others = owner.lookback_filters or (stamp,)
    last = f'after: "{format_timestamp(since - 1)}"'
    if not others:
        return [f"{stamp}: {{{last}}}"]
    begin = f'after: "{format_timestamp(until - lookback_seconds(owner))}"'
    end = f', before: "{format_timestamp(before)}"' if before is not None else ""
    # What history leaves out does not come by the look-back either, or the next round would drop it again.
    start = owner.start_seconds
    bound = f', {stamp}: {{after: "{format_timestamp(start - 1)}"}}' if start is not None else ""
    found = [f"{around}: {{{begin}{end}}}", *(f"{key}: {{{last}}}" for key in others)]
    return [text if text.startswith(f"{stamp}:") else text + bound for text in found]


def lookback_seconds(owner: ResyncOwner) -> int:
    """Return how far around now rows may well change."""
    return (LOOKBACK_DAYS if owner.lookback_days is None else owner.lookback_days) * _DAY_SECONDS
