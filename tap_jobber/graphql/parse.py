"""Reads a query that a user has written; fragments are put where they are spread, so that each field has one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    get_named_type,
    parse,
    validate,
)
from graphql.validation import (
    KnownFragmentNamesRule,
    NoFragmentCyclesRule,
    NoUndefinedVariablesRule,
    NoUnusedFragmentsRule,
    NoUnusedVariablesRule,
    OverlappingFieldsCanBeMergedRule,
    UniqueArgumentNamesRule,
    UniqueFragmentNamesRule,
    UniqueInputFieldNamesRule,
    UniqueVariableNamesRule,
)

from tap_jobber.graphql.document import Document, QueryError
from tap_jobber.graphql.tree import TYPENAME, TYPENAME_TYPE, Field, Fragment, Role, Selection

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graphql import DocumentNode, GraphQLSchema, SelectionSetNode

    from tap_jobber.graphql.tree import Element

# Rules that hold whatever the schema is; the server judges the rest by its own.
_RULES = (
    KnownFragmentNamesRule,
    NoFragmentCyclesRule,
    NoUndefinedVariablesRule,
    NoUnusedFragmentsRule,
    NoUnusedVariablesRule,
    OverlappingFieldsCanBeMergedRule,
    UniqueArgumentNamesRule,
    UniqueFragmentNamesRule,
    UniqueInputFieldNamesRule,
    UniqueVariableNamesRule,
)
_CORRECT = "correct the query"
# Of so many fields, not even one row fits the point bucket; fragments in fragments make millions of a few lines.
_MOST_FIELDS = 10_000
_USE = "use it or leave it out; $first and $after belong to the list to read"


def read_document(schema: GraphQLSchema, text: str) -> Document:
    """Read a query.

    Args:
        schema: The read schema.
        text: The query.

    Raises:
        QueryError: If it is not just one query that holds together.
    """
    try:
        document = parse(text)
        operation, fragments = _parts(document)
        found = validate(schema, document, _RULES, max_errors=1)
        if found:
            is_unused = "never used" in found[0].message
            raise QueryError(f"is not usable GraphQL ({_placed(found[0])})", _USE if is_unused else _CORRECT)
        return _Reading(schema, fragments).document(operation)
    except GraphQLError as error:
        raise QueryError(f"is not GraphQL ({_placed(error)})", _CORRECT) from error
    except RecursionError:
        raise QueryError("is nested too deeply", "ask for less in it") from None


def _placed(error: GraphQLError) -> str:
    """Return an error's message and its line."""
    place = f", line {error.locations[0].line}" if error.locations else ""
    return f"{error.message.rstrip('.')}{place}"


def _parts(document: DocumentNode) -> tuple[OperationDefinitionNode, dict[str, FragmentDefinitionNode]]:
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    if len(operations) + sum(isinstance(each, FragmentDefinitionNode) for each in document.definitions) < len(
        document.definitions
    ):
        raise QueryError("defines types", "leave only one query and its fragments in it")
    if len(operations) != 1:
        raise QueryError(f"holds {len(operations)} operations", "leave only one query and its fragments in it")
    if operations[0].operation is not OperationType.QUERY:
        kind = operations[0].operation.value
        raise QueryError(f"is a {kind}, and the tap only reads", "write a query")
    return operations[0], fragments


@dataclass
class _Reading:
    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    _count: int = 0

    def document(self, operation: OperationDefinitionNode) -> Document:
        variables = {each.variable.name.value: each for each in operation.variable_definitions or ()}
        query = self.schema.query_type
        return Document(variables, self._selection(operation.selection_set, query, query.name if query else ""))

    def _selection(self, chosen: SelectionSetNode, owner: GraphQLNamedType | None, owner_name: str) -> Selection:
        found: list[Element] = []
        for each in chosen.selections:
            self._count += 1
            if self._count > _MOST_FIELDS:
                raise QueryError(f"asks for more than {_MOST_FIELDS:,} fields", "ask for less in it")
            if isinstance(each, FieldNode):
                found.append(self._field(each, owner, owner_name))
            elif isinstance(each, FragmentSpreadNode):
                fragment = self.fragments[each.name.value]
                name = fragment.type_condition.name.value
                found += self._fragment(each, name, fragment.selection_set, owner, owner_name)
            elif isinstance(each, InlineFragmentNode):
                name = each.type_condition.name.value if each.type_condition else owner_name
                found += self._fragment(each, name, each.selection_set, owner, owner_name)
        return Selection(owner_name, tuple(found))

    def _fragment(
        self,
        node: FragmentSpreadNode | InlineFragmentNode,
        type_name: str,
        chosen: SelectionSetNode,
        owner: GraphQLNamedType | None,
        owner_name: str,
    ) -> Iterator[Element]:
        """Yield what a fragment asks for; as a fragment only where it does not go for every value."""
        directives = tuple(node.directives or ())
        named = owner if type_name == owner_name else self.schema.type_map.get(type_name)
        below = self._selection(chosen, named, type_name)
        if type_name == owner_name and not directives:
            yield from below.parts
        else:
            yield Fragment(below, directives)

    def _field(self, node: FieldNode, owner: GraphQLNamedType | None, owner_name: str) -> Field:
        name = node.name.value
        key = node.alias.value if node.alias else name
        type_ = _type_of(owner, name)
        named = None if type_ is None else get_named_type(type_)
        below: Selection | None = None
        if node.selection_set is not None:
            below = self._selection(node.selection_set, named, named.name if named else "")
        return Field(
            owner=owner_name,
            name=name,
            key=key,
            column=key,
            role=Role.VALUE if below is None else Role.OBJECT,
            type=type_,
            arguments=tuple(node.arguments or ()),
            directives=tuple(node.directives or ()),
            selection=below,
        )


def _type_of(owner: GraphQLNamedType | None, name: str) -> GraphQLOutputType | None:
    if name == TYPENAME:
        return TYPENAME_TYPE
    fields = owner.fields if isinstance(owner, GraphQLObjectType | GraphQLInterfaceType) else {}
    return fields[name].type if name in fields else None


def unknown_in(schema: GraphQLSchema, selection: Selection) -> Iterator[str]:
    """Yield what the schema does not know of a query; of an unknown thing only itself, not what is in it."""
    for field in selection.every_field():
        if field.is_added:
            continue
        if field.type is not None:
            if field.selection is not None:
                yield from unknown_in(schema, field.selection)
        elif field.owner and field.owner not in schema.type_map:
            yield field.owner
        else:
            yield f"{field.owner}.{field.name}" if field.owner else field.name
