"""Streams that cannot be read cost themselves, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_jobber.credentials.stores.location import open_store
from tests.e2e import truth
from tests.e2e.harness import TINY, Bench, bench, discovered

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.harness import Outcome

REFUSED: dict[str, Any] = {"kind": "no_data", "times": None, "body": {"errors": [{"message": "This is not possible"}]}}


def default_streams() -> list[str]:
    """Return the streams that are read without a catalog."""
    selected = []
    for stream in discovered()["streams"]:
        entry = next(each for each in stream["metadata"] if each["breadcrumb"] == [])
        if entry["metadata"].get("selected", entry["metadata"].get("selected-by-default")):
            selected.append(stream["tap_stream_id"])
    return selected


def set_aside(outcome: Outcome) -> list[str]:
    """Return the streams that the last lines of a run name."""
    names = [line.split(" was set aside, ")[0] for line in outcome.errors]
    assert [line.text for line in outcome.log[-len(names) :]] == outcome.errors
    return names


def test_two_streams_that_fail_and_one_that_the_version_does_not_have(tiny: Bench) -> None:
    tiny.arm(**REFUSED, root="taxRates")
    tiny.arm(kind="stuck_cursor", root="products", times=None)
    tiny.arm(kind="unknown_field", field="Query.vehicles")
    names = default_streams()
    outcome = tiny.tap(page_size=4)
    assert outcome.status == 4, outcome.stderr
    # The users of vehicles are lists of theirs, so that there is no other way to them.
    assert set_aside(outcome) == ["products", "tax_rates", "vehicle_assigned_users", "vehicles"]
    assert [line.rpartition(": ")[2] for line in outcome.errors] == [
        "run again; if it stays, report it to Jobber's API support",
        "check api_version against Jobber's API changelog",
        "set a newer api_version, or deselect the stream",
        "set a newer api_version, or deselect the stream",
    ]
    truth.assert_complete(tiny, outcome, [each for each in names if each not in set_aside(outcome)])
    (record,) = open_store(str(tiny.store)).records()
    assert record.syncs[0].incomplete == dict(zip(set_aside(outcome), outcome.errors, strict=True))
    assert str(record.syncs[0].error).startswith("not complete: products, tax_rates, ")


def test_two_streams_a_column_and_the_version_at_once(tmp_path: Path) -> None:
    """Four surprises are four lines; everything else is as the account is."""
    with bench(tmp_path, **TINY, versioning=False) as one:
        failing = truth.rows(one, "clients")[0]["id"]
        one.arm(**REFUSED, root="taxRates")
        one.arm(kind="stuck_cursor", root="products", times=None)
        one.arm(kind="failing_field", field="Client.companyName", ids=[failing])
        outcome = one.tap(page_size=4)
        assert outcome.status == 4, outcome.stderr
        assert [line.split(" ")[0] for line in outcome.errors] == ["clients", "products", "tax_rates"]
        assert sum("The served version of Jobber's API is unknown" in line for line in outcome.warnings) == 1
        complete = [name for name in default_streams() if name not in {"clients", "products", "tax_rates"}]
        truth.assert_complete(one, outcome, complete)
        clients = [
            {name: value for name, value in row.items() if row["id"] != failing or name != "companyName"}
            for row in truth.rows(one, "clients")
        ]
        assert truth.lines(outcome.rows("clients")) == truth.lines(clients)


def test_a_list_that_fails_takes_neither_its_parent_nor_another_list_along(tiny: Bench) -> None:
    family = truth.family("clients")
    tiny.arm(**REFUSED, match="notes(first")
    outcome = tiny.tap(streams=family, page_size=4, emit_activate_version_messages=True)
    assert outcome.status == 4, outcome.stderr
    assert set_aside(outcome) == ["client_notes"]
    truth.assert_complete(tiny, outcome, [each for each in family if each != "client_notes"])
    assert "replication_key_value" not in outcome.states[-1]["bookmarks"].get("client_notes", {})


def test_rows_that_fail_leave_the_lists_of_them(tiny: Bench) -> None:
    """Asked for with no more of the parent than its key, the lists are read as if nothing had happened."""
    tiny.arm(**REFUSED, match="companyName")
    family = truth.family("clients")
    outcome = tiny.tap(streams=family, page_size=4)
    assert set_aside(outcome) == ["clients"]
    truth.assert_complete(tiny, outcome, [each for each in family if each != "clients"])


def test_the_next_run_goes_on_where_the_stream_stood(tiny: Bench) -> None:
    names = ["clients", "jobs", "tax_rates"]
    tiny.arm(**{**REFUSED, "after": 1}, match="query clients(")
    first = tiny.tap(streams=names, page_size=4)
    assert set_aside(first) == ["clients"]
    state = tiny.write("state.json", first.states[-1])
    tiny.sandbox.faults.clear()
    second = tiny.tap("--state", state, streams=names).checked()
    rows = {**first.last_rows("clients"), **second.last_rows("clients")}
    assert truth.lines(rows.values()) == truth.lines(truth.rows(tiny, "clients"))
    assert not second.rows("jobs"), "what was complete has a bookmark"


def test_a_query_that_cannot_be_tested_is_a_matter_of_settings(tiny: Bench) -> None:
    outcome = tiny.tap("--test=credentials", credential_test_query="query nope { nope }")
    assert outcome.status == 1, outcome.stderr
    assert len(outcome.errors) == 1
