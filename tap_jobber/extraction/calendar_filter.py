"""Chooses the filter for windows of a calendar: one that leaves out what is not scheduled, if it shows all the rest.

By the schema's text the scheduling aspect `ALL` lets every window answer all items that are not scheduled, however
many; the other aspects do not, and only the last window, which asks for what is not scheduled, needs it. That they
show the scheduled items of everyone is what the text says and no answer has shown. So it is looked at first, around
today, where people's items are: where the narrow filter shows less, the wide one is used for all windows.
"""

from __future__ import annotations

import logging

from tap_jobber.extraction.walk import Walk
from tap_jobber.extraction.windows import Window

logger = logging.getLogger("tap-jobber.extraction")

_LOOK_SECONDS = 30 * 86_400


def choose_filter(walk: Walk) -> None:
    """Keep the narrow filter for windows only if it shows all scheduled items.

    Args:
        walk: A walk over a calendar, which has not begun.
    """
    fetcher, order = walk.fetcher, walk.fetcher.source.order
    look, place = Walk(fetcher, walk.bare, walk.bare).look, order.place if order is not None else None
    if not fetcher.source.scheduled_filter or place is None:
        return
    now = fetcher.extraction.latest_seconds(fetcher.usage)
    window = Window(now - _LOOK_SECONDS, now + _LOOK_SECONDS)
    shown = look(window)
    narrow = fetcher.source.scheduled_filter
    if narrow:
        # The server takes it; what it shows is compared with what there is.
        fetcher.filter_scheduled_by("")
        every = look(window)
        if all(each in shown for each, node in every.items() if node.get(place) is not None):
            fetcher.filter_scheduled_by(narrow)
        else:
            logger.info("%s: the filter for scheduled items leaves some out; reading without it", fetcher.source.name)
            shown = every
    walk.repeated_rows = sum(node.get(place) is None for node in shown.values())
