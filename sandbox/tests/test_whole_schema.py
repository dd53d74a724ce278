"""Every field of the schema answers with a value of its type, whichever schema is served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import pytest
from graphql import get_named_type, is_abstract_type, is_leaf_type, is_required_argument

from jobber_sandbox import schemas
from jobber_sandbox.context import Context
from jobber_sandbox.options import Options, WorldKind
from jobber_sandbox.price import Pricer, actual_points
from jobber_sandbox.sandbox import Sandbox
from jobber_sandbox.world import encoded_id

if TYPE_CHECKING:
    from graphql import GraphQLArgument, GraphQLSchema

    from jobber_sandbox.dynamic_types import SchemaType

OLDER = "2022-06"
KINDS = [
    # That which has what is rare in every field; the others have less.
    kind if kind == "hostile" else pytest.param(kind, marks=pytest.mark.stress)
    for kind in get_args(WorldKind)
]
ARGUMENTS = {
    "scheduledItems": 'filter: {occursWithin: {startAt: "2025-09-01", endAt: "2026-12-01"}, schedulingAspects: [ALL]}',
}


def selection(schema: GraphQLSchema, named: SchemaType, depth: int, prefix: str = "") -> str:
    """Everything that can be selected on a type; aliases keep the members of a union apart."""
    if is_leaf_type(named):
        return ""
    if is_abstract_type(named):
        members = schema.get_possible_types(named)
        return (
            "{__typename "
            + " ".join(
                f"... on {member.name}{selection(schema, member, depth, f'{member.name}_')}" for member in members
            )
            + "}"
        )
    in_connection = named.name.endswith(("Connection", "Edge"))
    chosen = ["__typename"]
    for name, field in named.fields.items():
        target = get_named_type(field.type)
        is_deep = not is_leaf_type(target) and depth <= 0
        if is_deep or any(is_required_argument(argument) for argument in field.args.values()):
            continue
        first = "(first: 3)" if "first" in field.args else ""
        chosen.append(
            f"{prefix}{name}: {name}{first}{selection(schema, target, depth if in_connection else depth - 1)}"
        )
    return "{" + " ".join(chosen) + "}"


def _is_odd(argument: GraphQLArgument) -> bool:
    """Return True if a required argument is neither an id nor for paging."""
    return is_required_argument(argument) and get_named_type(argument.type).name != "EncodedId"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", schemas.names())
def test_every_field_of_every_root_resolves(version: str, kind: WorldKind) -> None:
    sandbox = Sandbox(Options(world=kind, schema=schemas.schema_file(version), scale=0.2))
    engine, world = sandbox.engine, sandbox.world()
    assert engine.schema.query_type is not None
    answered = 0
    for name, field in engine.schema.query_type.fields.items():
        target: Any = get_named_type(field.type)
        arguments = ["first: 12"] if "first" in field.args else []
        if name in ARGUMENTS and version != OLDER:
            arguments.append(ARGUMENTS[name])
        elif {"id", "vehicleId"} & {key for key, one in field.args.items() if is_required_argument(one)}:
            table = world.tables.get(target.name)
            key = "vehicleId" if "vehicleId" in field.args else "id"
            arguments.append(f'{key}: "{table.rows[0].id if table else encoded_id(target.name, 5)}"')
        elif any(is_required_argument(one) for one in field.args.values()):
            continue
        if version == OLDER and any(_is_odd(one) for one in field.args.values()):
            continue
        query = (
            f"{{{name}{'(' + ', '.join(arguments) + ')' if arguments else ''}{selection(engine.schema, target, 1)}}}"
        )
        prepared = engine.prepare(query, engine.schema)
        assert prepared.problems == []
        context = Context(world, sandbox.arranger, 100, 1)
        result = engine.run(prepared, prepared.operations[0], {}, context)
        assert "errors" not in result, (name, result["errors"][:1])
        plan = Pricer(prepared.schema, sandbox.prices).plan(prepared.document, prepared.operations[0], {})
        assert actual_points(plan, result["data"]) <= plan.requested_points()
        answered += 1
    assert answered >= 30
