"""Answers to any query, made by running it against a schema with values of the right types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    execute_sync,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    visit,
)
from graphql.language import Visitor

from tests.documents import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import GraphQLOutputType, GraphQLSchema

    from tap_jobber.graphql.tree import Field, Path, Selection

SCALARS: dict[str, object] = {
    "Boolean": True,
    "Float": 1.5,
    "Int": 7,
    "ISO8601Date": "2026-01-31",
    "ISO8601DateTime": "2026-01-31T12:00:00Z",
    "JSON": {"b": [1, None], "a": {"ü": 1.5}},
    "Minutes": 90,
    "Seconds": 5_400,
}
MEMBER = "chosen member"


class Business:
    """Gives every field a value.

    Args:
        schema: The types.
        member: Which member of a union or an interface a value is, as a number.
        all_null: True to leave every nullable value null.
    """

    def __init__(self, schema: GraphQLSchema, *, member: int = 0, all_null: bool = False) -> None:
        self._schema = schema
        self._member = member
        self._all_null = all_null

    def answer(self, query: str) -> dict[str, Any]:
        """Return the data of an answer to a query."""
        result = execute_sync(
            self._schema,
            parsed(query),
            root_value={},
            variable_values={"first": 2, "after": None},
            field_resolver=self._resolve,
            type_resolver=lambda value, *_: value[MEMBER],
        )
        assert result.errors is None, result.errors
        assert result.data is not None
        return dict(result.data)

    def _resolve(self, source: object, info: GraphQLResolveInfo[Any], **_: object) -> object:
        is_below_the_root = bool(source)
        if self._all_null and is_below_the_root and not is_non_null_type(info.return_type):
            return None
        return self._value(info.return_type)

    def _value(self, of: GraphQLOutputType) -> object:
        bare = get_nullable_type(of)
        if is_list_type(bare):
            return [self._value(bare.of_type), self._value(bare.of_type)]
        named = get_named_type(bare)
        if isinstance(named, GraphQLEnumType):
            return next(iter(named.values.values())).value
        if is_leaf_type(named):
            return SCALARS.get(named.name, f"text of {named.name}")
        if is_abstract_type(named):
            members = self._schema.get_possible_types(named)
            return {MEMBER: members[self._member % len(members)].name}
        assert isinstance(named, GraphQLObjectType)
        return {MEMBER: named.name}


def count_fields(query: str, below: str) -> int:
    """Count the fields that a query selects below the fields of a name."""
    found: list[int] = []

    class Counter(Visitor):
        def enter_field(self, node: FieldNode, *_: object) -> None:
            if node.name.value == below and node.selection_set is not None and not found:
                found.append(-1)
                visit(node, Inner())

    class Inner(Visitor):
        def enter_field(self, _node: FieldNode, *_: object) -> None:
            found[0] += 1

    visit(parsed(query), Counter())
    return found[0]


def all_paths(selection: Selection) -> list[Path]:
    """Return the path of every property that a selection fills."""
    paths: list[Path] = []

    def record(_field: Field, path: Path) -> bool:
        paths.append(path)
        return True

    selection.where(record)
    return list(dict.fromkeys(paths))


def properties(schema: dict[str, Any], at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every property of a JSON Schema, through arrays too."""
    for name, described in schema.get("properties", {}).items():
        yield (*at, name)
        yield from properties(described.get("items", described), (*at, name))


def filled(value: object, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every value in a row that is not null, through lists too."""
    if isinstance(value, dict):
        for name, below in value.items():
            if below is not None:
                yield (*at, name)
                yield from filled(below, (*at, name))
    elif isinstance(value, list):
        for each in value:
            yield from filled(each, at)
