"""Marketing items by channel, and marketing tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobber_sandbox.fields.generators import read, weighted
from jobber_sandbox.timestamps import DAY_SECONDS, iso_date
from jobber_sandbox.world import Part, Row, salt_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jobber_sandbox.world import Node, World

SOCIAL_CHANNELS = frozenset({"FACEBOOK", "INSTAGRAM", "GOOGLE_BUSINESS_PROFILE"})
_CONTENT, _DATE, _ITEM = salt_of("marketing content"), salt_of("calendar date"), salt_of("post's item")
_DATELESS_ONE_IN = 5
_AHEAD_DAYS = 200
_channel = weighted(
    "marketing channel",
    ("FACEBOOK", 4),
    ("INSTAGRAM", 3),
    ("GOOGLE_BUSINESS_PROFILE", 2),
    ("WEBSITE", 3),
    ("ONE_OFF_EMAIL_CAMPAIGN", 1),
    (None, 1),
)


def _content(node: Node) -> Part | None:
    """Return a post or a case study, by channel; an e-mail has neither."""
    channel = read(node, "channel")
    if channel in SOCIAL_CHANNELS:
        return Part("SocialMediaPost", node, _CONTENT)
    return Part("WebsiteCaseStudy", node, _CONTENT) if channel == "WEBSITE" else None


def _item_of(node: Node) -> Row:
    """Return the item that something is the content of."""
    return node if isinstance(node, Row) else node.row


def _item_in_short(node: Node) -> Part:
    item = _item_of(node)
    given = {name: read(item, name) for name in ("id", "origin", "status")}
    return Part("SocialMediaPostMarketingItem", node, _ITEM, given)


def _images(node: Node, _arguments: Mapping[str, Any]) -> Sequence[Row]:
    return node.world.children(_item_of(node), "MarketingPostImage")


def _calendar_date(node: Node) -> str | None:
    if node.roll(_DATE) % _DATELESS_ONE_IN == 0:
        return None
    return iso_date(node.created + node.roll(_DATE) % (_AHEAD_DAYS * DAY_SECONDS))


def social_items(world: World, _arguments: Mapping[str, Any]) -> Sequence[Node]:
    """Return the items in social media."""
    return [item for item in world.tables["MarketingItemType"].rows if read(item, "channel") in SOCIAL_CHANNELS]


VALUES: Mapping[str, Mapping[str, Callable[[Node], Any]]] = {
    "MarketingItemType": {"channel": _channel, "content": _content},
    "MarketingTask": {"calendarDate": _calendar_date},
    "SocialMediaPost": {
        "channel": lambda node: read(_item_of(node), "channel"),
        "marketingItem": _item_in_short,
    },
}
LISTS: Mapping[str, Mapping[str, Callable[[Node, Mapping[str, Any]], Any]]] = {
    "SocialMediaPost": {"postImages": _images},
    "WebsiteCaseStudy": {"postImages": _images},
}
