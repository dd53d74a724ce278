"""All that the published read side leads to is there: every type, and a value for every field."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from graphql import GraphQLObjectType, get_named_type, is_abstract_type, is_leaf_type

from jobber_sandbox.context import Context
from jobber_sandbox.options import Options
from jobber_sandbox.sandbox import Sandbox
from jobber_sandbox.timestamps import DAY_SECONDS, iso, iso_date

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graphql import GraphQLField

    from jobber_sandbox.dynamic_types import SchemaType, Value

OBJECTS_OF_A_TYPE = 100
"""Number of objects of each type to look at: enough to meet rare values."""


class Walk:
    """Goes from the rows and the roots along every field, and keeps which fields had a value."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.world = sandbox.world()
        self.schema = sandbox.engine.schema
        self.seen: dict[str, set[str]] = defaultdict(set)
        self._info = SimpleNamespace(context=Context(self.world, sandbox.arranger, 100, 1), schema=self.schema)
        self._found: Counter[str] = Counter()
        self._queue: deque[tuple[GraphQLObjectType, Value]] = deque()
        self._arguments = self._required_arguments()

    def run(self) -> None:
        """Follow every field of all that is found."""
        assert self.schema.query_type is not None
        self._queue.append((self.schema.query_type, None))
        for table in self.world.tables.values():
            self._find(table.rows[:: len(table.rows) // OBJECTS_OF_A_TYPE + 1], self.schema.type_map[table.type_name])
        while self._queue:
            named, node = self._queue.popleft()
            for name, field in named.fields.items():
                for value in self._values(named.name, name, field, node):
                    if value is not None and value != []:
                        self.seen[named.name].add(name)
                        self._find(value, get_named_type(field.type))

    def _required_arguments(self) -> Mapping[str, list[dict[str, Any]]]:
        now, year = self.world.now, 365 * DAY_SECONDS
        users = [user.id for user in self.world.tables["User"].rows]
        ids = {name: table.rows[0].id for name, table in self.world.tables.items()}
        days = {"startDate": iso_date(now - year), "endDate": iso_date(now)}
        within = {"startAt": iso(now - year), "endAt": iso(now)}
        event = {"webHookId": "a", "itemId": ids["Job"], "accountId": ids["Account"], "occuredAt": iso(now)}
        return {
            "Query.clientMeta": [{"id": row.id} for row in self.world.tables["Client"].rows[:30]],
            "Query.invoiceAuditEventActors": [{"invoiceId": ids["Invoice"]}],
            "Query.jobAuditEventActors": [{"jobId": ids["Job"]}],
            "Query.marketingItems": [{"filter": {}}],
            "Query.productsSearch": [{"searchTerm": "a"}],
            "Query.quoteAuditEventActors": [{"quoteId": ids["Quote"]}],
            "Query.requestAuditEventActors": [{"requestId": ids["Request"]}],
            "Query.scheduledItems": [{"filter": {"occursWithin": within, "schedulingAspects": ["ALL"]}}],
            "Query.timeSheetEntriesByGroup": [{"filter": {"userId": user, **days}} for user in users],
            "Query.vehicle": [{"vehicleId": ids["Vehicle"]}],
            "Query.webHookEvent": [event],
            "Query.workItemSearch": [{"searchTerm": "a"}],
            "User.timeSheetsByDay": [days],
        }

    def _values(self, owner: str, name: str, field: GraphQLField, node: Value) -> Iterator[Value]:
        """Yield what a field answers, once for each of the arguments that are tried."""
        if field.resolve is None:
            yield node.get(name) if isinstance(node, dict) else getattr(node, name, None)
            return
        tried = self._arguments.get(f"{owner}.{name}")
        if tried is None:
            table = self.world.tables.get(get_named_type(field.type).name)
            tried = [{"id": table.rows[0].id}] if "id" in field.args and table is not None else [{}]
        first = {"first": 100} if "first" in field.args else {}
        for arguments in tried:
            yield field.resolve(node, self._info, **arguments, **first)

    def _find(self, value: Value, declared: SchemaType) -> None:
        if is_leaf_type(declared) or value is None:
            return
        if isinstance(value, list | tuple):
            for each in value:
                self._find(each, declared)
            return
        named: Any = declared
        if is_abstract_type(declared):
            resolve_type: Any = declared.resolve_type
            named = self.schema.type_map[resolve_type(value, self._info, declared)]
        self._found[named.name] += 1
        if self._found[named.name] <= OBJECTS_OF_A_TYPE:
            self._queue.append((named, value))

    def reachable(self) -> dict[str, GraphQLObjectType]:
        """Return all object types that the roots lead to."""
        found: dict[str, GraphQLObjectType] = {}
        left: list[Any] = [self.schema.query_type]
        while left:
            named = left.pop()
            if is_abstract_type(named):
                left += self.schema.get_possible_types(named)
            elif isinstance(named, GraphQLObjectType) and named.name not in found:
                found[named.name] = named
                left += [get_named_type(field.type) for field in named.fields.values()]
        return found

    def missing(self) -> list[str]:
        """Return the fields that never had a value; what an interface declares may be shown by any of its members."""
        shown: dict[str, set[str]] = defaultdict(set)
        for named in self.reachable().values():
            for interface in named.interfaces:
                shown[interface.name] |= self.seen[named.name] & set(interface.fields)
        missing = []
        for name, named in self.reachable().items():
            elsewhere = set().union(*(shown[each.name] for each in named.interfaces))
            missing += [f"{name}.{field}" for field in set(named.fields) - self.seen[name] - elsewhere]
        return sorted(missing)


@pytest.fixture(scope="module")
def walk() -> Walk:
    one = Walk(Sandbox(Options(world="hostile", scale=0.5)))
    one.run()
    return one


def test_every_type_is_met(walk: Walk) -> None:
    assert set(walk.reachable()) - set(walk.seen) == set()
    assert len(walk.seen) > 250


def test_every_field_has_a_value_somewhere(walk: Walk) -> None:
    assert walk.missing() == []
