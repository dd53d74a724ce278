"""Ends a run: logs rows and cost of each stream, and raises the error that names incomplete streams.

For people the summary is a table. Where lines go to a program (`SINGER_SDK_LOG_CONFIG`, Meltano) it is a record for
each stream and one for the run, with the figures as fields.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

from singer_sdk.logging import ConsoleFormatter

from tap_jobber.cli.resync_advice import ReadCost, resync_advice
from tap_jobber.errors import PartialRunError, RenewalError
from tap_jobber.process.terminal_log import TABLE_ROW
from tap_jobber.wording import counted, enumerated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_jobber.streams.jobber_stream import JobberStream
    from tap_jobber.tap import TapJobber

_COLUMNS = ("stream", "rows", "requests", "points", "points/row", "waited s")
_WIDTHS = (8, 9, 11, 11, 9)
_FIELDS = ("rows", "requests", "points", "waited_seconds")
_NOT_SELECTED = "not selected, read for its lists"


def finish(tap: TapJobber, *, is_test: bool = False) -> None:
    """Log the rows and the cost of each stream, and fail if something is missing.

    Args:
        tap: The tap, after the sync.
        is_test: True if that was the trial of --test, which ends with a verdict.

    Raises:
        PartialRunError: If some streams are incomplete.
        RenewalError: If not one of the streams may be read.
    """
    streams = tap.selected_streams
    log_summary(tap.logger, streams_read(tap), is_table=_is_for_people())
    if tap.settings.resync_days is None and not is_test and (advice := resync_advice(_costs(streams_read(tap)))):
        tap.logger.info("%s", advice, extra={"event_name": "resync_advice"})
    if is_test:
        tap.logger.info("%s", verdict(streams), extra={"event_name": "test_verdict"})
    lines = {stream.name: line for stream in streams if (line := stream.outcome.line(stream.name)) is not None}
    if lines:
        raise PartialRunError(lines)
    refusals = [stream.outcome.refusal for stream in streams if stream.outcome.refusal is not None]
    if refusals and len(refusals) == len(streams):
        cause = f"none of the selected streams could be read ({refusals[0].cause})"
        raise RenewalError(cause, "give the app their scopes in Jobber's Developer Center and authorise it again")


def _costs(streams: Sequence[JobberStream]) -> list[ReadCost]:
    return [ReadCost(each.name, each.usage.rows, each.usage.points, each.is_read_whole) for each in streams]


def streams_read(tap: TapJobber) -> list[JobberStream]:
    """Return the selected streams, and those that are not but were read all the same, for streams of their lists."""
    streams: list[Any] = list(tap.streams.values())
    return [stream for stream in streams if stream.selected or stream.usage.requests]


def log_summary(logger: logging.Logger, streams: Sequence[JobberStream], *, is_table: bool) -> None:
    """Log what each stream brought and cost, and the sums: as a table, or as records."""
    if is_table:
        title, *rows = summary_lines(streams)
        logger.info("%s", title)
        for row in rows:
            logger.info("%s", row, extra=TABLE_ROW)
        return
    for stream in streams:
        fields: dict[str, object] = {
            "event_name": "stream_summary",
            "stream_name": stream.name,
            "status": _status(stream),
        }
        fields |= dict(zip(_FIELDS, _figures(stream), strict=True))
        logger.info("Summary of %s: %s%s", stream.name, _counts(*_figures(stream)), _remark(stream, ", "), extra=fields)
    totals = _totals(streams)
    fields = {"event_name": "run_summary", "streams": len(streams), **dict(zip(_FIELDS, totals, strict=True))}
    logger.info("Summary of the run: %s", _counts(*totals), extra=fields)


def summary_lines(streams: Sequence[JobberStream]) -> Iterator[str]:
    """Yield a table of the streams' rows and cost, a line each, totals last."""
    yield "Summary of the run:"
    yield _line(_COLUMNS)
    yield from (_cells(each.name, *_figures(each)) + _remark(each, "  ") for each in streams)
    yield _cells("all", *_totals(streams))


def verdict(streams: Sequence[JobberStream]) -> str:
    """Return the outcome of a test in one line."""
    failed = [each.name for each in streams if each.outcome.is_partial]
    refused = [each.name for each in streams if each.outcome.refusal is not None]
    empty = [each for each in streams if each.outcome.is_complete and not each.usage.rows]
    parts = [f"{counted(len(streams) - len(failed) - len(refused), 'stream')} answered"]
    if empty:
        parts.append(f"{len(empty)} of them without a row")
    if refused:
        parts.append(f"{len(refused)} not permitted ({enumerated(refused)})")
    if failed:
        parts.append(f"{len(failed)} incomplete ({enumerated(failed)})")
    has_passed = not failed and len(refused) < len(streams)
    return f"Test {'passed' if has_passed else 'failed'}: {', '.join(parts)}"


def _is_for_people() -> bool:
    """Return False if lines go to formatters other than the SDK's for consoles."""
    handlers = logging.getLogger().handlers
    return "SINGER_SDK_LOG_CONFIG" not in os.environ or any(
        isinstance(each.formatter, ConsoleFormatter) for each in handlers
    )


def _status(stream: JobberStream) -> str:
    if stream.outcome.is_set_aside:
        return "set_aside"
    if stream.outcome.refusal is not None:
        return "not_permitted"
    return "partial" if stream.outcome.left_out else "complete"


def _figures(stream: JobberStream) -> tuple[float, float, float, float]:
    usage = stream.usage
    return usage.rows, usage.requests, usage.points, usage.waited_seconds


def _totals(streams: Sequence[JobberStream]) -> list[float]:
    return [sum(column) for column in zip(*map(_figures, streams), strict=True)] or [0, 0, 0, 0]


def _counts(rows: float, requests: float, points: float, waited_seconds: float) -> str:
    counts = ((rows, "row"), (requests, "request"), (points, "point"))
    return f"{', '.join(counted(round(count), noun) for count, noun in counts)}, waited {waited_seconds:.1f} s"


def _cells(name: str, rows: float, requests: float, points: float, waited_seconds: float) -> str:
    per_row = f"{points / rows:.1f}" if rows else "-"
    return _line((name, f"{rows:.0f}", f"{requests:.0f}", f"{points:.0f}", per_row, f"{waited_seconds:.1f}"))


def _line(cells: tuple[str, ...]) -> str:
    return f"{cells[0]:<29}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells[1:], _WIDTHS, strict=True))


def _remark(stream: JobberStream, before: str) -> str:
    remark = stream.outcome.remark() or ("" if stream.selected else _NOT_SELECTED)
    return f"{before}{remark}" if remark else ""
