"""What is read of the API: a root field, in which order, and what is asked for of each node."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tap_jobber.api.drift import Unknown
from tap_jobber.errors import TapError
from tap_jobber.schema.query import page_query, single_query
from tap_jobber.schema.selection import strike

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_jobber.api.drift import Strike
    from tap_jobber.schema.selection import Selection

logger = logging.getLogger("tap-jobber.extraction")


@dataclass(frozen=True)
class Order:
    """An order that rows keep well enough to be paged through.

    Attributes:
        arguments: The arguments of the root field that ask for it, as GraphQL text.
        place: The field that is sorted by, where an edit can change it.
    """

    arguments: str
    place: str | None = None


def ascending(key: str, place: str | None = None) -> Order:
    """The usual way to ask for an order; lists of one sort may be written without their brackets."""
    return Order(f"sort: {{key: {key}, direction: ASCENDING}}", place)


@dataclass(frozen=True)
class Source:
    """One root field to read.

    Attributes:
        name: The stream's name, which becomes the operation's.
        root: The root field.
        node: What is asked for of each node.
        is_connection: Whether it is a list in pages, not one object.
        order: The order to page through; without one it is by recency, as far as is known.
        required: Fields of the node that reading cannot do without.
    """

    name: str
    root: str
    node: Selection
    is_connection: bool
    order: Order | None
    required: tuple[str, ...]

    @property
    def query_text(self) -> str:
        """The query for a page, or for the one object."""
        if not self.is_connection:
            return single_query(self.name, self.root, self.node)
        return page_query(self.name, self.root, self.order.arguments if self.order else "", self.node)


class UnknownRootError(TapError):
    """The served version of the API does not have the root field at all."""


class Drift:
    """What the served version of the API has said it does not know; shared by all streams of a run."""

    def __init__(self) -> None:
        self._fields: set[tuple[str, str]] = set()
        self._types: set[str] = set()

    def applied(self, source: Source) -> Source:
        """A source without what is known to be unknown."""
        return replace(source, node=strike(source.node, self._fields, self._types))

    def learn(self, source: Source, strikes: Iterable[Strike]) -> Source:
        """Leave out of a source what the server does not know, each with one warning.

        Raises:
            UnknownRootError: If that is the root field.
            TapError: If it is something that reading cannot do without, or nothing that was asked for.
        """
        changed = source
        for each in strikes:
            changed = self._without(changed, each)
        if changed == source:
            raise _lasting(source, ", ".join(str(each) for each in strikes))
        return changed

    def _without(self, source: Source, unknown: Strike) -> Source:
        if unknown.unknown is Unknown.ARGUMENT:
            return self._without_order(source, unknown)
        if unknown.owner == "Query" and unknown.name == source.root:
            cause = f"the served version of Jobber's API has no {source.root}"
            raise UnknownRootError(cause, "set a newer api_version, or deselect the stream")
        if unknown.unknown is Unknown.TYPE:
            self._types.add(unknown.name)
        else:
            self._fields.add((unknown.owner, unknown.name))
        changed = self.applied(source)
        if not set(source.required) <= {field.name for field in changed.node.every_field()}:
            raise _lasting(source, str(unknown))
        if changed != source:
            logger.warning(
                "%s: the served version of Jobber's API does not know %s; it is left out", source.name, unknown
            )
        return changed

    def _without_order(self, source: Source, unknown: Strike) -> Source:
        if source.order is None or unknown.name in {"first", "after"}:
            raise _lasting(source, str(unknown))
        logger.warning(
            "%s: the served version of Jobber's API does not know the argument %s; reading in its default order",
            source.name,
            unknown,
        )
        return replace(source, order=None)


def _lasting(source: Source, names: str) -> TapError:
    return TapError(
        f"the served version of Jobber's API does not know {names}, without which {source.name} cannot be read",
        "set api_version to a version from Jobber's API changelog, or deselect the stream",
    )
