"""Read the variables of a request, and report in graphql-ruby's words what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    Undefined,
    is_input_type,
    type_from_ast,
    value_from_ast,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import OperationDefinitionNode, VariableDefinitionNode

    from jobber_sandbox.dynamic_types import SchemaType, Value

    Path = tuple[str | int, ...]
    Problems = list[dict[str, Any]]


def read_variables(
    schema: GraphQLSchema, operation: OperationDefinitionNode, given: Mapping[str, Any]
) -> tuple[dict[str, Any], Problems]:
    """Return the values of an operation's variables, and the `errors` of an answer if they cannot be used."""
    values: dict[str, Any] = {}
    errors: Problems = []
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        wanted = type_from_ast(schema, definition.type)
        if not is_input_type(wanted):
            continue
        problems: Problems = []
        if name in given:
            values[name] = _coerced(given[name], wanted, (), problems)
        elif definition.default_value is not None:
            values[name] = value_from_ast(definition.default_value, wanted)
        elif isinstance(wanted, GraphQLNonNull):
            problems.append(_problem((), "Expected value to not be null"))
        if problems:
            errors.append(_refused(definition, str(wanted), given.get(name), problems))
    return values, errors


def _coerced(value: Value, wanted: SchemaType, path: Path, problems: Problems) -> Value:
    if isinstance(wanted, GraphQLNonNull):
        wanted = wanted.of_type
        if value is None:
            problems.append(_problem(path, "Expected value to not be null"))
    if value is None:
        return None
    if isinstance(wanted, GraphQLList):
        items = value if isinstance(value, list) else [value]
        return [_coerced(item, wanted.of_type, (*path, index), problems) for index, item in enumerate(items)]
    if isinstance(wanted, GraphQLInputObjectType):
        return _coerced_object(value, wanted, path, problems)
    if isinstance(wanted, GraphQLEnumType):
        if value not in wanted.values:
            choices = ", ".join(wanted.values)
            problems.append(_problem(path, f'Expected "{value}" to be one of: {choices}'))
        return value
    return _coerced_scalar(value, wanted, path, problems)


def _coerced_object(value: Value, wanted: GraphQLInputObjectType, path: Path, problems: Problems) -> Value:
    if not isinstance(value, dict):
        problems.append(_problem(path, f"Expected {value!r} to be an object"))
        return None
    problems += [
        _problem((*path, name), f"Field is not defined on {wanted.name}") for name in value.keys() - wanted.fields
    ]
    coerced = {}
    for name, field in wanted.fields.items():
        if name in value:
            coerced[name] = _coerced(value[name], field.type, (*path, name), problems)
        elif field.default_value is not Undefined:
            coerced[name] = field.default_value
        elif isinstance(field.type, GraphQLNonNull):
            problems.append(_problem((*path, name), "Expected value to not be null"))
    return coerced


def _coerced_scalar(value: Value, wanted: SchemaType, path: Path, problems: Problems) -> Value:
    try:
        return wanted.parse_value(value)
    except (GraphQLError, TypeError, ValueError) as error:
        known = isinstance(error, GraphQLError) and "Could not coerce" in error.message
        problems.append(_problem(path, str(error) if known else f"Could not coerce value {value!r} to {wanted}"))
        return None


def _problem(path: Path, explanation: str) -> dict[str, Any]:
    return {"path": list(path), "explanation": explanation}


def _refused(definition: VariableDefinitionNode, wanted: str, value: Value, problems: Problems) -> dict[str, Any]:
    first = problems[0]
    where = ".".join(str(step) for step in first["path"])
    detail = f" for {where} ({first['explanation']})" if where else ""
    name, start = definition.variable.name.value, definition.loc.start_token if definition.loc else None
    return {
        "message": f"Variable ${name} of type {wanted} was provided invalid value{detail}",
        "locations": [{"line": start.line, "column": start.column}] if start else [],
        "extensions": {"value": value, "problems": problems},
    }
