"""The table at the end of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from tap_jobber.api.client import NotPermittedError, Usage
from tap_jobber.cli.summary import summary_lines
from tap_jobber.streams.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_jobber.streams.jobber_stream import JobberStream


@dataclass
class Read:
    """A stream that has been read."""

    name: str
    usage: Usage
    outcome: Outcome = field(default_factory=Outcome)


def lines(*streams: Read) -> Sequence[str]:
    """Return the table about them."""
    return list(summary_lines(cast("list[JobberStream]", list(streams))))


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
