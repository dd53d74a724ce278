"""Answers that lack a part of what was asked for cost that part, by name, and the exit status says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e import test_custom_streams as custom_streams
from tests.e2e import truth
from tests.e2e.harness import STATE, Bench

if TYPE_CHECKING:
    from tests.e2e.harness import Outcome

STREAMS = ["clients", "client_notes", "tax_rates"]


def sync(one: Bench, *words: Any, streams: list[str] | None = None, **settings: Any) -> Outcome:
    outcome = one.tap(*words, streams=streams or STREAMS, **settings)
    truth.assert_valid(outcome)
    return outcome


def ids_of(one: Bench, stream: str) -> list[str]:
    return [row["id"] for row in truth.rows(one, stream)]


def test_a_field_that_fails_costs_its_values(tiny: Bench) -> None:
    rows = truth.rows(tiny, "clients")
    failing = rows[1]["id"]
    tiny.arm(kind="failing_field", field="Client.companyName", ids=[failing])
    outcome = sync(tiny, "--state", tiny.write("state.json", STATE))
    assert outcome.status == 4, outcome.stderr
    (line,) = outcome.errors
    assert line.startswith("clients came without companyName (1 value failed: undefined method 'cents' for nil)")
    assert "deselect" in line
    expected = [{k: v for k, v in row.items() if row["id"] != failing or k != "companyName"} for row in rows]
    assert truth.lines(outcome.rows("clients")) == truth.lines(expected)
    truth.assert_complete(tiny, outcome, ["client_notes", "tax_rates"])
    bookmarks = outcome.states[-1]["bookmarks"]
    assert bookmarks["clients"] == STATE["bookmarks"]["clients"]
    assert bookmarks["client_notes"]["replication_key_value"] > "2025"


def test_a_field_that_fails_once_costs_nothing(tiny: Bench) -> None:
    tiny.arm(kind="failing_field", field="Client.companyName", times=2)
    truth.assert_complete(tiny, sync(tiny).checked(), STREAMS)


def test_a_field_that_takes_rows_with_it_is_left_out(tiny: Bench) -> None:
    tiny.arm(kind="failing_field", field="Client.name", ids=ids_of(tiny, "clients")[:1])
    outcome = sync(tiny)
    assert outcome.status == 4, outcome.stderr
    assert ["clients came without name" in line for line in outcome.errors] == [True]
    expected = [{name: value for name, value in row.items() if name != "name"} for row in truth.rows(tiny, "clients")]
    assert truth.lines(outcome.rows("clients")) == truth.lines(expected)
    truth.assert_complete(tiny, outcome, ["client_notes", "tax_rates"])


def test_a_field_of_a_list_costs_the_list_only(tiny: Bench) -> None:
    tiny.arm(kind="failing_field", field="ClientNote.message")
    outcome = sync(tiny)
    assert outcome.status == 4, outcome.stderr
    assert ["client_notes came without message" in line for line in outcome.errors] == [True]
    expected = [{k: v for k, v in row.items() if k != "message"} for row in truth.rows(tiny, "client_notes")]
    assert truth.lines(outcome.rows("client_notes")) == truth.lines(expected)
    truth.assert_complete(tiny, outcome, ["clients", "tax_rates"])


@pytest.mark.parametrize(
    ("fault", "gone"), [("hidden", "clients: 1 row is missing"), ("unservable", "clients came without the row")]
)
def test_a_row_that_cannot_be_had_costs_that_row(tiny: Bench, fault: str, gone: str) -> None:
    row = ids_of(tiny, "clients")[2]
    tiny.arm(kind=fault, type="Client", ids=[row])
    outcome = sync(tiny, emit_activate_version_messages=True)
    assert outcome.status == (0 if fault == "hidden" else 4), outcome.stderr
    assert [line for line in [*outcome.warnings, *outcome.errors] if gone in line]
    assert set(outcome.ids("clients")) == truth.ids(tiny, "clients") - {row}
    truth.assert_complete(tiny, outcome, ["tax_rates"])


def test_what_is_hidden_is_not_told_to_be_gone(tiny: Bench) -> None:
    tiny.arm(kind="hidden", type="TaxRate", ids=ids_of(tiny, "tax_rates")[:1])
    outcome = sync(tiny, streams=["tax_rates", "vehicles"], emit_activate_version_messages=True).checked()
    assert len(outcome.rows("tax_rates")) == len(truth.rows(tiny, "tax_rates")) - 1
    assert [each["stream"] for each in outcome.of_type("ACTIVATE_VERSION")] == ["vehicles"]


def test_a_query_of_the_users_own_loses_no_more(tiny: Bench) -> None:
    fields = "id companyName firstName"
    text = (
        f"query ($first: Int!, $after: String) {{ clients(first: $first, after: $after) {{ nodes {{ {fields} }} }} }}"
    )
    ids = ids_of(tiny, "clients")
    tiny.arm(kind="failing_field", field="Client.companyName", ids=ids[:1])
    tiny.arm(kind="hidden", type="Client", ids=ids[1:2])
    outcome = custom_streams.sync(tiny, custom_streams.custom(text))
    assert outcome.status == 4, outcome.stderr
    assert ["mine came without companyName (1 value failed" in line for line in outcome.errors] == [True]
    assert [line for line in outcome.warnings if line.startswith("mine: 1 row is missing")]
    rows = outcome.last_rows("mine")
    assert rows.keys() == set(ids) - set(ids[1:2])
    assert [key for key, row in rows.items() if "companyName" not in row] == ids[:1]


def test_pages_that_are_too_large_are_asked_for_smaller(tiny: Bench) -> None:
    tiny.arm(kind="unservable", rows=3)
    outcome = sync(tiny, streams=["clients", "tax_rates"]).checked()
    truth.assert_complete(tiny, outcome, ["clients", "tax_rates"])
    assert len(tiny.log) < 45


def test_lists_that_are_too_long_are_asked_for_in_smaller_pages(tiny: Bench) -> None:
    tiny.arm(kind="unservable", rows=10, type="ClientNote")
    truth.assert_complete(tiny, sync(tiny).checked(), STREAMS)


def test_ids_are_not_told_of_a_list_that_lacks_rows(tiny: Bench) -> None:
    tiny.arm(kind="unservable", ids=ids_of(tiny, "clients")[2:3])
    outcome = sync(tiny, streams=["client_ids", "tax_rates"])
    assert outcome.status == 4, outcome.stderr
    assert outcome.rows("client_ids") == []
    truth.assert_complete(tiny, outcome, ["tax_rates"])
