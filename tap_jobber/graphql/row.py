"""Decides what is asked for of each row of a query: its columns, its key, and what shows that it changed or moved."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
)

from tap_jobber.graphql.asked import PAGE_INFO, is_paged
from tap_jobber.graphql.document import Asked, Branch, QueryError, added, by_key, every_field, fields, rewritten
from tap_jobber.graphql.order import CHANGE
from tap_jobber.graphql.selection import TYPENAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import GraphQLNamedType

    from tap_jobber.graphql.document import Selections, UserQuery
    from tap_jobber.graphql.order import GivenOrder

_MOMENT = "ISO8601DateTime"
# Fields that no edit changes.
_LASTING = frozenset({"id", "createdAt", TYPENAME})


@dataclass(frozen=True)
class Changes:
    """How a query is changed on its way.

    Attributes:
        prefix: What the keys of added fields begin with, and no other.
        unknown: Names of fields that the server has said it does not know somewhere: they are not added.
        unwanted: Columns that need not be asked for.
    """

    prefix: str
    unknown: frozenset[str]
    unwanted: frozenset[str]


@dataclass(frozen=True)
class RowPlan:
    """What is asked for of a row.

    Attributes:
        below: All of it, with what is added.
        identity: The key of its id in the API; None where it has none, so that its primary keys have to do.
        place: The key of what shows that it has moved in its list; None where nothing does.
        content: The key of what changes whenever the row does; None where only the whole row tells.
        rereads_head: Whether a row that is edited may jump to the head of the list.
        is_blind: Whether it may do so unseen, because nothing that an edit changes is asked for.
        is_newest_first: Whether the query sorts rows so that behind one with an old replication key all are older.
    """

    below: Selections
    identity: str | None
    place: str | None
    content: str | None
    rereads_head: bool
    is_blind: bool
    is_newest_first: bool
    _added: Selections = field(repr=False)
    _dropped: frozenset[str] = field(repr=False)
    _changes: Changes = field(repr=False)

    def asked(self, below: Selections) -> Selections:
        """What is to be asked for where a query asks for a row."""
        return (*_with_ends(_without(below, self._dropped), self._changes), *self._added)


def plan_row(
    below: Selections, named: GraphQLNamedType | None, query: UserQuery, order: GivenOrder, changes: Changes
) -> RowPlan:
    """Decide what is asked for of each row.

    Args:
        below: What the query asks for of it.
        named: Its type; None where the schema does not know it.
        query: What is wanted of it.
        order: The order that rows come in.
        changes: How it is changed.

    Raises:
        QueryError: If a row lacks what is wanted of it.
    """
    dropped = changes.unwanted - {*query.primary_keys, query.replication_key}
    build = _Build(_without(below, dropped), named, changes)
    build.add_keys(query)
    place = content = None
    if order.is_by_recency:
        content = build.watched(CHANGE)
    else:
        # A row that was edited may stand elsewhere; where the names do not tell by what, any edit counts.
        sorted_by = order.field or CHANGE
        place = None if sorted_by in _LASTING else build.watched(sorted_by) or build.watched(CHANGE)
    identity = build.watched("id")
    return RowPlan(
        below=(*_with_ends(build.below, changes), *build.added),
        identity=identity,
        place=place,
        content=content,
        rereads_head=order.is_by_recency,
        is_blind=order.is_by_recency and content is None and build.is_lasting,
        is_newest_first=order.is_by_recency and order.field == CHANGE and build.shows(CHANGE, query.replication_key),
        _added=tuple(build.added),
        _dropped=dropped,
        _changes=changes,
    )


@dataclass
class _Build:
    below: Selections
    named: GraphQLNamedType | None
    changes: Changes
    added: list[Asked] = field(default_factory=list)

    def add_keys(self, query: UserQuery) -> None:
        columns = by_key(self.below)
        for key in query.primary_keys:
            same = columns.get(key, [])
            if not self._is_in_each_row(key) and all(each.name == key for each in same) and self._can_add(key):
                self.added.append(replace(self._new(key, key), is_added=False))
            elif not same:
                raise QueryError(
                    f"has no column {key}, which primary_keys names",
                    "ask for it of each row, or name columns that the rows have",
                )
            elif any(_is_composed(each) for each in same):
                raise QueryError(
                    f"has {key} in primary_keys, which is not a plain value", "name columns of plain values"
                )
        if query.replication_key is not None:
            self._check_replication_key(query.replication_key, columns)

    def _is_in_each_row(self, key: str) -> bool:
        """Whether a column is asked for whatever the type of a row, and under no condition."""
        return any(
            isinstance(each, Asked) and each.key == key and (each.head == _head(each) or bool(each.arguments))
            for each in self.below
        )

    def _check_replication_key(self, key: str, columns: Mapping[str, list[Asked]]) -> None:
        if key not in columns:
            raise QueryError(f"has no column {key}, which is its replication_key", "ask for it of each row")
        types = {each.named_type.name for each in columns[key] if each.named_type is not None}
        if types - {_MOMENT} or any(_is_composed(each) for each in columns[key]):
            raise QueryError(f"has {key} as its replication_key, which is not a date-time", "name one that is")

    def shows(self, name: str, column: str | None) -> bool:
        """Whether a column is a field of the row."""
        return column is not None and {each.name for each in by_key(self.below)[column]} == {name}

    @property
    def is_lasting(self) -> bool:
        """Whether no edit changes anything that is asked for."""
        return {each.name for each in every_field((*self.below, *self.added))} <= _LASTING

    def watched(self, name: str) -> str | None:
        """The key that a field of the row has in any case; added if it can be."""
        for each in (*self.below, *self.added):
            if isinstance(each, Asked) and each.name == name and each.head == _head(each) and not each.below:
                return each.key
        if not self._can_add(name):
            return None
        self.added.append(self._new(name, self.changes.prefix + name[0].upper() + name[1:]))
        return self.added[-1].key

    def _can_add(self, name: str) -> bool:
        if not isinstance(self.named, GraphQLObjectType | GraphQLInterfaceType) or name in self.changes.unknown:
            return False
        known = self.named.fields.get(name)
        return (
            known is not None
            and is_leaf_type(get_nullable_type(known.type))
            and not any(is_required_argument(each) for each in known.args.values())
        )

    def _new(self, name: str, key: str) -> Asked:
        named = self.named
        if not isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
            message = "only fields of a known type are added"
            raise TypeError(message)
        return added(named.name, name, key, named.fields[name].type)


def _head(each: Asked) -> str:
    """A field as GraphQL text if it has neither arguments nor conditions."""
    return each.name if each.key == each.name else f"{each.key}: {each.name}"


def _is_composed(each: Asked) -> bool:
    return bool(each.below) or (each.type is not None and is_list_type(get_nullable_type(each.type)))


def _without(below: Selections, dropped: frozenset[str]) -> Selections:
    """What is asked for of a row without some columns."""
    found: list[Asked | Branch] = []
    for each in below:
        if isinstance(each, Branch):
            inside = _without(each.below, dropped)
            if inside:
                found.append(replace(each, below=inside))
        elif each.key not in dropped:
            found.append(each)
    return tuple(found)


def page_end(key: str, *names: str) -> Asked:
    """The end of a page, to add to a connection."""
    return added("", PAGE_INFO, key, below=tuple(added("PageInfo", name, name) for name in names))


def _with_ends(below: Selections, changes: Changes) -> Selections:
    """What is asked for of a row, and of each list in it also whether it goes on."""

    def change(each: Asked | Branch) -> Asked | Branch:
        if isinstance(each, Branch):
            return each
        flag = "hasPreviousPage" if "last" in each.arguments and "first" not in each.arguments else "hasNextPage"
        names = {inner.name for inner in fields(each.below)}
        if not is_paged(each) or not names & {"nodes", "edges"} or {PAGE_INFO, flag} & changes.unknown:
            return each
        if any(inner.name == flag for inner in every_field(_infos(each))):
            # Who asks for it sees it in the row.
            return each
        return replace(each, below=(*each.below, page_end(f"{changes.prefix}PageInfo", flag)))

    return rewritten(below, change)


def _infos(each: Asked) -> Selections:
    return tuple(inner for inner in fields(each.below) if inner.name == PAGE_INFO)
