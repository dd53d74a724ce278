"""The sandbox's executor answers as graphql-core's own, whatever the resolvers do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from graphql import Undefined, build_schema, execute_sync, parse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from graphql import GraphQLSchema

    from jobber_sandbox.dynamic_types import Info, Value

leaf_executor = pytest.importorskip("jobber_sandbox.leaf_executor", reason="needs graphql-core 3.3")

_FIELDS = {
    "int": "Int",
    "needed": "Int!",
    "text": "String",
    "id": "ID!",
    "enum": "Colour",
    "neededEnum": "Colour!",
    "any": "Any",
    "list": "[Int!]",
    "argued": "Int",
    "thing": "Thing",
    "neededThing": "Thing!",
    "things": "[Thing!]",
    "either": "Either",
}
_DECLARED = " ".join(f"{name}{'(by: Int)' if name == 'argued' else ''}: {kind}" for name, kind in _FIELDS.items())
_SCHEMA = f"""
scalar Any
enum Colour {{ RED GREEN }}
type Query {{ thing: Thing, neededThing: Thing! }}
type Other {{ int: Int, id: ID! }}
union Either = Thing | Other
type Thing {{ {_DECLARED} }}
"""
_INNER = "int needed text id enum neededEnum any list argued(by: 2) alias: int __typename ...Part"
_QUERY = f"""
{{ first: thing {{ {_INNER} things {{ {_INNER} thing {{ {_INNER} neededThing {{ id }} }} }} }}
  second: neededThing {{ {_INNER} either {{ ... on Thing {{ text int }} ... on Other {{ int id }} }} }} }}
fragment Part on Thing {{ int text @include(if: true) needed @skip(if: true) }}
"""


class _RaisedError(Exception):
    """A value that a resolver raises instead of returning it."""


_LEAVES: st.SearchStrategy[Any] = st.sampled_from(
    [None, 0, 1, 2**40, "x", "", "RED", 1.5, True, [1], [None], {}, _RaisedError, Undefined]
)


def _things(depth: int) -> st.SearchStrategy[Any]:
    values: dict[str, st.SearchStrategy[Any]] = dict.fromkeys(_FIELDS, _LEAVES)
    # What fits comes more often, or no answer would ever reach its depths.
    values |= {name: st.just(1) | st.just(1) | _LEAVES for name in ("int", "needed", "text", "id", "any", "argued")}
    values |= {name: st.just("RED") | st.just("GREEN") | _LEAVES for name in ("enum", "neededEnum")}
    below = _things(depth - 1) if depth else st.none()
    values |= {"thing": below, "neededThing": below, "things": st.lists(below, max_size=2) | st.none(), "either": below}
    return st.fixed_dictionaries({**values, "__typename": st.sampled_from(["Thing", "Thing", "Other"])})


def _resolved(source: Value, info: Info, **_arguments: Value) -> Value:
    value = source.get(info.field_name)
    if value is _RaisedError:
        raise _RaisedError(info.field_name)
    return value


def _schema() -> GraphQLSchema:
    schema = build_schema(_SCHEMA)
    for name in ("Query", "Thing", "Other"):
        named: Any = schema.type_map[name]
        for field in named.fields.values():
            field.resolve = _resolved
    either: Any = schema.type_map["Either"]
    either.resolve_type = lambda value, _info, _type: value["__typename"]
    return schema


SCHEMA, DOCUMENT = _schema(), parse(_QUERY)


@settings(max_examples=50, phases=(Phase.generate,), suppress_health_check=list(HealthCheck), deadline=None)
@given(_things(2), _things(1))
def test_it_answers_as_that_of_graphql_core(thing: dict[str, Any], needed: dict[str, Any]) -> None:
    root = {"thing": thing, "neededThing": needed}
    expected = execute_sync(SCHEMA, DOCUMENT, root)
    found = execute_sync(SCHEMA, DOCUMENT, root, executor_class=leaf_executor.LeafExecutor)
    assert found.formatted == expected.formatted
    assert list(found.data or ()) == list(expected.data or ())
