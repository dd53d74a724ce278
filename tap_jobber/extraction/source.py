"""What is read of the API: a root field, in which order and window, and what is asked for of each node."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tap_jobber.extraction.moments import format_moment
from tap_jobber.extraction.windows import BEGINNING_SECONDS

if TYPE_CHECKING:
    from tap_jobber.extraction.windows import Window
    from tap_jobber.schema.query import ListPath
    from tap_jobber.schema.selection import Selection


@dataclass(frozen=True)
class Order:
    """An order that rows keep well enough to be paged through.

    Attributes:
        text: The `sort` argument as GraphQL text; nothing where it is the default order.
        place: The field that is sorted by, where an edit can change it.
        is_filter: Whether the API takes the sort inside the filter.
    """

    text: str
    place: str | None = None
    is_filter: bool = False


def ascending(key: str, place: str | None = None) -> Order:
    """The usual way to ask for an order; lists of one sort may be written without their brackets."""
    return Order(f"sort: {{key: {key}, direction: ASCENDING}}", place)


class Mode(enum.Enum):
    """How a stream comes to know what is new."""

    WHOLE = "everything, each time"
    CHANGED = "what a filter on the time of change finds"
    NEWEST_FIRST = "everything once, then the most recently changed rows down to the bookmark"


@dataclass(frozen=True)
class Stamp:
    """The stamp that windows are cut by.

    Attributes:
        filter: The key of the filter.
        column: The field of the node, or None where the node does not show it.
        span_seconds: For a filter on what occurs within a span, how long that may be. Such a filter reaches into
            the future, and leaves out what is not scheduled unless it is asked for.
        may_go_back: Whether an edit can set it back, so that a row moves into a window that has been read.
    """

    filter: str
    column: str | None
    span_seconds: int | None = None
    may_go_back: bool = False


CHANGED = Stamp("updatedAt", "updatedAt")
CREATED = Stamp("createdAt", "createdAt")


@dataclass(frozen=True)
class Part:
    """What one stream reads in a walk: the nodes themselves, or one list of each.

    Attributes:
        name: The stream's name.
        node: What is asked for of each of its rows.
        path: The way from a node to the list that the rows are in; None for the nodes themselves.
        required: Fields that it cannot do without.
    """

    name: str
    node: Selection
    path: ListPath | None = None
    required: tuple[str, ...] = ()

    @property
    def names_of_fields(self) -> str:
        """What of a node it is read from, for people."""
        return self.path.field if self.path is not None else ", ".join(self.required)

    def lacks_required(self) -> bool:
        """Whether something that it cannot do without has been taken away."""
        return not set(self.required) <= {field.name for field in self.node.every_field()}


@dataclass(frozen=True)
class Source:
    """One root field to walk, for all streams that are read from it.

    Attributes:
        name: The root stream's name, which becomes the operation's.
        root: The root field.
        type_name: The type of its nodes.
        is_connection: Whether it is a list in pages, not one object.
        order: The order to page through; without one it is by recency, as far as is known.
        stamp: The stamp that windows are cut by, where there is a filter for one.
        fixed_filter: What the filter always says, as GraphQL text.
        scheduled_filter: What it says instead in a window of a calendar that is not to show what is not scheduled.
        required: Fields of the node that reading cannot do without.
        needs_filter: Whether the API takes no list without a filter, be it an empty one.
        has_id: Whether its nodes have an `id`; if not, a node is known by its place in the list.
        lookup: The root field that finds a single node, and its argument.
    """

    name: str
    root: str
    type_name: str
    is_connection: bool
    order: Order | None
    stamp: Stamp | None
    required: tuple[str, ...]
    fixed_filter: str = ""
    scheduled_filter: str = ""
    needs_filter: bool = False
    has_id: bool = True
    lookup: tuple[str, str] | None = None

    def filtered_by(self, text: str) -> Source:
        """The same with another filter, as GraphQL text."""
        return replace(self, fixed_filter=text)

    def arguments(self, window: Window | None) -> str:
        """The arguments of the root field, as GraphQL text.

        The bounds are asked for a second wider than the window: whether Jobber's are inclusive is not known.
        """
        has_end = window is not None and window.hi is not None
        fixed = (self.scheduled_filter if has_end else "") or self.fixed_filter
        filters = [fixed] if fixed else []
        if window is not None and self.stamp is not None and self.stamp.span_seconds is not None:
            filters.append(_span(self.stamp.filter, self.stamp.span_seconds, window))
        elif window is not None and self.stamp is not None:
            bounds = []
            if window.lo is not None:
                bounds.append(f'after: "{format_moment(window.lo - 1)}"')
            if window.hi is not None:
                bounds.append(f'before: "{format_moment(window.hi + 1)}"')
            if bounds:
                filters.append(f"{self.stamp.filter}: {{{', '.join(bounds)}}}")
        if self.order is not None and self.order.is_filter:
            filters.append(self.order.text)
        arguments = [f"filter: {{{', '.join(filters)}}}"] if filters or self.needs_filter else []
        if self.order is not None and self.order.text and not self.order.is_filter:
            arguments.append(self.order.text)
        return ", ".join(arguments)


def _span(key: str, seconds: int, window: Window) -> str:
    begin = BEGINNING_SECONDS if window.lo is None else window.lo
    end = begin + seconds if window.hi is None else window.hi
    span = f'{key}: {{startAt: "{format_moment(begin - 1)}", endAt: "{format_moment(end + 1)}"}}'
    # What is not scheduled occurs in no span, so it is asked for with the last, which is read each time.
    return span + (", includeUnscheduled: true" if window.hi is None else "")
