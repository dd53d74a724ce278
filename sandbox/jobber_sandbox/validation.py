"""Says what is wrong with a query in graphql-ruby's words, which clients of the real server match on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import (
    ArgumentNode,
    ASTValidationRule,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    InlineFragmentNode,
    ListValueNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    OperationDefinitionNode,
    ValidationRule,
    VariableNode,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
    print_ast,
    specified_rules,
    validate,
)
from graphql.pyutils import suggestion_list
from graphql.validation import (
    FieldsOnCorrectTypeRule,
    KnownArgumentNamesRule,
    KnownTypeNamesRule,
    ProvidedRequiredArgumentsRule,
    ScalarLeafsRule,
    ValuesOfCorrectTypeRule,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql import DocumentNode, GraphQLSchema, Node

    from jobber_sandbox.loose import Ast, SchemaType, Value

MAX_ERRORS = 100
_REPLACED = {
    FieldsOnCorrectTypeRule,
    KnownArgumentNamesRule,
    KnownTypeNamesRule,
    ProvidedRequiredArgumentsRule,
    ScalarLeafsRule,
    ValuesOfCorrectTypeRule,
}


def problems_of(schema: GraphQLSchema, document: DocumentNode, *, suggestions: bool) -> list[dict[str, Any]]:
    """Everything wrong with a document, as the `errors` of an answer; empty when it may run."""
    rule = _SuggestingRule if suggestions else _RubyRule
    rules: list[type[ASTValidationRule]] = [rule, *(known for known in specified_rules if known not in _REPLACED)]
    return [_as_answered(error) for error in validate(schema, document, rules, MAX_ERRORS)]


def _as_answered(error: GraphQLError) -> dict[str, Any]:
    answered: dict[str, Any] = {"message": error.message}
    answered["locations"] = [location._asdict() for location in _first(error.locations)]
    answered["path"] = list(error.path or ("query",))
    answered["extensions"] = error.extensions or {"code": "invalid"}
    return answered


def _first(locations: Sequence[Any] | None) -> Sequence[Any]:
    return locations[:1] if locations else ()


def _step(node: Node) -> str | None:
    """What a node adds to the path of an error."""
    if isinstance(node, OperationDefinitionNode):
        return node.operation.value + (f" {node.name.value}" if node.name else "")
    if isinstance(node, FragmentDefinitionNode):
        return f"fragment {node.name.value}"
    if isinstance(node, InlineFragmentNode):
        return f"... on {node.type_condition.name.value}" if node.type_condition else "..."
    if isinstance(node, FieldNode):
        return node.alias.value if node.alias else node.name.value
    if isinstance(node, (ArgumentNode, ObjectFieldNode)):
        return node.name.value
    return None


class _RubyRule(ValidationRule):
    """The rules whose breach graphql-ruby words in its own way."""

    suggests = False

    def _report(
        self, message: str, node: Node, ancestors: Sequence[Any], extensions: dict[str, Any], *, step: bool = True
    ) -> None:
        nodes = [above for above in ancestors if not isinstance(above, (list, tuple))]
        path = [taken for above in (*nodes, *((node,) if step else ())) if (taken := _step(above))]
        self.report_error(GraphQLError(message, node, path=path, extensions=extensions))

    def _hint(self, name: str, known: Sequence[str]) -> str:
        near = suggestion_list(name, known)[:1] if self.suggests else []
        return f" (Did you mean `{near[0]}`?)" if near else ""

    def enter_field(self, node: FieldNode, _key: Value, _parent: Ast, _path: Value, ancestors: Ast) -> None:
        """The field exists, has a selection just where it may, and gets the arguments it must have."""
        parent_type = self.context.get_parent_type()
        if parent_type is None:
            return
        name, definition = node.name.value, self.context.get_field_def()
        if definition is None:
            known = list(getattr(parent_type, "fields", {}))
            self._report(
                f"Field '{name}' doesn't exist on type '{parent_type.name}'{self._hint(name, known)}",
                node,
                ancestors,
                {"code": "undefinedField", "typeName": parent_type.name, "fieldName": name},
            )
            return
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

    def _check_selection(self, node: FieldNode, named: SchemaType, ancestors: Ast) -> None:
        name = node.name.value
        extensions = {"code": "selectionMismatch", "nodeName": f"field '{name}'", "typeName": named.name}
        if is_leaf_type(named) and node.selection_set:
            chosen = ", ".join(f'"{_step(inner) or print_ast(inner)}"' for inner in node.selection_set.selections)
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

    def enter_argument(self, node: ArgumentNode, _key: Value, _parent: Ast, _path: Value, ancestors: Ast) -> None:
        """The field accepts the argument, and a literal is of its type."""
        holder = ancestors[-1] if isinstance(ancestors[-1], (FieldNode, DirectiveNode)) else ancestors[-2]
        if isinstance(holder, DirectiveNode):
            return
        definition = self.context.get_field_def()
        if definition is None:
            return
        name, argument = holder.name.value, node.name.value
        if argument not in definition.args:
            hint = self._hint(argument, list(definition.args))
            self._report(
                f"Field '{name}' doesn't accept argument '{argument}'{hint}",
                node,
                ancestors,
                {"code": "argumentNotAccepted", "name": name, "typeName": "Field", "argumentName": argument},
            )
            return
        if not isinstance(node.value, VariableNode):
            self._check_literal(node, definition.args[argument].type, name, ancestors)

    def _check_literal(self, node: ArgumentNode, wanted: SchemaType, field: str, ancestors: Ast) -> None:
        if _fits(node.value, wanted):
            return
        self._report(
            f"Argument '{node.name.value}' on Field '{field}' has an invalid value ({print_ast(node.value)}). "
            f"Expected type '{wanted}'.",
            node,
            ancestors,
            {"code": "argumentLiteralsIncompatible", "typeName": "Field", "argumentName": node.name.value},
        )

    def enter_object_value(self, node: Ast, _key: Value, parent: Ast, _path: Value, ancestors: Ast) -> None:
        """An input object holds known fields, and all that it must."""
        named = get_named_type(self.context.get_input_type()) if self.context.get_input_type() else None
        if not isinstance(named, GraphQLInputObjectType):
            return
        above = (*ancestors, parent)
        given = {field.name.value for field in node.fields or ()}
        for field in node.fields or ():
            if field.name.value not in named.fields:
                hint = self._hint(field.name.value, list(named.fields))
                self._report(
                    f"InputObject '{named.name}' doesn't accept argument '{field.name.value}'{hint}",
                    field,
                    (*above, node),
                    {
                        "code": "argumentNotAccepted",
                        "name": named.name,
                        "typeName": "InputObject",
                        "argumentName": field.name.value,
                    },
                )
        for name, known in named.fields.items():
            if is_required_input_field(known) and name not in given:
                self._report(
                    f"Argument '{name}' on InputObject '{named.name}' is required. Expected type {known.type}",
                    node,
                    above,
                    {
                        "code": "missingRequiredInputObjectAttribute",
                        "argumentName": name,
                        "argumentType": str(known.type),
                        "inputObjectType": named.name,
                    },
                )

    def enter_inline_fragment(
        self, node: InlineFragmentNode, _key: Value, _parent: Ast, _path: Value, ancestors: Ast
    ) -> None:
        """The type of the fragment exists."""
        self._check_condition(node, ancestors)

    def enter_fragment_definition(
        self, node: FragmentDefinitionNode, _key: Value, _parent: Ast, _path: Value, ancestors: Ast
    ) -> None:
        """The type of the fragment exists."""
        self._check_condition(node, ancestors)

    def enter_variable_definition(self, node: Ast, _key: Value, _parent: Ast, _path: Value, ancestors: Ast) -> None:
        """The type of the variable exists."""
        named = node.type
        while not hasattr(named, "name"):
            named = named.type
        if named.name.value not in self.context.schema.type_map:
            variable = node.variable.name.value
            self._report(
                f"{named.name.value} isn't a defined input type (on ${variable})",
                node,
                ancestors,
                {"code": "variableRequiresValidType", "typeName": named.name.value, "variableName": variable},
            )

    def _check_condition(self, node: InlineFragmentNode | FragmentDefinitionNode, ancestors: Ast) -> None:
        condition = node.type_condition
        if condition is None or condition.name.value in self.context.schema.type_map:
            return
        name = condition.name.value
        hint = self._hint(name, list(self.context.schema.type_map))
        self._report(
            f"No such type {name}, so it can't be a fragment condition{hint}",
            node,
            ancestors,
            {"code": "undefinedType", "typeName": name},
        )


class _SuggestingRule(_RubyRule):
    """The same, with a suggestion behind an unknown name, as newer servers add."""

    suggests = True


def _fits(value: Ast, wanted: SchemaType) -> bool:
    """Whether a literal is of a type, as far as single values and lists go; objects are looked at by themselves."""
    if isinstance(wanted, GraphQLNonNull):
        if isinstance(value, NullValueNode):
            return False
        wanted = wanted.of_type
    if isinstance(value, (VariableNode, NullValueNode)):
        return True
    if isinstance(wanted, GraphQLList):
        items = value.values or () if isinstance(value, ListValueNode) else [value]
        return all(_fits(item, wanted.of_type) for item in items)
    if isinstance(wanted, GraphQLInputObjectType):
        return isinstance(value, ObjectValueNode) and all(
            _fits(field.value, wanted.fields[field.name.value].type)
            for field in value.fields or ()
            if field.name.value in wanted.fields
        )
    try:
        wanted.parse_literal(value)
    except (GraphQLError, TypeError, ValueError):
        return False
    return True
