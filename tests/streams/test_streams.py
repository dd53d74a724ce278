"""How a stream behaves between the catalog and the API."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest
from singer_sdk.singerlib import Catalog

from tap_jobber.api.client import NotPermittedError
from tap_jobber.connection import Connection
from tap_jobber.errors import TapError
from tap_jobber.extraction.source import UnknownRootError
from tap_jobber.schema.query import selection_set
from tap_jobber.streams import STREAMS
from tap_jobber.tap import TapJobber

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_jobber.api.client import Usage
    from tap_jobber.credentials.credential import Credential
    from tap_jobber.extraction.reading import Extraction
    from tap_jobber.extraction.source import Source
    from tap_jobber.streams.base import JobberStream

CONFIG = {"client_id": "a", "client_secret": "b", "refresh_token": "c"}
NOTHING = ("scope", "give it")


@dataclass
class FakeExtraction:
    """Yields nodes, or raises after them."""

    found: list[dict[str, Any]] = field(default_factory=list)
    error: Exception | None = None
    asked: list[tuple[str, int | None]] = field(default_factory=list)

    def nodes(self, source: Source, usage: Usage, limit_rows: int | None = None) -> Iterator[dict[str, Any]]:
        """What was found."""
        self.asked.append((source.name, limit_rows))
        usage.requests += 1
        yield from self.found
        if self.error is not None:
            raise self.error


def opened(extraction: FakeExtraction, **settings: object) -> TapJobber:
    """A tap that reads what it is given."""
    tap = TapJobber(config={**CONFIG, **settings})
    tap.__dict__["connection"] = Connection(cast("Credential", None), cast("Extraction", extraction))
    return tap


def named(tap: TapJobber, name: str) -> JobberStream:
    """A stream of a tap."""
    return cast("JobberStream", tap.streams[name])


def selecting(name: str, metadata: dict[tuple[str, ...], dict[str, object]]) -> JobberStream:
    """A stream with metadata of its catalog changed."""
    catalog = TapJobber(config=CONFIG).catalog_dict
    entry = next(each for each in catalog["streams"] if each["tap_stream_id"] == name)
    for each in entry["metadata"]:
        each["metadata"].update(metadata.get(tuple(each["breadcrumb"]), {}))
    return named(TapJobber(config=CONFIG, catalog=Catalog.from_dict(catalog)), name)


OFF: dict[str, object] = {"selected": False}


def test_a_deselected_column_is_not_asked_for() -> None:
    text = selection_set(selecting("clients", {("properties", "companyName"): OFF}).source.node)
    assert "companyName" not in text
    assert "firstName" in text


def test_a_deselected_part_of_an_object_is_not_asked_for() -> None:
    text = selection_set(selecting("users", {("properties", "phone", "properties", "raw"): OFF}).source.node)
    assert "phone { areaCode countryCode friendly isValid }" in text


def test_a_deselected_object_goes_with_all_its_parts() -> None:
    text = selection_set(selecting("users", {("properties", "phone"): OFF}).source.node)
    assert "areaCode" not in text


def test_a_deselected_reference_is_not_asked_for() -> None:
    assert "job {" not in selection_set(selecting("visits", {("properties", "jobId"): OFF}).source.node)


@pytest.mark.parametrize(("name", "column"), [("clients", "id"), ("clients", "updatedAt"), ("jobs", "jobNumber")])
def test_what_reading_needs_is_asked_for_even_if_deselected(name: str, column: str) -> None:
    source = selecting(name, {("properties", column): OFF}).source
    assert column in {each.name for each in source.node.fields}
    assert column in source.required


def test_a_column_that_the_catalog_does_not_have_is_not_asked_for() -> None:
    catalog = TapJobber(config=CONFIG).catalog_dict
    entry = next(each for each in catalog["streams"] if each["tap_stream_id"] == "tax_rates")
    del entry["schema"]["properties"]["label"]
    del entry["schema"]["properties"]["id"]
    tap = TapJobber(config=CONFIG, catalog=Catalog.from_dict(catalog))
    text = selection_set(named(tap, "tax_rates").source.node)
    assert text.startswith("{ components { default description id label name qboTaxType tax } default")
    assert "} default description id name" in text


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_every_stream_has_its_key_and_says_what_a_row_is(stream: type[JobberStream]) -> None:
    made = stream(TapJobber(config=CONFIG))
    assert tuple(made.primary_keys) == ("id",)
    assert made.schema["properties"]["id"] == {"type": "string"}
    assert stream.__doc__
    assert made.selected


def test_nodes_become_rows_and_are_counted() -> None:
    tap = opened(FakeExtraction([{"id": "1", "job": {"id": "j"}}, {"id": "2", "job": None}]))
    stream = named(tap, "visits")
    assert list(stream.get_records(None)) == [{"id": "1", "jobId": "j"}, {"id": "2", "jobId": None}]
    assert (stream.usage.rows, stream.usage.requests) == (2, 1)
    assert stream.skipped_because is None


def test_the_end_of_a_stream_is_told_with_what_it_cost(caplog: pytest.LogCaptureFixture) -> None:
    stream = named(opened(FakeExtraction([{"id": "1"}])), "tax_rates")
    with caplog.at_level(logging.INFO):
        list(stream.get_records(None))
    assert any(message.startswith("Finished tax_rates: 1 rows, 1 requests, 0 points") for message in caplog.messages)


@pytest.mark.parametrize("error", [NotPermittedError(*NOTHING), UnknownRootError(*NOTHING)])
def test_a_stream_that_may_not_be_read_is_skipped_with_a_warning(
    error: TapError, caplog: pytest.LogCaptureFixture
) -> None:
    stream = named(opened(FakeExtraction(error=error)), "vehicles")
    with caplog.at_level(logging.INFO):
        assert list(stream.get_records(None)) == []
    assert stream.skipped_because == "scope"
    assert "Skipping vehicles: scope: give it" in caplog.messages
    assert not any(message.startswith("Finished") for message in caplog.messages)


@pytest.mark.parametrize("error", [NotPermittedError(*NOTHING), UnknownRootError(*NOTHING)])
def test_a_stream_that_may_not_be_read_fails_where_that_is_wanted(error: TapError) -> None:
    stream = named(opened(FakeExtraction(error=error), on_missing_permission="fail"), "vehicles")
    with pytest.raises(type(error)):
        list(stream.get_records(None))


def test_any_other_error_is_never_taken_for_a_skip() -> None:
    stream = named(opened(FakeExtraction([{"id": "1"}], TapError("it broke", "mend it"))), "vehicles")
    with pytest.raises(TapError, match="it broke: mend it"):
        list(stream.get_records(None))
    assert stream.skipped_because is None


def finished(skipped: list[str]) -> None:
    """Ends a run of three streams of which some were skipped."""
    tap = TapJobber(config=CONFIG)
    for name, stream in tap.streams.items():
        jobber_stream = cast("JobberStream", stream)
        if name not in {"clients", "jobs", "visits"}:
            jobber_stream.mask[()] = False
        jobber_stream.skipped_because = "no scope" if name in skipped else None
    tap.finish()


def test_a_run_with_all_streams_skipped_is_an_error() -> None:
    with pytest.raises(TapError, match=r"none of the selected streams could be read \(no scope\)"):
        finished(["clients", "jobs", "visits"])


@pytest.mark.parametrize("skipped", [[], ["clients"], ["clients", "visits"]])
def test_a_run_with_some_streams_read_is_none(skipped: list[str], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        finished(skipped)
    assert sum("skipped: no scope" in message for message in caplog.messages) == len(skipped)
    assert any(message.startswith("all ") for message in caplog.messages)
