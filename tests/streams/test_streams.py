"""A stream between the catalog and the API."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, cast

import pytest
from singer_sdk.singerlib import Catalog

from tap_jobber.api.client import NotPermittedError
from tap_jobber.cli.summary import finish
from tap_jobber.errors import RenewalError, TapError
from tap_jobber.graphql.text import selection_set
from tap_jobber.streams import STREAMS
from tap_jobber.streams.root_stream import RootStream
from tap_jobber.tap import TapJobber
from tests.streams.fake_jobber import CONFIG, OFF, FakeJobber, ago, catalog_of, named, opened, plain_tap, selecting

if TYPE_CHECKING:
    from tap_jobber.streams.jobber_stream import JobberStream

NOTHING = ("scope", "give it")


def table(name: str, metadata: dict[tuple[str, ...], dict[str, object]]) -> RootStream:
    """Return a root stream with metadata of its catalog changed."""
    return cast("RootStream", selecting(name, metadata))


def test_a_deselected_column_is_not_asked_for() -> None:
    text = selection_set(selecting("clients", {("properties", "companyName"): OFF}).part.node)
    assert "companyName" not in text
    assert "firstName" in text


def test_a_deselected_part_of_an_object_is_not_asked_for() -> None:
    text = selection_set(selecting("users", {("properties", "phone", "properties", "raw"): OFF}).part.node)
    assert "phone { areaCode countryCode friendly isValid }" in text


def test_a_deselected_object_goes_with_all_its_parts() -> None:
    text = selection_set(selecting("users", {("properties", "phone"): OFF}).part.node)
    assert "areaCode" not in text


def test_a_deselected_reference_is_not_asked_for() -> None:
    assert "job {" not in selection_set(selecting("visits", {("properties", "jobId"): OFF}).part.node)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("clients", "id"),
        ("clients", "updatedAt"),
        ("jobs", "jobNumber"),
        ("jobs", "createdAt"),
        ("jobs", "updatedAt"),
        ("visits", "createdAt"),
        ("payment_records", "entryDate"),
        ("payout_records", "arrivalDate"),
        ("events", "startAt"),
        ("products", "name"),
    ],
)
def test_what_reading_needs_is_asked_for_even_if_deselected(name: str, column: str) -> None:
    stream = table(name, {("properties", column): OFF})
    assert column in {each.name for each in stream.part.node.every_field()}
    assert column in stream.source.required


def test_the_time_of_change_is_needed_where_lists_carry_it() -> None:
    assert "updatedAt" in table("invoices", {}).required
    assert "updatedAt" not in table("custom_field_configurations", {}).required


def test_a_column_that_the_catalog_does_not_have_is_not_asked_for() -> None:
    catalog = TapJobber(config=CONFIG).catalog_dict
    entry = next(each for each in catalog["streams"] if each["tap_stream_id"] == "tax_rates")
    del entry["schema"]["properties"]["label"]
    del entry["schema"]["properties"]["id"]
    tap = TapJobber(config=CONFIG, catalog=Catalog.from_dict(catalog))
    text = selection_set(named(tap, "tax_rates").part.node)
    assert text.startswith("{ components { default description id label name qboTaxType tax } default")
    assert "} default description id name" in text


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_every_stream_has_its_key_and_says_what_a_row_is(stream: type[JobberStream]) -> None:
    made = stream(plain_tap())
    assert made.primary_keys
    for key in made.primary_keys:
        assert made.schema["properties"][key]["type"] in {"string", "integer"}
    assert set(made.primary_keys) == set(made.schema["required"])
    assert stream.__doc__
    assert made.selected == stream.selected_by_default


@pytest.mark.parametrize(
    "stream", [each for each in STREAMS if issubclass(each, RootStream)], ids=lambda each: each.name
)
def test_the_key_of_a_root_stream_is_its_id_where_it_has_one(stream: type[RootStream]) -> None:
    made = stream(plain_tap())
    other = {
        "app_alerts": ("appId",),
        "expense_suggestions": ("name",),
        "time_sheet_groups": ("userId", "startDate", "id"),
    }
    assert tuple(made.primary_keys) == other.get(made.name, ("id",))


VISITS: list[dict[str, Any]] = [
    {"id": "1", "createdAt": ago(2), "job": {"id": "j"}},
    {"id": "2", "createdAt": ago(1), "job": None},
]


def test_nodes_become_rows_and_are_counted() -> None:
    stream = named(opened(FakeJobber({"visits": VISITS})), "visits")
    assert list(stream.get_records(None)) == [
        {"id": "1", "createdAt": ago(2), "jobId": "j"},
        {"id": "2", "createdAt": ago(1), "jobId": None},
    ]
    assert (stream.usage.rows, stream.usage.requests) == (2, 2), "a page, and the server's clock"
    assert stream.outcome.is_complete


def test_a_column_needed_for_reading_only_is_not_handed_on() -> None:
    catalog = catalog_of()
    del catalog["visits"].schema.properties["createdAt"]  # type: ignore[union-attr] # there are properties
    stream = named(opened(FakeJobber({"visits": VISITS[:1]}), catalog), "visits")
    assert list(stream.get_records(None)) == [{"id": "1", "jobId": "j"}]


def test_a_catalog_that_names_no_keys_takes_none_away() -> None:
    catalog = catalog_of()
    for name in ("clients", "client_tags"):
        catalog[name].key_properties = catalog[name].replication_key = None
        catalog[name].metadata.clear()
    tap = TapJobber(config=CONFIG, catalog=catalog)
    assert [named(tap, name).primary_keys for name in ("clients", "client_tags")] == [("id",), ("clientId", "id")]
    assert [named(tap, name).is_incremental for name in ("clients", "client_tags", "users")] == [True, True, False]


def test_the_end_of_a_stream_is_told_with_what_it_cost(caplog: pytest.LogCaptureFixture) -> None:
    stream = named(opened(FakeJobber({"taxRates": [{"id": "1"}]})), "tax_rates")
    with caplog.at_level(logging.INFO):
        list(stream.get_records(None))
    assert any(message.startswith("Finished tax_rates: 1 row, 1 request, 0 points") for message in caplog.messages)


def test_a_stream_that_may_not_be_read_is_skipped_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    stream = named(opened(FakeJobber(errors={"taxRates": NotPermittedError(*NOTHING)})), "tax_rates")
    with caplog.at_level(logging.INFO):
        assert list(stream.get_records(None)) == []
    assert stream.outcome.remark() == "skipped: scope"
    assert "Skipping tax_rates: scope: give it" in caplog.messages
    assert not any(message.startswith("Finished") for message in caplog.messages)


def test_a_stream_is_skipped_with_those_of_its_lists_and_the_scope_is_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tap = opened(FakeJobber(errors={"invoices": NotPermittedError(*NOTHING)}))
    with caplog.at_level(logging.WARNING):
        assert list(named(tap, "invoices").get_records(None)) == []
    skipped = {name for name, stream in tap.streams.items() if cast("JobberStream", stream).outcome.refusal}
    assert skipped == {"invoices", "invoice_jobs", "invoice_line_items", "invoice_note_files", "invoice_notes"}
    assert len(caplog.messages) == 1
    assert "read_invoices" in caplog.messages[0]


def test_a_stream_that_may_not_be_read_fails_where_that_is_wanted() -> None:
    jobber = FakeJobber(errors={"vehicles": NotPermittedError(*NOTHING)})
    stream = named(opened(jobber, on_missing_permission="fail"), "vehicles")
    with pytest.raises(RenewalError, match="scope: "):
        list(stream.get_records(None))


def test_any_other_error_is_never_taken_for_a_skip() -> None:
    stream = named(opened(FakeJobber(errors={"vehicles": TapError("it broke", "mend it")})), "vehicles")
    with pytest.raises(TapError, match="it broke: mend it"):
        list(stream.get_records(None))
    assert stream.outcome.refusal is None


def finished(skipped: list[str]) -> None:
    """End a run of three streams of which some were skipped."""
    tap = TapJobber(config=CONFIG)
    for name, stream in tap.streams.items():
        jobber_stream = cast("JobberStream", stream)
        if name not in {"clients", "jobs", "visits"}:
            jobber_stream.mask[()] = False
        if name in skipped:
            jobber_stream.refuse(NotPermittedError("no scope", "get it"))
    finish(tap)


def test_a_run_with_all_streams_skipped_is_an_error() -> None:
    with pytest.raises(RenewalError, match=r"none of the selected streams could be read \(no scope\)"):
        finished(["clients", "jobs", "visits"])


@pytest.mark.parametrize("skipped", [[], ["clients"], ["clients", "visits"]])
def test_a_run_with_some_streams_read_is_none(skipped: list[str], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        finished(skipped)
    assert sum("skipped: no scope" in message for message in caplog.messages) == len(skipped)
    assert any(message.startswith("all ") for message in caplog.messages)
