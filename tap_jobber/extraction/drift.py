"""Learns what a server does not know, or will not show, so that the rest can be asked for.

What is unknown costs as little as it can: a field or a fragment its column; a sort its order; a filter that only
narrows the read itself; a list its own stream. Only without its root field, its key or its pages a stream is lost.
What is learnt holds for the whole run, by the names that the server gives, or where its types have other names
than those of the read schema, by the place in the query. All errors of an answer are learnt from at once, and
they have to bring something new, so that asking again comes to an end.
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from tap_jobber.api.unknown_names import Unknown
from tap_jobber.errors import StreamError
from tap_jobber.extraction.error_locations import ErrorLocation, LocationKind, locate
from tap_jobber.extraction.served_schema import (
    HIDDEN_COLUMN,
    UNKNOWN_COLUMN,
    ServedSchema,
    listed,
    not_permitted,
    owners_of,
    scope_of,
    unreadable,
)
from tap_jobber.extraction.source import FILTER, FORMER_ROOT, LOOKUP, NEEDS_FILTER, SORT
from tap_jobber.graphql.striking import find
from tap_jobber.graphql.text import Form

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_jobber.api.unknown_names import Strike
    from tap_jobber.extraction.served_schema import Scope
    from tap_jobber.extraction.source import Part, Source
    from tap_jobber.graphql.text import ListPath

logger = logging.getLogger("tap-jobber.extraction")

_PAGING = frozenset({"first", "after"})


class UnknownRootError(StreamError):
    """The served version of the API does not have the root field at all."""


class Drift(ServedSchema):
    """Knowledge of what the server refuses and what it hides; shared by all streams of a run."""

    def __init__(self) -> None:
        super().__init__()
        self._reported: set[str] = set()

    def refuse_list(self, source: Source, path: ListPath) -> None:
        """Note that a list of the nodes is hidden from the app or its user."""
        refused = {(owner, path.field) for owner in path.owners}
        if not refused <= self.fields:
            self.fields |= refused
            self.hidden |= refused
            logger.warning("%s: the app or its user may not see %s; it is left out", source.name, path.field)

    def learn(self, source: Source, parts: Iterable[Part], strikes: Sequence[Strike]) -> Source:
        """Leave out what the server does not know.

        Args:
            source: What is read.
            parts: What was asked for: the nodes first if they were, then lists of them.
            strikes: What the server refuses.

        Returns:
            The source to go on with.

        Raises:
            UnknownRootError: If it does not know the root field.
            NotPermittedError: If what reading cannot do without is hidden.
            StreamError: If it is something that reading cannot do without, or nothing that was asked for.
        """
        wanted = list(parts)
        asked = [part for each in wanted if (part := self.applied(source, each)) is not None]
        placed = [(each, locate(source, asked, each)) for each in strikes]
        self._learn_forms(source, placed)
        for each, place in placed:
            self._learn(source, asked, each, place)
        changed = self._changed(source, wanted)
        if changed == source and asked == self._left(source, wanted):
            self._refuse_lists_of(source, placed)
        if changed == source and asked == self._left(source, wanted):
            raise _lasting(source, strikes)
        for part in wanted:
            left = self.applied(source, part)
            if part.path is not None and left is not None and left.lacks_required():
                self._refuse_for_key(source, part, part.path, strikes)
        return changed

    def report(self, given: Source, source: Source, parts: Iterable[Part]) -> None:
        """Say once of each stream what is left out of it, and how else it is read.

        Args:
            given: The source as it would be read.
            source: The source as it is read.
            parts: What would be asked for.
        """
        for part in parts:
            columns = self.columns_left_out(source, part)
            self.note_left_out(part.name, columns, UNKNOWN_COLUMN)
            self.note_left_out(part.name, self.columns_hidden(part), HIDDEN_COLUMN)
            if part.name in self._reported:
                continue
            remarks = []
            if columns:
                count = "1 column is" if len(columns) == 1 else f"{len(columns)} columns are"
                remarks.append(f"{count} left out ({listed(columns)})")
            if part.path is None:
                remarks += source.remarks(given)
            elif scope_of(source, part) in self.bare:
                remarks.append(f"it is read without {part.path.arguments}")
            if remarks:
                self._reported.add(part.name)
                text = "%s: the served version of Jobber's API does not know all that is asked for: %s"
                logger.warning(text, part.name, "; ".join(remarks))

    def _left(self, source: Source, parts: Iterable[Part]) -> list[Part]:
        return [left for each in parts if (left := self.applied(source, each)) is not None]

    def _changed(self, source: Source, wanted: Sequence[Part]) -> Source:
        """Return the source as it is from now on; further pages of lists are asked for without the nodes."""
        if wanted and wanted[0].path is None:
            return self.adapted(source, wanted[0])
        return source.without(self.pieces[source.root], frozenset())

    def _learn(self, source: Source, asked: Sequence[Part], strike: Strike, place: ErrorLocation | None) -> None:
        if strike.unknown is Unknown.TYPE:
            self.types.add(strike.name)
        elif strike.unknown is Unknown.FRAGMENT:
            self._learn_fragment(source, strike, place)
        elif strike.unknown is Unknown.FIELD:
            self._learn_field(source, asked, strike, place)
        elif strike.unknown is Unknown.SHAPE:
            self._learn_shape(source, asked, strike, place)
        elif place is None:
            self._learn_argument_by_name(source, asked, strike)
        else:
            self._learn_argument(source, strike, place)

    def _learn_fragment(self, source: Source, strike: Strike, place: ErrorLocation | None) -> None:
        if place is not None and place.where is LocationKind.NODE:
            self.places[_scope(source, place)].add(place.steps)
        else:
            self.types.add(strike.name)

    def _learn_field(self, source: Source, asked: Sequence[Part], strike: Strike, place: ErrorLocation | None) -> None:
        if strike.owner == "Query" and not strike.is_hidden:
            self._learn_root(source, strike)
        elif strike.is_hidden:
            struck = {(owner, strike.name) for owner in owners_of(strike.owner or source.type_name)}
            if not struck <= self.hidden:
                logger.warning("%s: the app or its user may not see %s; it is left out", source.name, strike)
            self.fields |= struck
            self.hidden |= struck
        elif place is None:
            self.fields.update((owner, strike.name) for owner in owners_of(strike.owner or source.type_name))
        elif place.where is LocationKind.NODE:
            self._learn_field_at(source, asked, strike, place)
        elif place.where is LocationKind.LIST and place.part is not None:
            self._learn_list(source, strike, place.part)

    def _learn_root(self, source: Source, strike: Strike) -> None:
        if source.lookup is not None and strike.name == source.lookup[0] != source.root:
            self.pieces[source.root].add(LOOKUP)
        elif source.former_root is not None:
            self.pieces[source.root].add(FORMER_ROOT)
        else:
            cause = f"the served version of Jobber's API has no {strike.name}"
            raise UnknownRootError(cause, "set a newer api_version, or deselect the stream")

    def _learn_field_at(self, source: Source, asked: Sequence[Part], strike: Strike, place: ErrorLocation) -> None:
        """Strike a field by its name where that is the one that was asked for, else at its place."""
        part = place.part or next((each for each in asked if each.path is None), None)
        field = find(part.node, place.steps) if part is not None else None
        if field is not None and (field.owner, field.name) == (strike.owner, strike.name):
            self.fields.add((strike.owner, strike.name))
        elif field is not None:
            self.places[_scope(source, place)].add(place.steps)
        way = tuple(step for step in place.steps if not step.startswith("... on "))
        for each in asked:
            if place.part is None and each.path is not None and way == (each.path.via,):
                self.refused[scope_of(source, each)] = unreadable(each.name, str(strike))

    def _learn_list(self, source: Source, strike: Strike, part: Part) -> None:
        if part.path is not None and strike.owner in part.path.owners:
            self.fields.add((strike.owner, strike.name))
        else:
            self.refused[scope_of(source, part)] = unreadable(part.name, str(strike))

    def _learn_shape(self, source: Source, asked: Sequence[Part], strike: Strike, place: ErrorLocation | None) -> None:
        """Leave out a field that is an object instead of a value, or the reverse."""
        if place is None:
            for part in asked:
                # Where the server does not say which of that name it is, it is each.
                self.fields.update(
                    (field.owner, field.name) for field in part.node.every_field() if field.name == strike.name
                )
        elif place.where is LocationKind.NODE:
            self.places[_scope(source, place)].add(place.steps)

    def _learn_forms(self, source: Source, placed: Iterable[tuple[Strike, ErrorLocation | None]]) -> None:
        """Tell from what is unknown of a connection whether it has only edges, or is none."""
        unknown: dict[Scope, set[str]] = defaultdict(set)
        for strike, place in placed:
            if place is not None and place.where is LocationKind.CONNECTION and strike.unknown is Unknown.FIELD:
                unknown[_scope(source, place)].add(".".join(place.steps))
            elif place is not None and strike.unknown is Unknown.ARGUMENT and _PAGING & set(place.steps[:1]):
                unknown[_scope(source, place)].add("first")
        for scope, names in unknown.items():
            if "nodes" in names:
                self.forms[scope] = Form.PLAIN if names & {"pageInfo", "first"} else Form.EDGES

    def _learn_argument(self, source: Source, strike: Strike, place: ErrorLocation) -> None:
        scope = _scope(source, place)
        if place.where is LocationKind.LOOKUP:
            self.pieces[source.root].add(LOOKUP)
        elif place.where is LocationKind.ROOT:
            piece = _root_piece(source, strike, place)
            if piece is not None:
                self.pieces[source.root].add(piece)
        elif place.where is LocationKind.NODE:
            self.places[scope].add(place.steps)
        elif place.where is LocationKind.LIST and place.part is not None and not _PAGING & set(place.steps[:1]):
            if scope in self.bare or not place.steps:
                self.refused[scope] = unreadable(place.part.name, str(strike))
            else:
                self.bare.add(scope)

    def _learn_argument_by_name(self, source: Source, asked: Sequence[Part], strike: Strike) -> None:
        """Find the argument by names alone: fields begin with small letters, types do not."""
        for part in asked:
            if part.path is not None and _is_asked_with(part.path, strike):
                self.bare.add(scope_of(source, part))
                return
        if source.order is not None and "sort" in f"{strike.owner} {strike.name}".lower():
            self.pieces[source.root].add(source.order.text)
        elif strike.unknown is Unknown.REQUIRED and (strike.owner, strike.name) == (source.root, FILTER):
            self.pieces[source.root].add(NEEDS_FILTER)
        elif strike.name == FILTER and strike.owner == source.root and not source.needed_filters:
            self.pieces[source.root].add(FILTER)
        elif strike.name in source.filter_keys:
            self.pieces[source.root].add(f"{FILTER}.{strike.name}")

    def _refuse_lists_of(self, source: Source, placed: Iterable[tuple[Strike, ErrorLocation | None]]) -> None:
        """Do without the lists in which something stands that cannot be left out."""
        for strike, place in placed:
            if place is not None and place.part is not None:
                self.refused[_scope(source, place)] = unreadable(place.part.name, str(strike))

    def _refuse_for_key(self, source: Source, part: Part, path: ListPath, strikes: Sequence[Strike]) -> None:
        if all(each.is_hidden for each in strikes):
            self.refuse_list(source, path)
        else:
            keys = [each for each in strikes if each.name in part.required] or strikes
            names = ", ".join(dict.fromkeys(map(str, keys)))
            self.refused[scope_of(source, part)] = unreadable(part.name, names)


def _scope(source: Source, place: ErrorLocation) -> Scope:
    return (source.root, "") if place.part is None else scope_of(source, place.part)


def _root_piece(source: Source, strike: Strike, place: ErrorLocation) -> str | None:
    """Return the piece of the root field's arguments that a server refuses, or None if nothing can be left out."""
    steps, is_unknown = place.steps, strike.unknown is Unknown.ARGUMENT
    if not steps:
        return NEEDS_FILTER if strike.name == FILTER else None
    order = source.order.text if source.order is not None else None
    if steps[0] == SORT:
        return SORT if is_unknown and len(steps) == 1 else order
    if steps[0] != FILTER:
        return None
    if steps[1:2] == (SORT,):
        return order
    if strike.unknown is Unknown.REQUIRED or len(steps) == 1:
        return FILTER if not source.needed_filters else None
    return None if steps[1] in source.needed_filters else f"{FILTER}.{steps[1]}"


def _is_asked_with(path: ListPath, argument: Strike) -> bool:
    """Return True if a list is asked with an argument, or with something in it."""
    of_another = argument.owner[:1].islower() and argument.owner != path.field
    return not of_another and argument.name in re.findall(r"\w+(?=:)", path.arguments)


def _lasting(source: Source, strikes: Sequence[Strike]) -> StreamError:
    names = listed(list(dict.fromkeys(map(str, strikes))))
    if all(each.is_hidden for each in strikes):
        return not_permitted(source.name, names)
    return unreadable(source.name, names)
