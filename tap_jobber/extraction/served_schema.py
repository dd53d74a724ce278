"""Remembers what the served version lacks or hides, and prunes sources and parts by it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from graphql import GraphQLObjectType

from tap_jobber.api.client import NotPermittedError
from tap_jobber.errors import StreamError
from tap_jobber.graphql.sdl import read_schema
from tap_jobber.graphql.striking import Steps, columns_without, strike, strike_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_jobber.extraction.source import Part, Source
    from tap_jobber.graphql.text import Form, ListPath
    from tap_jobber.graphql.tree import Selection

    Scope = tuple[str, str]
    """A root field and a list of its nodes; no list for the nodes themselves."""

_MOST_NAMED = 12
UNKNOWN_COLUMN = "the served version of Jobber's API does not know it"
HIDDEN_COLUMN = "the app or its user may not see it"
NEWER_VERSION = "set api_version to a version from Jobber's API changelog, or deselect the stream"


@dataclass
class ServedSchema:
    """The difference between the served schema and the tap's; holds for all streams of a run.

    Attributes:
        fields: Fields that are unknown or hidden, each by a type and a name.
        hidden: Those of them that are hidden.
        types: Types that are unknown.
        places: Places of what is unknown where the server's types have other names.
        pieces: By root field, the pieces of its arguments that are unknown, as a `Source` names them.
        forms: Lists that are given in another form.
        bare: Lists that are asked for without their arguments.
        refused: Lists that cannot be read, with the reason.
        left_out: By stream, the columns that it came without for that, each with the reason.
    """

    fields: set[tuple[str, str]] = field(default_factory=set)
    hidden: set[tuple[str, str]] = field(default_factory=set)
    types: set[str] = field(default_factory=set)
    places: dict[Scope, set[Steps]] = field(default_factory=lambda: defaultdict(set))
    pieces: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    forms: dict[Scope, Form] = field(default_factory=dict)
    bare: set[Scope] = field(default_factory=set)
    refused: dict[Scope, StreamError] = field(default_factory=dict)
    left_out: dict[str, dict[str, str]] = field(default_factory=dict)

    def applied(self, source: Source, part: Part) -> Part | None:
        """Return a part without what is known to be unknown, or None if nothing is left to read of it."""
        path, scope = part.path, scope_of(source, part)
        if path is not None:
            gone = {each for each in path.members if (each, path.field) in self.fields or each in self.types}
            members = tuple(each for each in path.members if each not in gone)
            if scope in self.refused or (path.members and not members):
                return None
            path = replace(path, members=members, form=self.forms.get(scope, path.form))
            if ways_to(source, path) & self.fields:
                return None
            path = replace(path, arguments="") if scope in self.bare else path
        node = strike_at(strike(part.node, self.fields, self.types), self.places.get(scope, ()))
        return replace(part, path=path, node=node)

    def applied_to_query(self, name: str, selection: Selection) -> Selection:
        """Return what a user's query asks for, without what is known to be unknown."""
        return strike_at(strike(selection, self.fields, self.types), self.places.get(scope_of_query(name), ()))

    def refusal(self, source: Source, part: Part) -> StreamError | None:
        """Return why a part cannot be read at all, or None if it can."""
        left = self.applied(source, part)
        if left is not None and not left.lacks_required():
            return None
        ways = {(source.type_name, part.names_of_fields)} if part.path is None else ways_to(source, part.path)
        if ways & self.hidden:
            cause = f"the app may not read {part.names_of_fields}"
            return NotPermittedError(cause, "give the app the scope, or deselect the stream")
        known = self.refused.get(scope_of(source, part)) if part.path is not None else None
        lost = part.path.field if part.path is not None else part.required[-1]
        return known or unreadable(part.name, f"{source.type_name}.{lost}")

    def adapted(self, source: Source, nodes: Part) -> Source:
        """Return a source without what is known to be unknown.

        Args:
            source: The source.
            nodes: The part that its nodes are.

        Raises:
            StreamError: If its key is unknown.
        """
        left = self.applied(source, nodes)
        shown = {each.name for each in left.node.every_field()} if left is not None else set()
        lost = frozenset(source.required) - shown
        key = source.required[0]
        if key in lost:
            if {(owner, key) for owner in owners_of(source.type_name)} & self.hidden:
                raise not_permitted(source.name, f"{source.type_name}.{key}")
            raise unreadable(source.name, f"{source.type_name}.{key}")
        form = self.forms.get((source.root, ""), source.form)
        changed = replace(source, form=form).without(self.pieces.get(source.root, set()), lost)
        return changed if changed.root == source.root else self.adapted(changed, nodes)

    def columns_left_out(self, source: Source, part: Part) -> list[str]:
        """Return the columns that a part comes without because the served version does not know them."""
        left = self.applied(source, part)
        shown = strike(part.node, self.hidden)
        return [] if left is None else columns_without(shown, left.node)

    def columns_hidden(self, part: Part) -> list[str]:
        """Return the columns that a part comes without because the app or its user may not see them."""
        return columns_without(part.node, strike(part.node, self.hidden))

    def note_left_out(self, name: str, columns: Iterable[str], cause: str) -> None:
        """Note that a stream comes without columns."""
        for column in columns:
            self.left_out.setdefault(name, {})[column] = cause


def scope_of(source: Source, part: Part) -> Scope:
    """Return the key that knowledge about a part is kept by."""
    path = part.path
    return source.root, "" if path is None else f"{path.via}.{path.field}".lstrip(".")


def scope_of_query(name: str) -> Scope:
    """Return what the knowledge about a user's query is kept by; no root field has a space in its name."""
    return f"query {name}", ""


def ways_to(source: Source, path: ListPath) -> set[tuple[str, str]]:
    """Return the fields without any of which a list cannot be read."""
    return {(source.type_name, path.via), *((owner, path.field) for owner in path.owners)}


def owners_of(type_name: str) -> tuple[str, ...]:
    """Return a type and its interfaces: a field may have been asked for through either."""
    named = read_schema().type_map.get(type_name)
    interfaces = named.interfaces if isinstance(named, GraphQLObjectType) else ()
    return type_name, *(each.name for each in interfaces)


def listed(names: Sequence[str]) -> str:
    """Return names as one text, the first of them and a count where they are many."""
    more = len(names) - _MOST_NAMED
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:_MOST_NAMED])} and {more} more"


def unreadable(name: str, what: str) -> StreamError:
    """Return the error of a stream that cannot be read without what the served version does not know."""
    cause = f"the served version of Jobber's API does not know {what}, without which {name} cannot be read"
    return StreamError(cause, NEWER_VERSION)


def not_permitted(name: str, what: str) -> NotPermittedError:
    """Return the error of a stream that cannot be read without what is hidden."""
    return NotPermittedError(
        f"the app or its user may not see {what}, without which {name} cannot be read",
        "give the app the scope and the Jobber user the permission to read it, then authorise again",
    )
