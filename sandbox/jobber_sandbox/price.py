"""What a query costs, before it runs and after.

The requested price follows from the query alone: every field is one point, `edges`, `nodes` and `node` are free, and
a connection counts what is selected for one row as often as rows are asked for. The actual price counts the fields
that the answer really holds, so a short page or a null is cheaper than was feared. A list that is not a connection is
not multiplied: it counts as its dearest item.

What tells of the schema itself is priced by the query alone, each list in it as if it had ten items: so the usual
query for a whole schema comes to what the real server was seen to ask for it, several full buckets.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLCompositeType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SchemaMetaFieldDef,
    TypeMetaFieldDef,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import DocumentNode, SelectionNode

MAXIMUM_PAGE = 100
INTROSPECTED_ITEMS = 10
_ROWS = frozenset({"edges", "nodes"})
_FREE = frozenset({"edges", "nodes", "node"})
_ABOUT_SCHEMA: Mapping[str, GraphQLField] = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}


@dataclass
class Priced:
    """One field of a selection with everything selected below it."""

    key: str
    points: int
    rows: int | None = None
    """How many rows a connection is asked for; None for any other field."""
    holds_rows: bool = False
    """Whether this is the `nodes` or `edges` of a connection."""
    items: int = 1
    """How many items a list is taken to have."""
    is_about_schema: bool = False
    """Whether the field tells of the schema itself."""
    children: dict[tuple[str, str], Priced] = field(default_factory=dict)
    """By the type that the selection is made on and the response key."""

    def requested_points(self) -> int:
        """The price before the query runs."""
        return self.points + self.items * self._below(self.rows)

    def _below(self, rows: int | None) -> int:
        total = 0
        for child in self.children.values():
            if rows is not None and child.holds_rows:
                total += child.points + rows * child.requested_below()
            else:
                total += child.requested_points()
        return total

    def requested_below(self) -> int:
        """The price of what is selected below this field, for one row."""
        return self._below(None)


@dataclass(frozen=True)
class PriceList:
    """The rule by which fields are priced.

    Args:
        connection_points: What a connection costs besides its rows; the documented rule says nothing is added, pages
            priced by the real server suggest one point.
        expensive_points: Extra points by `Type.field`.
        page_cap: The largest page, and the page of a connection that names none.
    """

    connection_points: int = 0
    expensive_points: Mapping[str, int] = field(default_factory=dict)
    page_cap: int = MAXIMUM_PAGE


@dataclass(frozen=True)
class Pricer:
    """Prices the operations of one schema by one price list."""

    schema: GraphQLSchema
    prices: PriceList

    def plan(self, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> Priced:
        """The selection of a valid operation with the price of every field."""
        fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
        root = Priced("", 0)
        root_type = self.schema.get_root_type(operation.operation)
        if root_type is not None:
            self._collect(root, operation.selection_set.selections, root_type, fragments, variables)
        return root

    def _collect(
        self,
        parent: Priced,
        selections: tuple[SelectionNode, ...],
        on_type: GraphQLCompositeType,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
    ) -> None:
        for selection in selections:
            if _is_left_out(selection, variables):
                continue
            if isinstance(selection, FieldNode):
                self._collect_field(parent, selection, on_type, fragments, variables)
                continue
            fragment = (
                selection if isinstance(selection, InlineFragmentNode) else fragments[selection.name.value]  # type: ignore[attr-defined]  # the third kind is a spread
            )
            condition = fragment.type_condition
            narrowed = self.schema.type_map[condition.name.value] if condition else on_type
            if is_composite_type(narrowed):
                self._collect(parent, fragment.selection_set.selections, narrowed, fragments, variables)

    def _collect_field(
        self,
        parent: Priced,
        node: FieldNode,
        on_type: GraphQLCompositeType,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
    ) -> None:
        name = node.name.value
        key = node.alias.value if node.alias else name
        definition = self._field_of(on_type, name)
        named_type = get_named_type(definition.type) if definition else None
        priced = parent.children.get((on_type.name, key))
        if priced is None:
            in_connection = on_type.name.endswith(("Connection", "Edge"))
            is_connection = named_type is not None and named_type.name.endswith("Connection")
            points = self.prices.connection_points if is_connection else 1
            if in_connection and name in _FREE:
                points = 0
            points += self.prices.expensive_points.get(f"{on_type.name}.{name}", 0)
            priced = Priced(
                key,
                points,
                rows=self._rows(node, variables) if is_connection else None,
                holds_rows=on_type.name.endswith("Connection") and name in _ROWS,
                items=INTROSPECTED_ITEMS if on_type.name.startswith("__") and _is_list(definition) else 1,
                is_about_schema=name in _ABOUT_SCHEMA,
            )
            parent.children[on_type.name, key] = priced
        if node.selection_set and named_type is not None and is_composite_type(named_type):
            self._collect(priced, node.selection_set.selections, named_type, fragments, variables)

    def _field_of(self, on_type: GraphQLCompositeType, name: str) -> GraphQLField | None:
        if name in _ABOUT_SCHEMA and on_type is self.schema.query_type:
            return _ABOUT_SCHEMA[name]
        if isinstance(on_type, (GraphQLObjectType, GraphQLInterfaceType)):
            found: GraphQLField | None = on_type.fields.get(name)
            return found
        return None

    def _rows(self, node: FieldNode, variables: Mapping[str, Any]) -> int:
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        for name in ("first", "last"):
            value: Any = given.get(name)
            if isinstance(value, VariableNode):
                rows = variables.get(value.name.value)
            else:
                rows = int(value.value) if isinstance(value, IntValueNode) else None
            if rows is not None:
                return max(0, min(int(rows), self.prices.page_cap))
        return self.prices.page_cap


def actual_points(plan: Priced, answer: Mapping[str, Any] | None) -> int:
    """The price of the fields that an answer holds."""
    if not answer:
        return 0
    told = [child for child in plan.children.values() if child.is_about_schema]
    rest = [child for child in plan.children.values() if not child.is_about_schema]
    about_schema = sum(1 if answer.get(child.key) is None else child.requested_points() for child in told)
    return about_schema + _held(_merged(rest), answer)


def _merged(children: list[Priced]) -> dict[str, tuple[int, Any]]:
    by_key: dict[str, list[Priced]] = {}
    for child in children:
        by_key.setdefault(child.key, []).append(child)
    return {
        key: (
            max(same.points for same in alike),
            _merged([below for same in alike for below in same.children.values()]),
        )
        for key, alike in by_key.items()
    }


def _held(selection: dict[str, tuple[int, Any]], node: Mapping[str, Any]) -> int:
    total = 0
    for key, (points, below) in selection.items():
        if key not in node:
            continue
        total += points
        value = node[key]
        if not below or value is None:
            continue
        if isinstance(value, list):
            counts = [_held(below, item) for item in value if item is not None]
            total += (sum(counts) if points == 0 else max(counts, default=0)) if counts else 0
        else:
            total += _held(below, value)
    return total


def _is_list(definition: GraphQLField | None) -> bool:
    return definition is not None and is_list_type(get_nullable_type(definition.type))


def _is_left_out(selection: SelectionNode, variables: Mapping[str, Any]) -> bool:
    for directive in selection.directives or ():
        if directive.name.value not in {"include", "skip"} or not directive.arguments:
            continue
        condition: Any = directive.arguments[0].value
        holds = variables.get(condition.name.value) if isinstance(condition, VariableNode) else condition.value
        if bool(holds) == (directive.name.value == "skip"):
            return True
    return False
