"""Marketing: posts, case studies and tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from tap_jobber.extraction.source import ascending
from tap_jobber.extraction.windows import spans
from tap_jobber.streams.child_stream import ChildStream
from tap_jobber.streams.root_stream import RootStream
from tap_jobber.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_jobber.extraction.page_fetcher import PageFetcher
    from tap_jobber.extraction.walk import Walk
    from tap_jobber.extraction.walk_events import Found, Reached
    from tap_jobber.streams.protocols import WalkedStream

_DATE = slice(10)


class MarketingItems(RootStream):
    """Items that are published, or about to be, in any channel."""

    name = "marketing_items"
    root = "marketingItems"
    order = ascending("UPDATED_AT", place="updatedAt")
    selected_by_default = False


class MarketingItemImages(ChildStream):
    """Images of posts and case studies."""

    name = "marketing_item_images"
    parent = MarketingItems
    list_field = "content.postImages"
    selected_by_default = False


class SocialMarketingItems(RootStream):
    """Posts in social media."""

    name = "social_marketing_items"
    home_of = ()
    root = "socialMarketingItems"
    order = ascending("LAST_UPDATED", place="updatedAt")
    selected_by_default = False


class SocialMarketingItemImages(ChildStream):
    """Images of posts in social media."""

    name = "social_marketing_item_images"
    home_of = ()
    parent = SocialMarketingItems
    list_field = "content.postImages"
    selected_by_default = False


class MarketingTasks(RootStream):
    """Tasks of marketing, with and without a date."""

    name = "marketing_tasks"
    root = "marketingTasks"
    selected_by_default = False

    @override
    def events(
        self, walk: Walk, fetcher: PageFetcher, streams: Mapping[str, WalkedStream]
    ) -> Iterator[Found | Reached]:
        """Yield tasks without a filter, then those of each span of dates: which of them shows all is unknown."""
        for stream in streams.values():
            stream.begin()
        dates = [
            f'startOn: "{format_timestamp(lo)[_DATE]}", endOn: "{format_timestamp(hi)[_DATE]}"'
            for lo, hi in spans(fetcher.extraction.latest_seconds(self.usage))
        ]
        yield from walk.recent(["", *dates])
