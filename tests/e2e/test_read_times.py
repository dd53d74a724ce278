"""`add_read_times`: what tells rows that are gone from those that are there, in files as in databases."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.e2e.harness import catalog

if TYPE_CHECKING:
    from tests.e2e.harness import Bench, Outcome

_STREAMS = ["account", "users", "vehicles", "vehicle_assigned_users", "clients", "client_notes", "user_ids"]
_WHOLE = {"account", "users", "vehicles", "vehicle_assigned_users", "user_ids"}


def _rows(*outcomes: Outcome) -> dict[str, dict[str, dict[str, Any]]]:
    """Return what a target without deletions holds after some runs, by stream and key."""
    held: dict[str, dict[str, dict[str, Any]]] = {}
    for outcome in outcomes:
        keys = {each["stream"]: each["key_properties"] for each in outcome.of_type("SCHEMA")}
        for each in outcome.of_type("RECORD"):
            key = json.dumps([each["record"][name] for name in keys[each["stream"]]])
            held.setdefault(each["stream"], {})[key] = each["record"]
    return held


def _current(held: dict[str, dict[str, dict[str, Any]]], stream: str) -> set[str]:
    read_from = {row["stream"]: row["readFrom"] for row in held["complete_reads"].values()}[stream]
    return {row["id"] for row in held[stream].values() if row["_sdc_extracted_at"] >= read_from}


def test_rows_older_than_the_last_complete_read_are_gone(own: Bench) -> None:
    first = own.tap(streams=_STREAMS, add_read_times=True).checked()
    users = {row["id"] for row in first.rows("users")}
    assert _current(_rows(first), "users") == users
    own.change(op="delete", type="User", id=(gone := min(users)))
    second = own.tap(
        "--state", own.write("state.json", first.states[-1]), streams=_STREAMS, add_read_times=True
    ).checked()
    held = _rows(first, second)
    assert len(held["users"]) == len(users)
    assert _current(held, "users") == users - {gone}
    assert {row["stream"] for row in second.rows("complete_reads")} == _WHOLE


def test_no_message_has_a_version_unless_that_is_wanted_too(tiny: Bench) -> None:
    outcome = tiny.tap(streams=["users"], add_read_times=True).checked()
    assert not outcome.of_type("ACTIVATE_VERSION")
    assert not any("version" in message for message in outcome.of_type("RECORD"))
    both = tiny.tap(streams=["users"], add_read_times=True, emit_activate_version_messages=True).checked()
    assert len(both.of_type("ACTIVATE_VERSION")) == 1
    assert all("version" in message for message in both.of_type("RECORD") if message["stream"] == "users")


def test_a_table_that_was_not_read_whole_is_not_told_to_be(tiny: Bench) -> None:
    tiny.arm(kind="unknown_field", field="Query.vehicles")
    outcome = tiny.tap(streams=["users", "vehicles"], add_read_times=True)
    outcome.assert_partial("vehicles")
    assert {row["stream"] for row in outcome.rows("complete_reads")} == {"users"}


def test_every_row_of_a_run_says_when_it_was_read(tiny: Bench) -> None:
    before = tiny.write("catalog.json", catalog(["clients", "client_notes"]))
    outcome = tiny.tap("--catalog", before, add_read_times=True).checked()
    for message in outcome.of_type("SCHEMA"):
        assert "_sdc_extracted_at" in message["schema"]["properties"]
    assert all(row["_sdc_extracted_at"] for name in outcome.streams for row in outcome.rows(name))


def test_the_columns_of_before_are_all_there_is_without_the_setting(tiny: Bench) -> None:
    outcome = tiny.tap(streams=["users"]).checked()
    assert "_sdc_extracted_at" not in json.dumps(outcome.of_type("SCHEMA"))
    assert outcome.streams == {"users"}
