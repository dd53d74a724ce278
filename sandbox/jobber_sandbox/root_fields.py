"""Resolvers of the fields of `Query` and `Mutation`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, GraphQLObjectType, get_named_type

from jobber_sandbox.fields.account import OWN_APP
from jobber_sandbox.registry import row_type_of
from jobber_sandbox.timestamps import DAY_SECONDS, seconds_of
from jobber_sandbox.world import Part, decoded_id, salt_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from graphql import GraphQLSchema

    from jobber_sandbox.dynamic_types import Info, SchemaType, Value
    from jobber_sandbox.registry import Registry
    from jobber_sandbox.world import Row, World

ITEM_TYPES: Mapping[str, str] = {"VISIT": "Visit", "ASSESSMENT": "Assessment", "BASIC_TASK": "Task", "EVENT": "Event"}
LONGEST_SECONDS = 549 * DAY_SECONDS


def attach_roots(schema: GraphQLSchema, registry: Registry) -> None:
    """Give the root fields their resolvers."""
    if schema.query_type is not None:
        for name, field in schema.query_type.fields.items():
            target = get_named_type(field.type)
            if target.name.endswith("Connection"):
                field.resolve = _list(name, row_type_of(target), registry)
            else:
                field.resolve = _single(name, target, registry)
    if schema.mutation_type is not None and "appDisconnect" in schema.mutation_type.fields:
        schema.mutation_type.fields["appDisconnect"].resolve = _disconnect


def _list(name: str, row_type: str, registry: Registry) -> Callable[..., Any]:
    salt = salt_of(f"Query.{name}")
    root_lists = registry.contents.root_lists

    def resolve(_root: None, info: Info, **arguments: Any) -> Value:
        context = info.context
        world = context.world
        if name == "scheduledItems":
            has_aspects = "schedulingAspects" in info.schema.type_map["ScheduledItemsFilterAttributes"].fields
            items = _scheduled(world, arguments, context.user_number, has_aspects=has_aspects)
            return context.page(row_type, items, arguments, root=True)
        if name in root_lists:
            return context.page(row_type, root_lists[name](world, arguments), arguments, root=True)
        if row_type in world.tables:
            rows = () if name.endswith("Samples") else None
            return context.page(row_type, rows, arguments, root=True)
        account = world.tables["Account"].rows[0]
        return context.page(row_type, registry.parts(row_type, account, salt), arguments, root=True)

    return resolve


def _scheduled(
    world: World, arguments: Mapping[str, Any], user_number: int | None, *, has_aspects: bool
) -> Sequence[Row]:
    """Return visits, assessments, tasks and events; those of the user who asks, unless aspects ask for more."""
    asked = arguments["filter"]
    within = asked["occursWithin"]
    if seconds_of(within["endAt"]) - seconds_of(within["startAt"]) > LONGEST_SECONDS:
        msg = "occursWithin must be at most 1.5 years"
        raise GraphQLError(msg)
    names = [ITEM_TYPES.get(asked["scheduleItemType"])] if asked.get("scheduleItemType") else ITEM_TYPES.values()
    rows = [row for name in names if name in world.tables for row in world.tables[name].rows]
    aspects = set(asked.get("schedulingAspects") or (() if has_aspects else ("ALL",)))
    team_of = world.registry.lister("Visit", "assignedUsers", "User")
    if "UNASSIGNED_ONLY" in aspects:
        rows = [row for row in rows if not team_of(row, {})]
    elif not aspects & {"ALL", "ASSIGNMENTS"}:
        # `ASSIGNMENTS` are those of everyone and, by the schema's text, also what is assigned to no one.
        others = "UNASSIGNED" in aspects or bool(asked.get("includeUnassigned"))
        teams = [(row, team_of(row, {})) for row in rows]
        rows = [row for row, team in teams if any(user.number == user_number for user in team) or (others and not team)]
    status = asked.get("status")
    if status is not None:
        complete = status == "COMPLETED"
        rows = [
            row
            for row in rows
            if world.registry.has(row.typename, "isComplete")
            and bool(world.registry.read(row, "isComplete")) == complete
        ]
    return rows


def _single(name: str, target: SchemaType, registry: Registry) -> Callable[..., Any]:
    type_name = str(target.name)
    salt = salt_of(f"Query.{name}")
    invented = registry.getter("Query", name)

    def resolve(_root: None, info: Info, **arguments: Any) -> Value:
        world: World = info.context.world
        account = world.tables["Account"].rows[0]
        if type_name == "Account":
            return account
        id_text = next((value for key, value in arguments.items() if key in {"id", "vehicleId"}), None)
        if type_name in world.tables:
            if id_text is None:
                return _own(world, type_name, info.context.user_number)
            return world.find(type_name, id_text)
        if id_text is not None and isinstance(target, GraphQLObjectType):
            decoded = decoded_id(id_text)
            is_its = decoded is not None and type_name.startswith(decoded[0])  # a ClientMeta has the id of its Client
            return Part(type_name, account, salt + decoded[1], {"id": id_text}) if decoded and is_its else None
        return invented(account)

    return resolve


def _own(world: World, type_name: str, user_number: int | None) -> Row | None:
    """Return the object of a root field that needs no id: the user who asks, or the first row."""
    if type_name == "User":
        return world.tables["User"].by_number.get(user_number or 1)
    return next(iter(world.tables[type_name].rows), None)


def _disconnect(_root: None, info: Info) -> dict[str, Any]:
    context = info.context
    context.disconnect()
    app = context.world.tables["Application"].by_number.get(OWN_APP)
    return {"app": app, "userErrors": []}
