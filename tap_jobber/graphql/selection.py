"""Derives what a stream asks for: the selection of a type, and the row that comes of each of its nodes.

Nothing here is stated per stream. From a type of the read schema follow, by kind:

- a scalar or an enum: a property under the API's own name;
- a type that is a table of its own: a reference, property `<field>Id`, asked for as `field { id }`; in a plain
  list of objects that each name their owner, which are parts of it: the objects, without their owner;
- any other object: a nested object; a list of those: an array of objects;
- a union or an interface: one object with `__typename` and the fields of all members, where a field that
  the members type differently is asked for under an alias per member;
- a connection: nothing, its rows are a stream of their own.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
)

from tap_jobber.graphql.entities import CONNECTION, entities

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from graphql import GraphQLField, GraphQLNamedType, GraphQLSchema

TYPENAME = "__typename"
Path = tuple[str, ...]


class Kind(enum.Enum):
    """What a field becomes in a row."""

    VALUE = "value"
    REFERENCE = "reference"
    OBJECT = "object"


@dataclass(frozen=True)
class Field:
    """One field of a selection.

    Attributes:
        owner: The type that declares the field, as the API names it.
        name: The field's name in the API.
        key: The key of its value in the answer: the name, or an alias.
        column: The key of its value in the row.
        kind: What it becomes.
        wire_type: The type of its value, as SDL.
        type_name: The named type in it.
        is_list: Whether its value is a plain list.
        selection: What is asked for of an object.
        former: The deprecated field beside it that held the same, which older versions have instead.
    """

    owner: str
    name: str
    key: str
    column: str
    kind: Kind
    wire_type: str
    type_name: str
    is_list: bool = False
    selection: Selection | None = None
    former: str | None = None

    @property
    def is_reference(self) -> bool:
        """Whether only the id of its value is asked for."""
        return self.kind is Kind.REFERENCE


@dataclass(frozen=True)
class Selection:
    """What is asked for of one type.

    Attributes:
        type_name: The type.
        fields: The fields of the type itself.
        members: For a union or an interface, what is asked for of each member beyond `fields`.
    """

    type_name: str
    fields: tuple[Field, ...]
    members: tuple[Selection, ...] = ()

    def every_field(self) -> Iterator[Field]:
        """The fields of the type and of its members, without those of nested objects."""
        yield from self.fields
        for member in self.members:
            yield from member.every_field()

    def with_fields_of(self, other: Selection) -> Selection:
        """This selection with those fields of another of the same type that it lacks."""
        own = {field.key for field in self.fields}
        return replace(self, fields=self.fields + tuple(field for field in other.fields if field.key not in own))

    def where(self, keep: Callable[[Field, Path], bool], at: Path = ()) -> Selection:
        """This selection with only the fields that `keep` accepts; an object left empty goes too.

        Args:
            keep: Told the field and the path of its property in the row, decides whether it stays.
            at: The path of this selection's own object.
        """
        return replace(
            self,
            fields=tuple(self._kept(keep, at)),
            members=tuple(kept for member in self.members if (kept := member.where(keep, at)).fields),
        )

    def _kept(self, keep: Callable[[Field, Path], bool], at: Path) -> Iterator[Field]:
        for field in self.fields:
            path = (*at, field.column)
            if not keep(field, path):
                continue
            if field.selection is None:
                yield field
                continue
            # Inside an array no property can be addressed, so it is kept whole.
            below = field.selection.where(keep, path)
            if any(field.name != TYPENAME for field in below.every_field()):
                yield replace(field, selection=below)


@cache
def derive(schema: GraphQLSchema, type_name: str) -> Selection:
    """All that can be asked for of a type.

    Args:
        schema: The read schema.
        type_name: An object, interface or union type of it.
    """
    named = schema.type_map[type_name]
    return _derive(schema, named, entities(schema), is_row=True)


def _derive(schema: GraphQLSchema, named: GraphQLNamedType, tables: frozenset[str], *, is_row: bool) -> Selection:
    if isinstance(named, GraphQLObjectType):
        return Selection(named.name, tuple(_fields(schema, named, named.fields, tables)))
    if isinstance(named, GraphQLUnionType | GraphQLInterfaceType):
        return _abstract(schema, named, tables, is_row=is_row)
    msg = f"{named.name} is not a type that a row can come of"
    raise TypeError(msg)


def _fields(
    schema: GraphQLSchema,
    owner: GraphQLNamedType,
    fields: dict[str, GraphQLField],
    tables: frozenset[str],
) -> Iterator[Field]:
    for name, field in fields.items():
        named = get_named_type(field.type)
        if (
            named.name.endswith(CONNECTION)
            or any(is_required_argument(argument) for argument in field.args.values())
            or _has_successor(owner, field)
        ):
            continue
        is_list = is_list_type(get_nullable_type(field.type))
        plain = Field(owner.name, name, name, name, Kind.VALUE, str(field.type), named.name, is_list)
        if is_leaf_type(named):
            yield replace(plain, former=_former(fields, name))
        elif is_list and (owner_field := _names_owner(owner, named)) is not None:
            whole = _derive(schema, named, tables, is_row=False)
            parts = replace(whole, fields=tuple(each for each in whole.fields if each.name != owner_field))
            yield replace(plain, kind=Kind.OBJECT, selection=parts)
        elif named.name in tables and not isinstance(named, GraphQLUnionType):
            suffix = "Ids" if is_list else "Id"
            yield replace(plain, column=name + suffix, kind=Kind.REFERENCE)
        else:
            nested = _derive(schema, named, tables, is_row=False)
            yield replace(plain, kind=Kind.OBJECT, selection=nested)


def _former(fields: dict[str, GraphQLField], name: str) -> str | None:
    """Return the deprecated field of the same type that names another as its successor."""
    wanted = str(fields[name].type).rstrip("!")
    found = (
        each
        for each, field in fields.items()
        if field.deprecation_reason == name and str(field.type).rstrip("!") == wanted
    )
    return next(found, None)


def _names_owner(owner: GraphQLNamedType, named: GraphQLNamedType) -> str | None:
    """The field by which an object always names the one that it is a part of, if it does."""
    fields = named.fields if isinstance(named, GraphQLObjectType) else {}
    return next((name for name, field in fields.items() if str(field.type) == f"{owner.name}!"), None)


def _has_successor(owner: GraphQLNamedType, field: GraphQLField) -> bool:
    """Whether a deprecated field names, as its reason, a path that exists beside it."""
    if field.deprecation_reason is None:
        return False
    at: GraphQLNamedType = owner
    for step in field.deprecation_reason.split("."):
        fields = at.fields if isinstance(at, GraphQLObjectType | GraphQLInterfaceType) else {}
        if step not in fields:
            return False
        at = get_named_type(fields[step].type)
    return True


def _abstract(
    schema: GraphQLSchema,
    named: GraphQLUnionType | GraphQLInterfaceType,
    tables: frozenset[str],
    *,
    is_row: bool,
) -> Selection:
    types = schema.get_possible_types(named)
    # Members that are tables of their own are referred to, not repeated.
    referred = set() if is_row else {member.name for member in types if member.name in tables}
    common = named if isinstance(named, GraphQLInterfaceType) else None
    if isinstance(named, GraphQLUnionType) and not referred:
        common = _common_interface(schema, named)
    shared = common.fields if common is not None else {}
    members: dict[str, list[Field]] = {}
    for member in types:
        fields = {name: field for name, field in member.fields.items() if name not in shared}
        if member.name in referred:
            fields = {"id": member.fields["id"]}
        members[member.name] = list(_fields(schema, member, fields, tables))
    _keep_apart(members)
    selections = [Selection(name, tuple(fields)) for name, fields in members.items() if fields]
    typename = Field(named.name, TYPENAME, TYPENAME, TYPENAME, Kind.VALUE, "String!", "String")
    own = tuple(_fields(schema, common, shared, tables)) if common is not None else ()
    if common is not None and isinstance(named, GraphQLUnionType):
        # A union has no fields, but what its members share can be asked for once.
        return Selection(named.name, (typename,), (Selection(common.name, own), *selections))
    return Selection(named.name, (typename, *own), tuple(selections))


def _common_interface(schema: GraphQLSchema, union: GraphQLUnionType) -> GraphQLInterfaceType | None:
    """The widest interface that all members of a union implement."""
    names = set.intersection(*({each.name for each in member.interfaces} for member in union.types))
    shared = [each for name in sorted(names) if isinstance(each := schema.type_map[name], GraphQLInterfaceType)]
    return max(shared, key=lambda each: len(each.fields), default=None)


def _keep_apart(members: dict[str, list[Field]]) -> None:
    """Aliases fields of one name that GraphQL would not merge because their types differ."""
    places: dict[str, list[tuple[str, int]]] = {}
    for member, fields in members.items():
        for index, field in enumerate(fields):
            places.setdefault(field.name, []).append((member, index))
    for name, at in places.items():
        fields = [members[member][index] for member, index in at]
        if len({_shape(field) for field in fields}) == 1:
            continue
        is_one_column = len({_shape(field).rstrip("!") for field in fields}) == 1
        for member, index in at:
            alias = name + _suffix(member, members)
            field = members[member][index]
            members[member][index] = replace(field, key=alias, column=field.column if is_one_column else alias)


def _shape(field: Field) -> str:
    """What must be equal for GraphQL to merge two fields: of references only the wrapping."""
    if field.is_reference:
        return field.wire_type.replace(field.type_name, "")
    return field.wire_type


def _suffix(member: str, members: Iterable[str]) -> str:
    """The part of a member's name that the names of all members do not begin with."""
    words = [re.findall(r"[A-Z][^A-Z]*", name) for name in members]
    shared = 0
    while all(len(each) > shared + 1 and each[shared] == words[0][shared] for each in words):
        shared += 1
    return "".join(re.findall(r"[A-Z][^A-Z]*", member)[shared:]) or member


def columns(selection: Selection) -> dict[str, list[Field]]:
    """The properties of a row, each with the fields that can fill it."""
    found: dict[str, list[Field]] = {}
    for field in selection.every_field():
        found.setdefault(field.column, []).append(field)
    return found


def without(selection: Selection, keys: Path) -> Selection:
    """A selection without one field.

    Args:
        selection: What would be asked for.
        keys: The keys of the answer that lead to the field.
    """

    def left(field: Field) -> Field | None:
        if field.key != keys[0]:
            return field
        if len(keys) == 1 or field.selection is None:
            return None
        below = without(field.selection, keys[1:])
        is_empty = all(each.name == TYPENAME for each in below.every_field())
        return None if is_empty else replace(field, selection=below)

    return replace(
        selection,
        fields=tuple(kept for field in selection.fields if (kept := left(field)) is not None),
        members=tuple(member for each in selection.members if (member := without(each, keys)).fields),
    )


def may_be_null(selection: Selection, keys: Path) -> bool:
    """Return True if the field that keys of an answer lead to may be null; what is not known may."""
    found = next((field for field in selection.every_field() if field.key == keys[0]), None) if keys else None
    if found is None:
        return True
    if keys[1:] and found.selection is not None:
        return may_be_null(found.selection, keys[1:])
    return not found.wire_type.endswith("!")


def columns_at(selection: Selection, keys: Path) -> Path:
    """The columns of the row that keys of an answer lead to; what is not known keeps its key."""
    if not keys:
        return ()
    found = next((field for field in selection.every_field() if field.key == keys[0]), None)
    if found is None:
        return keys
    return (found.column, *(columns_at(found.selection, keys[1:]) if found.selection is not None else ()))
