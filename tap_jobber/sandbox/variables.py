"""Reads the variables of a request, and says in graphql-ruby's words what is wrong with them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from graphql import GraphQLNonNull, GraphQLSchema, coerce_input_value, is_input_type, type_from_ast, value_from_ast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import GraphQLError, OperationDefinitionNode, VariableDefinitionNode


def read_variables(
    schema: GraphQLSchema, operation: OperationDefinitionNode, given: Mapping[str, Any]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The values of an operation's variables, and the `errors` of an answer if they cannot be used."""
    values: dict[str, Any] = {}
    errors: list[dict[str, Any]] = []
    for definition in operation.variable_definitions or ():
        problems = _read(schema, definition, given, values)
        if problems:
            errors.append(_refused(schema, definition, given, problems))
    return values, errors


def _read(
    schema: GraphQLSchema, definition: VariableDefinitionNode, given: Mapping[str, Any], values: dict[str, Any]
) -> list[dict[str, Any]]:
    name = definition.variable.name.value
    wanted = type_from_ast(schema, definition.type)
    if not is_input_type(wanted):
        return [{"path": [], "explanation": "is of no known type"}]
    problems: list[dict[str, Any]] = []
    if given.get(name) is None:
        if definition.default_value is not None and name not in given:
            values[name] = value_from_ast(definition.default_value, wanted)
        elif isinstance(wanted, GraphQLNonNull):
            problems.append({"path": [], "explanation": "Expected value to not be null"})
        elif name in given:
            values[name] = None
        return problems

    def refuse(path: list[str | int], _value: Any, error: GraphQLError) -> None:
        problems.append({"path": path, "explanation": error.message, "message": error.message})

    values[name] = coerce_input_value(given[name], wanted, refuse)
    return problems


def _refused(
    schema: GraphQLSchema,
    definition: VariableDefinitionNode,
    given: Mapping[str, Any],
    problems: list[dict[str, Any]],
) -> dict[str, Any]:
    name = definition.variable.name.value
    first = problems[0]
    where = ".".join(str(step) for step in first["path"])
    detail = f" for {where} ({first['explanation']})" if where else ""
    location = definition.loc
    start = location.start_token if location else None
    return {
        "message": f"Variable ${name} of type {type_from_ast(schema, definition.type)} was provided invalid value{detail}",
        "locations": [{"line": start.line, "column": start.column}] if start else [],
        "extensions": {"value": json.loads(json.dumps(given.get(name))), "problems": problems},
    }
