"""Declares what is read: a root field, its order and filter, and the part of each node that a stream asks for."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from graphql import parse_value, print_ast

from tap_jobber.api.transport import Query
from tap_jobber.extraction.answer_paths import found_at
from tap_jobber.extraction.overlap import encode_offset
from tap_jobber.extraction.page_parsing import read_stamp
from tap_jobber.extraction.windows import BEGINNING_SECONDS
from tap_jobber.graphql.cost import PAGE_POINTS, node_points
from tap_jobber.graphql.striking import columns_of
from tap_jobber.graphql.text import COUNT, ROOT_QUERIES, Form, RootList, count_query
from tap_jobber.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from tap_jobber.extraction.overlap import Node
    from tap_jobber.extraction.windows import Window
    from tap_jobber.graphql.text import ChildList, ListPath
    from tap_jobber.graphql.tree import Selection

CHANGE = "updatedAt"
"""The field, and the key of the filter, by which a list tells what has changed."""
FILTER, SORT = "filter", "sort"
LOOKUP, NEEDS_FILTER, FORMER_ROOT = "lookup", "needs filter", "former root"
"""Pieces of how a source is read, beside the texts of orders, which a server may refuse or demand."""


@dataclass(frozen=True)
class Order:
    """An order that rows keep well enough to be paged through.

    Attributes:
        text: The `sort` argument as GraphQL text; nothing where it is the default order.
        place: The field that is sorted by, where an edit can change it.
        is_filter: True if the API takes the sort inside the filter.
    """

    text: str
    place: str | None = None
    is_filter: bool = False

    def is_refused(self, pieces: Collection[str]) -> bool:
        """Return True if a server refuses a piece of a source's arguments without which there is no order."""
        if not self.text:
            return False
        needed = {FILTER, f"{FILTER}.{SORT}"} if self.is_filter else {SORT}
        return not needed.isdisjoint(pieces) or self.text in pieces


def ascending(key: str, place: str | None = None) -> Order:
    """Return an order by one key; lists of one sort may be written without their brackets."""
    return Order(f"sort: {{key: {key}, direction: ASCENDING}}", place)


@dataclass(frozen=True)
class Recency:
    """How to ask for the rows that have changed most recently, where none shows when it did.

    Attributes:
        order: The order that has them first; None where the list's own does.
    """

    order: Order | None = None


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
        may_go_back: True if an edit can set it back, so that a row moves into a window that has been read.
    """

    filter: str
    column: str | None
    span_seconds: int | None = None
    may_go_back: bool = False

    @property
    def keeps_rows(self) -> bool:
        """True if rows show it, and no edit sets it back."""
        return self.column is not None and self.span_seconds is None and not self.may_go_back


CHANGED = Stamp("updatedAt", "updatedAt")
CREATED = Stamp("createdAt", "createdAt")


@dataclass(frozen=True)
class Part:
    """The part of a walk that one stream reads: the nodes themselves, or one list of each.

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
        """The fields of a node that it is read from, for people."""
        if self.path is not None:
            return self.path.field
        return ", ".join(each for each in self.required if "." not in each)

    def lacks_required(self) -> bool:
        """Return True if something that it cannot do without has been taken away; some are named by their column."""
        names = {field.name for field in self.node.every_field()} | set(columns_of(self.node))
        return not names.issuperset(self.required)


@dataclass(frozen=True)
class Source:
    """One root field to walk, for all streams that are read from it.

    Attributes:
        name: The root stream's name, which becomes the operation's.
        root: The root field.
        type_name: The type of its nodes.
        is_connection: True if it is a list in pages, not one object.
        order: The order to page through; without one it is by recency, as far as is known.
        stamp: The stamp that windows are cut by, where there is a filter for one.
        fixed_filter: What the filter always says, as GraphQL text.
        scheduled_filter: What it says instead in a window of a calendar that is not to show what is not scheduled.
        required: Fields of the node that reading cannot do without.
        needs_filter: True if the API takes no list without a filter, be it an empty one.
        has_id: True if its nodes have an `id`; if not, a node is known by its place in the list.
        lookup: The root field that finds a single node, and its argument.
        form: How the server gives the list.
        refused_filters: Keys of the filter that the server does not know.
        needed_filters: Keys of the filter without which other rows would come.
        former_root: The root field that older versions have instead.
        content: The field of a node that changes whenever the rest does; None where only the whole node tells.
        is_blind: True if so little is asked for of a node that an edit does not show.
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
    form: Form = Form.NODES
    refused_filters: frozenset[str] = frozenset()
    needed_filters: tuple[str, ...] = ()
    former_root: str | None = None
    content: str | None = None
    is_blind: bool = False

    @property
    def variables(self) -> Mapping[str, object]:
        """The variables of its queries beside those of paging."""
        return {}

    @property
    def fixed_points(self) -> float:
        """The price of what is asked for once in a page, beside the rows."""
        return PAGE_POINTS

    def row_points(self, node: Selection) -> float:
        """Return the price of a node, without its lists."""
        return node_points(node)

    def query_text(self, node: Selection, lists: Sequence[ChildList], window: Window | None) -> str:
        """Return the query for a page of its nodes.

        Args:
            node: What to ask for of each.
            lists: What to ask for of the lists of each.
            window: The window to ask for.
        """
        return ROOT_QUERIES[self.form](self.name, self.root, self.arguments(window), node, lists)

    def root_list(self, window: Window | None) -> RootList:
        """Return the list of its nodes, for the text of a query."""
        return RootList(self.name, self.root, self.arguments(window), self.form)

    def count_text(self, window: Window | None) -> str:
        """Return the query that counts its nodes, with the variables of a page."""
        return count_query(self.root_list(window))

    def count_in(self, data: Mapping[str, Any]) -> object:
        """Return the number of nodes that the answer to it states."""
        return found_at(data, (self.root, COUNT))

    def look_beyond(self, rows: int, window: Window | None, columns: str) -> Query:
        """Return the query for the one row that a window has behind so many; cursors have to be offsets.

        Args:
            rows: Number of rows before it.
            window: The window.
            columns: What to ask for of it.
        """
        name, arguments = f"{self.name}_beyond", self.arguments(window)
        also = f", {arguments}" if arguments else ""
        rows_of = f"edges {{ node {{ {columns} }} }}" if self.form is Form.EDGES else f"nodes {{ {columns} }}"
        text = f"query {name}($after: String) {{ {self.root}(first: 1, after: $after{also}) {{ {rows_of} }} }}"
        return Query(name, text, {"after": encode_offset(rows)}, PAGE_POINTS, label=self.name)

    def stamp_of(self, node: Node, column: str) -> int:
        """Return a timestamp of a node, in seconds since 1970.

        Raises:
            StreamError: If it is malformed.
        """
        return read_stamp(node, column, self.name)

    @property
    def tells_changes(self) -> bool:
        """True if its nodes show when they changed."""
        return CHANGE in self.required

    @property
    def filter_keys(self) -> frozenset[str]:
        """The keys of the filter that can be done without."""
        fixed = parse_value(f"{{{self.fixed_filter}}}")
        keys = {field.name.value for field in getattr(fixed, "fields", ())}
        return frozenset(keys | ({self.stamp.filter} if self.stamp is not None else set())) - set(self.needed_filters)

    @property
    def is_unfiltered(self) -> bool:
        """True if nothing is left of the fixed filter."""
        return not self.fixed_filter or not self._known([self.fixed_filter])

    def without(self, pieces: Collection[str], lost: Collection[str]) -> Source:
        """Return the same as it is read without what a server does not know.

        Args:
            pieces: Pieces of its arguments: `sort`, `filter`, `filter.` and a key, or the text of an order.
            lost: Fields of the node.
        """
        if FORMER_ROOT in pieces and self.former_root is not None:
            return replace(self, root=self.former_root, former_root=None)
        keys = self.refused_filters | {each[len(FILTER) + 1 :] for each in pieces if each.startswith(f"{FILTER}.")}
        order, stamp, has_filter = self.order, self.stamp, FILTER not in pieces
        if order is not None and (order.place in lost or order.is_refused(pieces)):
            order = None
        if stamp is not None and (not has_filter or stamp.filter in keys):
            stamp = None
        elif stamp is not None and stamp.column in lost:
            stamp = replace(stamp, column=None)
        needed = {self.required[0], CHANGE, order and order.place, stamp and stamp.column}
        return replace(
            self,
            order=order,
            stamp=stamp,
            required=tuple(each for each in self.required if each in needed and each not in lost),
            fixed_filter=self.fixed_filter if has_filter else "",
            needs_filter=has_filter and (self.needs_filter or NEEDS_FILTER in pieces),
            lookup=None if LOOKUP in pieces else self.lookup,
            refused_filters=keys,
        )

    def remarks(self, given: Source) -> Iterator[str]:
        """Say how it is read otherwise than another, which it has become for want of what a server does not know."""
        if given.root != self.root:
            yield f"it is read from {self.root}"
        if given.order is not None and given.order.text and self.order is None:
            yield "it is read in another order"
        if self.refused_filters:
            yield f"it is read without the filter on {', '.join(sorted(self.refused_filters))}"
        elif given.stamp is not None and self.stamp is None:
            yield "it is read without a filter"
        if given.tells_changes and not self.tells_changes:
            yield "rows do not show when they changed, so its bookmark stays, and without one all is read each time"

    def filtered_by(self, text: str) -> Source:
        """Return the same source with another filter, as GraphQL text."""
        return replace(self, fixed_filter=text)

    def arguments(self, window: Window | None) -> str:
        """Return the arguments of the root field, as GraphQL text.

        The bounds are asked for a second wider than the window: whether Jobber's are inclusive is not known.
        """
        has_end = window is not None and window.hi is not None
        fixed = (self.scheduled_filter if has_end else "") or self.fixed_filter
        filters = [fixed] if fixed else []
        if window is not None and self.stamp is not None and self.stamp.span_seconds is not None:
            filters.append(_span(self.stamp.filter, self.stamp.span_seconds, window))
        elif window is not None and self.stamp is not None:
            filters += time_filter(self.stamp, window)
        if self.order is not None and self.order.is_filter:
            filters.append(self.order.text)
        filters = self._known(filters)
        arguments = [f"filter: {{{', '.join(filters)}}}"] if filters or self.needs_filter else []
        if self.order is not None and self.order.text and not self.order.is_filter:
            arguments.append(self.order.text)
        return ", ".join(arguments)

    def _known(self, filters: list[str]) -> list[str]:
        if not self.refused_filters:
            return filters
        fields = getattr(parse_value(f"{{{', '.join(filters)}}}"), "fields", ())
        return [print_ast(field) for field in fields if field.name.value not in self.refused_filters]


def time_filter(stamp: Stamp, window: Window) -> list[str]:
    """Return the filter that a window is asked for with, as GraphQL text; none where it is open on both sides."""
    bounds = []
    if window.lo is not None:
        bounds.append(f'after: "{format_timestamp(window.lo - 1)}"')
    if window.hi is not None:
        bounds.append(f'before: "{format_timestamp(window.hi + 1)}"')
    return [f"{stamp.filter}: {{{', '.join(bounds)}}}"] if bounds else []


def _span(key: str, seconds: int, window: Window) -> str:
    begin = BEGINNING_SECONDS if window.lo is None else window.lo
    end = begin + seconds if window.hi is None else window.hi
    span = f'{key}: {{startAt: "{format_timestamp(begin - 1)}", endAt: "{format_timestamp(end + 1)}"}}'
    # What is not scheduled occurs in no span, so it is asked for with the last, which is read each time.
    return span + (", includeUnscheduled: true" if window.hi is None else "")
