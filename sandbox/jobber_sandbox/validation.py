"""Report what is wrong with a query in graphql-ruby's words, which clients of the real server match on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import (
    ASTValidationRule,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    InlineFragmentNode,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_union_type,
    print_ast,
    specified_rules,
    validate,
)
from graphql.language.visitor import SKIP
from graphql.type.definition import is_composite_type
from graphql.utilities.type_comparators import do_types_overlap
from graphql.validation import (
    FieldsOnCorrectTypeRule,
    KnownArgumentNamesRule,
    KnownTypeNamesRule,
    NoUnusedVariablesRule,
    PossibleFragmentSpreadsRule,
    ProvidedRequiredArgumentsRule,
    ScalarLeafsRule,
    ValuesOfCorrectTypeRule,
    VariablesInAllowedPositionRule,
)

from jobber_sandbox.input_validation import InputRule
from jobber_sandbox.validation_rule import RubyRule, step_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql import DocumentNode, GraphQLSchema

    from jobber_sandbox.dynamic_types import Ast, SchemaType, Value

MAX_ERRORS = 100
_REPLACED = {
    FieldsOnCorrectTypeRule,
    KnownArgumentNamesRule,
    KnownTypeNamesRule,
    NoUnusedVariablesRule,
    PossibleFragmentSpreadsRule,
    ProvidedRequiredArgumentsRule,
    ScalarLeafsRule,
    ValuesOfCorrectTypeRule,
    VariablesInAllowedPositionRule,
}


def problems_of(schema: GraphQLSchema, document: DocumentNode, *, suggestions: bool) -> list[dict[str, Any]]:
    """Return the `errors` of an answer about all that is wrong with a document; none if it may run."""
    words: list[type[RubyRule]] = [FieldRule, InputRule]
    if suggestions:
        words = [type(f"Suggesting{rule.__name__}", (rule,), {"suggests": True}) for rule in words]
    rules: list[type[ASTValidationRule]] = [*words, *(known for known in specified_rules if known not in _REPLACED)]
    return [_as_answered(error) for error in validate(schema, document, rules, MAX_ERRORS)]


def _as_answered(error: GraphQLError) -> dict[str, Any]:
    answered: dict[str, Any] = {"message": error.message}
    answered["locations"] = [location._asdict() for location in _first(error.locations)]
    answered["path"] = list(error.path or ("query",))
    answered["extensions"] = error.extensions or {"code": "invalid"}
    return answered


def _first(locations: Sequence[Any] | None) -> Sequence[Any]:
    return locations[:1] if locations else ()


class FieldRule(RubyRule):
    """Rule: fields exist, have a selection exactly where they need one, and get their required arguments."""

    def enter_field(self, node: FieldNode, _key: Value, _parent: Ast, _path: Value, ancestors: Ast) -> Value:
        """Check that the field exists, has a selection exactly if it needs one, and gets its required arguments."""
        parent_type = self.context.get_parent_type()
        if parent_type is None:
            return SKIP
        name, definition = node.name.value, self.context.get_field_def()
        if definition is None:
            self._report_unknown(node, parent_type, ancestors)
            return SKIP
        self._check_selection(node, get_named_type(definition.type), ancestors)
        given = {argument.name.value for argument in node.arguments or ()}
        missing = [
            key for key, argument in definition.args.items() if is_required_argument(argument) and key not in given
        ]
        if missing:
            self._report(
                f"Field '{name}' is missing required arguments: {', '.join(missing)}",
                node,
                ancestors,
                {
                    "code": "missingRequiredArguments",
                    "className": "Field",
                    "name": name,
                    "arguments": ", ".join(missing),
                },
            )
        return None

    def _report_unknown(self, node: FieldNode, parent_type: SchemaType, ancestors: Ast) -> None:
        name = node.name.value
        if is_union_type(parent_type):
            self._report(
                f"Selections can't be made directly on unions (see selections on {parent_type.name})",
                node,
                ancestors,
                {"code": "selectionMismatch", "nodeName": parent_type.name},
            )
            return
        self._report(
            f"Field '{name}' doesn't exist on type '{parent_type.name}'{self._hint(name, list(parent_type.fields))}",
            node,
            ancestors,
            {"code": "undefinedField", "typeName": parent_type.name, "fieldName": name},
        )

    def _check_selection(self, node: FieldNode, named: SchemaType, ancestors: Ast) -> None:
        name = node.name.value
        extensions = {"code": "selectionMismatch", "nodeName": f"field '{name}'", "typeName": named.name}
        if is_leaf_type(named) and node.selection_set:
            chosen = ", ".join(f'"{step_of(inner) or print_ast(inner)}"' for inner in node.selection_set.selections)
            message = (
                f"Selections can't be made on scalars (field '{name}' returns {named.name} "
                f"but has selections [{chosen}])"
            )
            self._report(message, node, ancestors, extensions)
        elif not is_leaf_type(named) and not node.selection_set:
            message = (
                f"Field must have selections (field '{name}' returns {named.name} but has no selections. "
                f"Did you mean '{name} {{ ... }}'?)"
            )
            self._report(message, node, ancestors, extensions)

    def enter_inline_fragment(
        self, node: InlineFragmentNode, _key: Value, _parent: Ast, _path: Value, ancestors: Ast
    ) -> None:
        """Check the type of the fragment."""
        self._check_condition(node, ancestors)

    def enter_fragment_definition(
        self, node: FragmentDefinitionNode, _key: Value, _parent: Ast, _path: Value, ancestors: Ast
    ) -> None:
        """Check the type of the fragment."""
        self._check_condition(node, ancestors)

    def _check_condition(self, node: InlineFragmentNode | FragmentDefinitionNode, ancestors: Ast) -> None:
        condition = node.type_condition
        if condition is None:
            return
        name = condition.name.value
        if name in self.context.schema.type_map:
            self._check_spread(node, ancestors)
            return
        hint = self._hint(name, list(self.context.schema.type_map))
        self._report(
            f"No such type {name}, so it can't be a fragment condition{hint}",
            node,
            ancestors,
            {"code": "undefinedType", "typeName": name},
        )

    def _check_spread(self, node: InlineFragmentNode | FragmentDefinitionNode, ancestors: Ast) -> None:
        """Check that an object can be both of the fragment's type and of the type around it."""
        within, named = self.context.get_parent_type(), self.context.get_type()
        if within is None or named is None or not is_composite_type(named):
            return
        if not do_types_overlap(self.context.schema, named, within):
            self._report(
                f"Fragment on {named.name} can't be spread inside {within.name}",
                node,
                ancestors,
                {
                    "code": "cannotSpreadFragment",
                    "typeName": named.name,
                    "fragmentName": "unknown",
                    "parentName": within.name,
                },
            )
