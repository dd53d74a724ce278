"""Find the value of a field: the one that `fields/` has for it, else one invented from its type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLEnumType,
    GraphQLObjectType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_non_null_type,
)

from jobber_sandbox import facts
from jobber_sandbox.fallback_values import fallback_value
from jobber_sandbox.world import Part, salt_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from graphql import GraphQLSchema

    from jobber_sandbox.contents import Contents
    from jobber_sandbox.dynamic_types import SchemaType, Value
    from jobber_sandbox.world import Node

FEW = 3


class Registry:
    """The values of all fields of a schema.

    Args:
        schema: The types that are served.
        contents: The values of their fields.
    """

    def __init__(self, schema: GraphQLSchema, contents: Contents) -> None:
        self._schema = schema
        self.contents = contents
        self._getters: dict[tuple[str, str], Callable[[Node], Any]] = {}

    def getter(self, typename: str, field: str) -> Callable[[Node], Any]:
        """Return the getter of a field of a concrete type."""
        found = self._getters.get((typename, field))
        if found is None:
            otherwise = self._find(typename, field)
            found = otherwise
            if self.contents.has_facts:
                found = self._known_value(facts.known(field, otherwise), typename, field)
            self._getters[typename, field] = found
        return found

    def lister(self, typename: str, field: str, row_type: str) -> Callable[[Node, Mapping[str, Any]], Any]:
        """Return the getter of all rows of a connection of a concrete type."""
        declared = self.contents.lists.get(typename, {}).get(field)
        if declared is not None:
            return facts.list_known(field, declared) if self.contents.has_facts else declared
        salt = salt_of(f"{typename}.{field}")

        members = self._members(row_type)

        def rows(node: Node, _arguments: Mapping[str, Any]) -> Sequence[Node]:
            world = node.world
            tables = [name for name in dict.fromkeys((row_type, *members)) if name in world.tables]
            if not tables:
                return self.parts(row_type, node, salt)
            if isinstance(node, Part):
                return ()
            return [row for name in tables for row in world.children(node, name)]

        return facts.list_known(field, rows) if self.contents.has_facts else rows

    def parts(self, type_name: str, owner: Node, salt: int) -> list[Node]:
        """Return a few objects of a type that no table holds."""
        members = [name for name in self._members(type_name) if name not in owner.world.tables]
        return [
            Part(members[index % len(members)], owner, salt + index)
            for index in range(owner.roll(salt) % (FEW + 1))
            if members
        ]

    def _members(self, type_name: str) -> list[str]:
        """Return the concrete types behind a name, which may be one that the schema lacks."""
        named = self._schema.type_map.get(type_name)
        if named is not None and is_abstract_type(named):
            return [member.name for member in self._schema.get_possible_types(named)]
        return [type_name]

    def read(self, node: Node | None, path: str) -> Value:
        """Return the value at a dotted path of field names, None where the path breaks off."""
        value: Value = node
        for name in path.split("."):
            if value is None:
                return None
            if isinstance(value, dict):
                value = value.get(name)
                continue
            changes = value.changes
            if changes is not None and name in changes:
                value = changes[name]
            else:
                value = self.getter(value.typename, name)(value)
        return value

    def has(self, typename: str, field: str) -> bool:
        """Return True if the type has such a field."""
        named = self._schema.type_map.get(typename)
        return isinstance(named, GraphQLObjectType) and field in named.fields

    def _find(self, typename: str, field: str) -> Callable[[Node], Any]:
        declared = self.contents.values.get(typename, {}).get(field)
        if declared is not None:
            return self._known_value(declared, typename, field)
        named = self._schema.type_map.get(typename)
        if not isinstance(named, GraphQLObjectType) or field not in named.fields:
            # Rows can be of a type that an older schema does not have.
            return lambda _node: None
        found: Callable[[Node], Any] = fallback_value(
            typename, field, named.fields[field].type, self._schema, self.contents.texts
        )
        return found

    def _known_value(self, get: Callable[[Node], Any], typename: str, field: str) -> Callable[[Node], Any]:
        """Return the getter, with other values for what an older schema lacks: nulls, and newer values of enums."""
        fields = getattr(self._schema.type_map.get(typename), "fields", {})
        wanted: SchemaType = fields[field].type if field in fields else None
        named = get_named_type(wanted)
        if not is_leaf_type(named) or not (is_non_null_type(wanted) or isinstance(named, GraphQLEnumType)):
            return get
        values = tuple(named.values) if isinstance(named, GraphQLEnumType) else ()
        instead = fallback_value(typename, field, wanted, self._schema, self.contents.texts)

        def known(node: Node) -> Value:
            value = get(node)
            if value is None and is_non_null_type(wanted):
                return instead(node)
            return values[0] if values and isinstance(value, str) and value not in values else value

        return known


def row_type_of(connection: SchemaType) -> str:
    """Return the type that the rows of a connection are declared with."""
    fields = connection.fields
    if "nodes" in fields:
        return str(get_named_type(fields["nodes"].type).name)
    edge = get_named_type(fields["edges"].type) if "edges" in fields else None
    if edge is not None and "node" in getattr(edge, "fields", {}):
        return str(get_named_type(edge.fields["node"].type).name)
    return str(connection.name).removesuffix("Connection")
