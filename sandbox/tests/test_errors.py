"""Errors of a request in the words of the real server."""

from __future__ import annotations

import requests

from asking import VERSION, Asker, asking
from jobber_sandbox.options import Options


def test_unknown_field(shared: Asker) -> None:
    answer = shared.post("query Q { jobs(first: 1) { nodes { id client { colour } } } }")
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"errors", "extensions"}
    assert body["errors"] == [
        {
            "message": "Field 'colour' doesn't exist on type 'Client'",
            "locations": [{"line": 1, "column": 48}],
            "path": ["query Q", "jobs", "nodes", "client", "colour"],
            "extensions": {"code": "undefinedField", "typeName": "Client", "fieldName": "colour"},
        }
    ]
    assert body["extensions"]["versioning"] == {"version": VERSION}


def test_every_unknown_field_is_named(shared: Asker) -> None:
    errors = shared.ask("{ jobs { nodes { one two } } nothing }")["errors"]
    assert [error["extensions"]["fieldName"] for error in errors] == ["one", "two", "nothing"]
    assert errors[2]["extensions"]["typeName"] == "Query"


def test_suggestions() -> None:
    with asking(Options(world="hostile", scale=0.05, suggestions=True)) as asker:
        (error,) = asker.ask("{ jobs { nodes { titel } } }")["errors"]
        assert error["message"] == "Field 'titel' doesn't exist on type 'Job' (Did you mean `title`?)"


def test_unknown_arguments(shared: Asker) -> None:
    (error,) = shared.ask("{ jobs(colour: 1) { nodes { id } } }")["errors"]
    assert error["message"] == "Field 'jobs' doesn't accept argument 'colour'"
    assert error["extensions"] == {
        "code": "argumentNotAccepted",
        "name": "jobs",
        "typeName": "Field",
        "argumentName": "colour",
    }
    (error,) = shared.ask('{ jobs(filter: {updatedAt: {after: "2026-01-01"}}) { nodes { id } } }')["errors"]
    assert error["message"] == "InputObject 'JobFilterAttributes' doesn't accept argument 'updatedAt'"
    assert error["extensions"]["typeName"] == "InputObject"
    assert error["path"] == ["query", "jobs", "filter", "updatedAt"]


def test_unknown_type_in_a_fragment(shared: Asker) -> None:
    (error,) = shared.ask("{ clients { nodes { customFields { ... on Nothing { id } } } } }")["errors"]
    assert error["message"] == "No such type Nothing, so it can't be a fragment condition"
    assert error["extensions"] == {"code": "undefinedType", "typeName": "Nothing"}
    assert error["path"][-1] == "... on Nothing"


def test_missing_argument_and_selection(shared: Asker) -> None:
    (error,) = shared.ask("{ job { id } }")["errors"]
    assert error["message"] == "Field 'job' is missing required arguments: id"
    assert error["extensions"]["code"] == "missingRequiredArguments"
    (error,) = shared.ask("{ account }")["errors"]
    assert error["extensions"] == {"code": "selectionMismatch", "nodeName": "field 'account'", "typeName": "Account"}
    (error,) = shared.ask("{ account { id { x } } }")["errors"]
    assert error["message"].startswith("Selections can't be made on scalars")


def test_literals_that_do_not_fit(shared: Asker) -> None:
    for literal in ('first: "ten"', "sort: [{key: COLOUR, direction: ASCENDING}]", "filter: {status: 4}"):
        (error,) = shared.ask(f"{{ jobs({literal}) {{ nodes {{ id }} }} }}")["errors"]
        assert error["extensions"]["code"] == "argumentLiteralsIncompatible", literal
    (error,) = shared.ask('{ jobs(filter: {createdAt: {after: "2020-01-01 00:00:00+00"}}) { nodes { id } } }')["errors"]
    assert (error["extensions"]["typeName"], error["extensions"]["argumentName"]) == ("InputObject", "after")


def test_an_unknown_enum_value_is_named_where_it_stands(shared: Asker) -> None:
    (error,) = shared.ask("{ clients(sort: {key: COLOUR, direction: ASCENDING}) { nodes { id } } }")["errors"]
    assert error["message"] == (
        "Argument 'key' on InputObject 'ClientsSortInput' has an invalid value (COLOUR). "
        "Expected type 'ClientsSortKey!'."
    )
    assert error["path"] == ["query", "clients", "sort", "key"]
    assert error["extensions"] == {
        "code": "argumentLiteralsIncompatible",
        "typeName": "InputObject",
        "argumentName": "key",
    }


def test_fragments_that_can_never_match(shared: Asker) -> None:
    (error,) = shared.ask("{ clients { nodes { ... on Job { id } } } }")["errors"]
    assert error["message"] == "Fragment on Job can't be spread inside Client"
    assert error["path"] == ["query", "clients", "nodes", "... on Job"]
    assert error["extensions"]["code"] == "cannotSpreadFragment"
    (error,) = shared.ask("{ clients { nodes { customFields { id } } } }")["errors"]
    assert error["message"] == "Selections can't be made directly on unions (see selections on CustomFieldUnion)"


def test_variables_at_the_wrong_place_or_at_none(shared: Asker) -> None:
    (error,) = shared.ask("query Q($first: String) { clients(first: $first) { nodes { id } } }")["errors"]
    assert error["message"] == "Type mismatch on variable $first and argument first (String / Int)"
    assert error["extensions"]["code"] == "variableMismatch"
    errors = shared.ask("query Q($first: Int) { nothing(first: $first) { nodes { id } } }")["errors"]
    assert [error["extensions"]["code"] for error in errors] == ["undefinedField", "variableNotUsed"]
    assert errors[1]["message"] == "Variable $first is declared by Q but not used"


def test_variables_that_do_not_fit(shared: Asker) -> None:
    query = "query($id: EncodedId!) { job(id: $id) { id } }"
    (error,) = shared.ask(query)["errors"]
    assert error["message"] == "Variable $id of type EncodedId! was provided invalid value"
    assert error["extensions"]["value"] is None
    assert error["extensions"]["problems"][0]["explanation"] == "Expected value to not be null"
    (error,) = shared.ask(query, {"id": "garbage"})["errors"]
    assert error["extensions"]["value"] == "garbage"
    query = "query($f: JobFilterAttributes) { jobs(filter: $f) { nodes { id } } }"
    (error,) = shared.ask(query, {"f": {"createdAt": {"after": "2020-01-01 00:00:00+00"}}})["errors"]
    assert error["extensions"]["problems"][0]["path"] == ["createdAt", "after"]
    (error,) = shared.ask(query, {"f": {"colour": 1}})["errors"]
    assert error["extensions"]["problems"][0]["explanation"] == "Field is not defined on JobFilterAttributes"


def test_what_cannot_be_read(shared: Asker) -> None:
    for query in ("{", "", None):
        answer = shared.post(query)
        assert (answer.status_code, answer.json()) == (400, {"message": "Invalid query"})


def test_only_json_is_taken(shared: Asker) -> None:
    url = f"{shared.server.api_url}/graphql"
    answer = requests.post(url, data={"query": "{account{id}}"}, timeout=10)
    assert answer.status_code == 415


def test_without_a_token(shared: Asker) -> None:
    url, headers = f"{shared.server.api_url}/graphql", {"X-JOBBER-GRAPHQL-VERSION": VERSION}
    answer = requests.post(url, json={"query": "{account{id}}"}, headers=headers, timeout=10)
    (error,) = answer.json()["errors"]
    assert answer.status_code == 200
    assert answer.json()["data"] == {"account": None}
    assert error["message"] == "The field account on an object of type Query was hidden because you are unauthenticated"
    assert (error["path"], error["extensions"]) == (["account"], {"code": "UNAUTHENTICATED"})
    shown = requests.post(url, json={"query": '{__type(name: "Job"){name}}'}, headers=headers, timeout=10)
    assert shown.json()["data"] == {"__type": {"name": "Job"}}


def test_garbled_token(shared: Asker) -> None:
    answer = shared.post("{account{id}}", headers={"Authorization": "Bearer nonsense"})
    assert (answer.status_code, answer.json()) == (401, {"message": "Token not recognized"})


def test_versions(shared: Asker) -> None:
    def with_version(version: str) -> requests.Response:
        return shared.post("{account{id}}", headers={"X-JOBBER-GRAPHQL-VERSION": version})

    answer = with_version("1999-01-01")
    assert answer.status_code == 404
    assert answer.json() == {"message": "GraphQL API version '1999-01-01' does not exist"}
    assert with_version("").status_code == 404
    versioning = with_version("2022-03-10").json()["extensions"]["versioning"]
    assert versioning == {"version": "2023-03-29"}
    versioning = with_version("2023-08-18").json()["extensions"]["versioning"]
    assert versioning["version"] == "2023-08-18"
    assert versioning["warning"].startswith("API Version 2023-08-18 is no longer supported")
    assert "warning" not in with_version("2026-09-25").json()["extensions"]["versioning"]
