"""Decides what is asked for of each row of a query: its columns, its key, and what shows that it changed or moved."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_nullable_type,
    is_leaf_type,
    is_required_argument,
)

from tap_jobber.graphql.cost import is_connection
from tap_jobber.graphql.document import QueryError
from tap_jobber.graphql.sort_order import CHANGE
from tap_jobber.graphql.tree import TYPENAME, Field, Fragment, Role, Selection, columns, rewritten

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from graphql import GraphQLNamedType, GraphQLOutputType

    from tap_jobber.graphql.document import UserQuery
    from tap_jobber.graphql.sort_order import GivenOrder
    from tap_jobber.graphql.tree import Element

PAGE_INFO = "pageInfo"
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
    """The selection of a row, and the keys that reading it needs.

    Attributes:
        node: All of it, with what is added.
        identity: The key of its id in the API; None where it has none, so that its primary keys have to do.
        place: The key of what shows that it has moved in its list; None where nothing does.
        content: The key of what changes whenever the row does; None where only the whole row tells.
        rereads_head: True if a row that is edited may jump to the head of the list.
        is_blind: True if it may do so unseen, because nothing that an edit changes is asked for.
        is_newest_first: True if the query sorts rows so that behind one with an old replication key all are older.
    """

    node: Selection
    identity: str | None
    place: str | None
    content: str | None
    rereads_head: bool
    is_blind: bool
    is_newest_first: bool
    _added: tuple[Field, ...] = field(repr=False)
    _dropped: frozenset[str] = field(repr=False)
    _changes: Changes = field(repr=False)

    def asked(self, selection: Selection) -> Selection:
        """Return what is to be asked for where a query asks for a row."""
        return _with(_with_ends(_without(selection, self._dropped), self._changes), self._added)


def plan_row(
    selection: Selection, named: GraphQLNamedType | None, query: UserQuery, order: GivenOrder, changes: Changes
) -> RowPlan:
    """Decide what is asked for of each row.

    Args:
        selection: What the query asks for of it.
        named: Its type; None where the schema does not know it.
        query: What is wanted of it.
        order: The order that rows come in.
        changes: How it is changed.

    Raises:
        QueryError: If a row lacks what is wanted of it.
    """
    dropped = changes.unwanted - {*query.primary_keys, query.replication_key}
    build = _Build(_without(selection, dropped), named, changes)
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
        node=_with(_with_ends(build.selection, changes), build.added),
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
    selection: Selection
    named: GraphQLNamedType | None
    changes: Changes
    added: list[Field] = field(default_factory=list)

    def add_keys(self, query: UserQuery) -> None:
        known = columns(self.selection)
        for key in query.primary_keys:
            same = known.get(key, [])
            if not self._is_in_each_row(key) and all(each.name == key for each in same) and self._can_add(key):
                self.added.append(replace(self._new(key, key), role=Role.VALUE))
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
            self._check_replication_key(query.replication_key, known)

    def _is_in_each_row(self, key: str) -> bool:
        """Return True if a column is asked for whatever the type of a row, and under no condition."""
        return any(each.key == key and not each.directives for each in self.selection.fields)

    def _check_replication_key(self, key: str, known: Mapping[str, list[Field]]) -> None:
        if key not in known:
            raise QueryError(f"has no column {key}, which is its replication_key", "ask for it of each row")
        types = {each.type_name for each in known[key] if each.type is not None}
        if types - {_MOMENT} or any(_is_composed(each) for each in known[key]):
            raise QueryError(f"has {key} as its replication_key, which is not a date-time", "name one that is")

    def shows(self, name: str, column: str | None) -> bool:
        """Return True if a column is a field of the row."""
        return column is not None and {each.name for each in columns(self.selection)[column]} == {name}

    @property
    def is_lasting(self) -> bool:
        """True if no edit changes anything that is asked for."""
        return {each.name for each in (*self.selection.deep_fields(), *self.added)} <= _LASTING

    def watched(self, name: str) -> str | None:
        """Return the key that a field of the row has in any case, and add it if that can be."""
        for each in (*self.selection.fields, *self.added):
            if each.name == name and each.is_plain and each.selection is None:
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

    def _new(self, name: str, key: str) -> Field:
        named = self.named
        if not isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
            message = "only fields of a known type are added"
            raise TypeError(message)
        return added(named.name, name, key, named.fields[name].type)


def _is_composed(each: Field) -> bool:
    return each.selection is not None or each.is_list


def _with(selection: Selection, more: Iterable[Field]) -> Selection:
    return replace(selection, parts=(*selection.parts, *more))


def _without(selection: Selection, dropped: frozenset[str]) -> Selection:
    """Return what is asked for of a row without some columns."""
    return selection.where(lambda each, path: len(path) > 1 or each.key not in dropped) if dropped else selection


def added(
    owner: str, name: str, key: str, type_: GraphQLOutputType | None = None, selection: Selection | None = None
) -> Field:
    """Return a field without arguments to add to a query."""
    return Field(owner, name, key, key, Role.ADDED, type_, selection=selection)


def page_end(key: str, *names: str) -> Field:
    """Return the end of a page, to add to a connection."""
    below = Selection("PageInfo", tuple(added("PageInfo", name, name) for name in names))
    return added("", PAGE_INFO, key, selection=below)


def _with_ends(selection: Selection, changes: Changes) -> Selection:
    """Return what is asked for of a row, and of each list in it also whether it goes on."""

    def change(each: Element) -> Element:
        if isinstance(each, Fragment) or each.selection is None or not is_connection(each):
            return each
        is_from_end = each.argument("last") is not None and each.argument("first") is None
        flag = "hasPreviousPage" if is_from_end else "hasNextPage"
        inside = list(each.selection.every_field())
        if not {inner.name for inner in inside} & {"nodes", "edges"} or {PAGE_INFO, flag} & changes.unknown:
            return each
        ends = (inner.selection for inner in inside if inner.name == PAGE_INFO and inner.selection is not None)
        if any(inner.name == flag for end in ends for inner in end.deep_fields()):
            # Who asks for it sees it in the row.
            return each
        return replace(each, selection=_with(each.selection, [page_end(f"{changes.prefix}PageInfo", flag)]))

    return rewritten(selection, change)
