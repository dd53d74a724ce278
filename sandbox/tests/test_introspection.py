"""The schema as the server tells of it: to whom, at what price, and what does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests
from graphql import build_client_schema, get_introspection_query, print_schema

from asking import VERSION

if TYPE_CHECKING:
    from asking import Asker

_TYPE = """
query type($name: String!) {
  __type(name: $name) {
    kind name interfaces { name } possibleTypes { name }
    fields(includeDeprecated: true) {
      name isDeprecated deprecationReason
      type { kind name ofType { kind name ofType { kind name ofType { name } } } }
      args { name defaultValue type { kind name ofType { kind name ofType { kind name ofType { name } } } } }
    }
  }
}
"""


def test_a_type_fits_the_bucket(asker: Asker) -> None:
    answer = asker.ask(_TYPE, {"name": "Invoice"})
    told = answer["data"]["__type"]
    assert told["kind"] == "OBJECT"
    assert told["interfaces"] == [{"name": "CustomFieldsInterface"}]
    named = {field["name"]: field for field in told["fields"]}
    assert named["tax"]["deprecationReason"] == "No longer supported"
    assert [argument["name"] for argument in named["jobs"]["args"]] == ["after", "before", "first", "last"]
    cost = answer["extensions"]["cost"]
    assert 1_000 < cost["requestedQueryCost"] < 2_500
    assert cost["actualQueryCost"] == cost["requestedQueryCost"]
    assert cost["throttleStatus"]["currentlyAvailable"] < 10_000


def test_what_is_not_there_costs_a_point(asker: Asker) -> None:
    answer = asker.ask('{ __type(name: "Nothing") { name fields { name } } }')
    assert answer["data"] == {"__type": None}
    assert answer["extensions"]["cost"]["actualQueryCost"] == 1


def test_the_whole_schema_never_fits(asker: Asker) -> None:
    answer = asker.ask(get_introspection_query())
    assert "data" not in answer
    assert answer["errors"][0]["extensions"]["code"] == "THROTTLED"
    cost = answer["extensions"]["cost"]
    assert 40_000 < cost["requestedQueryCost"] < 55_000
    assert cost["throttleStatus"]["currentlyAvailable"] == 10_000


def test_without_a_token_another_schema_is_told(asker: Asker) -> None:
    def told(query: str) -> requests.Response:
        headers = {"X-JOBBER-GRAPHQL-VERSION": VERSION}
        return requests.post(f"{asker.server.api_url}/graphql", json={"query": query}, headers=headers, timeout=10)

    whole = told(get_introspection_query(descriptions=False)).json()
    assert "cost" not in whole["extensions"]
    text = print_schema(build_client_schema(whole["data"]))
    assert "InternalSearchHit" in text
    assert "InternalSearchHit" not in print_schema(asker.sandbox.engine.schema)
    assert asker.data('{ __type(name: "InternalSearchHit") { name } }') is None
    refused = told("{ account { id } __typename }").json()
    assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
