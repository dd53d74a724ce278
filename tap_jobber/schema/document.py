"""Reads a query that a user has written into a tree whose fields know their types, and writes it again.

Fragments are put where they are spread, so that a field can be added or left out in its place. Types are those of
the read schema; what that does not know has none, and is passed on as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    get_named_type,
    parse,
    print_ast,
    validate,
    visit,
)
from graphql.language import Visitor
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

from tap_jobber.schema.selection import TYPENAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from graphql import DocumentNode, GraphQLSchema, SelectionSetNode, ValueNode, VariableDefinitionNode

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
_USE = "use it or leave it out; $first and $after belong to the list to read"


class QueryError(ValueError):
    """A query that cannot be used.

    Args:
        cause: What is wrong with it, as the end of a sentence about the query.
        remedy: What to do about it, in the imperative.
    """

    def __init__(self, cause: str, remedy: str = _CORRECT) -> None:
        super().__init__(f"{cause}: {remedy}")
        self.cause = cause
        self.remedy = remedy


@dataclass(frozen=True)
class Asked:
    """One field of a query.

    Attributes:
        owner: The name of the type it is asked of; nothing where the schema does not tell.
        name: Its name in the API.
        key: The key of its value in the answer: the name, or an alias.
        type: Its type; None where the schema does not know the field.
        head: It as GraphQL text, without what is asked for below it.
        arguments: Its arguments.
        variables: The variables that its arguments and directives use.
        below: What is asked for of its value.
        is_added: Whether it was added to the query, so that it is no part of a row.
    """

    owner: str
    name: str
    key: str
    type: GraphQLOutputType | None
    head: str
    arguments: Mapping[str, ValueNode]
    variables: frozenset[str] = frozenset()
    below: Selections = ()
    is_added: bool = False

    @property
    def named_type(self) -> GraphQLNamedType | None:
        """The named type in its type."""
        return None if self.type is None else get_named_type(self.type)


@dataclass(frozen=True)
class Branch:
    """What is asked for of values of one type only, or under a condition.

    Attributes:
        type_name: The type; nothing where the schema does not tell.
        head: The beginning of the fragment as GraphQL text.
        variables: The variables that its directives use.
        below: What is asked for.
    """

    type_name: str
    head: str
    variables: frozenset[str]
    below: Selections


Selections: TypeAlias = "tuple[Asked | Branch, ...]"


@dataclass(frozen=True)
class Document:
    """A query.

    Attributes:
        variables: The variables that it declares, by name.
        below: What it asks for.
    """

    variables: Mapping[str, VariableDefinitionNode]
    below: Selections


@dataclass(frozen=True)
class UserQuery:
    """A query and what its user wants of it.

    Attributes:
        name: The stream's name, which becomes the operation's.
        document: The query.
        primary_keys: The columns that tell rows apart.
        replication_key: The column that tells when a row was changed.
        records_path: The way to the list to read, where several could be meant.
    """

    name: str
    document: Document
    primary_keys: tuple[str, ...]
    replication_key: str | None = None
    records_path: str | None = None


def added(owner: str, name: str, key: str, type_: GraphQLOutputType | None = None, below: Selections = ()) -> Asked:
    """A field without arguments to add to a query."""
    head = name if key == name else f"{key}: {name}"
    return Asked(owner, name, key, type_, head, {}, below=below, is_added=True)


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
        raise QueryError(f"is not GraphQL ({_placed(error)})") from error
    except RecursionError:
        raise QueryError("is nested too deeply", "ask for less in it") from None


def _placed(error: GraphQLError) -> str:
    """What an error says, and where."""
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


@dataclass(frozen=True)
class _Reading:
    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]

    def document(self, operation: OperationDefinitionNode) -> Document:
        variables = {each.variable.name.value: each for each in operation.variable_definitions or ()}
        query = self.schema.query_type
        return Document(variables, self._below(operation.selection_set, query, query.name if query else ""))

    def _below(self, chosen: SelectionSetNode, owner: GraphQLNamedType | None, owner_name: str) -> Selections:
        found: list[Asked | Branch] = []
        for each in chosen.selections:
            if isinstance(each, FieldNode):
                found.append(self._field(each, owner, owner_name))
            elif isinstance(each, FragmentSpreadNode):
                fragment = self.fragments[each.name.value]
                name = fragment.type_condition.name.value
                found += self._fragment(each, name, fragment.selection_set, owner, owner_name)
            elif isinstance(each, InlineFragmentNode):
                name = each.type_condition.name.value if each.type_condition else owner_name
                found += self._fragment(each, name, each.selection_set, owner, owner_name)
        return tuple(found)

    def _fragment(
        self,
        node: FragmentSpreadNode | InlineFragmentNode,
        type_name: str,
        chosen: SelectionSetNode,
        owner: GraphQLNamedType | None,
        owner_name: str,
    ) -> Selections:
        """What a fragment asks for; as a branch only where it does not go for every value."""
        directives = node.directives or ()
        if type_name == owner_name:
            below = self._below(chosen, owner, owner_name)
            if not directives:
                return below
        else:
            below = self._below(chosen, self.schema.type_map.get(type_name), type_name)
        words = ["...", *(["on", type_name] if type_name else []), *map(print_ast, directives)]
        return (Branch(type_name, " ".join(words), _variables_of(directives), below),)

    def _field(self, node: FieldNode, owner: GraphQLNamedType | None, owner_name: str) -> Asked:
        name = node.name.value
        key = node.alias.value if node.alias else name
        arguments, directives = node.arguments or (), node.directives or ()
        type_ = _type_of(owner, name)
        named = None if type_ is None else get_named_type(type_)
        below: Selections = ()
        if node.selection_set is not None:
            below = self._below(node.selection_set, named, named.name if named else "")
        head = name if key == name else f"{key}: {name}"
        if arguments:
            head += f"({', '.join(map(print_ast, arguments))})"
        return Asked(
            owner=owner_name,
            name=name,
            key=key,
            type=type_,
            head=" ".join([head, *map(print_ast, directives)]),
            arguments={each.name.value: each.value for each in arguments},
            variables=_variables_of([*arguments, *directives]),
            below=below,
        )


def _type_of(owner: GraphQLNamedType | None, name: str) -> GraphQLOutputType | None:
    if name == TYPENAME:
        return GraphQLString
    fields = owner.fields if isinstance(owner, GraphQLObjectType | GraphQLInterfaceType) else {}
    return fields[name].type if name in fields else None


def _variables_of(nodes: Iterable[Node]) -> frozenset[str]:
    found: set[str] = set()

    class Collector(Visitor):
        def enter_variable(self, node: VariableNode, *_args: object) -> None:
            found.add(node.name.value)

    for node in nodes:
        visit(node, Collector())
    return frozenset(found)


def fields(below: Selections) -> Iterator[Asked]:
    """The fields asked for of one value, those of single types included."""
    for each in below:
        if isinstance(each, Branch):
            yield from fields(each.below)
        else:
            yield each


def every_field(below: Selections) -> Iterator[Asked]:
    """The fields asked for, and all below them."""
    for field in fields(below):
        yield field
        yield from every_field(field.below)


def by_key(below: Selections) -> dict[str, list[Asked]]:
    """The fields asked for of one value by the key of the answer that they fill."""
    found: dict[str, list[Asked]] = {}
    for field in fields(below):
        found.setdefault(field.key, []).append(field)
    return found


def merged(same: Iterable[Asked]) -> Selections:
    """What is asked for below fields that fill one key."""
    return tuple(each for field in same for each in field.below)


def variables_in(below: Selections) -> set[str]:
    """The variables that are used."""
    found: set[str] = set()
    for each in below:
        found |= each.variables | variables_in(each.below)
    return found


def rewritten(below: Selections, change: Callable[[Asked | Branch], Asked | Branch | None]) -> Selections:
    """What is asked for, changed from the innermost outwards; what is left with nothing below it goes.

    Args:
        below: What is asked for.
        change: Makes of a part another one, or None to leave it out.
    """
    found: list[Asked | Branch] = []
    for each in below:
        inside = rewritten(each.below, change)
        if each.below and not inside:
            continue
        changed = change(replace(each, below=inside))
        if changed is not None:
            found.append(changed)
    return tuple(found)


def text_of(below: Selections) -> str:
    """What is asked for as GraphQL text, braces included."""
    parts = [f"{each.head} {text_of(each.below)}" if each.below else each.head for each in below]
    return "{ " + " ".join(parts) + " }"
