"""The wordings in which servers say that they do not know something."""

from __future__ import annotations

from typing import Any

import pytest

from tap_jobber.api.classification import classify
from tap_jobber.api.decision import Action, Reply
from tap_jobber.api.unknown_names import Strike, Unknown, read_hidden, read_strike

FIELD = Strike(Unknown.FIELD, "Job", "x")


@pytest.mark.parametrize(
    ("error", "strike"),
    [
        ({"message": "Field 'x' doesn't exist on type 'Job'"}, FIELD),
        ({"message": "Field 'x' doesn't exist on type 'Job' (Did you mean `y`?)"}, FIELD),
        ({"message": "Cannot query field 'x' on type 'Job'. Did you mean 'y'?"}, FIELD),
        ({"message": 'Cannot query field "x" on type "Job".'}, FIELD),
        ({"message": "?", "extensions": {"code": "undefinedField", "typeName": "Job", "fieldName": "x"}}, FIELD),
        (
            {"message": "Field 'jobs' doesn't accept argument 'sort'"},
            Strike(Unknown.ARGUMENT, "jobs", "sort"),
        ),
        (
            {
                "message": "?",
                "extensions": {
                    "code": "argumentNotAccepted",
                    "name": "jobs",
                    "typeName": "Field",
                    "argumentName": "sort",
                },
            },
            Strike(Unknown.ARGUMENT, "jobs", "sort"),
        ),
        (
            {"message": "InputObject 'JobsSortInput' doesn't accept argument 'key'"},
            Strike(Unknown.ARGUMENT, "JobsSortInput", "key"),
        ),
        (
            {"message": "Argument 'key' on InputObject 'JobsSortInput' has an invalid value (JOB). Expected type 'K'"},
            Strike(Unknown.VALUE, "JobsSortInput", "key"),
        ),
        (
            {"message": "Argument 'sort' on Field 'jobs' has an invalid value ({key: JOB}). Expected type '[S!]'."},
            Strike(Unknown.VALUE, "jobs", "sort"),
        ),
        ({"message": "No such type Cash, so it can't be a fragment condition"}, Strike(Unknown.TYPE, "Cash", "Cash")),
        (
            {"message": "?", "extensions": {"code": "undefinedType", "typeName": "Cash"}},
            Strike(Unknown.TYPE, "Cash", "Cash"),
        ),
        ({"message": "Fragment on Cash can't be spread inside Payment"}, Strike(Unknown.FRAGMENT, "Payment", "Cash")),
        (
            {"message": "Field must have selections (field 'name' returns Name but has no selections. Did you mean ?)"},
            Strike(Unknown.SHAPE, "Name", "name"),
        ),
        (
            {"message": "Selections can't be made on scalars (field 'name' returns String but has selections [id])"},
            Strike(Unknown.SHAPE, "String", "name"),
        ),
        (
            {"message": "Selections can't be made directly on unions (see selections on Owner)"},
            Strike(Unknown.SHAPE, "", "Owner"),
        ),
        (
            {"message": "Type mismatch on variable $after and argument after (String / Int)"},
            Strike(Unknown.VALUE, "", "after"),
        ),
        (
            {"message": "Field 'jobs' is missing required arguments: filter, kind"},
            Strike(Unknown.REQUIRED, "jobs", "filter, kind"),
        ),
        (
            {
                "message": "?",
                "extensions": {
                    "code": "missingRequiredArguments",
                    "className": "Field",
                    "name": "jobs",
                    "arguments": "filter",
                },
            },
            Strike(Unknown.REQUIRED, "jobs", "filter"),
        ),
        (
            {"message": "Argument 'status' on InputObject 'UsersFilter' is required. Expected type S!"},
            Strike(Unknown.REQUIRED, "UsersFilter", "status"),
        ),
    ],
)
def test_a_wording(error: dict[str, Any], strike: Strike) -> None:
    assert read_strike(error) == strike


@pytest.mark.parametrize(
    "error",
    [
        {},
        {"message": None},
        {"message": "Throttled"},
        {"message": "Field 'x' is hidden"},
        {"message": "?", "extensions": {"code": "undefinedField"}},
        {"message": "?", "extensions": "undefinedField"},
    ],
)
def test_another_kind_of_error(error: dict[str, Any]) -> None:
    assert read_strike(error) is None


HIDDEN = "was hidden due to permissions"


@pytest.mark.parametrize(
    ("error", "strike"),
    [
        (
            {"message": f"The field linkedTo on an object of type ClientNote {HIDDEN}", "path": ["clients"]},
            Strike(Unknown.FIELD, "ClientNote", "linkedTo", is_hidden=True),
        ),
        (
            {"message": f"An object of type User {HIDDEN}", "path": ["jobs", "nodes", 3, "salesperson"]},
            Strike(Unknown.FIELD, "", "salesperson", is_hidden=True),
        ),
        (
            {
                "message": f"An object of type RequestNote {HIDDEN}",
                "path": ["requests", "nodes", 0, "notes", "nodes", 1],
            },
            Strike(Unknown.FIELD, "", "notes", is_hidden=True),
        ),
        (
            {"message": f"An object of type ClientNote {HIDDEN}", "path": ["p0", "notes", "nodes", 1]},
            Strike(Unknown.FIELD, "", "notes", is_hidden=True),
        ),
        ({"message": f"The field jobs on an object of type Query {HIDDEN}", "path": ["jobs"]}, None),
        ({"message": f"An object of type Job {HIDDEN}", "path": ["jobs", "nodes", 0]}, None),
        ({"message": f"An object of type Job {HIDDEN}", "path": ["jobs", "edges", 0, "node"]}, None),
        (
            {"message": f"An object of type Client {HIDDEN}", "path": ["jobs", "edges", 0, "node", "client"]},
            Strike(Unknown.FIELD, "", "client", is_hidden=True),
        ),
        ({"message": f"An object of type Job {HIDDEN}", "path": None}, None),
        ({"message": f"An object of type Job {HIDDEN}"}, None),
        ({}, None),
    ],
)
def test_what_is_hidden(error: dict[str, Any], strike: Strike | None) -> None:
    assert read_hidden(error) == strike


def test_how_a_message_names_it() -> None:
    assert str(FIELD) == "Job.x"
    assert str(Strike(Unknown.FIELD, "", "notes", is_hidden=True)) == "notes"
    assert str(Strike(Unknown.TYPE, "Cash", "Cash")) == "Cash"


def test_all_unknown_names_of_an_answer_are_learnt_at_once() -> None:
    listed = [{"message": f"Field '{name}' doesn't exist on type 'Job'"} for name in "xyz"]
    decision = classify(Reply(200, "application/json", {"errors": listed}))
    assert decision.action is Action.STRIKE
    assert [strike.name for strike in decision.strikes] == ["x", "y", "z"]


@pytest.mark.parametrize("extensions", [{"code": "variableNotUsed", "variableName": "first"}, None])
def test_variables_of_an_unknown_root_field_go_unused_and_that_is_no_other_error(
    extensions: dict[str, str] | None,
) -> None:
    unused = {"message": "Variable $first is declared by vehicles but not used", "extensions": extensions}
    listed = [{"message": "Field 'vehicles' doesn't exist on type 'Query'"}, unused]
    decision = classify(Reply(200, "application/json", {"errors": listed}))
    assert decision.action is Action.STRIKE
    assert decision.strikes == (Strike(Unknown.FIELD, "Query", "vehicles"),)


def test_an_unused_variable_alone_is_no_drift() -> None:
    listed = [{"message": "Variable $first is declared by vehicles but not used"}]
    assert classify(Reply(200, "application/json", {"errors": listed})).action is Action.STOP


def test_where_it_stands_is_told_for_queries_only() -> None:
    error: dict[str, Any] = {"message": "Field 'x' doesn't exist on type 'Job'", "path": ["query jobs", "jobs", "x"]}
    strike = read_strike(error)
    assert strike is not None
    assert strike.path == ("query jobs", "jobs", "x")
    strike = read_strike({**error, "path": ["jobs", "nodes", 0]})
    assert strike is not None
    assert strike.path == ()


def test_what_else_is_wrong_with_the_query_waits_until_what_is_known_has_gone() -> None:
    listed = [{"message": "Field 'x' doesn't exist on type 'Job'"}, {"message": "Odd", "path": ["query jobs", "jobs"]}]
    decision = classify(Reply(200, "application/json", {"errors": listed}))
    assert (decision.action, decision.strikes) == (Action.STRIKE, (FIELD,))


def test_drift_beside_another_error_is_not_drift() -> None:
    listed = [{"message": "Field 'x' doesn't exist on type 'Job'"}, {"message": "Syntax error"}]
    assert classify(Reply(200, "application/json", {"errors": listed})).action is Action.STOP
