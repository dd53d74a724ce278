"""Report what is wrong with arguments and variables, in graphql-ruby's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import (
    ArgumentNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    ListValueNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    OperationDefinitionNode,
    VariableDefinitionNode,
    VariableNode,
    get_named_type,
    is_required_input_field,
    print_ast,
    type_from_ast,
)
from graphql.language.visitor import SKIP
from graphql.utilities.type_comparators import is_type_sub_type_of

from jobber_sandbox.validation_rule import RubyRule

if TYPE_CHECKING:
    from jobber_sandbox.dynamic_types import Ast, SchemaType, Value


class InputRule(RubyRule):
    """Rule: arguments exist and fit their types; variables are declared with a known type, fit, and are used."""

    def enter_operation_definition(
        self, node: OperationDefinitionNode, _key: Value, _parent: Ast, _path: Value, _ancestors: Ast
    ) -> None:
        """Note the variables that the operation declares."""
        self._declared = {each.variable.name.value: each for each in node.variable_definitions or ()}
        self._used: set[str] = set()

    def leave_operation_definition(
        self, node: OperationDefinitionNode, _key: Value, _parent: Ast, _path: Value, ancestors: Ast
    ) -> None:
        """Check that each variable is used; uses below an unknown field do not count."""
        if any(isinstance(each, FragmentDefinitionNode) for each in self.context.document.definitions):
            return
        operation = node.name.value if node.name else "anonymous query"
        for name, declared in self._declared.items():
            if name not in self._used:
                self._report(
                    f"Variable ${name} is declared by {operation} but not used",
                    declared,
                    (*ancestors, node),
                    {"code": "variableNotUsed", "variableName": name},
                )

    def enter_field(self, _node: FieldNode, _key: Value, _parent: Ast, _path: Value, _ancestors: Ast) -> Value:
        """Skip the contents of an unknown field."""
        return SKIP if self.context.get_field_def() is None else None

    def enter_variable(self, node: VariableNode, _key: Value, parent: Ast, _path: Value, ancestors: Ast) -> None:
        """Check that a variable has the type of the argument that it is given to."""
        if isinstance(parent, VariableDefinitionNode):
            return
        name, wanted = node.name.value, self.context.get_input_type()
        self._used.add(name)
        declared = self._declared.get(name)
        given = type_from_ast(self.context.schema, declared.type) if declared is not None else None
        if declared is None or given is None or wanted is None:
            return
        has_default = declared.default_value is not None
        expected = wanted.of_type if isinstance(wanted, GraphQLNonNull) and has_default else wanted
        if is_type_sub_type_of(self.context.schema, given, expected) or _is_one_for_many(given, expected):
            return
        argument = parent.name.value if isinstance(parent, (ArgumentNode, ObjectFieldNode)) else ""
        problem = _mismatch(given, expected)
        self._report(
            f"{problem} on variable ${name} and argument {argument} ({given} / {wanted})",
            node,
            (*ancestors, parent),
            {
                "code": "variableMismatch",
                "variableName": name,
                "typeName": str(given),
                "argumentName": argument,
                "errorMessage": problem,
            },
            step=False,
        )

    def enter_argument(self, node: ArgumentNode, _key: Value, _parent: Ast, _path: Value, ancestors: Ast) -> None:
        """Check that the field accepts the argument, and that a literal has its type."""
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
        self._check_literal(node, definition.args[argument].type, ("Field", name), ancestors)

    def _check_literal(
        self, node: ArgumentNode | ObjectFieldNode, wanted: SchemaType, of: tuple[str, str], ancestors: Ast
    ) -> None:
        """Check a literal; the innermost argument whose value is wrong is reported."""
        named: SchemaType = get_named_type(wanted)
        name = node.name.value
        if _fits(node.value, wanted, is_deep=False):
            if isinstance(named, GraphQLInputObjectType):
                items = node.value.values if isinstance(node.value, ListValueNode) else [node.value]
                for each in (field for item in items for field in getattr(item, "fields", ())):
                    if each.name.value in named.fields:
                        within = (*ancestors, node)
                        self._check_literal(
                            each, named.fields[each.name.value].type, ("InputObject", named.name), within
                        )
            return
        kind, owner = of
        self._report(
            f"Argument '{name}' on {kind} '{owner}' has an invalid value ({print_ast(node.value)}). "
            f"Expected type '{wanted}'.",
            node,
            ancestors,
            {"code": "argumentLiteralsIncompatible", "typeName": kind, "argumentName": name},
        )

    def enter_object_value(self, node: Ast, _key: Value, parent: Ast, _path: Value, ancestors: Ast) -> None:
        """Check that an input object holds known fields, and all required ones."""
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

    def enter_variable_definition(self, node: Ast, _key: Value, _parent: Ast, _path: Value, ancestors: Ast) -> None:
        """Check that the type of the variable exists."""
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


def _is_one_for_many(given: SchemaType, wanted: SchemaType) -> bool:
    """Return True if a single value is given where a list is wanted, which GraphQL takes for a list of one."""
    plain = wanted.of_type if isinstance(wanted, GraphQLNonNull) else wanted
    return isinstance(plain, GraphQLList) and str(given).rstrip("!") == str(plain.of_type).rstrip("!")


def _mismatch(given: SchemaType, wanted: SchemaType) -> str:
    if get_named_type(given) is not get_named_type(wanted):
        return "Type mismatch"
    return "List dimension mismatch" if str(given).count("[") != str(wanted).count("[") else "Nullability mismatch"


def _fits(value: Ast, wanted: SchemaType, *, is_deep: bool = True) -> bool:
    """Return True if a literal has a type; the values in an object count only if `is_deep`."""
    if isinstance(wanted, GraphQLNonNull):
        if isinstance(value, NullValueNode):
            return False
        wanted = wanted.of_type
    if isinstance(value, (VariableNode, NullValueNode)):
        return True
    if isinstance(wanted, GraphQLList):
        items = value.values or () if isinstance(value, ListValueNode) else [value]
        return all(_fits(item, wanted.of_type, is_deep=is_deep) for item in items)
    if isinstance(wanted, GraphQLInputObjectType):
        return isinstance(value, ObjectValueNode) and (
            not is_deep
            or all(
                _fits(field.value, wanted.fields[field.name.value].type)
                for field in value.fields or ()
                if field.name.value in wanted.fields
            )
        )
    try:
        wanted.parse_literal(value)
    except (GraphQLError, TypeError, ValueError):
        return False
    return True
