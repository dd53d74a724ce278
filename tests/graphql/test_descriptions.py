"""Column descriptions in the catalog."""

from __future__ import annotations

from typing import Any

from tap_jobber.graphql.descriptions import FACTS
from tap_jobber.graphql.sdl import read_schema
from tap_jobber.streams import STREAMS


def described(stream: str) -> dict[str, Any]:
    (found,) = (each for each in STREAMS if each.name == stream)
    properties: dict[str, Any] = found.derived_schema()["properties"]
    return properties


def test_every_fact_is_of_a_field_that_there_is() -> None:
    types: Any = read_schema().type_map
    for coordinate in FACTS:
        owner, name = coordinate.split(".")
        assert name in types[owner].fields, coordinate


def test_references_name_the_table_that_they_lead_to() -> None:
    assert described("jobs")["clientId"]["description"] == "References clients.id."
    assert described("job_line_items")["jobId"]["description"] == "References jobs.id."
    assert described("quote_jobs")["jobId"]["description"] == "References jobs.id."
    # A line item of a job shows in its visits too.
    assert described("visit_line_items")["visitId"]["description"] == "References visits.id."
    tables = {each.name for each in STREAMS}
    for stream in STREAMS:
        for column in stream.derived_schema()["properties"].values():
            described_as = column.get("description", "")
            if described_as.startswith("References "):
                assert described_as.removeprefix("References ").removesuffix(".id.") in tables, described_as


def test_units_enums_and_surprises_are_said() -> None:
    assert described("time_sheet_entries")["finalDuration"]["description"] == "In seconds."
    assert described("payout_records")["netAmount"]["description"] == "In whole cents."
    assert "midnight in the account's time zone" in described("invoices")["dueDate"]["description"]
    assert described("invoices")["invoiceStatus"]["description"].startswith("One of draft, ")
    assert described("invoices")["disableClientHubAchPayments"]["description"] == "Deprecated by Jobber."
