"""Execute one GraphQL request against one account: parse, validate, run."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    execute_sync,
    parse,
)

from jobber_sandbox import resolver_faults
from jobber_sandbox.contents import HOSTILE
from jobber_sandbox.executable_schema import attach_resolvers, build_executable_schema, internal_sdl
from jobber_sandbox.query_shape import shape_of
from jobber_sandbox.registry import Registry
from jobber_sandbox.resolver_faults import UnservableError
from jobber_sandbox.root_fields import attach_roots
from jobber_sandbox.validation import problems_of
from jobber_sandbox.variables import read_variables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from graphql import DocumentNode, GraphQLSchema

    from jobber_sandbox.contents import Contents
    from jobber_sandbox.context import Context
    from jobber_sandbox.dynamic_types import Info, Value
    from jobber_sandbox.faults import Fault

try:
    from jobber_sandbox.leaf_executor import LeafExecutor
except ImportError:  # graphql-core before 3.3 has its own way alone
    _EXECUTION: dict[str, Any] = {}
else:
    _EXECUTION = {"executor_class": LeafExecutor}

QUERIES_KEPT = 512
SHAPES_KEPT = 4_096
ENGINES_KEPT = 6


class UnreadableQueryError(ValueError):
    """Text that is no GraphQL document, or has no operation to run."""


class Prepared(NamedTuple):
    """A document that has been looked at once."""

    schema: GraphQLSchema
    document: DocumentNode
    operations: tuple[OperationDefinitionNode, ...]
    problems: list[dict[str, Any]]

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """Return the operation to run."""
        for operation in self.operations:
            if (len(self.operations) == 1 and name is None) or (operation.name and operation.name.value == name):
                return operation
        msg = f"there is no operation {name}"
        raise UnreadableQueryError(msg)

    def roots(self) -> tuple[str, ...]:
        """Return the names of the root fields."""
        fragments = {
            node.name.value: node for node in self.document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        found: list[str] = []

        def collect(selections: Iterable[Any]) -> None:
            for selection in selections:
                if isinstance(selection, FieldNode):
                    found.append(selection.name.value)
                elif isinstance(selection, InlineFragmentNode):
                    collect(selection.selection_set.selections)
                elif selection.name.value in fragments:
                    collect(fragments[selection.name.value].selection_set.selections)

        for operation in self.operations:
            collect(operation.selection_set.selections)
        return tuple(found)


@lru_cache(maxsize=ENGINES_KEPT)
def engine_of(sdl: str, *, suggestions: bool = False, contents: Contents = HOSTILE) -> Engine:
    """Return the engine that the sandboxes of this process share if they serve the same types and contents."""
    return Engine(sdl, suggestions=suggestions, contents=contents)


class Engine:
    """The GraphQL side of sandboxes, which keeps nothing of what any of them holds.

    Args:
        sdl: The types to serve.
        suggestions: True if errors about unknown names suggest others.
        contents: The values of the fields.
    """

    def __init__(self, sdl: str, *, suggestions: bool = False, contents: Contents = HOSTILE) -> None:
        self._sdl = sdl
        self._suggestions = suggestions
        self.schema = build_executable_schema(sdl)
        self.registry = Registry(self.schema, contents)
        attach_resolvers(self.schema, self.registry)
        attach_roots(self.schema, self.registry)
        self._sound: dict[str, GraphQLSchema] = {}
        self._variants: dict[tuple[frozenset[str], frozenset[str]], GraphQLSchema] = {}
        self._prepared = lru_cache(maxsize=QUERIES_KEPT)(self._prepare)

    @cached_property
    def internal_schema(self) -> GraphQLSchema:
        """The schema that introspection shows to those who are not signed in."""
        return build_executable_schema(internal_sdl(self._sdl))

    def schema_without(self, faults: Iterable[Fault]) -> GraphQLSchema:
        """Return the schema without the fields and arguments that faults take away."""
        fields = frozenset(fault.field for fault in faults if fault.field is not None)
        arguments = frozenset(fault.argument for fault in faults if fault.argument is not None)
        if not fields and not arguments:
            return self.schema
        variant = self._variants.get((fields, arguments))
        if variant is None:
            variant = build_executable_schema(self._sdl, fields, arguments)
            attach_resolvers(variant, self.registry)
            attach_roots(variant, self.registry)
            self._variants[fields, arguments] = variant
        return variant

    def prepare(self, query: str, schema: GraphQLSchema) -> Prepared:
        """Parse and validate, once for each text.

        Raises:
            UnreadableQueryError: The text is no GraphQL.
        """
        return self._prepared(query, schema)

    def _prepare(self, query: str, schema: GraphQLSchema) -> Prepared:
        try:
            document = parse(query)
        except GraphQLSyntaxError as error:
            raise UnreadableQueryError(error.message) from error
        operations = tuple(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
        if not operations:
            msg = "the document has no operation"
            raise UnreadableQueryError(msg)
        return Prepared(schema, document, operations, self._problems(query, schema, document))

    def _problems(self, query: str, schema: GraphQLSchema, document: DocumentNode) -> list[dict[str, Any]]:
        """Return what is wrong with a document, which is not looked through again for other moments and ids."""
        shape = shape_of(query)
        if shape is not None and self._sound.get(shape) is schema:
            return []
        problems = problems_of(schema, document, suggestions=self._suggestions)
        if shape is not None and not problems and len(self._sound) < SHAPES_KEPT:
            self._sound[shape] = schema
        return problems

    def variables(
        self, prepared: Prepared, operation: OperationDefinitionNode, given: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Return the variables of a request, and the errors in them."""
        return read_variables(prepared.schema, operation, given)

    def run(
        self,
        prepared: Prepared,
        operation: OperationDefinitionNode,
        given: Mapping[str, Any],
        context: Context | None,
        faults: Sequence[Fault] = (),
    ) -> dict[str, Any]:
        """Return the `data` of the answer, and its `errors` if there are any; without a context nobody is signed in.

        Raises:
            UnservableError: A fault has it that nothing of the query is answered.
        """
        middleware = None
        if context is None:
            middleware = [_refuse_roots(prepared.schema)]
        elif faults:
            middleware = [resolver_faults.middleware(faults)]
        result = execute_sync(
            prepared.schema,
            prepared.document,
            context_value=context,
            variable_values=dict(given),
            operation_name=operation.name.value if operation.name else None,
            middleware=middleware,
            **_EXECUTION,
        )
        for error in result.errors or ():
            if isinstance(error.original_error, UnservableError):
                raise error.original_error
        answered: dict[str, Any] = {"data": result.data}
        if result.errors:
            answered["errors"] = [_answered(error) for error in result.errors]
        return answered


def _answered(error: GraphQLError) -> dict[str, Any]:
    answered: dict[str, Any] = {"message": error.message}
    answered["locations"] = [location._asdict() for location in error.locations or ()]
    answered["path"] = list(error.path or ())
    if error.extensions:
        answered["extensions"] = error.extensions
    return answered


def _refuse_roots(schema: GraphQLSchema) -> Callable[..., Any]:
    """Hide every root field but those that tell about the schema itself."""
    roots = {schema.query_type, schema.mutation_type}

    def resolve(following: Callable[..., Any], node: Value, info: Info, **arguments: Any) -> Value:
        if info.parent_type in roots and not info.field_name.startswith("__"):
            msg = (
                f"The field {info.field_name} on an object of type {info.parent_type.name} "
                "was hidden because you are unauthenticated"
            )
            raise GraphQLError(msg, extensions={"code": "UNAUTHENTICATED"})
        return following(node, info, **arguments)

    return resolve
