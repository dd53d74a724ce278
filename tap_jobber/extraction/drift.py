"""Learns what a server does not know, or will not show, and asks for the rest."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from graphql import GraphQLObjectType

from tap_jobber.api.client import NotPermittedError
from tap_jobber.api.drift import Unknown
from tap_jobber.errors import StreamError
from tap_jobber.schema.sdl import read_schema
from tap_jobber.schema.selection import strike

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_jobber.api.drift import Strike
    from tap_jobber.extraction.source import Part, Source
    from tap_jobber.schema.query import ListPath

logger = logging.getLogger("tap-jobber.extraction")


class UnknownRootError(StreamError):
    """The served version of the API does not have the root field at all."""


class Drift:
    """What the server has said it does not know, or will not show; shared by all streams of a run."""

    def __init__(self) -> None:
        self._fields: set[tuple[str, str]] = set()
        self._types: set[str] = set()
        self._bare: set[ListPath] = set()
        self._hidden: set[tuple[str, str]] = set()

    def refuse_list(self, source: Source, path: ListPath, *, is_hidden: bool = True) -> None:
        """Note that a list of the nodes is hidden from the app or its user, or is of no use in the served version."""
        refused = {(owner, path.field) for owner in path.owners}
        if not refused <= self._fields:
            self._fields |= refused
            if is_hidden:
                self._hidden |= refused
                logger.warning("%s: the app or its user may not see %s; it is left out", source.name, path.field)

    def refusal(self, source: Source, part: Part) -> StreamError | None:
        """Return why a part cannot be read at all, or None if it can."""
        left = self.applied(source, part)
        if left is not None and not left.lacks_required():
            return None
        path = part.path
        names = [(owner, path.field) for owner in path.owners] if path else []
        names += [(source.type_name, each) for each in ((path.via,) if path else part.required) if each]
        if self._hidden & set(names):
            cause = f"the app may not read {part.names_of_fields}"
            return NotPermittedError(cause, "give the app the scope, or deselect the stream")
        cause = f"the served version of Jobber's API has no usable {part.names_of_fields}"
        return StreamError(cause, "set a newer api_version, or deselect the stream")

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
            StreamError: If it is something that reading cannot do without, or nothing that was asked for.
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
            if part.path is None:
                raise _lasting(source, *strikes)
            self.refuse_list(source, part.path, is_hidden=all(each.is_hidden for each in strikes))
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
            struck = {(owner, unknown.name) for owner in owners_of(unknown.owner or source.type_name)}
            self._fields |= struck
            self._hidden |= struck if unknown.is_hidden else set()
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


def _lasting(source: Source, *strikes: Strike) -> StreamError:
    names = ", ".join(str(each) for each in strikes)
    if all(each.is_hidden for each in strikes):
        return NotPermittedError(
            f"the app or its user may not see {names}, without which {source.name} cannot be read",
            "give the app the scope and the Jobber user the permission to read it, then authorise again",
        )
    return StreamError(
        f"the served version of Jobber's API does not know {names}, without which {source.name} cannot be read",
        "set api_version to a version from Jobber's API changelog, or deselect the stream",
    )
