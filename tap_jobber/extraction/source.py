"""What is read of the API: a root field, in which order and window, and what is asked for of each node."""

from __future__ import annotations

import enum
import logging
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from graphql import GraphQLObjectType

from tap_jobber.api.client import NotPermittedError
from tap_jobber.api.drift import Unknown
from tap_jobber.errors import TapError
from tap_jobber.extraction.moments import format_moment
from tap_jobber.extraction.windows import BEGINNING_SECONDS
from tap_jobber.schema.sdl import read_schema
from tap_jobber.schema.selection import strike

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_jobber.api.drift import Strike
    from tap_jobber.extraction.windows import Window
    from tap_jobber.schema.query import ListPath
    from tap_jobber.schema.selection import Selection

logger = logging.getLogger("tap-jobber.extraction")


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
        filters = [self.fixed_filter] if self.fixed_filter else []
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


class UnknownRootError(TapError):
    """The served version of the API does not have the root field at all."""


class Drift:
    """What the server has said it does not know, or will not show; shared by all streams of a run."""

    def __init__(self) -> None:
        self._fields: set[tuple[str, str]] = set()
        self._types: set[str] = set()
        self._bare: set[ListPath] = set()

    def refuse_list(self, source: Source, path: ListPath) -> None:
        """A list of the nodes is hidden from the app, or from its user."""
        refused = {(owner, path.field) for owner in path.owners}
        if not refused <= self._fields:
            self._fields |= refused
            logger.warning("%s: the app or its user may not see %s; it is left out", source.name, path.field)

    def refuses(self, source: Source, part: Part) -> bool:
        """Whether a part cannot be read at all."""
        left = self.applied(source, part)
        return left is None or left.lacks_required()

    def applied(self, source: Source, part: Part) -> Part | None:
        """A part without what is known to be unknown, or None if nothing is left to read of it."""
        path = part.path
        if path is not None:
            steps = {(source.type_name, path.via), *((owner, path.field) for owner in path.owners)}
            if steps & self._fields:
                return None
            path = replace(path, arguments="") if path in self._bare else path
        return replace(part, path=path, node=strike(part.node, self._fields, self._types))

    def learn(self, source: Source, parts: Iterable[Part], strikes: Sequence[Strike]) -> Source:
        """Leave out what the server does not know, each with one warning.

        Returns:
            The source to go on with.

        Raises:
            UnknownRootError: If it does not know the root field.
            NotPermittedError: If what reading cannot do without is hidden.
            TapError: If it is something that reading cannot do without, or nothing that was asked for.
        """
        asked = list(parts)
        before = [self.applied(source, part) for part in asked]
        changed = source
        for each in strikes:
            if each.unknown is not Unknown.ARGUMENT or not self._asks_plainly(source, asked, each):
                changed = self._without(changed, each)
        after = [self.applied(changed, part) for part in asked]
        if changed == source and before == after:
            raise _lasting(source, *strikes)
        for part in after:
            if part is None:
                continue
            required = source.required if part.path is None else ()
            if set(required) <= {field.name for field in part.node.every_field()} and not part.lacks_required():
                continue
            if part.path is None or not all(each.is_hidden for each in strikes):
                raise _lasting(source, *strikes)
            self.refuse_list(source, part.path)
        return changed

    def _asks_plainly(self, source: Source, parts: Iterable[Part], unknown: Strike) -> bool:
        """Whether an argument is one that a list of the nodes is asked with; from now on it is asked without."""
        paths = {part.path for part in parts if part.path and _is_asked_with(part.path, unknown)} - self._bare
        self._bare |= paths
        if paths:
            _warn_of_argument(source, unknown)
        return bool(paths)

    def _without(self, source: Source, unknown: Strike) -> Source:
        if unknown.unknown is Unknown.ARGUMENT:
            return _without_argument(source, unknown)
        if unknown.owner == "Query" and unknown.name == source.root:
            cause = f"the served version of Jobber's API has no {source.root}"
            raise UnknownRootError(cause, "set a newer api_version, or deselect the stream")
        if unknown.unknown is Unknown.TYPE:
            self._types.add(unknown.name)
        else:
            self._fields.update((owner, unknown.name) for owner in owners_of(unknown.owner or source.type_name))
        if unknown.is_hidden:
            logger.warning("%s: the app or its user may not see %s; it is left out", source.name, unknown)
        else:
            logger.warning(
                "%s: the served version of Jobber's API does not know %s; it is left out", source.name, unknown
            )
        return source


def owners_of(type_name: str) -> tuple[str, ...]:
    """A type and its interfaces: a field may have been asked for through either."""
    named = read_schema().type_map.get(type_name)
    interfaces = named.interfaces if isinstance(named, GraphQLObjectType) else ()
    return type_name, *(each.name for each in interfaces)


def _without_argument(source: Source, unknown: Strike) -> Source:
    is_order = source.order is not None and "sort" in f"{unknown.owner} {unknown.name}".lower()
    is_filter = source.stamp is not None and not is_order and unknown.name in {"filter", source.stamp.filter}
    if not is_order and not is_filter:
        raise _lasting(source, unknown)
    _warn_of_argument(source, unknown)
    return replace(source, order=None) if is_order else replace(source, stamp=None)


def _is_asked_with(path: ListPath, argument: Strike) -> bool:
    """Whether a list is asked with an argument, or with something in it: fields have small letters, types do not."""
    of_another = argument.owner[:1].islower() and argument.owner != path.field
    return not of_another and argument.name in re.findall(r"\w+(?=:)", path.arguments)


def _warn_of_argument(source: Source, unknown: Strike) -> None:
    logger.warning(
        "%s: the served version of Jobber's API does not know the argument %s; reading without it",
        source.name,
        unknown,
    )


def _lasting(source: Source, *strikes: Strike) -> TapError:
    names = ", ".join(str(each) for each in strikes)
    if all(each.is_hidden for each in strikes):
        return NotPermittedError(
            f"the app or its user may not see {names}, without which {source.name} cannot be read",
            "give the app the scope and the Jobber user the permission to read it, then authorise again",
        )
    return TapError(
        f"the served version of Jobber's API does not know {names}, without which {source.name} cannot be read",
        "set api_version to a version from Jobber's API changelog, or deselect the stream",
    )
