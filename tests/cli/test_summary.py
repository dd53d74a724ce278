"""The table at the end of a run."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from singer_sdk.logging import StructuredFormatter

from tap_jobber.api.client import NotPermittedError, Usage
from tap_jobber.cli.summary import log_summary, summary_lines, verdict
from tap_jobber.errors import StreamError
from tap_jobber.streams.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from tap_jobber.streams.jobber_stream import JobberStream


@dataclass
class Read:
    """A stream that has been read."""

    name: str
    usage: Usage
    outcome: Outcome = field(default_factory=Outcome)
    selected: bool = True


def lines(*streams: Read) -> Sequence[str]:
    """Return the table about them."""
    return list(summary_lines(cast("list[JobberStream]", list(streams))))


def verdict_on(*streams: Read) -> str:
    """Return the verdict of a test of them."""
    return verdict(cast("list[JobberStream]", list(streams)))


def cells(line: str) -> list[str]:
    """Return the cells of a line."""
    return line.split()


def test_a_line_for_each_stream_and_the_totals() -> None:
    title, head, clients, tax_rates, totals = lines(
        Read("clients", Usage(rows=1_000, requests=12, points=106_040.4, refusals=1, waited_seconds=190.26)),
        Read("tax_rates", Usage(rows=3, requests=1, points=49, waited_seconds=0.04)),
    )
    assert title == "Summary of the run:"
    assert cells(head) == ["stream", "rows", "requests", "points", "points/row", "waited", "s"]
    assert cells(clients) == ["clients", "1000", "12", "106040", "106.0", "190.3"]
    assert cells(tax_rates) == ["tax_rates", "3", "1", "49", "16.3", "0.0"]
    assert cells(totals) == ["all", "1003", "13", "106089", "105.8", "190.3"]


def test_a_stream_without_rows_has_no_price_of_a_row() -> None:
    assert cells(lines(Read("vehicles", Usage(requests=1, points=4)))[2]) == ["vehicles", "0", "1", "4", "-", "0.0"]


def test_why_a_stream_was_skipped_stands_behind_its_line() -> None:
    line = lines(Read("vehicles", Usage(), Outcome(refusal=NotPermittedError("no scope for it", "get it"))))[2]
    assert line.endswith("  skipped: no scope for it")


def test_nothing_read_is_a_table_of_totals() -> None:
    assert [cells(line)[0] for line in lines()] == ["Summary", "stream", "all"]


def test_columns_stand_below_their_heads() -> None:
    long_name = "custom_field_configurations"
    _title, head, *rest = lines(Read(long_name, Usage(1, 2, 3, 4, 5)), Read("jobs", Usage(1, 2, 3, 4, 5)))
    assert {len(line) for line in rest} == {len(head)}


REFUSED = Outcome(refusal=NotPermittedError("no scope for it", "get it"))


def test_what_was_read_only_for_its_lists_is_said_and_counted() -> None:
    _title, _head, clients, notes, totals = lines(
        Read("clients", Usage(requests=40, points=26_355), selected=False), Read("client_notes", Usage(rows=7_830))
    )
    assert clients.endswith("  not selected, read for its lists")
    assert cells(notes)[:4] == ["client_notes", "7830", "0", "0"]
    assert cells(totals)[:5] == ["all", "7830", "40", "26355", "3.4"]


def test_a_program_gets_a_record_for_each_stream_and_one_for_the_run(caplog: pytest.LogCaptureFixture) -> None:
    streams = [
        Read("clients", Usage(rows=10, requests=2, points=90.0, waited_seconds=1.5)),
        Read("jobs", Usage(), Outcome(failures=[StreamError("it broke", "mend it")])),
        Read("vehicles", Usage(), REFUSED),
    ]
    with caplog.at_level(logging.INFO):
        log_summary(logging.getLogger("tap-jobber"), cast("list[JobberStream]", streams), is_table=False)
    shown = [json.loads(StructuredFormatter().format(record)) for record in caplog.records]
    for each in shown:
        each["extra"].pop("message", None)  # what another handler has left in the record
    assert [each["stream_name"] for each in shown] == ["clients", "jobs", "vehicles", None]
    assert [each["extra"].get("status") for each in shown] == ["complete", "set_aside", "not_permitted", None]
    figures = {"rows": 10, "requests": 2, "points": 90.0, "waited_seconds": 1.5}
    assert shown[0]["extra"] == {"event_name": "stream_summary", "status": "complete", **figures}
    assert shown[0]["message"] == "Summary of clients: 10 rows, 2 requests, 90 points, waited 1.5 s"
    assert shown[-1]["extra"] == {"event_name": "run_summary", "streams": 3, **figures}


def test_the_verdict_of_a_test() -> None:
    read, empty = Read("clients", Usage(rows=1)), Read("events", Usage())
    refused, broken = Read("vehicles", Usage(), REFUSED), Read("jobs", Usage(), Outcome([StreamError("broke", "mend")]))
    assert verdict_on(read, empty) == "Test passed: 2 streams answered, 1 of them without a row"
    assert verdict_on(read, refused) == "Test passed: 1 stream answered, 1 not permitted (vehicles)"
    assert verdict_on(read, broken) == "Test failed: 1 stream answered, 1 incomplete (jobs)"
    assert verdict_on(refused) == "Test failed: 0 streams answered, 1 not permitted (vehicles)"
