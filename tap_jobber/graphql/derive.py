"""Derives what a stream asks for from a type of the read schema: the selection that each of its rows comes of.

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

import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

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
from tap_jobber.graphql.tree import TYPENAME, TYPENAME_TYPE, Field, Fragment, Role, Selection

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from graphql import GraphQLField, GraphQLNamedType, GraphQLSchema


@cache
def derive(schema: GraphQLSchema, type_name: str) -> Selection:
    """Return all that can be asked for of a type.

    Args:
        schema: The read schema.
        type_name: An object, interface or union type of it.
    """
    named = schema.type_map[type_name]
    return _derive(schema, named, entities(schema), is_row=True)


def id_field(schema: GraphQLSchema, type_name: str) -> Field:
    """Return the `id` of a type."""
    named: Any = schema.type_map[type_name]
    declared = named.fields if hasattr(named, "fields") else schema.get_possible_types(named)[0].fields
    return Field(type_name, "id", "id", "id", type=declared["id"].type)


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
        plain = Field(owner.name, name, name, name, type=field.type)
        if is_leaf_type(named):
            yield replace(plain, former=_former(fields, name))
        elif is_list and (owner_field := _names_owner(owner, named)) is not None:
            whole = _derive(schema, named, tables, is_row=False)
            parts = tuple(each for each in whole.parts if isinstance(each, Fragment) or each.name != owner_field)
            yield replace(plain, role=Role.OBJECT, selection=replace(whole, parts=parts))
        elif named.name in tables and not isinstance(named, GraphQLUnionType):
            suffix = "Ids" if is_list else "Id"
            key = id_field(schema, named.name)
            yield replace(plain, column=name + suffix, role=Role.REFERENCE, selection=Selection(named.name, (key,)))
        else:
            nested = _derive(schema, named, tables, is_row=False)
            yield replace(plain, role=Role.OBJECT, selection=nested)


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
    """Return the field by which an object always names the one that it is a part of, if it does."""
    fields = named.fields if isinstance(named, GraphQLObjectType) else {}
    return next((name for name, field in fields.items() if str(field.type) == f"{owner.name}!"), None)


def _has_successor(owner: GraphQLNamedType, field: GraphQLField) -> bool:
    """Return True if a deprecated field names, as its reason, a path that exists beside it."""
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
    fragments = [Fragment(Selection(name, tuple(fields))) for name, fields in members.items() if fields]
    typename = Field(named.name, TYPENAME, TYPENAME, TYPENAME, type=TYPENAME_TYPE)
    own = tuple(_fields(schema, common, shared, tables)) if common is not None else ()
    if common is not None and isinstance(named, GraphQLUnionType):
        # A union has no fields, but what its members share can be asked for once.
        return Selection(named.name, (typename, Fragment(Selection(common.name, own)), *fragments))
    return Selection(named.name, (typename, *own, *fragments))


def _common_interface(schema: GraphQLSchema, union: GraphQLUnionType) -> GraphQLInterfaceType | None:
    """Return the widest interface that all members of a union implement."""
    names = set.intersection(*({each.name for each in member.interfaces} for member in union.types))
    shared = [each for name in sorted(names) if isinstance(each := schema.type_map[name], GraphQLInterfaceType)]
    return max(shared, key=lambda each: len(each.fields), default=None)


def _keep_apart(members: dict[str, list[Field]]) -> None:
    """Alias fields of one name that GraphQL would not merge because their types differ."""
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
    """Return what must be equal for GraphQL to merge two fields: of references only the wrapping."""
    if field.is_reference:
        return field.wire_type.replace(field.type_name, "")
    return field.wire_type


def _suffix(member: str, members: Iterable[str]) -> str:
    """Return the part of a member's name that the names of all members do not begin with."""
    words = [re.findall(r"[A-Z][^A-Z]*", name) for name in members]
    shared = 0
    while all(len(each) > shared + 1 and each[shared] == words[0][shared] for each in words):
        shared += 1
    return "".join(re.findall(r"[A-Z][^A-Z]*", member)[shared:]) or member
