"""Price a query in points, before it runs and after.

The requested price follows from the query alone. By the stock rule of graphql-ruby every field is one point, and a
connection counts what is selected for one row as often as rows are asked for, and the rest of what is selected in it
once. By the rule that Jobber documents, which its version 2023-08-18 followed, connections, `edges`, `nodes` and
`node` are free. The actual price counts the rows that the answer really holds. A list that is not a connection is not
multiplied: it counts as its dearest item.

What the recorded prices of Jobber's answers (2023 to 2026) tell besides:

- the members of a union add up, and `customFieldConfiguration` costs 5 more for each row that asks for it;
- by the stock rule an object that is null is charged as if it were there, by the documented one it is not.

What tells of the schema itself is priced by the query alone, each list in it as if it had ten items: so the usual
query for a whole schema comes to what the real server was seen to ask for it, several full buckets.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

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
Rule = Literal["stock", "documented"]

_ROWS = frozenset({"edges", "nodes"})
_ROW_PARTS = frozenset({"edges", "nodes", "node"})
_EXTRA_POINTS: Mapping[str, int] = {"customFieldConfiguration": 5}
"""Points beyond the stock rule, by field, counted once for all members of a union."""
_ABOUT_SCHEMA: Mapping[str, GraphQLField] = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}


@dataclass
class Priced:
    """One field of a selection with everything selected below it."""

    key: str
    points: int
    extra_points: int = 0
    """Points beyond the rule, counted once among fields of one key."""
    rows: int | None = None
    """Number of rows that a connection is asked for; None for any other field."""
    holds_rows: bool = False
    """True if this is the `nodes` or `edges` of a connection."""
    items: int = 1
    """Number of items that a list is priced with."""
    is_about_schema: bool = False
    """True if the field tells of the schema itself."""
    children: dict[tuple[str, str], Priced] = field(default_factory=dict)
    """By the type that the selection is made on and the response key."""

    def requested_points(self) -> int:
        """Return the price before the query runs."""
        return self.points + self.items * self._below(self.rows)

    def _below(self, rows: int | None) -> int:
        total, extras = 0, dict[str, int]()
        for child in self.children.values():
            extras[child.key] = max(child.extra_points, extras.get(child.key, 0))
            if rows is not None and child.holds_rows:
                total += child.points + rows * child.requested_below()
            else:
                total += child.requested_points()
        return total + sum(extras.values())

    @cached_property
    def _charged(self) -> tuple[list[Priced], dict[str, _Charged]]:
        """The fields below that tell of the schema, and all others as they are charged."""
        told = [child for child in self.children.values() if child.is_about_schema]
        rest = [child for child in self.children.values() if not child.is_about_schema]
        return told, _merged(rest)

    def actual_points(self, answer: Mapping[str, Any], rule: Rule) -> int:
        """Return the price of what an answer holds."""
        told, rest = self._charged
        about_schema = sum(1 if answer.get(child.key) is None else child.requested_points() for child in told)
        return about_schema + _held(rest, answer, rule)

    def requested_below(self) -> int:
        """Return the price of what is selected below this field, for one row."""
        return self._below(None)


@dataclass(frozen=True)
class PriceList:
    """The rule by which fields are priced.

    Args:
        rule: The stock rule of graphql-ruby, or the one that Jobber documents.
        expensive_points: Extra points by `Type.field`.
        page_cap: The largest page, and the page of a connection that names none.
    """

    rule: Rule = "stock"
    expensive_points: Mapping[str, int] = field(default_factory=dict)
    page_cap: int = MAXIMUM_PAGE


@dataclass(frozen=True)
class Pricer:
    """Prices of the operations of one schema, by one price list."""

    schema: GraphQLSchema
    prices: PriceList

    def plan(self, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> Priced:
        """Return the selection of a valid operation with the price of every field."""
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
            is_connection = named_type is not None and named_type.name.endswith("Connection")
            is_row_part = on_type.name.endswith(("Connection", "Edge")) and name in _ROW_PARTS
            is_stock = self.prices.rule == "stock"
            points = 1 if is_stock or not (is_connection or is_row_part) else 0
            points += self.prices.expensive_points.get(f"{on_type.name}.{name}", 0)
            priced = Priced(
                key,
                points,
                extra_points=_EXTRA_POINTS.get(name, 0) if is_stock and on_type is not self.schema.query_type else 0,
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


def actual_points(plan: Priced, answer: Mapping[str, Any] | None, rule: Rule = "stock") -> int:
    """Return the price of what an answer holds.

    Args:
        plan: The selection that was priced before.
        answer: The `data` of the answer.
        rule: The rule to charge by.
    """
    return plan.actual_points(answer, rule) if answer else 0


@dataclass(frozen=True)
class _Charged:
    """The fields of one key in a selection, of whichever members."""

    points: int
    holds_rows: bool
    below: dict[str, _Charged]

    def absent_points(self) -> int:
        """Return the price of what is selected below if it is null: no rows, but all the rest."""
        return sum(each.points + (0 if each.holds_rows else each.absent_points()) for each in self.below.values())


def _merged(children: list[Priced]) -> dict[str, _Charged]:
    by_key: dict[str, list[Priced]] = {}
    for child in children:
        by_key.setdefault(child.key, []).append(child)
    return {
        key: _Charged(
            max(same.points + same.extra_points for same in alike),
            any(same.holds_rows for same in alike),
            _merged([below for same in alike for below in same.children.values()]),
        )
        for key, alike in by_key.items()
    }


def _held(selection: dict[str, _Charged], node: Mapping[str, Any], rule: Rule) -> int:
    total = 0
    for key, charged in selection.items():
        if key not in node:
            continue
        total += charged.points
        value = node[key]
        if not charged.below:
            continue
        if value is None:
            total += charged.absent_points() if rule == "stock" else 0
        elif isinstance(value, list):
            counts = [_held(charged.below, item, rule) for item in value if item is not None]
            total += sum(counts) if charged.holds_rows else max(counts, default=0)
        else:
            total += _held(charged.below, value, rule)
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
